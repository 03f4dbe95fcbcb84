"""The ledger's row of one effect: locked, compared with what is wanted, settled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import DatabaseError, Error, errors
from psycopg.types.json import Jsonb

from handrail.domain.actions.effects import TAKEN_BACK, Effect, EffectResult
from handrail.domain.base import digest
from handrail.domain.case.turns import TurnHalted, TurnSuperseded
from handrail.domain.errors import EffectConflict
from handrail.postgres.pool import Connection, rows
from handrail.postgres.queries import QUERIES

APPROVED = ("approved", "edited")
LOST, HALTED = "HR002", "HR005"
"""The states with which PostgreSQL refuses what a turn wants that has lost its case, or goes by words that do not stand."""


@dataclass(frozen=True, slots=True)
class Stands:
    """The ledger's state of an effect.

    Its first `answer`, or None where it may run now; `approved` by a person, with exactly these arguments. `watched` is what
    the ruling saw of the past, `kin` are all ids of the customer, and stay so until the transaction ends. `controls` are
    those in force, as rows, or the error that kept them from being read. `unknown`: its tool said that nobody knows whether
    it was made.
    """

    answer: EffectResult | None
    approved: bool = False
    watched: Mapping[str, Any] = field(default_factory=dict)
    kin: Sequence[str] = ()
    controls: Sequence[Mapping[str, Any]] | type[Error] = ()
    unknown: bool = False

    async def ids(self) -> Sequence[str]:
        """Return all ids of the customer, as a tool asks for them."""
        return self.kin


async def begin(connection: Connection, effect: Effect, hold: int) -> Stands:
    """Keep the controls as they are until the transaction ends, by the lock `hold`, and lock the effect's row.

    Call it first: a lock taken before could deadlock.

    Raises:
        EffectConflict: nothing, or something else, stands under this id, or no verdict and no person allows it.
        TurnSuperseded: the turn that wants it has lost its case to another attempt, a later turn, a person or its end.
        TurnHalted: the customer has edited or withdrawn words that the turn goes by.
    """
    stands = await _stands(connection, effect, hold)
    if stands is None:
        raise EffectConflict(f"effect_id: {effect.effect_id} is not in the ledger; record its verdict first.")
    _refuse_another(effect, stands)
    approved = stands["approval_status"] in APPROVED and stands["decided_on_these"]
    if stands["outcome"] is not None:
        found = await answer(connection, effect.effect_id)
        if stands["applied_hash"] != effect.arguments_hash and found.code != TAKEN_BACK:
            raise EffectConflict(f"arguments: effect {effect.effect_id} was {found.status} with other arguments.")
        return Stands(found)
    if not stands["permitted"]:
        raise EffectConflict(
            f"effect_id: {effect.effect_id} is {stands['status']} in the ledger (ruling {stands['ruling']}, approval "
            f"{stands['approval_status'] or 'not asked for'}) or was ruled on with other arguments; "
            "record a verdict or a decision that allows exactly these."
        )
    controls = errors.lookup(stands["unreadable"]) if stands["unreadable"] else stands["controls"]
    return Stands(None, approved, stands["watched"] or {}, stands["kin"], controls, stands["said_unknown"])


async def settle(connection: Connection, effect: Effect, outcome: dict[str, Any]) -> EffectResult:
    """Write down how it ended, with an audit entry; gives it as it will be read ever after.

    `outcome` has status, applied_at and either result or code and message.
    """
    parameters = {
        "result": None,
        "code": None,
        "message": None,
        **outcome,
        **effect.model_dump(exclude={"arguments", "topic", "turn"}),
    }
    entry = {
        "entry_id": f"{effect.effect_id}:{outcome['status']}",
        "actor": effect.approved_by or "agent",
        "noted": f"effect:{outcome['status']}",
        "details": {"effect_id": effect.effect_id, "action": effect.action, "arguments_hash": effect.arguments_hash},
    }
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["settle_action"], {**parameters, **entry})
        return EffectResult.model_validate(await cursor.fetchone())


async def answer(connection: Connection, effect_id: str) -> EffectResult:
    """Read the ledger's entry of an effect that was settled."""
    async with rows(connection) as cursor:
        await cursor.execute(QUERIES["effect"], {"effect_id": effect_id})
        return EffectResult.model_validate(await cursor.fetchone())


async def _stands(connection: Connection, effect: Effect, hold: int) -> dict[str, Any] | None:
    about = {"effect_id": effect.effect_id, "arguments_hash": effect.arguments_hash, "hold": hold}
    turn = effect.turn and Jsonb({"case_id": effect.case_id, "token": effect.turn.token, "attempt": effect.turn.attempt})
    async with rows(connection) as cursor:
        try:
            await cursor.execute(QUERIES["begin_effect"], {**about, "of_turn": turn})
        except DatabaseError as error:
            if error.sqlstate == LOST:
                raise lost(effect) from error
            if error.sqlstate == HALTED:
                raise halted(effect) from error
            raise
        return await cursor.fetchone()


def lost(effect: Effect) -> TurnSuperseded:
    """Return the error of an effect whose turn has lost its case."""
    return TurnSuperseded(f"{effect.action} was not carried out: another attempt at this turn, or a person, has the case.")


def halted(effect: Effect) -> TurnHalted:
    """Return the error of an effect whose turn goes by words that do not stand any more."""
    return TurnHalted(f"{effect.action} was not carried out: the customer changed the words for it.")


def _refuse_another(effect: Effect, stands: dict[str, Any]) -> None:
    """Raises: EffectConflict where the row is about something else than `effect`."""
    for name in ("case_id", "customer_id", "action"):
        if stands[name] != getattr(effect, name):
            raise EffectConflict(f"{name}: effect {effect.effect_id} stands in the ledger under another {name}.")
    if digest(effect.arguments) != effect.arguments_hash:
        raise EffectConflict(f"arguments: those of effect {effect.effect_id} do not have the hash that they came with.")
