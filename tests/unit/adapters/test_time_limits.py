"""Time limits that rest on one another: each ends what it should before the next does."""

from __future__ import annotations

from handrail.domain.actions.effects import EFFECT_SECONDS
from handrail.postgres.business.attempts import NOTE_SECONDS
from handrail.postgres.business.unsettled import AGE
from handrail.postgres.connections import IDLE_MILLISECONDS

HELD = EFFECT_SECONDS + NOTE_SECONDS
"""Seconds for which an effect may hold its row while PostgreSQL hears nothing on its connection."""


def test_postgresql_lets_an_effects_row_go_only_once_the_effect_has_given_up() -> None:
    assert IDLE_MILLISECONDS > 1_000 * HELD


def test_an_effect_that_may_still_be_under_way_is_nobodys_to_settle() -> None:
    assert AGE.total_seconds() >= HELD
