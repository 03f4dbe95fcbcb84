"""Transcripts for customers: who said what, with whose words each is, and that a machine answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage

from handrail.domain.case.messages import Author, Message
from handrail.domain.letters import HouseLetter
from handrail.interface import Interface, Say
from handrail.mail.letters.composing import LettersHouse
from handrail.mail.letters.sending import LetterDropped, LetterLater
from handrail.ports.front.letters import TranscriptLetters

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class TranscriptsSent:
    """Makes transcripts, in the words of the chat; only to the address that is verified when it leaves."""

    record: TranscriptLetters
    house: LettersHouse
    words: Interface
    disclosure: Mapping[str, str]

    async def make(self, letter: HouseLetter) -> EmailMessage | LetterLater | LetterDropped:
        """Return the letter, unless the address is the customer's no more."""
        if await self.record.address_of(letter.recipient) != letter.address:
            return LetterDropped("The address is not the customer's verified one any more.")
        said = await self.record.spoken(letter.recipient, letter.case_id or "")
        if not said:
            return LetterDropped("The customer has no such case.")
        say = self.words.words_of(letter.language)
        title = say("transcript_of", case_id=letter.case_id)
        told = self.disclosure.get(letter.language) or self.disclosure.get(ENGLISH, "")
        parts = [title, told, *(written(say, one) for one in said)]
        return self.house.mail(letter, title, "\n\n".join(one for one in parts if one) + "\n")


def who(say: Say, one: Message) -> str:
    """Return whose words these are. People have no name here, as in the chat: customers are told that there was one."""
    if one.author is Author.ASSISTANT and one.approved:
        return say("script_by_approved")
    return say(f"script_by_{one.author.value}")


def written(say: Say, one: Message) -> str:
    """Return a message as its customer reads it: of one that they withdrew, that they did."""
    mark = f" · {say('script_edited')}" if one.edited_at else ""
    text = say("script_withdrawn") if one.withdrawn_at else one.text
    return f"{who(say, one)} · {one.at:%Y-%m-%d %H:%M} UTC{mark}\n{text}"
