"""The activity that reads a case that Temporal lost out of its record, for a fresh run of it."""

from __future__ import annotations

from datetime import datetime

from temporalio import activity

from handrail.domain.actions.approvals import Approval, ApprovalStatus
from handrail.domain.base import digest
from handrail.domain.case.cases import CaseOpen, CaseRow, CaseView, Terms
from handrail.domain.case.messages import Author, IncomingMessage, Message, check_message, check_text, fingerprint
from handrail.domain.case.reconciling import Recover, Recovered, Remains, SentChange
from handrail.domain.errors import HandrailError
from handrail.ports import Cases, Remainders

MESSAGES, APPROVALS = 40, 10
KEPT = "What was said, decided and done before stands in the record; nothing of it is done again."


class RecoveryActivities:
    """Reaches the record, and what is left of the lost runs, through ports."""

    def __init__(self, cases: Cases, remainders: Remainders, terms: Terms) -> None:
        self._cases = cases
        self._remainders = remainders
        self._terms = terms

    @activity.defn(name="record.recover")
    async def recover(self, wanted: Recover) -> Recovered:
        """The case out of its record, for a run that has no memory of it.

        Raises:
            UnknownCase: the record holds no such case.
        """
        view = await self._cases.show(wanted.case_id)
        transcript = await self._cases.transcript(wanted.case_id)
        remains = await self._remainders.of(wanted.case_id)
        spoken = [one for one in transcript if one.author in (Author.CUSTOMER, Author.PERSON)]
        return Recovered(
            opened=opened(view, spoken),
            terms=self._terms,
            row=CaseRow.model_validate(view.model_dump()),
            messages=transcript[-MESSAGES:],
            known={one.message_id: fingerprint(one.author, one.text) for one in spoken},
            unrecorded=unrecorded(remains, spoken),
            changes=unrecorded_changes(remains, spoken),
            revision=max((one.revision for one in view.approvals), default=0),
            approvals=[withdrawn(one) for one in sorted(view.approvals, key=lambda one: one.revision)][-APPROVALS:],
            classification=view.classification,
            effects=view.effects,
            asked=view.asked,
            handoff=await self._cases.handoff(wanted.case_id),
            usage=view.usage,
            words=f"{remains.ended} {KEPT}",
        )


def unrecorded_changes(remains: Remains, spoken: list[Message]) -> list[SentChange]:
    """Customers' edits and withdrawals that only the lost run had taken, in order; what came of them is the newest text.

    The record holds the edits up to the one that says what the message says there now, and is done with any that was made
    before it by the channel's clock.
    """
    theirs = [one for one in spoken if one.author is Author.CUSTOMER]
    now = {one.corrects or one.message_id: one.text for one in theirs}
    gone = {one.message_id for one in theirs if one.withdrawn_at is not None}
    edited = {one.message_id: one.edited_at for one in theirs if one.edited_at is not None}
    found = [one for change in remains.changes for one in cleaned(change) if one.message_id not in gone]
    recorded = {one.message_id: at for at, one in enumerate(found) if one.text == now.get(one.message_id)}
    behind = [one for at, one in enumerate(found) if one.text is None or at > recorded.get(one.message_id, -1)]
    return [one for one in behind if not overtaken(one, edited.get(one.message_id))]


def overtaken(change: SentChange, edited_at: datetime | None) -> bool:
    """Return whether the message's newest edit in the record was made later, at `edited_at`."""
    return change.edited_at is not None and edited_at is not None and change.edited_at < edited_at


def cleaned(change: SentChange) -> list[SentChange]:
    """The change with its text as a case takes it; nothing of one that cannot be taken now."""
    if change.text is None:
        return [change]
    try:
        return [change.model_copy(update={"text": check_text("text", change.text)})]
    except HandrailError:
        return []


def opened(view: CaseView, spoken: list[Message]) -> CaseOpen:
    """Rebuild the message that opened the case, as far as the record tells it."""
    first = next((one for one in spoken if one.author is Author.CUSTOMER), None)
    message = IncomingMessage(message_id=first.message_id if first else "", text=first.text if first else "")
    return CaseOpen(case_id=view.case_id, customer_id=view.customer_id, channel=view.channel, message=message)


def withdrawn(approval: Approval) -> Approval:
    """A question that was open when the case was lost counts no more; a settled one stays as it is."""
    if approval.status is not ApprovalStatus.OPEN:
        return approval
    return approval.model_copy(update={"status": ApprovalStatus.WITHDRAWN})


def unrecorded(remains: Remains, spoken: list[Message]) -> list[IncomingMessage]:
    """Customers' messages that only the lost run had heard, each once; what could not be taken then cannot be now."""
    ids, texts = {one.message_id for one in spoken}, {one.text for one in spoken}
    found: dict[str, IncomingMessage] = {}
    for sent in remains.sent:
        named = sent.message_id or f"lost-{digest(sent.text)[:32]}"
        try:
            message = check_message(IncomingMessage(message_id=named, text=sent.text))
        except HandrailError:
            continue
        if named not in ids and (sent.message_id or message.text not in texts):
            found.setdefault(named, message)
    return list(found.values())
