"""Reviewers: who may decide what, up to how much. Pure; the file is read elsewhere and whoever asks gets what is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import Field

from handrail.domain.actions.approvals import Approval, Decision, DecisionKind, HumanRequest, Identity
from handrail.domain.actions.decisions import approvers, missing
from handrail.domain.actions.proposals import Verdict
from handrail.domain.base import Model
from handrail.domain.counting import listed
from handrail.domain.errors import ApprovalRefused
from handrail.domain.team.commands import folded, holds, same_name
from handrail.domain.team.terms import NoticeTerms

FILE = "reviewers.yaml"
SHOWN = 8


class NotAdmitted(ApprovalRefused):
    """This person may not decide this."""


class AuthorityLimits(Model):
    """The limits per fact; within one of `actions`, what stands there counts instead."""

    limits: dict[str, Decimal] = Field(default_factory=dict, description="fact to the most that may be decided on")
    actions: dict[str, dict[str, Decimal]] = Field(default_factory=dict, description="action to fact to the most")

    def of(self, action: str) -> dict[str, Decimal]:
        """The limits that count for the action."""
        return {**self.limits, **self.actions.get(action, {})}


class Role(AuthorityLimits):
    """The limits of everybody in a role."""

    verified: bool = Field(default=False, description="whoever decides by this role must be known beyond doubt")


class ReviewerEntry(AuthorityLimits):
    """One reviewer. Own limits stand before those of the role; `identities` are what an authenticating proxy calls them."""

    name: str = Field(min_length=1, max_length=120)
    identities: list[str] = Field(default_factory=list)
    roles: list[str] = Field(min_length=1)
    languages: list[str] = Field(default_factory=list)
    verified: bool = False
    notify: NoticeTerms | None = Field(default=None, description="how they are told by mail what waits for them")

    def called(self, name: str) -> bool:
        """Return whether this is among the person's names."""
        return folded(name) in {folded(one) for one in (self.name, *self.identities)}


class Anyone(AuthorityLimits):
    """The limits of people who are not named, under any name they give. For development: anybody can make up a name."""

    roles: list[str] = Field(min_length=1)


class ReviewerFile(Model):
    """The whole file."""

    version: Literal[1] = 1
    no_self_approval: bool = Field(default=False, description="an edit is approved by somebody else, whatever the quorum")
    roles: dict[str, Role] = Field(min_length=1)
    people: list[ReviewerEntry] = Field(default_factory=list)
    anyone: Anyone | None = None

    def find(self, name: str) -> ReviewerEntry | None:
        """The person of this name or identity."""
        return next((one for one in self.people if one.called(name)), None)


@dataclass(frozen=True, slots=True)
class AuthorityQuestion:
    """A question of who may decide: the action, the facts that limits are over, and what the approval demands."""

    action: str
    roles: list[str]
    facts: Mapping[str, Any] = field(default_factory=dict)
    quorum: int = 1
    verified: bool = False

    @classmethod
    def of(cls, request: HumanRequest, facts: Mapping[str, Any] | None = None) -> AuthorityQuestion:
        """Build the question from the request; `facts` are those of edited arguments."""
        seen = request.facts if facts is None else facts
        return cls(request.action, request.wanted_roles, seen, request.quorum, request.verified_identity)

    @classmethod
    def under(cls, action: str, verdict: Verdict) -> AuthorityQuestion:
        """Build the question from the verdict as it is now."""
        demands = verdict.demands
        return cls(action, demands.roles or [demands.role], verdict.facts, demands.quorum, demands.verified_identity)


