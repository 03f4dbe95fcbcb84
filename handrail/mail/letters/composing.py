"""Composing letters: mail of a machine that asks for no answer, as plain text and as the same text escaped into HTML."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from handrail.domain.letters import HouseLetter
from handrail.domain.team.notices import WaitingItem
from handrail.interface import Interface, Say
from handrail.mail.composing import SUBJECT
from handrail.mail.reading.headers import one_line

WORDS = Interface(Path(__file__).parent / "words")
LINES = 20
"""A mail names so many cases; the desk has the others."""


@dataclass(frozen=True, slots=True)
class LettersHouse:
    """The house as letters name it: its address and name, and the address of the desk, which ends with a slash."""

    address: str
    name: str
    desk: str

    def mail(self, letter: HouseLetter, subject: str, text: str, links: Collection[str] = ()) -> EmailMessage:
        """Return the mail; its Message-ID is the same at every attempt. `links` are lines that are addresses of ours."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(display_name=one_line(self.name), addr_spec=self.address)
        mail["To"] = Address(addr_spec=letter.address)
        mail["Subject"] = one_line(subject)[:SUBJECT]
        mail["Date"] = format_datetime(letter.noted_at)
        mail["Message-ID"] = f"<hr.{letter.letter_id}@{self.address.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(text, charset="utf-8")
        mail.add_alternative(as_html(text, letter.language, links), subtype="html", charset="utf-8")
        return mail

    def waiting(self, letter: HouseLetter, items: Sequence[WaitingItem], zone: str) -> EmailMessage:
        """Return the mail that tells what waits: ids, topics and times, nobody's words and no customer."""
        say = WORDS.words_of(letter.language)
        first = items[0].case_id
        subject = say("subject_one", case_id=first) if len(items) == 1 else say("subject_more", n=len(items))
        links = [f"{self.desk}cases/{quote(one.case_id, safe='')}" for one in items[:LINES]]
        lines = [f"{line(say, one, zone)}\n{url}" for one, url in zip(items[:LINES], links, strict=True)]
        parts = [say("hello"), *lines]
        if len(items) > LINES:
            parts.append(say("more", n=len(items) - LINES, url=self.desk))
        return self.mail(letter, subject, "\n\n".join([*parts, say("never")]) + "\n", links)


def line(say: Say, item: WaitingItem, zone: str) -> str:
    """Return what waits, on one line."""
    what = say("take", queue=item.need.queue) if item.need else ""
    if item.approval is not None:
        what = say("decide", action=item.approval.request.action)
    about = [item.case_id, item.topic, what, say("due", at=moment(item.due_at, zone)) if item.due_at else None]
    return one_line(" · ".join(one for one in about if one))


def moment(at: datetime, zone: str) -> str:
    """Return the moment as the reader's clock shows it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def as_html(text: str, language: str, links: Collection[str] = ()) -> str:
    """Return the text as a page of its own: every character of it escaped, lines that are among the links made into such."""
    lines = [link(one) if one in links else escape(one) for one in text.splitlines()]
    head = f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8"><body dir="auto">'
    return head + "<br>\n".join(lines) + "</body></html>\n"


def link(url: str) -> str:
    """Return the address as a link to itself."""
    return f'<a href="{escape(url, quote=True)}">{escape(url)}</a>'
