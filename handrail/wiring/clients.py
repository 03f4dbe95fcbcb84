"""Clients of models, made from the settings: the agent's, and the judge's; with the steps of the quality loop that ask them.

The steps keep the pauses that their servers ask for, and do not count in the trouble of customers' cases.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.domain.errors import InvalidInput
from handrail.domain.llm.names import alike, spelled
from handrail.domain.quality.judge.judged import JudgeLimits, JudgePlan
from handrail.llm.server.patience import PauseWatch
from handrail.ports import Clock
from handrail.postgres.autonomy.models import PostgresModels
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.judging import PostgresJudging
from handrail.quality.judging.loader import load_canary, load_rubric
from handrail.settings import Settings
from handrail.wiring.days.governing import changes_over
from handrail.wiring.seen.around import seen_calls

if TYPE_CHECKING:
    from handrail.llm.chat import CallWatch, ChatModel
    from handrail.quality.judging.canary import CanaryStep
    from handrail.quality.judging.judge import JudgeStep


def refuse_own(settings: Settings) -> str:
    """Return the judge's name.

    Raises:
        InvalidInput: none is named, or it is the agent's own model, whichever its version.
    """
    name = settings.judge_model
    if name is None:
        raise InvalidInput("HANDRAIL_JUDGE_MODEL: is not set, so nothing is judged. Name a model other than the agent's.")
    if alike(spelled(name), spelled(settings.model)):
        raise InvalidInput(
            f"HANDRAIL_JUDGE_MODEL: {name!r} is the agent's own model, and a model is lenient to itself. "
            "Name another one, best of another maker."
        )
    return name


def judge_address(settings: Settings) -> str | None:
    """Return the address of the judge's server: its own, or the agent's."""
    return settings.judge_base_url or settings.openai_base_url


def judge_served(settings: Settings) -> str:
    """Return the judge's model and its server in words. Raises: InvalidInput: see `refuse_own`."""
    from handrail.llm.server.address import served

    return served(refuse_own(settings), judge_address(settings))


def judge_model(settings: Settings, pool: Pool) -> ChatModel:
    """Build the judge's client; close it with `await model.aclose()`. Raises: InvalidInput: see `refuse_own`."""
    from handrail.llm.chat import ChatModel

    own = settings.judge_base_url is not None
    return ChatModel(
        model=refuse_own(settings),
        api_key=settings.judge_api_key or (None if own else settings.openai_api_key),
        base_url=judge_address(settings),
        headers={} if own else settings.headers,
        timeout_seconds=settings.model_timeout_seconds,
        price_prompt=settings.judge_price_prompt,
        price_completion=settings.judge_price_completion,
        watch=seen_calls(PauseWatch(PostgresModels(pool), judge_served(settings)), refuse_own(settings)),
    )


def agent_served(settings: Settings) -> str:
    """Return the agent's model and its server in words."""
    from handrail.llm.server.address import served

    return served(settings.model, settings.openai_base_url)


def agent_model(settings: Settings, watch: CallWatch) -> ChatModel:
    """Build a client of the agent's model, watched; close it with `await model.aclose()`."""
    from handrail.llm.chat import ChatModel

    return ChatModel(
        model=settings.model,
        api_key=settings.openai_api_key,
        base_url=settings.openai_base_url,
        headers=settings.headers,
        timeout_seconds=settings.model_timeout_seconds,
        price_prompt=settings.model_price_prompt,
        price_completion=settings.model_price_completion,
        watch=seen_calls(watch, settings.model),
    )


@asynccontextmanager
async def judge_step(settings: Settings, pool: Pool, folder: Path, clock: Clock) -> AsyncIterator[JudgeStep]:
    """Make the step that judges, with its client, over the definitions in `folder`.

    Raises:
        InvalidInput: see `refuse_own`.
    """
    # In a thread: scikit-learn and the client of models take seconds to load, which no case should wait for.
    await asyncio.to_thread(import_module, "handrail.quality.judging.judge")
    await asyncio.to_thread(import_module, "handrail.llm.chat")
    from handrail.llm.judging import PROMPT
    from handrail.postgres.quality.labels import PostgresLabels
    from handrail.quality.judging.judge import JudgeStep

    served = judge_served(settings)
    limits = JudgeLimits(cost_usd=settings.judge_daily_usd, calls=settings.judge_daily_calls)
    model = judge_model(settings, pool)

    def plan() -> JudgePlan:
        return JudgePlan.of(load_rubric(folder).value, served, PROMPT)

    try:
        yield JudgeStep(model, PostgresJudging(pool), PostgresLabels(pool), clock, plan, limits)
    finally:
        await model.aclose()


@asynccontextmanager
async def canary_step(settings: Settings, pool: Pool, folder: Path, clock: Clock) -> AsyncIterator[CanaryStep]:
    """Make the step that puts canary prompts to the agent's model, with its client."""
    await asyncio.to_thread(import_module, "handrail.quality.judging.canary")
    await asyncio.to_thread(import_module, "handrail.llm.chat")
    from handrail.postgres.quality.canary import PostgresCanary
    from handrail.quality.judging.canary import CanaryStep

    model = agent_model(settings, PauseWatch(PostgresModels(pool), agent_served(settings)))
    try:
        yield CanaryStep(
            model,
            agent_served(settings),
            PostgresCanary(pool),
            PostgresAlarms(pool),
            clock,
            lambda: load_canary(folder).value,
            changes=changes_over(folder, pool),
        )
    finally:
        await model.aclose()
