"""Mutants by name: a protection that is taken out of the drill's own process. It loads nothing: help reads it."""

from __future__ import annotations

from enum import StrEnum


class HostileMutant(StrEnum):
    """The graph without one of its protections. `breaking.py` says how it is taken out."""

    UNWATCHED_SUMS = "unwatched-sums"
    UNBOUND_ARGUMENTS = "unbound-arguments"
    UNREAD_SWITCH = "unread-switch"
    ANYBODYS_ORDERS = "anybodys-orders"
