"""Proposals of the agent, and the guardrail's verdicts on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.base import Stored

SEND_REPLY = "send_reply"


class ProposalKind(StrEnum):
    """A read changes nothing, an effect writes to a system of record, a reply goes to the customer."""

    READ = "read"
    EFFECT = "effect"
    REPLY = "reply"


class Proposal(Stored):
    """A proposal of the agent; nothing comes of it until the guardrail has ruled. `arguments_hash` is `digest(arguments)`.

    `proposal_id` is also the effect id and its idempotency key. An edit gives a new revision, a new hash and a new ruling.
    """

    proposal_id: str
    kind: ProposalKind
    action: str = Field(description=f"the tool's name, or {SEND_REPLY!r}")
    arguments: dict[str, Any]
    arguments_hash: str
    revision: int = 1
    call_id: str | None = Field(default=None, description="the model's own id of the tool call")
    confidence: float | None = None
    counted: bool = Field(default=False, description="it was counted towards the bound on repeated calls")


class Ruling(StrEnum):
    """The order is from lenient to strict; the strictest wins."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    REQUIRE_APPROVAL = "require_approval"
    BLOCK = "block"

    @property
    def rank(self) -> int:
        """0 (allow) to 3 (block)."""
        return list(Ruling).index(self)

    @classmethod
    def strictest(cls, rulings: Iterable[Ruling]) -> Ruling:
        """The ruling that wins; ALLOW where there is none."""
        return max(rulings, key=lambda one: one.rank, default=cls.ALLOW)


class Confirming(StrEnum):
    """The customer's yes that a rule asks for: always, or unless they asked for exactly this in their own words."""

    ALWAYS = "always"
    UNLESS_ASKED_EXACTLY = "unless_asked_exactly"


ROLES = ("support", "specialist", "manager")
"""The ladder of roles: whoever stands higher may do what a lower one may. Any other role stands beside it."""


class RuleHit(Stored):
    """A rule that matched. `message` has its placeholders filled in and can be shown to a reviewer.

    What an approval must fulfil stands in `role`, `quorum` (number of different people), `ttl_minutes` (how long it is open;
    None leaves it to the settings) and `verified_identity`. `confirm` says that the customer is asked first, within
    `confirm_minutes` (None: a day).
    """

    policy: str
    rule: str
    ruling: Ruling
    message: str
    role: str | None = None
    quorum: int = 1
    ttl_minutes: int | None = None
    verified_identity: bool = False
    confirm: Confirming | None = None
    confirm_minutes: int | None = None
    version: str = Field(default="", description="content hash of the file that the rule stands in")


class Demands(Stored):
    """Demands on an approval, so that every rule that asks for one is satisfied.

    Each of `roles` must be held by somebody who approves (one person may hold several); empty where no rule names one.
    `quorum` different people must approve, within `ttl_minutes` (None: as the settings say).
    """

    roles: list[str] = Field(default_factory=list)
    quorum: int = 1
    ttl_minutes: int | None = None
    verified_identity: bool = False

    @property
    def role(self) -> str:
        """The most demanding role; `support` where no rule names one."""
        return self.roles[0] if self.roles else ROLES[0]


def demands(hits: Iterable[RuleHit]) -> Demands:
    """The strictest of what the rules that require approval demand: every role that no higher one covers, the highest
    quorum, the shortest time."""
    asking = [hit for hit in hits if hit.ruling is Ruling.REQUIRE_APPROVAL]
    named = {hit.role for hit in asking if hit.role}
    highest = [role for role in ROLES if role in named][-1:]
    return Demands(
        roles=[*highest, *sorted(named.difference(ROLES))],
        quorum=max((hit.quorum for hit in asking), default=1),
        ttl_minutes=min((hit.ttl_minutes for hit in asking if hit.ttl_minutes is not None), default=None),
        verified_identity=any(hit.verified_identity for hit in asking),
    )


class Verdict(Stored):
    """The guardrail's ruling on exactly one revision of one proposal."""

    proposal_id: str
    revision: int
    arguments_hash: str
    ruling: Ruling
    hits: list[RuleHit] = Field(default_factory=list)
    policy_version: str = ""
    title: str = Field(default="", description="what would happen, in a line: 'Refund 180.00 USD for order O-10021'")
    headline: str = Field(default="", description="the same without personal data, short: 'refund · 180.00 USD'")
    shown: dict[str, str] = Field(default_factory=dict, description="what an approver must see, name to value")
    facts: dict[str, Any] = Field(default_factory=dict, description="the business's facts that the policies saw")
    situation: dict[str, Any] = Field(
        default_factory=dict, description="what else they saw: case, classification, customer, and history that is not 0"
    )
    asks: dict[str, str] = Field(default_factory=dict, description="what the customer is asked to confirm, by language")
    done_at: datetime | None = Field(default=None, description="when exactly this was done before, where they are asked")
    watched: dict[str, Any] = Field(
        default_factory=dict, description="counts and sums that rules looked at; an effect is refused once they have grown"
    )

    @property
    def messages(self) -> list[str]:
        """The words of the rules that led to this ruling."""
        asks = self.ruling is Ruling.CONFIRM
        return [hit.message for hit in self.hits if hit.ruling is self.ruling or (asks and hit.confirm)]

    @property
    def demands(self) -> Demands:
        """The demands on an approval, of all rules that require one taken together."""
        return demands(self.hits)
