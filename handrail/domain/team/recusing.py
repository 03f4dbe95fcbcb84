"""Recusals: somebody should not decide a case, and who is left for it. Pure; the files are read elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from handrail.domain.actions.approvals import Approval, Decision, Identity, SentDecision, Yes
from handrail.domain.actions.decisions import missing
from handrail.domain.base import Stored
from handrail.domain.team.commands import folded, same_name
from handrail.domain.team.reviewers import AuthorityQuestion, Reviewers
from handrail.domain.team.staff import Need, Roster


class Recusing(Stored):
    """A recusal on its way: by which event it came, what is open, what the case needs, who is out of it already."""

    sent: SentDecision
    case_id: str
    open: list[Approval] = Field(default_factory=list)
    need: Need | None = None
    recused: list[str] = Field(default_factory=list)


class Recusal(Stored):
    """The recusal with who it is; `nobody_left` says for the owner what nobody can decide or answer any more."""

    decision: Decision
    nobody_left: str = ""


def without_yes(approval: Approval, who: str) -> list[Yes]:
    """List the approvals so far without this person's."""
    return [one for one in approval.yes if not same_name(one.reviewer, who)]


def nobody_left(asked: Recusing, who: str, reviewers: Reviewers, roster: Roster) -> str:
    """Return in words what is left to nobody once this person is out of it; nothing where somebody can go on."""
    out = [*asked.recused, folded(who)]
    stuck = [f"decide ‘{one.request.headline}’" for one in asked.open if not _can_be_approved(one, who, out, reviewers)]
    if asked.need and roster.people and not roster.able(asked.need.model_copy(update={"without": out})):
        stuck.append(f"take it from the queue {asked.need.queue!r}")
    if not stuck:
        return ""
    return (
        f"After a recusal nobody is left who may {' or '.join(stuck)} in case {asked.case_id}. It waits, and nothing is "
        "decided by itself. Have somebody added to reviewers.yaml or people.yaml."
    )


def _can_be_approved(approval: Approval, who: str, out: Sequence[str], reviewers: Reviewers) -> bool:
    """Return whether those who are left can give every yes that is wanting."""
    request = approval.request
    asked = AuthorityQuestion.of(request)
    if open_to_all(asked, reviewers):
        return True
    yes = without_yes(approval, who)
    gone = {*out, *(folded(one) for one in request.proposed_by), *(folded(one.reviewer) for one in yes)}
    left = [
        Yes(reviewer=name, identity=Identity.VERIFIED, roles=roles_of(name, reviewers), at=approval.opened_at)
        for name in reviewers.able(asked)
        if folded(name) not in gone
    ]
    return bool(left) and not missing(request.wanted_roles, request.quorum, [*yes, *left])


def open_to_all(asked: AuthorityQuestion, reviewers: Reviewers) -> bool:
    """Return whether people who are not named may decide this: there is always another one."""
    if reviewers.roster is None:
        return True
    anyone = None if reviewers.strict or asked.quorum > 1 or asked.verified else reviewers.roster.anyone
    return anyone is not None and reviewers.fits(asked, anyone)


def roles_of(name: str, reviewers: Reviewers) -> list[str]:
    """The roles of a person of the roster; none of whoever is not named."""
    person = reviewers.roster.find(name) if reviewers.roster else None
    return list(person.roles) if person else []


def known_to_decide(name: str, reviewers: Reviewers) -> bool:
    """Return whether somebody of this name could decide anything: one of the roster, or anyone at all."""
    roster = reviewers.roster
    return roster is None or reviewers.known(name) or (roster.anyone is not None and not reviewers.strict)
