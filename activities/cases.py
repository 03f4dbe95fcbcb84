"""Activities about a case's record and about people: one side effect each, every one idempotent on the ids it is given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from temporalio import activity

from handrail.domain.approvals import Decision, Edit, Identity, Seen
from handrail.domain.cases import CaseOpen, Commit, Terms
from handrail.domain.errors import ApprovalRefused, BusinessRefused, InvalidInput
from handrail.domain.messages import check_text
from handrail.domain.proposals import SEND_REPLY
from handrail.domain.replies import LONGEST
from handrail.ports import Cases, Clock, Identities, SystemOfRecord


class CaseActivities:
    """Reaches PostgreSQL, the business's tools and the case's history through ports."""

    def __init__(self, cases: Cases, record: SystemOfRecord, identities: Identities, clock: Clock, terms: Terms) -> None:
        self._cases = cases
        self._record = record
        self._identities = identities
        self._clock = clock
        self._terms = terms

    @activity.defn(name="record.open")
    async def open(self, case: CaseOpen) -> Terms:
        """Record the case.

        Raises:
            CaseConflict: the id stands with other content.
        """
        await self._cases.open(case, self._clock.now())
        return self._terms

    @activity.defn(name="record.commit")
    async def commit(self, commit: Commit) -> None:
        """Write what changed, in one transaction."""
        await self._cases.commit(commit)

    @activity.defn(name="people.check_edit")
    async def check_edit(self, edit: Edit, changed: list[str]) -> dict[str, Any]:
        """The edited arguments, normalised; `changed` names those that the reviewer sent, the others are as they were asked.

        Raises:
            InvalidInput: they do not validate, or the business refuses them; the words name field and remedy.
            ApprovalRefused: what the reviewer saw is not so any more.
        """
        if edit.action == SEND_REPLY:
            return edited_reply(edit.arguments)
        for spec in self._record.specs([edit.action]):
            refuse_pinned(changed, list(spec.parameters.get("properties", edit.arguments)))
        try:
            checked = await self._record.check(edit.case_id, edit.customer_id, edit.action, edit.arguments)
        except BusinessRefused as refused:
            raise InvalidInput(f"arguments: {refused}") from refused
        refuse_unseen(changed, edit.arguments, checked.arguments)
        return checked.arguments

    @activity.defn(name="people.identify")
    async def identify(self, seen: Seen) -> Decision:
        """The decision with who took it, as the case's own history tells."""
        who, identity = await self._identities.of_event(seen.source, seen.decision)
        verified = identity is Identity.VERIFIED
        reviewer = who if verified or not seen.decision.reviewer else seen.decision.reviewer
        return seen.decision.model_copy(update={"reviewer": reviewer or seen.decision.reviewer, "identity": identity})


def edited_reply(arguments: dict[str, Any]) -> dict[str, Any]:
    """The reviewer's words for the customer, clean. Raises: InvalidInput."""
    text = arguments.get("text")
    if set(arguments) != {"text"} or not isinstance(text, str):
        raise InvalidInput("text: must be a JSON string, and the only field. Send the whole reply.")
    return {"text": check_text("text", text, LONGEST)}


def refuse_pinned(changed: Iterable[str], fields: Collection[str]) -> None:
    """Raises: InvalidInput: a field was sent that is worked out from the system of record; `fields` are the others."""
    pinned = sorted(set(changed) - set(fields))
    if pinned:
        raise InvalidInput(
            f"arguments: {', '.join(pinned)[:120]} is worked out from the records and cannot be edited. "
            f"Fields: {', '.join(sorted(fields))}."
        )


def refuse_unseen(changed: Collection[str], asked: Mapping[str, Any], checked: Mapping[str, Any]) -> None:
    """Raises: ApprovalRefused: something that the reviewer did not name is not what the reviewer saw."""
    for name in sorted({*asked, *checked} - set(changed)):
        if asked.get(name) != checked.get(name):
            raise ApprovalRefused(
                f"{name}: was {asked.get(name)} when this was asked and is {checked.get(name)} with this edit. Nothing was "
                "decided. Approve it unchanged to be asked again with what is so now, or reject it."
            )
