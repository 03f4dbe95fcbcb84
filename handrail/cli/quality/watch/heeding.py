"""The governor for commands that ask a model: it acts on a gate that closed, and on another model behind a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

    from handrail.cli.common.world import CliContext
    from handrail.quality.governor.govern import Governor
    from handrail.quality.judging.gates import JudgeGates


def governor_of(place: CliContext, pool: Any) -> Governor:
    """Return the governor over what is in force. Raises: DefinitionInvalid: a file cannot be used."""
    from handrail.cli.common.rail import controls
    from handrail.clock import SystemClock
    from handrail.wiring.cases.dialling import DialSources, definitions_of
    from handrail.wiring.days.governing import governor_over

    folder, clock = place.settings.definitions or place.business.folder, SystemClock()
    topics, policies = definitions_of(folder, place.business, 0.0)
    dial = DialSources(place.settings, pool, folder, topics, policies, controls(place, pool), clock, 0.0).dial()
    return governor_over(folder, pool, place.business, topics, dial, clock)


async def heed_gates(place: CliContext, pool: Any, day: date) -> str:
    """Look at the judge's gates, and govern where one closed; returns it in words. Raises: DefinitionInvalid."""
    from handrail.quality.judging.steps import heeded

    return (await heeded(gates_of(place, pool), governor_of(place, pool), day)).strip()


def gates_of(place: CliContext, pool: Any) -> JudgeGates:
    """Return the gates of the judge that is set, or of none. Raises: DefinitionInvalid: a file cannot be used."""
    from handrail.cli.common.rail import topics_of
    from handrail.cli.quality.judge.models import model_settings
    from handrail.clock import SystemClock
    from handrail.wiring.days.governing import judge_gates

    folder = place.settings.definitions or place.business.folder
    return judge_gates(model_settings(place), folder, pool, topics_of(place), SystemClock())
