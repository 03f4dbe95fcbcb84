"""Ports of letters: the outbox, and what people are told of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

from handrail.domain.case.messages import Message
from handrail.domain.letters import HouseLetter, LetterState
from handrail.domain.team.notices import ToldPerson, UntoldPerson, WaitingItem


class Letters(Protocol):
    """The outbox of letters."""

    async def due(self, most: int, lease: timedelta) -> list[HouseLetter]:
        """Take what is due, oldest first: for so long nobody else gets it, then it is due again."""
        ...

    async def settle(self, letter: HouseLetter, state: LetterState, words: str | None = None) -> None:
        """Note how it ended."""
        ...

    async def postpone(self, letter: HouseLetter, pause: timedelta, words: str, *, counts: bool = True) -> None:
        """Make it due again after a pause, and say why; `counts` where this was an attempt."""
        ...


class Notices(Protocol):
    """The notices of what people are told, each once."""

    async def news(self, most: int) -> tuple[int, int, list[WaitingItem]]:
        """Return what began to wait since the last time, with the position before it and that up to which it was looked."""
        ...

    async def note(self, told: Sequence[dict[str, Any]], known: int, until: int) -> None:
        """Note who is to be told of what, and up to where events were looked at; the same again changes nothing."""
        ...

    async def untold(self) -> list[UntoldPerson]:
        """Return who has something untold."""
        ...

    async def gather(self, person: ToldPerson) -> None:
        """Make a letter of all that the person was not told of."""
        ...

    async def forgo(self, person: str) -> None:
        """Tell the person nothing of what is untold: they want no mail any more."""
        ...

    async def items(self, letter_id: str) -> list[WaitingItem]:
        """Return what the letter tells, as it stands now, what is due first before the others."""
        ...


class TranscriptLetters(Protocol):
    """Transcripts by mail, to addresses that are verified."""

    async def address_of(self, customer_id: str) -> str | None:
        """Return the customer's verified address: the business's own record of it, else that of mail they wrote."""
        ...

    async def ask(self, customer_id: str, case_id: str, address: str, language: str, once: str) -> bool:
        """Have the transcript sent; the same again changes nothing. Return False where that is too often."""
        ...

    async def spoken(self, customer_id: str, case_id: str) -> list[Message]:
        """Return what was said in the customer's case, in order."""
        ...
