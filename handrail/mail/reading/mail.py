"""Reading a mail as it came over the wire."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message

from handrail.domain.base import digest
from handrail.domain.case.messages import check_text
from handrail.domain.errors import InvalidInput
from handrail.domain.mail import Bounced, ReceivedMail
from handrail.mail.reading import headers
from handrail.mail.reading.parts import MailParts, content_of, leaves, parts_of
from handrail.mail.reading.vouching import vouched
from handrail.mail.reading.words import own_words_of, whole_of

LARGEST = 25_000_000
"""Bytes of a mail that are read; of a larger one its beginning."""
BEGINNING = 1_000_000
MOST_BOUNDARIES = 120
"""A mail with more of them is a bomb: none of its parts is opened."""
_BOUNDARY = re.compile(rb"(?i)boundary[ \t]{0,5}=|message/(?:rfc822|partial|external)")


def read_mail(raw: bytes, authserv_id: str, size: int | None = None) -> ReceivedMail:
    """Return what the mail says. `size` is its whole size, where `raw` is but its beginning."""
    odd = [] if size is None or size <= len(raw) else [f"The mail has {size:,} bytes; its first {len(raw):,} were read."]
    mail = message_from_bytes(opened(raw, odd))
    parts = parts_of(mail)
    whole = whole_of(parts)
    subject = headers.decoded(headers.value(mail, "Subject"))
    sender = headers.sender(mail)
    text = spoken(own_words_of(whole)) or spoken(subject) or attached(parts)
    return ReceivedMail(
        key=key_of(mail, sender, subject, whole, parts),
        message_id=headers.message_id(mail),
        references=headers.ids(mail),
        sender=sender,
        recipients=headers.recipients(mail),
        subject=subject,
        vouched=vouched(headers.values(mail, "Authentication-Results"), authserv_id, sender),
        automatic=headers.why_automatic(mail, sender),
        bounced=bounce(mail),
        text=text,
        whole=whole,
        attachments=parts.attachments,
        odd=[*odd, *parts.odd],
    )


def opened(raw: bytes, odd: list[str]) -> bytes:
    """Return the mail, or its headers alone where it is a bomb of parts within parts; `odd` says so."""
    if len(_BOUNDARY.findall(raw)) <= MOST_BOUNDARIES:
        return raw
    odd.append(f"The mail has more than {MOST_BOUNDARIES} parts within parts; none of them was opened.")
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    return re.sub(rb"(?i)multipart/|message/", b"text/x-", head) + b"\r\n\r\n"


def key_of(mail: Message, sender: str | None, subject: str, whole: str, parts: MailParts) -> str:
    """Return the same for the same mail, by whatever way it comes again.

    Its Message-ID alone does not tell: some programs write the same one into all their mails, and anybody can copy one.
    """
    hashes = [one.sha256 for one in parts.attachments]
    named = headers.message_id(mail) or headers.value(mail, "Date")
    return digest([named, sender, subject, whole, hashes])[:40]


def spoken(text: str) -> str:
    """Return the text where something in it can be read; else nothing."""
    try:
        return check_text("text", text, limit=max(len(text), 1))
    except InvalidInput:
        return ""


def attached(parts: MailParts) -> str:
    """Return the names of attachments, where a mail has nothing else."""
    return ", ".join(one.name for one in parts.attachments)


def bounce(mail: Message) -> Bounced | None:
    """Return the report that a mail did not arrive, after RFC 3464; None where the mail is none."""
    if mail.get_content_type() != "multipart/report" or str(mail.get_param("report-type")).lower() != "delivery-status":
        return None
    fields: dict[str, str] = {}
    original = None
    for part in leaves(mail, []):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            fields |= delivery_status(part)
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            original = headers.message_id(message_from_bytes(content_of(part).lstrip())) or original
    action = fields.get("action", "").lower()
    words = " · ".join(one for one in (action, fields.get("status", ""), fields.get("diagnostic-code", "")) if one)
    recipient = next(iter(headers.addresses([fields.get("final-recipient", "").partition(";")[2]])), None)
    permanent = action == "failed" and fields.get("status", "").startswith("5")
    return Bounced(message_id=original, recipient=recipient, permanent=permanent, words=words)


def delivery_status(part: Message) -> dict[str, str]:
    """Return the fields of all blocks of a report; of one that comes twice the last."""
    blocks = part.get_payload() if part.is_multipart() else [message_from_bytes(content_of(part))]
    pairs = [pair for block in blocks if isinstance(block, Message) for pair in block.items()]
    return {name.lower(): headers.one_line(str(text)) for name, text in pairs}
