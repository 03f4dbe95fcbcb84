"""The parts of a mail: its text, its attachments by reference, and what was left out, each within bounds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from handrail.domain.mail import Attachment
from handrail.mail.reading.charsets import meant
from handrail.mail.reading.flowed import unflowed
from handrail.mail.reading.headers import decoded

DEEPEST, MOST_PARTS, MOST_ATTACHMENTS = 12, 200, 20
LONGEST_TEXT = 200_000
"""Characters of text that are read of one part."""
LONGEST_HTML = 60_000
LARGEST_ATTACHMENT = 10_000_000
_NAME = re.compile(r"[^\w .()+,=@-]+")
_KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"Rar!", "application/vnd.rar"),
    (b"7z\xbc\xaf", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"#!", "text/x-script"),
    (b"{\\rtf", "application/rtf"),
)
PROGRAMS = frozenset({"application/vnd.microsoft.portable-executable", "application/x-elf", "text/x-script"})


@dataclass(slots=True)
class MailParts:
    """The parts that count; `plain` and `html` in the mail's order."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def parts_of(mail: Message) -> MailParts:
    """Return the parts; what is nested too deeply or is too much is left out, and `odd` says so."""
    found = MailParts()
    for place, part in enumerate(leaves(mail, found.odd)):
        kind = part.get_content_type()
        attached = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if kind in ("text/plain", "text/html") and not attached:
            text = text_of(part)
            if len(text) > LONGEST_TEXT:
                found.odd.append(f"A text of {len(text):,} characters was read up to {LONGEST_TEXT:,}.")
            (found.plain if kind == "text/plain" else found.html).append(text[:LONGEST_TEXT])
        elif len(found.attachments) < MOST_ATTACHMENTS:
            found.attachments.append(reference(part, place))
        elif len(found.attachments) == MOST_ATTACHMENTS:
            found.odd.append(f"More than {MOST_ATTACHMENTS} attachments: the others are in the raw mail alone.")
            break
    return found


def leaves(mail: Message, odd: list[str]) -> Iterator[Message]:
    """Yield the parts that hold something; a mail within the mail is one part."""
    waiting, count = [(mail, 0)], 0
    while waiting:
        part, depth = waiting.pop(0)
        count += 1
        if count > MOST_PARTS or depth > DEEPEST:
            odd.append(
                f"The mail has more than {MOST_PARTS} parts, or is nested deeper than {DEEPEST}: the rest was left out."
            )
            return
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            inner = [one for one in part.get_payload() if isinstance(one, Message)]
            waiting[:0] = [(one, depth + 1) for one in inner]
        elif part.get_content_maintype() != "multipart":
            yield part


def content_of(part: Message) -> bytes:
    """Return the part's bytes; of a mail within the mail its text as it came."""
    if part.is_multipart():
        inner = [one for one in part.get_payload() if isinstance(one, Message)]
        return b"\n".join(bytes(str(one), "utf-8", "replace") for one in inner)
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def text_of(part: Message) -> str:
    """Return the part's text, in whole paragraphs where its program broke them for the wire."""
    text = _decoded_text(part)
    if part.get_content_type() != "text/plain" or str(part.get_param("format")).lower() != "flowed":
        return text
    return unflowed(text, delete_space=str(part.get_param("delsp")).lower() == "yes")


def _decoded_text(part: Message) -> str:
    """Return the text in its own character set, or in the likeliest one."""
    content = content_of(part)
    for charset in (meant(part.get_content_charset() or "utf-8"), "utf-8"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def reference(part: Message, position: int) -> Attachment:
    """Return the attachment by reference: its name without folders, and what its first bytes say that it is."""
    content = content_of(part)
    name = _NAME.sub("_", decoded(part.get_filename() or "").replace("\\", "/").rpartition("/")[2]).strip(" .")[-120:]
    kind = sniffed(content, part)
    refused = None
    if len(content) > LARGEST_ATTACHMENT:
        refused = f"has {len(content):,} bytes, at most {LARGEST_ATTACHMENT:,} are given out"
    elif kind in PROGRAMS:
        refused = "is a program, and those are not given out"
    elif not content:
        refused = "is empty"
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(
        position=position, name=name or f"part-{position}", size=len(content), kind=kind, sha256=digest, refused=refused
    )


def sniffed(content: bytes, part: Message) -> str:
    """Return the type that the bytes show; else text or bytes, whatever the sender called them."""
    found = next((kind for mark, kind in _KINDS if content.startswith(mark)), None)
    if found:
        return found
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if part.get_content_type() == "message/rfc822":
        return "message/rfc822"
    head = content[:1_000].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml")):
        return "text/html"
    return "application/octet-stream" if b"\0" in content[:4_000] else "text/plain"
