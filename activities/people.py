"""Activities about people: who somebody is, and whether they may, before anything that they say is settled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from temporalio import activity

from handrail.domain.actions.approvals import (
    Attempt,
    Decision,
    DecisionKind,
    ForAgent,
    Identity,
    Permit,
    RequestKind,
    SentDecision,
    Source,
)
from handrail.domain.actions.decisions import BINDING
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.autonomy.controls import admit
from handrail.domain.autonomy.topics import Autonomy, Setting
from handrail.domain.base import digest
from handrail.domain.case.messages import check_text
from handrail.domain.errors import ApprovalRefused, BusinessRefused, IllegalTransition, InvalidInput, SwitchedOff
from handrail.domain.team.commands import NOBODY
from handrail.domain.team.reviewers import AuthorityQuestion, NotAdmitted, Reviewers
from handrail.domain.team.speaking import refuse_speaker
from handrail.domain.text.reply.replies import LONGEST
from handrail.ports import Controls, Identities, ReviewersInForce, Speakers, SystemOfRecord, Topics


class PeopleActivities:
    """Reaches the case's history, its agents, the reviewers and controls in force and the business's tools through ports."""

    def __init__(
        self,
        record: SystemOfRecord,
        identities: Identities,
        reviewers: ReviewersInForce,
        controls: Controls,
        topics: Topics,
        speakers: Speakers,
    ) -> None:
        self._speakers = speakers
        self._controls = controls
        self._topics = topics
        self._record = record
        self._identities = identities
        self._reviewers = reviewers

    @activity.defn(name="people.permit")
    async def permit(self, attempt: Attempt) -> Permit:
        """Return the decision with who made it, if they may decide now; an edit's arguments are checked too.

        Raises:
            InvalidInput: edited arguments do not validate, or the business refuses them; the words name field and remedy.
            ApprovalRefused: what an editor saw is not so any more.
        """
        reviewers = self._reviewers.now()
        decision = await identified(self._identities, reviewers, attempt.source, attempt.decision)
        facts: dict[str, Any] | None = None
        try:
            refuse_speaker(await self._speakers.speakers(attempt.case_id), decision.reviewer, reviewers)
            if decision.decision is DecisionKind.EDIT:
                # Who lacks the role learns that, and nothing of what the records say to their arguments.
                reviewers.admit(AuthorityQuestion.of(attempt.approval.request, {}), decision.reviewer, decision.identity)
                decision, facts = await self._edited(attempt, decision)
            asked = AuthorityQuestion.of(attempt.approval.request, facts)
            roles = reviewers.admit(asked, decision.reviewer, decision.identity)
            await self._refuse_stopped(attempt)
        except NotAdmitted as refused:
            return Permit(decision=decision, refused=str(refused))
        decision = decision.model_copy(update={"roles": roles})
        return Permit(decision=decision, no_self_approval=reviewers.no_self_approval)

    @activity.defn(name="people.identify")
    async def identify(self, seen: SentDecision) -> Decision:
        """Return the decision with who made it, as the case's own history tells.

        Raises:
            InvalidInput: the case is to go back to the agent, and is about nothing that the agent works on.
            IllegalTransition: the agent is switched off for what it is about.
        """
        if seen.back:
            await self._refuse_idle(seen.back)
        return await identified(self._identities, self._reviewers.now(), seen.source, seen.decision)

    async def _refuse_idle(self, back: ForAgent) -> None:
        """Raises: InvalidInput, IllegalTransition: the agent would give the case straight back."""
        topic = self._topics.get(back.topic)
        if topic is None or topic.people_only:
            names = ", ".join(one.name for one in self._topics.all() if not one.people_only)
            why = "is for people" if topic else "is none of the agent's topics"
            raise InvalidInput(
                f"topic: {back.topic or 'nothing'!r} {why}, so the agent would only give the case back. "
                f"Name what the case is about with the hand-back, one of: {names}. Or answer the customer yourself."
            )
        own = Setting(source="topic", autonomy=topic.autonomy, why=f"The topic {topic.name} runs at '{topic.autonomy}'.")
        standing = await self._controls.over(topic.name, back.customer_id)
        found = standing.dialled(settings=[own])
        if found.autonomy is Autonomy.OFF:
            raise IllegalTransition(
                f"hand_back: the agent is switched off for {topic.name}. {found.why} Answer the customer yourself, "
                "or wait until it is switched on (handrail controls list)."
            )

    async def _refuse_stopped(self, attempt: Attempt) -> None:
        """A yes to what could not be carried out counts for nothing, so none is taken; a no always is.

        Raises:
            NotAdmitted: a live control keeps in what the agent wants, whoever approves it.
        """
        request = attempt.approval.request
        if request.kind is not RequestKind.APPROVAL or attempt.decision.decision not in BINDING:
            return
        standing = await self._controls.over(attempt.topic, attempt.customer_id)
        found = standing.dialled(None if request.action == SEND_REPLY else request.action)
        try:
            admit(found, approved=True)
        except SwitchedOff as stopped:
            raise NotAdmitted(
                f"decision: {stopped} What the agent wants is not carried out while that holds, so no approval is taken. "
                "Reject it, or take the case and do it yourself, or wait until it is lifted (handrail controls list)."
            ) from None

    async def _edited(self, attempt: Attempt, decision: Decision) -> tuple[Decision, dict[str, Any]]:
        arguments, facts = await self._check_edit(attempt)
        return decision.model_copy(update={"arguments": arguments, "arguments_hash": digest(arguments)}), facts

    async def _check_edit(self, attempt: Attempt) -> tuple[dict[str, Any], dict[str, Any]]:
        request, wanted, changed = attempt.approval.request, attempt.decision.arguments, attempt.changed
        if request.action == SEND_REPLY:
            return edited_reply(wanted), {}
        for spec in self._record.specs([request.action]):
            refuse_pinned(changed, list(spec.parameters.get("properties", wanted)))
        try:
            checked = await self._record.check(attempt.case_id, attempt.customer_id, request.action, wanted)
        except BusinessRefused as refused:
            raise InvalidInput(f"arguments: {refused}") from refused
        refuse_unseen(changed, wanted, checked.arguments)
        return checked.arguments, checked.facts


async def identified(identities: Identities, reviewers: Reviewers, source: Source, decision: Decision) -> Decision:
    """Return the decision with who made it, as the case's own history tells."""
    sender, identity = await identities.of_event(source, decision)
    given = decision.reviewer
    # A click names nobody; where its sender's name is one of the reviewers', it is taken as if it had been typed.
    from_history = identity is Identity.VERIFIED or (given == NOBODY and reviewers.known(sender))
    who = reviewers.called(sender if from_history else given)
    changes = {"reviewer": who, "identity": identity, "sender": sender, "reviewers_version": reviewers.version}
    return decision.model_copy(update=changes)


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
