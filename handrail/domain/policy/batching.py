"""Approving several proposals at once: only where the policies that hold them say so, and under their ceilings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pydantic import Field, model_validator

from handrail.domain.actions.approvals import HumanRequest, RequestKind
from handrail.domain.base import Model, Stored
from handrail.domain.errors import ApprovalRefused
from handrail.domain.team.reviewers import number

FEWEST = 2


class BatchTerms(Model):
    """The ceiling of a policy under which a person may approve several proposals of one tool at once.

    `field` is the fact that counts, in `unit`: no proposal is above `each`, all together not above `sum`; at most `rows`.
    """

    field: str = Field(min_length=1)
    unit: str = Field(default="", max_length=20)
    each: Decimal = Field(gt=0)
    sum: Decimal = Field(gt=0)
    rows: int = Field(default=10, ge=FEWEST, le=50)

    @model_validator(mode="after")
    def _adds_up(self) -> BatchTerms:
        if self.sum < self.each:
            raise ValueError(f"sum: {self.sum} is below each: {self.each}, so it would be the ceiling of one alone; raise it")
        return self


class BatchTotal(Stored):
    """The total of a batch: how many, and the amount in its unit."""

    action: str
    rows: int
    amount: Decimal
    unit: str

    @property
    def in_words(self) -> str:
        """Return the amount with its unit."""
        return f"{self.amount.normalize():f} {self.unit}".strip()


def terms_of(request: HumanRequest, policies: Mapping[str, BatchTerms]) -> list[BatchTerms]:
    """Return the terms of every policy that holds this. Raises: ApprovalRefused: one of them has none."""
    names = {rule.partition("/")[0] for rule in request.rules}
    held_otherwise = len(request.rules) < len(request.reasons) or request.kind is not RequestKind.APPROVAL
    if not names or held_otherwise or names - set(policies):
        raise ApprovalRefused(f"{request.headline}: what holds this has no ceiling for several at once. Decide it by itself.")
    return [policies[name] for name in sorted(names)]


def amount_of(request: HumanRequest, terms: BatchTerms) -> Decimal:
    """Return what the proposal comes to. Raises: ApprovalRefused: it cannot be told, or is above the ceiling of one."""
    amount = number(request.facts.get(terms.field))
    if amount is None or not 0 <= amount <= terms.each:
        raise ApprovalRefused(
            f"{request.headline}: {terms.field} is {amount}; several at once are for up to {terms.each} each. "
            "Decide it by itself."
        )
    return amount


def total_of(requests: Sequence[HumanRequest], policies: Mapping[str, BatchTerms]) -> BatchTotal:
    """Return what these come to together.

    Raises:
        ApprovalRefused: they are not of one tool, too few or too many, or above a ceiling. Then none of them is decided.
    """
    actions = sorted({one.action for one in requests})
    if len(actions) != 1 or len(requests) < FEWEST:
        count = f"Here are {len(requests)} of {len(actions)}."
        raise ApprovalRefused(f"Several at once are at least {FEWEST}, all of one tool. {count}")
    named = {terms.model_dump_json(): terms for one in requests for terms in terms_of(one, policies)}
    totals = []
    for terms in named.values():
        amount = sum((amount_of(one, terms) for one in requests), Decimal(0))
        if amount > terms.sum or len(requests) > terms.rows:
            raise ApprovalRefused(
                f"These are {len(requests)} with {amount} {terms.unit}; several at once are for up to {terms.rows} and "
                f"{terms.sum}. Choose fewer."
            )
        totals.append(BatchTotal(action=actions[0], rows=len(requests), amount=amount, unit=terms.unit))
    return totals[0]
