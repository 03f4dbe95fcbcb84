"""Shadows in PostgreSQL: one at a time, their answers beside what really happened, what they used counted as they use it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.actions.proposals import RuleHit, Ruling
from handrail.domain.errors import InvalidInput
from handrail.domain.rollout.shadows import (
    LOWERED_BY,
    TRIES,
    AnswerBeside,
    AnswerState,
    ProposedEffect,
    RealTurn,
    Shadow,
    ShadowAnswer,
    ShadowCase,
    ShadowSpent,
    ShadowStep,
    StepOfShadow,
    ruled_by_policies,
)
from handrail.postgres.pool import Pool, alone, held, reading, rows, writing
from handrail.postgres.queries import QUERIES


class PostgresShadows:
    """The port `ShadowRecord`, and what people do with shadows.

    Any method raises `psycopg.OperationalError` while the server is away; try it again.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest(self) -> Shadow | None:
        """See `ports.rollout.ShadowRecord`."""
        found = await alone(self._pool, "latest_shadow")
        return Shadow.model_validate(found[0]) if found else None

    async def of(self, shadow_id: int) -> Shadow:
        """Return the shadow of this number. Raises: InvalidInput: there is none."""
        found = await alone(self._pool, "shadow_by_id", prepare=False, shadow_id=shadow_id)
        if not found:
            raise InvalidInput(f"SHADOW: there is no shadow {shadow_id}. `handrail release shadow status` names the newest.")
        return Shadow.model_validate(found[0])

    async def newest(self, limit: int) -> list[Shadow]:
        """Return so many shadows, the newest first."""
        return [Shadow.model_validate(row) for row in await alone(self._pool, "newest_shadows", prepare=False, limit=limit)]

    async def steps(self, shadow_id: int, limit: int) -> list[ShadowStep]:
        """Return the steps of a shadow, the newest first."""
        found = await alone(self._pool, "shadow_steps", prepare=False, shadow_id=shadow_id, limit=limit)
        return [ShadowStep.model_validate(row) for row in found]

    async def start(self, shadow: Shadow, words: str) -> Shadow:
        """Start a shadow, with its first step. Raises: InvalidInput: another one is going."""
        about = shadow.model_dump(include={"release", "base", "share", "owner"})
        for name in ("parts", "candidate", "budget"):
            about[name] = Jsonb(getattr(shadow, name).model_dump(mode="json"))
        async with writing(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["hold_shadows"])
            await cursor.execute(QUERIES["latest_shadow"])
            going = await cursor.fetchone()
            if going is not None and going["stopped_at"] is None:
                found = f"shadow {going['shadow_id']} of release {going['release']} is going"
                raise InvalidInput(f"start: {found}. Stop it first: `handrail release shadow stop`.")
            await cursor.execute(QUERIES["put_shadow"], about)
            made = await cursor.fetchone()
            assert made is not None  # noqa: S101 - an INSERT that returns
            step = ShadowStep(shadow_id=made["shadow_id"], kind=StepOfShadow.START, actor=shadow.owner, words=words)
            await cursor.execute(QUERIES["put_shadow_step"], step.model_dump(mode="json"))
        return await self.of(made["shadow_id"])

    async def step(self, step: ShadowStep) -> ShadowStep | None:
        """See `ports.rollout.ShadowRecord`."""
        about = {**step.model_dump(mode="json"), "words": step.words.replace("\0", " ")}
        found = await alone(self._pool, "put_shadow_step", prepare=False, **about)
        return ShadowStep.model_validate(found[0]) if found else None

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """See `ports.rollout.ShadowRecord`."""
        return held(self._pool, "hold_shadow_work", "release_shadow_work")

    async def due(self, shadow: Shadow, since: datetime, limit: int) -> list[ShadowCase]:
        """See `ports.rollout.ShadowRecord`."""
        about: dict[str, Any] = {**self._sample(shadow), "since": since, "limit": limit, "tries": TRIES}
        return [ShadowCase.model_validate(row) for row in await alone(self._pool, "shadow_due", prepare=False, **about)]

    async def sampled(self, shadow: Shadow) -> int:
        """Return how many cases were opened in the shadow's share while it went."""
        about = {**self._sample(shadow), "since": shadow.started_at, "until": shadow.stopped_at}
        (row,) = await alone(self._pool, "shadow_sampled", prepare=False, **about)
        return int(row["sampled"])

    @staticmethod
    def _sample(shadow: Shadow) -> dict[str, Any]:
        return {"shadow_id": shadow.shadow_id, "key": shadow.candidate.key, "share": shadow.share}

    async def begin(self, shadow_id: int, case_id: str, day: date) -> bool:
        """See `ports.rollout.ShadowRecord`."""
        return bool(await alone(self._pool, "begin_shadow_answer", shadow_id=shadow_id, case_id=case_id, day=day))

    async def spend(self, shadow_id: int, case_id: str, used: ShadowSpent) -> None:
        """See `ports.rollout.ShadowRecord`."""
        await alone(self._pool, "spend_shadow", shadow_id=shadow_id, case_id=case_id, **used.model_dump())

    async def spent(self, day: date | None = None, shadow_id: int | None = None) -> ShadowSpent:
        """See `ports.rollout.ShadowRecord`."""
        (row,) = await alone(self._pool, "shadow_spent", prepare=False, day=day, shadow_id=shadow_id)
        return ShadowSpent.model_validate(row)

    async def end(self, shadow_id: int, case_id: str, state: AnswerState, answer: ShadowAnswer | None, why: str) -> None:
        """See `ports.rollout.ShadowRecord`."""
        kept = None if answer is None else Jsonb(_storable(answer.model_dump(mode="json")))
        about = {"shadow_id": shadow_id, "case_id": case_id, "state": state.value, "answer": kept, "why": _storable(why)}
        await alone(self._pool, "end_shadow_answer", **about)

    async def lost(self, shadow_id: int) -> list[str]:
        """See `ports.rollout.ShadowRecord`."""
        found = await alone(self._pool, "lose_shadow_answers", prepare=False, shadow_id=shadow_id, tries=TRIES)
        return [row["case_id"] for row in found]

    async def answered(self, shadow_id: int) -> int:
        """Return how many answers of the shadow stand."""
        (row,) = await alone(self._pool, "shadow_answered", prepare=False, shadow_id=shadow_id)
        return int(row["answered"])

    async def answers(self, shadow_id: int, limit: int) -> list[AnswerBeside]:
        """Return the answers beside what really happened, the newest first."""
        async with reading(self._pool) as connection, rows(connection) as cursor:
            await cursor.execute(QUERIES["take_time_for_outcomes"], prepare=False)
            await cursor.execute(QUERIES["shadow_answers"], {"shadow_id": shadow_id, "limit": limit}, prepare=False)
            return [_kept(row) for row in await cursor.fetchall()]


