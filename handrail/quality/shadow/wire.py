"""The frames between a shadow's process and whoever started it: what the process asks, and what it is told."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.rollout.shadows import ShadowAnswer

MOST_BYTES = 4_000_000
"""A frame of a shadow's process is no longer: it may say anything, and is held in a worker's memory."""


class Asked(StrEnum):
    """The questions that a shadow's process may put. There is none that changes anything."""

    COMPLETE = "complete"
    CONSULT = "consult"
    CHECK = "check"
    READ = "read"
    FACTS = "facts"
    KNOWN = "known"
    HISTORY = "history"
    CONTACTS = "contacts"


class ShadowTerms(Stored):
    """The terms on which a process plays: its definitions are in a folder of their own."""

    business: str
    definitions: str
    router: str | None = None
    languages: str | None = None
    cache_dir: str | None = None
    consult: bool = True
    graph: str | None = None
    approval_minutes: int = 240


class ShadowHeard(Stored):
    """A frame of the process: a question, the answer to a case, that it has loaded, or why it cannot."""

    ask: Asked | None = None
    body: dict[str, Any] = Field(default_factory=dict)
    answer: ShadowAnswer | None = None
    loaded: bool = False
    broken: str = ""


class ShadowTold(Stored):
    """A frame to the process: what it asked for, a refusal as an error of this kind, or why it has to stop."""

    body: Any = None
    refused: str = ""
    code: str = ""
    words: str = ""
    stop: str = ""