@dataclass(frozen=True, slots=True)
class Reviewers:
    """The reviewers in force. Without a roster everybody decides, under the name that they give; `strict` leaves out
    `anyone`. `version` is the content hash of the file."""

    roster: ReviewerFile | None = None
    version: str = ""
    strict: bool = False

    @property
    def no_self_approval(self) -> bool:
        """True if an edit is always approved by somebody else."""
        return self.roster is not None and self.roster.no_self_approval

    def known(self, name: str) -> bool:
        """Return whether the name or identity is a person's."""
        return self.roster is not None and self.roster.find(name) is not None

    def called(self, name: str) -> str:
        """The one name of whoever has several."""
        person = self.roster.find(name) if self.roster else None
        return person.name if person else name

    def admit(self, asked: AuthorityQuestion, who: str, identity: Identity) -> list[str]:
        """The roles by which they may decide.

        Raises:
            NotAdmitted: unknown, not verified, without the role, or above the limit; says who may.
        """
        self._refuse_unverified(asked.verified, who, identity)
        if self.roster is None:
            return list(asked.roles)
        held = self._standing(asked, who)
        fitting = [role for role in held.roles if any(holds(role, wanted) for wanted in asked.roles)]
        if not fitting:
            wanted, has = " or ".join(asked.roles), ", ".join(held.roles)
            raise NotAdmitted(f"reviewer: {who} is {has}; this takes {wanted} or higher. {self._who(asked)}")
        over = {role: list(self._over(asked, held, role)) for role in fitting}
        within = [role for role in fitting if not over[role]]
        if not within:
            raise NotAdmitted(f"reviewer: {over[fitting[0]][0]}, the limit of {who}. {self._who(asked)}")
        demands = [role for role in within if not self._demands(held, role)]
        if not demands:
            self._refuse_unverified(True, who, identity)
        return within if identity is Identity.VERIFIED else demands

    def able(self, asked: AuthorityQuestion) -> list[str]:
        """The people who may decide this, once it is certain who they are."""
        return [one.name for one in self.roster.people if self.fits(asked, one)] if self.roster else []

    def why_not(self, approval: Approval, who: str, identity: Identity) -> str | None:
        """Return why this person may not approve what is open; None where they may."""
        name = self.called(who)
        if any(same_name(one, name) for one in approval.request.proposed_by):
            return f"{name} asked for it."
        if any(same_name(one.reviewer, name) for one in approval.yes):
            return f"{name} has approved it already."
        try:
            self.admit(AuthorityQuestion.of(approval.request), name, identity)
        except NotAdmitted as refused:
            return str(refused)
        return None

    def shortfall(self, decision: Decision, asked: AuthorityQuestion) -> str | None:
        """Return why a decision that was taken is not enough for what is asked now; None where it is.

        Rules, limits and roles may have changed since: everybody who stands behind it is looked at again.
        """
        behind = approvers(decision)
        if decision.decision is DecisionKind.EDIT and (not behind or self.no_self_approval):
            return f"{decision.reviewer} changed it, so somebody else has to approve it."
        counted = []
        for one in behind:
            try:
                counted.append(one.model_copy(update={"roles": self.admit(asked, one.reviewer, one.identity)}))
            except NotAdmitted as refused:
                return f"The approval by {one.reviewer} does not count any more: {refused}"
        lacking = missing(asked.roles, asked.quorum, counted)
        names = ", ".join(one.reviewer for one in counted)
        return f"The rules ask for more by now than the approval by {names}: {' and '.join(lacking)}." if lacking else None

    def _standing(self, asked: AuthorityQuestion, who: str) -> ReviewerEntry | Anyone:
        assert self.roster is not None  # noqa: S101
        person = self.roster.find(who)
        if person is not None:
            return person
        if self.roster.anyone is None or self.strict:
            raise NotAdmitted(f"reviewer: {who!r} is not named in {FILE}. {self._who(asked)}")
        if asked.quorum > 1:
            raise NotAdmitted(
                f"reviewer: {who!r} is not named in {FILE}, and {asked.quorum} different people have to approve this: "
                f"only named ones can be told apart. {self._who(asked)}"
            )
        return self.roster.anyone

    def _demands(self, held: ReviewerEntry | Anyone, role: str) -> bool:
        assert self.roster is not None  # noqa: S101
        return (isinstance(held, ReviewerEntry) and held.verified) or self.roster.roles[role].verified

    def _over(self, asked: AuthorityQuestion, held: ReviewerEntry | Anyone, role: str) -> Iterator[str]:
        assert self.roster is not None  # noqa: S101
        for fact, most in {**self.roster.roles[role].of(asked.action), **held.of(asked.action)}.items():
            if asked.facts.get(fact) is None:
                continue
            value = number(asked.facts[fact])
            if value is None:
                yield f"{fact} is {str(asked.facts[fact])[:40]!r}, which is no number to hold against {most}"
            elif value > most:
                yield f"{fact} is {value}, above {most}"

    def _who(self, asked: AuthorityQuestion) -> str:
        names = self.able(asked)
        return f"Who may: {listed(names, SHOWN)}." if names else f"Nobody in {FILE} may; have somebody added."

    def fits(self, asked: AuthorityQuestion, person: ReviewerEntry | Anyone) -> bool:
        """Return whether one of their roles may do this, within its limits."""
        fitting = [role for role in person.roles if any(holds(role, wanted) for wanted in asked.roles)]
        return any(not list(self._over(asked, person, role)) for role in fitting)

    def _refuse_unverified(self, wanted: bool, who: str, identity: Identity) -> None:
        if wanted and identity is not Identity.VERIFIED:
            raise NotAdmitted(
                f"reviewer: it must be certain that this is {who}, and the name was only given. Decide through the "
                "authenticating proxy; set HANDRAIL_TRUSTED_IDENTITY where nothing reaches Temporal but through it."
            )


def number(value: Any) -> Decimal | None:
    """The fact as an exact number, or None: a decimal may have travelled as text."""
    if isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
