"""A mail is kept without secrets, in its source too, and is the same mail when it comes again."""

from __future__ import annotations

from email.message import EmailMessage

from handrail.mail.reading.attached import attachment_of
from handrail.mail.reading.cleansing import read_without_secrets
from handrail.mail.reading.mail import read_mail
from handrail.redaction.redactor import CodeRedactor
from tests.support.mailing import AUTHSERV, letter

CARD = "4111 1111 1111 1111"


def test_words_subject_and_source_lose_a_card_number_and_an_attachment_stays() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "ann@example.com", "support@shop.example", "<1@example.com>"
    mail["Subject"] = f"Für {CARD} bitte"
    mail.set_content(f"Größe stimmt nicht. Karte {CARD}", cte="base64")
    mail.add_alternative(f"<p>Größe. {CARD}</p>", subtype="html", cte="quoted-printable")
    mail.add_attachment(b"%PDF-1.7 bill", maintype="application", subtype="pdf", filename="bill.pdf")
    raw = mail.as_bytes()
    read, kept = read_without_secrets(raw, AUTHSERV, len(raw), CodeRedactor())
    assert read.text == "Größe stimmt nicht. Karte [card ••1111]"
    assert read.subject == "Für [card ••1111] bitte"
    assert read.key == read_mail(raw, AUTHSERV).key
    again = read_mail(kept, AUTHSERV)
    assert (again.text, again.subject, again.sender) == (read.text, read.subject, "ann@example.com")
    assert [one.name for one in again.attachments] == ["bill.pdf"]
    assert attachment_of(kept, again.attachments[0].position).startswith(b"%PDF-1.7 bill")


def test_a_mail_without_secrets_is_kept_byte_for_byte() -> None:
    raw = letter("ann@example.com", "Where is my order O-10014?")
    assert read_without_secrets(raw, AUTHSERV, len(raw), CodeRedactor())[1] is raw
