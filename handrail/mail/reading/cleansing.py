"""Takes secrets out of a mail before it is kept: what it says, and its source."""

from __future__ import annotations

from email import policy
from email.header import Header
from email.message import Message
from email.parser import BytesParser

from handrail.domain.mail import ReceivedMail
from handrail.mail.reading.headers import decoded, value
from handrail.mail.reading.mail import opened, read_mail
from handrail.mail.reading.parts import leaves, text_of
from handrail.ports.redaction import Redactor

TRANSFER = "Content-Transfer-Encoding"


def read_without_secrets(raw: bytes, authserv_id: str, size: int, redactor: Redactor) -> tuple[ReceivedMail, bytes]:
    """Return what the mail says and its source, both without secrets; the key stays that of the mail as it came."""
    mail = read_mail(raw, authserv_id, size)
    clean = cleansed(raw, redactor)
    if clean is raw:
        return mail, raw
    return read_mail(clean, authserv_id, max(size, len(clean))).model_copy(update={"key": mail.key}), clean


def cleansed(raw: bytes, redactor: Redactor) -> bytes:
    """Return the mail's source without secrets in its subject and texts; as it came where there are none.

    Attachments stay as they are.
    """
    mail = BytesParser(policy=policy.compat32).parsebytes(opened(raw, []))
    changed = _subject(mail, redactor)
    for part in leaves(mail, []):
        attached = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if part.get_content_maintype() == "text" and not attached:
            text = text_of(part)
            clean = redactor.redact(text).text
            if clean != text:
                del part[TRANSFER]
                part.set_payload(clean, "utf-8")
                part.del_param("format")  # the paragraphs are whole now
                changed = True
    return mail.as_bytes() if changed else raw


def _subject(mail: Message, redactor: Redactor) -> bool:
    subject = decoded(value(mail, "Subject"))
    clean = redactor.redact(subject).text
    if clean == subject:
        return False
    mail.replace_header("Subject", Header(clean, "utf-8").encode())
    return True
