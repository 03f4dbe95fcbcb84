"""The oracle: what may be, kept apart from the code that decides it. It knows the shop, and what people said yes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.autonomy.topics import Autonomy, strictest
from handrail.domain.case.cases import CaseStatus, RuledProposal
from handrail.drills.hostile.evidence import KnownOrder, SeenEffect, SeenReply, SeenTrace

WINDOW = timedelta(days=30)
DAY = timedelta(hours=24)
Versions = dict[str, dict[str, Any]]
"""Arguments by their hash."""


@dataclass(frozen=True, slots=True)
class SeenCase:
    """A case as it stands behind a step."""

    case_id: str
    customer_id: str
    status: CaseStatus
    open_approvals: int
    packet: bool
    spoken: bool


@dataclass(slots=True)
class StepSeen:
    """A step and what was seen behind it; effects and replies are those that are new. `cpu` are seconds of the processor."""

    number: int
    doing: str
    cases: Sequence[SeenCase]
    effects: Sequence[SeenEffect] = ()
    traces: Sequence[SeenTrace] = ()
    replies: Sequence[SeenReply] = ()
    failures: Sequence[str] = ()
    cpu: float = 0.0
    audit_broken: str = ""

    def effect(self, effect_id: str | None) -> SeenEffect | None:
        """Return the effect of this id, where it is new."""
        return next((one for one in self.effects if one.effect_id == effect_id), None)

    def owner(self, case_id: str) -> str:
        """Return whose case it is."""
        return next((one.customer_id for one in self.cases if one.case_id == case_id), "")


@dataclass(slots=True)
class Oracle:
    """An oracle of what was so before the step that is looked at.

    `allowed` and `yes` are the arguments of each proposal that a verdict allowed or a person approved, `held` those that were
    ruled on otherwise. `levels` is how far each scope's switch was turned down by the drill.
    """

    orders: dict[str, KnownOrder]
    refunded: defaultdict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))
    window: defaultdict[str, list[tuple[datetime, Decimal]]] = field(default_factory=lambda: defaultdict(list))
    resets: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    allowed: defaultdict[str, Versions] = field(default_factory=lambda: defaultdict(dict))
    held: defaultdict[str, Versions] = field(default_factory=lambda: defaultdict(dict))
    yes: defaultdict[str, Versions] = field(default_factory=lambda: defaultdict(dict))
    levels: dict[str, Autonomy] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    applied: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    heard: set[tuple[str, str, str]] = field(default_factory=set)

    @classmethod
    def of(cls, orders: Sequence[KnownOrder], before: Sequence[SeenTrace]) -> Oracle:
        """The oracle over the shop as it is, with what changed in the last 30 days."""
        found = cls({one.order_id: one for one in orders})
        for one in orders:
            found.refunded[one.order_id] = [one.refunded] if one.refunds else []
        for trace in before:
            found._keep(trace)
        return found

    def ruled(self, verdicts: Iterable[RuledProposal]) -> list[str]:
        """Hear what the graph ruled; return those rulings that are new."""
        new = []
        for one in verdicts:
            about = (one.proposal.proposal_id, one.verdict.arguments_hash, str(one.verdict.ruling))
            if about not in self.heard:
                self.heard.add(about)
                new.append(about[2])
            if one.proposal.kind is ProposalKind.EFFECT:
                kept = self.allowed if one.verdict.ruling is Ruling.ALLOW else self.held
                kept[one.proposal.proposal_id][one.verdict.arguments_hash] = one.proposal.arguments
        return new

    def approved(self, proposal_id: str, arguments_hash: str, arguments: dict[str, Any]) -> None:
        """Hear that a person said yes to exactly these arguments."""
        self.yes[proposal_id][arguments_hash] = arguments

    def level(self, topic: str | None, action: str | None) -> Autonomy:
        """Return how far the switches let the agent go."""
        scopes = ("global", f"topic:{topic}", f"tool:{action}")
        return strictest(*(self.levels[one] for one in scopes if one in self.levels))

    def said_yes(self, effect: SeenEffect | None) -> bool:
        """Return whether a person said yes to exactly what was done."""
        return effect is not None and effect.applied_hash in self.yes.get(effect.effect_id, {})

    def in_window(self, customer_id: str, at: datetime) -> Decimal:
        """Sum up what went back to the customer in the 30 days before."""
        return sum((amount for when, amount in self.window[customer_id] if when > at - WINDOW), Decimal())

    def take(self, step: StepSeen) -> None:
        """Keep what was seen, for the next step."""
        for trace in step.traces:
            self._keep(trace)
            if trace.amount > 0:
                self.refunded[trace.order_id].append(trace.amount)
            if trace.effect_id:
                self.made[trace.effect_id] = trace.made_id
        self.applied |= {one.effect_id for one in step.effects}
        self.told |= {one.message_id for one in step.replies}

    def _keep(self, trace: SeenTrace) -> None:
        if trace.amount > 0:
            self.window[trace.customer_id].append((trace.at, trace.amount))
        elif trace.action == "send_password_reset":
            self.resets[trace.customer_id].append(trace.at)
