"""Shadows, wired: on connections of their own, so that no case waits for one, and only while a shadow is going."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.background import Say, silent, supervised
from handrail.llm.server.cooldown import Cooldown
from handrail.llm.server.late import LateModel
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.models import PostgresModels
from handrail.postgres.autonomy.reviews import PostgresContacts
from handrail.postgres.business.customers import PostgresCustomers
from handrail.postgres.business.history import PostgresHistory
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool, open_pool
from handrail.postgres.quality.shadows import PostgresShadows
from handrail.quality.outcomes.loader import load_outcomes
from handrail.settings import Settings
from handrail.wiring.cases.worker import Adapters
from handrail.wiring.clients import agent_model, agent_served
from handrail.wiring.days.ramping import candidate_settings

if TYPE_CHECKING:
    from handrail.domain.rollout.shadows import Shadow
    from handrail.llm.server.calls import About
    from handrail.llm.server.health import Answered
    from handrail.quality.shadow.house import HouseSystems
    from handrail.quality.shadow.runner import ShadowRunner
    from handrail.quality.shadow.wire import ShadowTerms

NAME = "the shadow"
LOOK_SECONDS = 5.0
"""How often a worker looks for a shadow, and whether a case is due; each look is a statement or two."""
REST_SECONDS = 60.0
"""The pause behind what could not be answered."""
CONNECTIONS = 3


class HeedingWatch:
    """A watch that heeds the pauses that a model's server asked for, and begins none: those are for real calls to begin."""

    def __init__(self, record: PostgresModels, served: str) -> None:
        self._cooldown = Cooldown(record, served)

    async def around(self, about: About, send: Callable[[], Awaitable[Answered]]) -> Answered:
        """Send, unless the server asked to be left alone. Raises: ModelUnavailable: it did; also see `send`."""
        await self._cooldown.check()
        return await send()


def shadowing(
    settings: Settings, pool: Pool, world: Adapters, say: Say = silent, every: float = LOOK_SECONDS
) -> AbstractAsyncContextManager[None]:
    """Answer in the shadow for as long as the block lasts; what goes wrong there is said, and is nobody's case."""
    return supervised(NAME, lambda: forever(settings, pool, world, say, every), say=say)


async def forever(settings: Settings, pool: Pool, world: Adapters, say: Say, every: float) -> None:
    """Look for a shadow, and run it while it goes."""
    shadows = PostgresShadows(pool)
    while True:
        shadow = await shadows.latest()
        if shadow is not None and shadow.going:
            # In a thread: no case waits for what a shadow loads.
            await asyncio.to_thread(import_module, "handrail.quality.shadow.runner")
            await asyncio.to_thread(import_module, "handrail.quality.shadow.layout")
            async with runner_over(settings, world) as runner:
                await _while_it_goes(runner, shadows, say, every)
        say(None)
        await asyncio.sleep(every)


async def _while_it_goes(runner: ShadowRunner, shadows: PostgresShadows, say: Say, every: float) -> None:
    while (shadow := await shadows.latest()) is not None and shadow.going:
        words = await runner.look()
        say(words)
        await asyncio.sleep(every if words is None else max(every, REST_SECONDS))


@asynccontextmanager
async def runner_over(
    settings: Settings, world: Adapters, argv: Sequence[str] | None = None, case_seconds: float | None = None
) -> AsyncIterator[ShadowRunner]:
    """Make what runs a shadow, over connections of its own; `argv` starts its process, `case_seconds` bound each answer."""
    from handrail.quality.shadow.runner import ARGV, CASE_SECONDS, ShadowPlace, ShadowRunner

    folder, models = settings.definitions or world.business.folder, list[LateModel]()
    pool = await open_pool(settings.database_url.get_secret_value(), size=CONNECTIONS)

    def model(shadow: Shadow) -> LateModel:
        own = candidate_settings(settings, shadow.candidate)
        watch = HeedingWatch(PostgresModels(pool), agent_served(own))
        models.append(LateModel(lambda: agent_model(own, watch)))
        return models[-1]

    place = ShadowPlace(
        lay_out=lambda shadow, target: terms_of(settings, shadow, folder, target),
        model=model,
        systems=systems_over(pool, world),
        zone=lambda: load_outcomes(folder).value.zone,
        clock=world.clock,
        argv=argv or ARGV,
        case_seconds=case_seconds or CASE_SECONDS,
    )
    runner = ShadowRunner(PostgresShadows(pool), place)
    try:
        yield runner
    finally:
        await runner.aclose()
        for one in models:
            await one.aclose()
        await pool.close()


def systems_over(pool: Pool, world: Adapters) -> HouseSystems:
    """Return the systems that a shadow may look into, over these connections."""
    from handrail.quality.shadow.house import HouseSystems

    business, clock = world.business, world.clock
    return HouseSystems(
        business=business,
        record=PostgresRecord(pool, business, clock),
        customers=PostgresCustomers(pool, business, clock),
        known=PostgresCases(pool, business),
        history=PostgresHistory(pool, business, clock),
        contacts=PostgresContacts(pool),
        controls=PostgresControls(pool, business),
    )


def terms_of(settings: Settings, shadow: Shadow, definitions: Path, target: Path) -> ShadowTerms:
    """Lay the candidate out in `target`, and return the terms on which its process plays. Raises: see `lay_out`."""
    from handrail.quality.shadow.layout import lay_out
    from handrail.quality.shadow.wire import ShadowTerms

    folder = lay_out(target, shadow.candidate, definitions)
    paths = {name: getattr(settings, name) for name in ("router", "languages", "cache_dir")}
    return ShadowTerms(
        business=settings.business,
        definitions=str(folder),
        consult=settings.consult,
        graph=shadow.candidate.graph,
        approval_minutes=settings.approval_minutes,
        **{name: None if path is None else str(path.resolve()) for name, path in paths.items()},
    )
