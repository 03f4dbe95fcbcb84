"""Attempts at effects in other systems, noted before anything is sent: one whose answer is lost may have been made.

The note stands whatever becomes of the process and of its transaction. Until the effect is answered or settled, the ledger
reads as of unknown outcome for everybody; the same effect alone may be sent again, under the same key.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handrail.domain.actions.effects import Effect
from handrail.domain.case.turns import TurnHalted
from handrail.domain.errors import OutcomeUnknown, record_is_away
from handrail.postgres.business import ledger
from handrail.postgres.pool import Connection, Pool, noting, rows
from handrail.postgres.queries import QUERIES

NOTE_SECONDS = 30.0
"""So long whoever made an effect waits until PostgreSQL takes the word that nobody knows of it; then it is noted beside."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
_log = logging.getLogger(__name__)


class EffectAttempt:
    """One attempt at an effect. `begun`: another system may have been sent something in it; `first`: and in none before it.

    `once`: that system cannot tell a repetition by its key.
    """

    def __init__(self, pool: Pool, effect: Effect, *, once: bool) -> None:
        self._pool = pool
        self.effect_id = effect.effect_id
        self._effect = effect
        self._once = once
        self.first = False
        self.begun = False

    async def begin(self) -> None:
        """Note it, the first time this is called; nothing may be sent before.

        Raises:
            OutcomeUnknown: it was begun before, nobody knows how that ended, and a second one could not be told from it.
            TurnSuperseded, TurnHalted: since the transaction began the turn that wants it has lost its case, or words that it
                goes by; nothing was sent.
            psycopg.OperationalError: the server is away; nothing was sent, try again.
        """
        if self.begun:
            return
        self.first = await note(self._pool, self._effect)
        if self._once and not self.first:
            raise self.lost("it is not tried again.")
        self.begun = True

    async def unsent(self) -> None:
        """Strike it where nothing was sent after all; one that stood before stays."""
        if self.first:
            async with noting(self._pool) as connection:
                await connection.execute(QUERIES["forget_attempt"], {"effect_id": self.effect_id})
        self.begun = self.first = False

    async def stands(self, connection: Connection) -> bool:
        """Return whether this one, or one before it, may have been made."""
        async with rows(connection) as cursor:
            await cursor.execute(QUERIES["attempt_stands"], {"effect_id": self.effect_id})
            return await cursor.fetchone() is not None

    def lost(self, now: object) -> OutcomeUnknown:
        """Make the error of an attempt without an answer; `now` says what came of it since."""
        words = f"{self._effect.action} was begun before and its answer was lost. Look in the other system whether it was done"
        return OutcomeUnknown(f"{words} (effect {self.effect_id}); {now}")


class UnknownOutcomes:
    """The word of tools that nobody knows whether their effects were made: kept, however long PostgreSQL is away.

    An effect of which that was said is never made again by itself: here at once, and by any process once it is noted.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._noting: dict[str, asyncio.Task[None]] = {}

    def holds(self, effect_id: str) -> bool:
        """Return whether it was said of this effect here, and is not noted yet."""
        return effect_id in self._noting

    async def note(self, effect_id: str) -> None:
        """Note it. Where the server is away for long, that goes on beside; nothing is raised that would be tried again."""
        if effect_id not in self._noting:
            self._noting[effect_id] = asyncio.create_task(self._until_noted(effect_id))
        await asyncio.wait([self._noting[effect_id]], timeout=NOTE_SECONDS)

    async def _until_noted(self, effect_id: str) -> None:
        pause = FIRST_PAUSE
        while not self._pool.noters.closed:
            try:
                async with noting(self._pool) as connection:
                    await connection.execute(QUERIES["note_unknown"], {"effect_id": effect_id})
                del self._noting[effect_id]
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the word must not be lost
                _log.log(
                    logging.WARNING if record_is_away(error) else logging.ERROR,
                    "effect %s is of unknown outcome, which is not noted yet: %s",
                    effect_id,
                    type(error).__name__,
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


@asynccontextmanager
async def sent_or_halted(pool: Pool, effect: Effect) -> AsyncIterator[None]:
    """Tell a halted turn apart whose effect an attempt before may have sent: it is not sent again, and nobody knows of it.

    Raises:
        OutcomeUnknown: the turn is halted, and such an attempt stands.
    """
    try:
        yield
    except TurnHalted as halted:
        attempt = EffectAttempt(pool, effect, once=False)
        async with noting(pool) as connection:
            sent = await attempt.stands(connection)
        if sent:
            raise attempt.lost("it is not sent again.") from halted
        raise


async def note(pool: Pool, effect: Effect) -> bool:
    """Note that an effect may be made from now on, until its outcome is known; return whether nobody had noted it before.

    Raises:
        TurnSuperseded, TurnHalted: the turn that wants it has lost its case, or words that it goes by; it is not noted.
    """
    turn = effect.turn
    about = {"token": turn.token if turn else None, "attempt": turn.attempt if turn else None}
    async with noting(pool) as connection, rows(connection) as cursor:
        await cursor.execute(QUERIES["note_attempt"], {"effect_id": effect.effect_id, "case_id": effect.case_id, **about})
        found = await cursor.fetchone()
    if found is None or not found["held"]:
        raise ledger.lost(effect)
    if found["halted"]:
        raise ledger.halted(effect)
    return bool(found["first"])
