"""Routes of cases that leave the agent."""

from __future__ import annotations

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.team.staff import Expectation

NO_ANSWER = "no_answer"
"""The reason for which a case goes to whoever is next."""
OUTCOME_UNKNOWN = "outcome_unknown"
"""The reason for which a person looks whether an effect was made: nobody knows, so nothing may be said of it either way."""
NOT_KNOWN = "not_known"
"""The sentence of the language packs that says so, and nothing else."""


class Next(Stored):
    """The next in line, who gets the case where nobody has answered in time."""

    tier: int = Field(ge=1, le=2)
    queue: str = Field(min_length=1)
    respond_within_minutes: int = Field(ge=1)


class Route(Stored):
    """The route of a case by the escalation matrix, and what came of it.

    `tell` is what the business tells the customer, language to sentence; `says` names the sentence of the language packs that
    is said in the others. `away` is said as well while nobody is at work, `late` where nobody answered in time. `then` are
    those who follow if nobody answers (None in routes from before there was a chain).
    `row` and `version` name the row and the content hash of the matrix. `expected` and `told` are added by whoever hands the
    case over: until when an answer is due, and the sentence that the customer was told, before its times were filled in.
    """

    tier: int = Field(ge=1, le=2)
    queue: str
    priority: int = 3
    respond_within_minutes: int = 240
    tell: dict[str, str] = Field(default_factory=dict)
    row: str = ""
    version: str = ""
    then: list[Next] | None = None
    away: dict[str, str] = Field(default_factory=dict)
    late: dict[str, str] = Field(default_factory=dict)
    expected: Expectation | None = None
    told: str = ""
    says: str = ""

    def passed_on(self) -> Route | None:
        """The route to whoever is next, more urgent than before; None where nobody is."""
        if not self.then:
            return None
        first, *rest = self.then
        urgent = {"priority": max(self.priority - 1, 1), "then": rest, "expected": None}
        return self.model_copy(update={**first.model_dump(), **urgent})


SOMEBODY = Route(tier=1, queue="support", priority=2, then=[])
"""Where a case goes when nothing can be read that says where."""
