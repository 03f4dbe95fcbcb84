"""Mutants by name: a protection that is taken out, and the invariant that must notice. It loads nothing: help reads it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Mutant(StrEnum):
    """A process without one of its protections. `work.py` says how it is taken out."""

    REPEATED_EFFECTS = "repeated-effects"
    UNREAD_SWITCH = "unread-switch"
    UNRULED_EFFECTS = "unruled-effects"
    LOST_MESSAGES = "lost-messages"
    FORGOTTEN_KEYS = "forgotten-keys"
    HASTY_WEBHOOKS = "hasty-webhooks"
    RENAMED_WEBHOOKS = "renamed-webhooks"
    RESENT_MAIL = "resent-mail"
    FORGOTTEN_SCORES = "forgotten-scores"
    LOST_STARTS = "lost-starts"
    UNFENCED_EFFECTS = "unfenced-effects"


ELSEWHERE = {
    Mutant.FORGOTTEN_KEYS: ("api",),
    Mutant.RESENT_MAIL: ("mail",),
    Mutant.LOST_STARTS: ("api", "worker"),
}
"""Parts of mutants that are not the worker alone."""


def of(part: str, mutants: Iterable[Mutant]) -> tuple[Mutant, ...]:
    """Return those of the mutants that the part is run as."""
    return tuple(one for one in mutants if part in ELSEWHERE.get(one, ("worker",)))
