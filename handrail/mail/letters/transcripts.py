"""Transcripts for customers: who said what, with whose words each is, and that a machine answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage

from handrail.domain.letters import HouseLetter
from handrail.interface import Interface, written
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
