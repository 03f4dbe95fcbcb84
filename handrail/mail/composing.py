"""Composing a mail to a customer: who writes, what it answers, and nothing in a header that could end it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import ClassVar, Literal

from handrail.domain.base import digest
from handrail.domain.case.messages import Author
from handrail.domain.channels import Departure
from handrail.domain.mail import AnsweredMail
from handrail.mail.reading.headers import one_line
from handrail.mail.tokens import ReplyTokens

REFERENCES = 20
SUBJECT = 200
RE = "Re: "
ENGLISH = "en"


class ThreadHeader(UniqueUnstructuredHeader, BaseHeader):
    """The ids of a thread, one on each line and as they are.

    Older Pythons encode an id that does not fit onto a line, as those of Exchange do not, and then no mail program finds it.
    """

    max_count: ClassVar[Literal[1]] = 1

    def fold(self, *, policy: Policy) -> str:
        """See base class. Ids with other letters than ASCII's are encoded by it: a mail carries none as they are."""
        if not self.isascii():
            return super().fold(policy=policy)
        return f"{self.name}: {f'{policy.linesep} '.join(self.split())}{policy.linesep}"


def _threaded() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name in ("In-Reply-To", "References"):
        registry.map_to_type(name, ThreadHeader)
    return registry


THREADED = SMTP.clone(header_factory=_threaded())


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The head of a letter: the house's address and name, and the sentence by language that says that a machine does."""

    address: str
    name: str
    disclosure: Mapping[str, str]
    tokens: ReplyTokens

    def id_of(self, departure: Departure) -> str:
        """Return the Message-ID, without brackets: the same at every attempt at the same reply."""
        return f"hr.{digest([departure.case_id, departure.message_id])[:32]}@{self.address.rpartition('@')[2]}"

    def compose(self, departure: Departure, answered: AnsweredMail | None, *, first: bool) -> EmailMessage:
        """Return the mail; `first` where none of ours has gone out in this case yet."""
        automatic = is_automatic(departure)
        mail = EmailMessage(policy=THREADED)
        mail["From"] = Address(display_name=one_line(self.name), addr_spec=self.address)
        mail["To"] = Address(addr_spec=departure.address)
        mail["Subject"] = subject_of(answered)
        mail["Date"] = format_datetime(departure.at)
        mail["Message-ID"] = f"<{self.id_of(departure)}>"
        back = self.tokens.address(departure.case_id)
        if back:
            mail["Reply-To"] = Address(addr_spec=back)
        if answered and answered.message_id:
            thread = list(dict.fromkeys([*reversed(answered.references[:REFERENCES]), answered.message_id]))
            mail["In-Reply-To"] = f"<{one_line(answered.message_id)}>"
            mail["References"] = " ".join(f"<{one_line(one)}>" for one in thread)
        if automatic:
            mail["Auto-Submitted"] = "auto-replied"
            mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(self._text(departure, first=first and automatic), charset="utf-8")
        return mail

    def _text(self, departure: Departure, *, first: bool) -> str:
        """The words, with the disclosure before the first ones of a machine, where they do not bring it."""
        language = departure.language or ENGLISH
        said = self.disclosure.get(language) or self.disclosure.get(ENGLISH, "")
        if not first or not said or said in departure.text:
            return departure.text
        return f"{said}\n\n{departure.text}"


def is_automatic(departure: Departure) -> bool:
    """Return whether a machine says this."""
    return departure.author is not Author.PERSON


def subject_of(answered: AnsweredMail | None) -> str:
    """Return the subject of a reply."""
    subject = one_line(answered.subject)[:SUBJECT] if answered else ""
    return subject if subject.lower().startswith(RE.strip().lower()) else RE + (subject or "…")
