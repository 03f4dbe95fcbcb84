"""Controls in PostgreSQL: read in the very transaction that lets something out, changed only while none is under way.

A transaction that applies an effect or commits a reply of the agent's first takes an advisory lock that it shares with others
like it, then reads the controls. A change takes the same lock for itself alone, so it waits for those that began before, while
new ones queue behind it and read what it set. Hence: once a switch has committed, nothing leaves any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from psycopg import Error, OperationalError
from psycopg.errors import LockNotAvailable

from handrail.business import Business
from handrail.domain.actions.effects import Effect
from handrail.domain.autonomy.controls import (
    GLOBAL,
    Control,
    ControlRequest,
    ControlsInForce,
    Hand,
    Scope,
    ScopeKind,
    admit,
    concerning,
)
from handrail.domain.autonomy.topics import Autonomy, LeverSettings, Topic
from handrail.domain.case.cases import CaseRow
from handrail.postgres.business.asking import ask
from handrail.postgres.business.customers import RECORD
from handrail.postgres.pool import Connection, Pool, alone, reading, rows, writing
from handrail.postgres.queries import QUERIES
from handrail.postgres.shared import SharedRead

ADVISORY_LOCK = 7_240_118_322_904_156
TURN_LOCK = ADVISORY_LOCK + 1
"""Changes take it one after the other, also those that did not wait for what is under way; it is held for moments."""
PATIENCE = timedelta(seconds=5)
"""How long a change waits for what is under way before it holds for everything that begins later."""
LADDER = list(Autonomy)
ControlRows = Sequence[Mapping[str, Any]]
Changed = TypeVar("Changed")


@dataclass(frozen=True, slots=True)
class Cleared:
    """The controls that a `clear` lifted, and those it left because they came into force only after it had been asked for."""

    lifted: list[Control]
    left: list[Control]


async def gate(
    connection: Connection, business: Business, known: ControlRows | type[Error], effect: Effect, *, approved: bool
) -> None:
    """Let an effect out within this transaction, or not; `known` are the controls that `begin_effect` read.

    Raises:
        SwitchedOff: a control says no, or the controls cannot be read.
        psycopg.OperationalError: the server is away; try again.
    """
    try:
        if isinstance(known, type):
            raise known
        found = await _standing(connection, business, _parsed(known), effect.topic, effect.customer_id)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever keeps the controls from being read, nothing leaves
        found = ControlsInForce(unreadable=type(error).__name__)
    admit(found.dialled(effect.action), approved=approved)


async def cleared(pool: Pool, business: Business, topic: str, customer_id: str, *, approved: bool) -> list[int]:
    """The ids of the controls in force, none of which keeps the agent's words in.

    Raises:
        SwitchedOff: one does, or they cannot be read.
        psycopg.OperationalError: the server is away; try again.
    """
    found, known = ControlsInForce(), list[Control]()
    try:
        async with reading(pool) as connection:
            known = await _in_force(connection)
            found = await _standing(connection, business, known, topic, customer_id)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever keeps the controls from being read, nothing leaves
        found = ControlsInForce(unreadable=type(error).__name__)
    admit(found.dialled(), approved=approved)
    return [one.control_id for one in known]


class PostgresControls:
    """The ports `Controls`, `Lever` and `ModelTroubles`, and what the command line does to them. Any method raises
    `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool, business: Business) -> None:
        self._pool = pool
        self._business = business
        self._read = SharedRead(lambda: alone(pool, "controls_in_force"))

    async def over(self, topic: str, customer_id: str) -> ControlsInForce:
        """The controls in force now that concern a case of this topic and customer; all is off where they cannot be read."""
        try:
            controls = _parsed(await self._read.now())
            if not _by_segment(self._business, controls):
                return concerning(controls, topic, [])
            async with reading(self._pool) as connection:
                return await _standing(connection, self._business, controls, topic, customer_id)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever keeps the controls from being read, nothing leaves
            return ControlsInForce(unreadable=type(error).__name__)

    async def settings(self, topic: Topic, row: CaseRow | None, tools: Sequence[str] = ()) -> LeverSettings:
        """Read the controls' settings of the topic, of this case's customer where there is one, and of each tool."""
        found = await self.over(topic.name, row.customer_id if row else "")
        return LeverSettings(topic=found.settings(None), tools={tool: found.settings(tool) for tool in tools})

    async def in_force(self) -> list[Control]:
        """Every control in force, the oldest first."""
        return _parsed(await self._read.now())

    async def history(self, limit: int) -> list[Control]:
        """Read the controls that were ever set, the newest first."""
        return _parsed(await alone(self._pool, "controls_history", limit=limit))

    async def put(self, wanted: ControlRequest) -> Control:
        """Set a control. When this returns, it holds, and what was under way before has ended (`waited`)."""

        async def change(connection: Connection, waited: bool) -> Control:
            return await set_control(connection, wanted, waited=waited)

        return await self.change(change)

    async def clear(self, scopes: Sequence[str], reason: str, actor: str) -> Cleared:
        """Lift what every hand has set on these scopes by now; what is set while this waits its turn stays."""
        known = {one.control_id for one in await self.in_force()}

        async def change(connection: Connection, waited: bool) -> Cleared:
            found = [one for one in await _in_force(connection) if one.scope in scopes]
            lifted = [one for one in found if one.control_id in known]
            for one in lifted:
                await set_control(connection, lifting(one, reason, actor), waited=waited)
            return Cleared(lifted, [one for one in found if one.control_id not in known])

        return await self.change(change)

    async def step_down(self, reason: str, *, pause: timedelta, lasting: timedelta, urgent: bool = False) -> Control | None:
        """One step down the ladder for everything, by Handrail's own hand.

        None where that hand has moved within `pause` (another worker saw the same trouble, or a person has just cleared it;
        with `urgent` only where it still holds something), and where nothing is left to step down to. Where something hangs in
        its transaction, only an `urgent` step is insisted on, by `LockNotAvailable`: the next bad call tries again.
        """
        async with reading(self._pool) as connection:
            if await _next_level(connection, pause, urgent) is None:
                return None
        try:
            return await self._step(reason, pause, lasting, urgent)
        except LockNotAvailable:
            if urgent:
                raise
            return None

    async def _step(self, reason: str, pause: timedelta, lasting: timedelta, urgent: bool) -> Control | None:
        async with writing(self._pool) as connection:
            await _alone(connection)
            level = await _next_level(connection, pause, urgent)
            if level is None:
                return None
            wanted = ControlRequest(
                scope=GLOBAL, level=level, hand=Hand.HANDRAIL, reason=reason[:500], actor=Hand.HANDRAIL, lasting=lasting
            )
            return await set_control(connection, wanted, waited=True)

    async def change(self, change: Callable[[Connection, bool], Awaitable[Changed]]) -> Changed:
        """Run `change`, which is told whether what was under way has ended, while no other change runs."""
        try:
            async with writing(self._pool) as connection:
                await _alone(connection)
                return await change(connection, True)
        except LockNotAvailable:
            # A tool hangs in its transaction. Stopping all that begins from now cannot wait for it.
            async with writing(self._pool) as connection:
                await _take(connection, TURN_LOCK)
                return await change(connection, False)


def lifting(control: Control, reason: str, actor: str) -> ControlRequest:
    """The entry that ends what its hand says about a scope."""
    return ControlRequest(scope=Scope.parse(control.scope), level=Autonomy.AUTO, hand=control.hand, reason=reason, actor=actor)


async def _alone(connection: Connection) -> None:
    """Wait until nothing is under way; nothing begins until this transaction ends. Raises: LockNotAvailable."""
    await _take(connection, ADVISORY_LOCK)
    await _take(connection, TURN_LOCK)


async def _take(connection: Connection, key: int) -> None:
    """Raises: LockNotAvailable."""
    about = {"key": key, "patience": str(int(PATIENCE.total_seconds() * 1_000))}
    await connection.execute(QUERIES["change_controls"], about)


async def _standing(
    connection: Connection, business: Business, controls: Sequence[Control], topic: str, customer_id: str
) -> ControlsInForce:
    segments: list[str] = []
    if business.customer and _by_segment(business, controls):
        customer = business.customer
        known = await ask(RECORD, connection, lambda: customer(connection, customer_id, datetime.now(UTC)))
        segments = [str(one) for one in cast(list[Any], known.get("segments") or [])]
    return concerning(controls, topic, segments)


def _by_segment(business: Business, controls: Sequence[Control]) -> bool:
    """Return whether the customer's segments count: a control names one, and the business tells them."""
    return business.customer is not None and any(one.scope.startswith(f"{ScopeKind.SEGMENT}:") for one in controls)


async def _in_force(connection: Connection) -> list[Control]:
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["controls_in_force"])
        return _parsed(await cursor.fetchall())


def _parsed(found: ControlRows) -> list[Control]:
    return [Control.model_validate(row) for row in found]


async def _next_level(connection: Connection, pause: timedelta, urgent: bool) -> Autonomy | None:
    """The level below the one that Handrail's own hand holds now."""
    async with rows(connection) as cursor:
        about = {"scope": str(GLOBAL), "hand": Hand.HANDRAIL, "pause": pause}
        await cursor.execute(QUERIES["newest_of_hand"], about)
        newest = await cursor.fetchone()
    held = [one.level for one in await _in_force(connection) if one.hand is Hand.HANDRAIL and one.scope == str(GLOBAL)]
    if newest and newest["recent"] and (held or not urgent):
        return None
    below = LADDER[(held[0] if held else Autonomy.AUTO).rank + 1 :]
    return below[0] if below else None


async def set_control(connection: Connection, wanted: ControlRequest, *, waited: bool) -> Control:
    """Set a control within a change (`PostgresControls.change`)."""
    said = wanted.model_dump(include={"level", "hand", "reason", "actor", "lasting"})
    values = {**said, "scope": str(wanted.scope), "waited": waited}
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["set_control"], values)
        return Control.model_validate(await cursor.fetchone())
