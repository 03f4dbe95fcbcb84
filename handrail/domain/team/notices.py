"""Notices: who is told by mail of what waits for them. Pure; the files are read elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from handrail.domain.actions.approvals import Approval, Identity
from handrail.domain.base import Stored
from handrail.domain.team.commands import folded, is_recused, same_name
from handrail.domain.team.reviewers import Reviewers
from handrail.domain.team.staff import Need, Roster, TeamMember
from handrail.domain.team.terms import NoticeTerms


class WaitingItem(Stored):
    """Something that waits, as an event told it and as it stands now: an open `approval`, or the `need` of a case.

    Neither is there where it waits no more. `holder` has the case, and who is `recused` should not decide it.
    """

    position: int
    case_id: str
    topic: str | None = None
    approval: Approval | None = None
    need: Need | None = None
    due_at: datetime | None = None
    holder: str | None = None
    recused: list[str] = Field(default_factory=list)

    @property
    def key(self) -> dict[str, Any]:
        """Return the keys by which a person is told of it once."""
        about = self.approval
        ids = (about.approval_id, about.revision) if about else (None, None)
        return {"position": self.position, "case_id": self.case_id, "approval_id": ids[0], "revision": ids[1]}


class UntoldPerson(Stored):
    """A person with something untold `since`; `last` is when the letter before left, `pending` that it has not yet."""

    person: str
    since: datetime
    last: datetime | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class ToldPerson:
    """A person who wants to be told: by which name, and on which terms."""

    name: str
    terms: NoticeTerms
    member: TeamMember | None = None


@dataclass(frozen=True, slots=True)
class NoticeBook:
    """The book of who is told what, by the reviewers and the people in force."""

    reviewers: Reviewers
    roster: Roster

    def people(self) -> Mapping[str, ToldPerson]:
        """Return whoever wants to be told, by folded name; what stands with the reviewers goes first."""
        found = {folded(one.name): ToldPerson(one.name, one.notify, one) for one in self.roster.people if one.notify}
        for entry in self.reviewers.roster.people if self.reviewers.roster else ():
            if entry.notify:
                member = next((one for one in self.roster.people if same_name(one.name, entry.name)), None)
                found[folded(entry.name)] = ToldPerson(entry.name, entry.notify, member)
        return found

    def zone_of(self, person: ToldPerson) -> str:
        """Return the time zone of their hours."""
        return (person.member.zone if person.member else None) or self.roster.zone

    def concerns(self, item: WaitingItem, person: ToldPerson) -> bool:
        """Return whether it waits for this person, who may decide it or take it."""
        if is_recused(person.name, item.recused):
            return False
        if item.approval is not None:
            wanted, roles = person.terms.roles, item.approval.request.wanted_roles
            named = wanted is None or any(one in wanted for one in roles)
            known = self.reviewers.known(person.name)
            return named and known and self.reviewers.why_not(item.approval, person.name, Identity.VERIFIED) is None
        if item.need is None or person.member is None:
            return False
        free = item.holder is None or same_name(item.holder, person.name)
        wanted = person.terms.queues
        return free and (wanted is None or item.need.queue in wanted) and person.member.can(item.need)

    def told_of(self, items: Iterable[WaitingItem]) -> list[dict[str, Any]]:
        """Return who is told of which item, as rows to keep."""
        people = self.people().values()
        return [{"person": one.name, **item.key} for item in items for one in people if self.concerns(item, one)]
