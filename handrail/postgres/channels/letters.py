"""Letters and notices in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from handrail.domain.letters import HouseLetter, LetterState
from handrail.domain.team.notices import ToldPerson, UntoldPerson, WaitingItem
from handrail.postgres.pool import Pool, alone


class PostgresLetters:
    """The port `Letters`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def due(self, most: int, lease: timedelta) -> list[HouseLetter]:
        """Take what is due, oldest first: for so long nobody else gets it, then it is due again."""
        found = await alone(self._pool, "due_letters", most=most, lease=lease)
        return sorted((HouseLetter.model_validate(row) for row in found), key=lambda one: (one.noted_at, one.letter_id))

    async def settle(self, letter: HouseLetter, state: LetterState, words: str | None = None) -> None:
        """Note how it ended."""
        await alone(self._pool, "settle_letter", letter_id=letter.letter_id, state=state.value, words=words)

    async def postpone(self, letter: HouseLetter, pause: timedelta, words: str, *, counts: bool = True) -> None:
        """Make it due again after a pause, and say why; `counts` where this was an attempt."""
        await alone(self._pool, "postpone_letter", letter_id=letter.letter_id, pause=pause, words=words, counts=counts)


class PostgresNotices:
    """The port `Notices`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self) -> None:
        """Begin with what happens from now on, unless people were told of something before."""
        await alone(self._pool, "begin_notices")

    async def news(self, most: int) -> tuple[int, int, list[WaitingItem]]:
        """Return what began to wait since the last time, with the position before it and that up to which it was looked."""
        (span,) = await alone(self._pool, "notice_span", most=most)
        if span["until"] <= span["known"]:
            return span["known"], span["known"], []
        found = await alone(self._pool, "waiting_news", **span)
        return span["known"], span["until"], [WaitingItem.model_validate(row) for row in found]

    async def note(self, told: Sequence[dict[str, Any]], known: int, until: int) -> None:
        """Note who is to be told of what, and up to where events were looked at; whoever comes second changes nothing."""
        await alone(self._pool, "note_notices", told=json.dumps(list(told)), known=known, until=until)

    async def untold(self) -> list[UntoldPerson]:
        """Return who has something untold."""
        return [UntoldPerson.model_validate(row) for row in await alone(self._pool, "untold_people")]

    async def gather(self, person: ToldPerson) -> None:
        """Make a letter of all that the person was not told of."""
        terms = person.terms
        await alone(self._pool, "gather_notices", person=person.name, address=terms.mail, language=terms.language)

    async def forgo(self, person: str) -> None:
        """Tell the person nothing of what is untold: they want no mail any more."""
        await alone(self._pool, "forgo_notices", person=person)

    async def items(self, letter_id: str) -> list[WaitingItem]:
        """Return what the letter tells, as it stands now, what is due first before the others."""
        return [WaitingItem.model_validate(row) for row in await alone(self._pool, "letter_items", letter_id=letter_id)]
