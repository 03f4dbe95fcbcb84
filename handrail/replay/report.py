"""The result of a replay: every call with its ruling, counted by rule and held against what was expected."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.base import Stored
from handrail.replay.calls import ReplayRuling

NO_RULE = "no rule objects"


class Became(StrEnum):
    """The fate of a call in the copy."""

    DONE = "carried out"
    LEFT = "not carried out"
    REFUSED = "refused at the last moment"
    FAILED = "failed while it was carried out"
    READ = "read"


class RuledCall(Stored):
    """A call with its ruling; `rules` are those that led to it. `asks` says that the customer is asked, too."""

    line: int
    call_id: str | None = None
    at: datetime
    case: str
    customer: str
    tool: str
    title: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    ruled: ReplayRuling
    rules: list[str] = Field(default_factory=list)
    messages: list[str] = Field(default_factory=list)
    asks: bool = False
    became: Became = Became.LEFT
    words: str = Field(default="", description="why it was refused or failed, where no rule says it")
    expected: ReplayRuling | None = None

    @property
    def hit(self) -> bool | None:
        """True if it is as expected; a refusal of the business is as good as a block. None where nothing was."""
        if self.expected is None:
            return None
        same = self.ruled is self.expected
        return same or (self.expected is ReplayRuling.BLOCK and self.ruled is ReplayRuling.REFUSED)

    @property
    def let_through(self) -> bool:
        """True if something stricter was expected."""
        return self.expected is not None and self.expected.rank > self.ruled.rank


class RuleCount(Stored):
    """The calls that one rule led to one ruling."""

    ruled: ReplayRuling
    rule: str
    calls: int
    hits: int
    misses: int


class ReplayReport(Stored):
    """A whole replay. `seconds` are those of the copy and of the calls."""

    business: str
    copy_of: str
    policy_version: str
    seconds: dict[str, float]
    reordered: bool = False
    skipped: int = 0
    calls: list[RuledCall]

    @property
    def ruled(self) -> dict[str, int]:
        """The number of calls for each ruling."""
        found = Counter(one.ruled for one in self.calls)
        return {one.value: found[one] for one in ReplayRuling}

    @property
    def misses(self) -> list[RuledCall]:
        """The calls that came out otherwise than expected."""
        return [one for one in self.calls if one.hit is False]

    @property
    def let_through(self) -> list[RuledCall]:
        """The misses that matter: those that were ruled on more leniently than expected."""
        return [one for one in self.calls if one.let_through]

    @property
    def failed(self) -> bool:
        """True if the business's own code does not work on some call."""
        return any(one.ruled is ReplayRuling.FAILED or one.became is Became.FAILED for one in self.calls)

    @property
    def expecting(self) -> int:
        """The number of calls that say what is expected."""
        return sum(one.expected is not None for one in self.calls)

    @property
    def matrix(self) -> dict[str, dict[str, int]]:
        """Expected, then ruled; only what occurs."""
        found = Counter((one.expected, one.ruled) for one in self.calls if one.expected)
        columns = [one for one in ReplayRuling if any(ruled is one for _, ruled in found)]
        rows = [one for one in ReplayRuling if any(expected is one for expected, _ in found)]
        return {row.value: {column.value: found[row, column] for column in columns} for row in rows}

    @property
    def by_rule(self) -> list[RuleCount]:
        """The strictest ruling first, in it the most frequent rule; a call counts for each rule that led to its ruling."""
        pairs = [(one.ruled, rule, one.hit) for one in self.calls for rule in one.rules or [NO_RULE]]
        counted = Counter((ruled, rule) for ruled, rule, _ in pairs)
        made = [
            RuleCount(
                ruled=ruled,
                rule=rule,
                calls=calls,
                hits=sum((ruled, rule, True) == pair for pair in pairs),
                misses=sum((ruled, rule, False) == pair for pair in pairs),
            )
            for (ruled, rule), calls in counted.items()
        ]
        return sorted(made, key=lambda one: (-list(ReplayRuling).index(one.ruled), -one.calls, one.rule))
