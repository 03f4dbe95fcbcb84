"""Mutants by name: a protection that is taken out, and the invariant that must notice. It loads nothing: help reads it."""

from __future__ import annotations

from enum import StrEnum


class Mutant(StrEnum):
    """A worker without one of its protections. The worker of `work.py` says how it is taken out."""

    REPEATED_EFFECTS = "repeated-effects"
    UNREAD_SWITCH = "unread-switch"
    UNRULED_EFFECTS = "unruled-effects"
    LOST_MESSAGES = "lost-messages"
