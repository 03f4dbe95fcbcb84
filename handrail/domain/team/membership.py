"""Membership: who is one of the house, by reviewers.yaml or people.yaml."""

from __future__ import annotations

from handrail.domain.access.principals import Principal
from handrail.domain.team.reviewers import Reviewers
from handrail.domain.team.staff import Roster


def member(name: str, reviewers: Reviewers, roster: Roster) -> str | None:
    """Return the person's one name; None where neither file names them. Anybody is one where the business has neither."""
    called = reviewers.called(name)
    listed = reviewers.known(name) or called in roster.by_name
    return called if listed or (reviewers.roster is None and not roster.by_name) else None


def under_one_name(caller: Principal, reviewers: Reviewers) -> Principal:
    """Return the caller with their person's one name, whichever of several the key or token says."""
    if caller.person is None:
        return caller
    return caller.model_copy(update={"person": reviewers.called(caller.person)})
