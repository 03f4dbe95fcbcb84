"""The plan of a drill of load: which parts, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass

from handrail.drills.load.parts import EVERY_PART, LoadPart

PLACES = 40
"""Turns that a worker may have under way at once: as many calls may be on their way when the model first says no."""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """A whole drill. All times in seconds; rates are per second.

    `messages` wait while the model says no for `outage`, asking for `retry_after` each time; people decide `decided` cases a
    second meanwhile. A noisy customer opens `flood` cases at once in each of `rounds`, `others` customers one each, `pace` of
    them a second; the model takes `thinking` for each answer. Decisions are timed with `fewer` and with `waiting` cases that
    wait, `decisions` in each of the rounds. One case has `turns`, of which `window` neighbours are taken together.
    """

    parts: tuple[LoadPart, ...] = EVERY_PART
    messages: int = 500
    outage: float = 60.0
    retry_after: int = 5
    decided: float = 1.0
    thinking: float = 0.8
    flood: int = 60
    others: int = 40
    pace: float = 2.0
    rounds: int = 5
    fewer: int = 1_000
    waiting: int = 20_000
    decisions: int = 40
    per_second: float = 5.0
    turns: int = 300
    window: int = 5
