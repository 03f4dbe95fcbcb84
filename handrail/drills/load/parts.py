"""Parts of the drill of load, by name. The command line loads this with every command, so it loads nothing itself."""

from __future__ import annotations

from enum import StrEnum


class LoadPart(StrEnum):
    """A part that can be asked for by name."""

    OUTAGE = "outage"
    NOISY = "noisy"
    WAITING = "waiting"
    TURNS = "turns"


EVERY_PART = tuple(LoadPart)
