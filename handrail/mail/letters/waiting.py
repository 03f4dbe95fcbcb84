"""Telling people what waits for them: each thing once, together, and nothing that was decided meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

from handrail.domain.letters import HouseLetter
from handrail.domain.team.commands import folded
from handrail.domain.team.notices import NoticeBook
from handrail.mail.letters.composing import LettersHouse
from handrail.mail.letters.sending import LetterDropped, LetterLater
from handrail.ports.clock import Clock
from handrail.ports.front.letters import Notices

EVENTS = 1_000
QUIET = timedelta(minutes=5)
"""A letter that its reader's quiet hours hold up is looked at again behind this."""


@dataclass(frozen=True, slots=True)
class WaitingTold:
    """Tells people by mail what waits; `book` says who is told of what now."""

    notices: Notices
    book: Callable[[], Awaitable[NoticeBook]]
    house: LettersHouse
    clock: Clock

    async def gather(self) -> None:
        """Note what began to wait, and make a letter for each person to whom one may leave now."""
        book, now = await self.book(), self.clock.now()
        known, until, found = await self.notices.news(EVENTS)
        while until > known:
            await self.notices.note(book.told_of(found), known, until)
            known, until, found = await self.notices.news(EVENTS)
        people = book.people()
        for untold in await self.notices.untold():
            person = people.get(folded(untold.person))
            if person is None:
                await self.notices.forgo(untold.person)
            elif not untold.pending and person.terms.due(untold.since, untold.last, now, book.zone_of(person)):
                await self.notices.gather(person)

    async def make(self, letter: HouseLetter) -> EmailMessage | LetterLater | LetterDropped:
        """Return the letter, of what still waits for this person."""
        book = await self.book()
        person = book.people().get(folded(letter.recipient))
        if person is None:
            return LetterDropped("The person wants no mail any more.")
        zone = book.zone_of(person)
        if person.terms.quiet_at(self.clock.now(), zone):
            return LetterLater(QUIET, "It is quiet where the person is.")
        items = [one for one in await self.notices.items(letter.letter_id) if book.concerns(one, person)]
        if not items:
            return LetterDropped("None of it waits for the person any more.")
        terms = person.terms
        as_now = letter.model_copy(update={"address": terms.mail, "language": terms.language})
        return self.house.waiting(as_now, items, terms.zone or zone)
