"""Findings of the doctor, and how it looks: each look has its own time, and none keeps another from being made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.errors import HandrailError

SECONDS = 15.0


class PartHealth(StrEnum):
    """The health of a part: as it should be, worth a look, or keeping cases from going on."""

    FINE = "fine"
    NOTICE = "notice"
    TROUBLE = "trouble"


class DoctorFinding(Stored):
    """One part, how it is, and what to do."""

    part: str
    health: PartHealth
    words: str
    remedy: str = Field(default="", description="what to do; empty where nothing is to be done")


Look = Callable[[], Awaitable[list[DoctorFinding]]]


def fine(part: str, words: str) -> DoctorFinding:
    """Find the part as it should be."""
    return DoctorFinding(part=part, health=PartHealth.FINE, words=words)


def notice(part: str, words: str, remedy: str) -> DoctorFinding:
    """Find the part worth a look."""
    return DoctorFinding(part=part, health=PartHealth.NOTICE, words=words, remedy=remedy)


def trouble(part: str, words: str, remedy: str) -> DoctorFinding:
    """Find that the part keeps cases from going on."""
    return DoctorFinding(part=part, health=PartHealth.TROUBLE, words=words, remedy=remedy)


async def examine(looks: Mapping[str, Look], seconds: float = SECONDS) -> list[DoctorFinding]:
    """Make every look, side by side, and return what they found in their order; a look that fails is trouble itself."""
    found = await asyncio.gather(*(_looked(part, look, seconds) for part, look in looks.items()))
    return [one for part in found for one in part]


async def _looked(part: str, look: Look, seconds: float) -> list[DoctorFinding]:
    try:
        async with asyncio.timeout(seconds):
            return await look()
    except TimeoutError:
        return [trouble(part, f"It did not answer within {seconds:g} s.", "Look whether it is overloaded, then ask again.")]
    except HandrailError as error:
        return [trouble(part, str(error), "Mend what it says, then ask again.")]
    except Exception as error:  # noqa: BLE001 - the other looks are made whatever one meets
        return [trouble(part, f"It could not be looked at: {type(error).__name__}: {error}", "Mend what it says.")]