def _kept(row: dict[str, Any]) -> AnswerBeside:
    real = dict(row["real"])
    effect = real.pop("effect", None)
    if effect is not None:
        real["effect"] = _proposed(effect)
    return AnswerBeside.model_validate({**row, "real": RealTurn.model_validate(real)})


def _proposed(effect: dict[str, Any]) -> ProposedEffect:
    """Return what was proposed first. Of what people changed the ledger holds the later ruling, the request the first one."""
    hits = [RuleHit.model_validate(hit) for hit in effect.get("hits") or []]
    ruling, rules = ruled_by_policies(hits), [f"{hit.policy}/{hit.rule}" for hit in hits]
    if effect.get("rules") is not None:
        rules = list(effect["rules"])
        held = any(rule.rpartition("/")[2] not in LOWERED_BY for rule in rules)
        ruling = Ruling.REQUIRE_APPROVAL if held else Ruling.ALLOW
    return ProposedEffect(action=effect["action"], arguments=effect["arguments"] or {}, ruling=ruling, rules=rules)


def _storable(found: Any) -> Any:
    """Return it without what no text of PostgreSQL holds: a candidate may say anything."""
    if isinstance(found, str):
        return found.replace("\0", " ").encode("utf-8", "replace").decode()
    if isinstance(found, dict):
        return {_storable(name): _storable(value) for name, value in found.items()}
    return [_storable(one) for one in found] if isinstance(found, list) else found
