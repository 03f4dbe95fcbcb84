"""The end of a turn: committed in one transaction, with the reply that goes out or with what a person receives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from graphs.handover.notice import acting_for
from graphs.nodes.act import held_back
from graphs.ruling.asked import audited
from graphs.ruling.repeats import NEWEST
from graphs.ruling.replies import text_of
from graphs.ruling.ruling_pass import decided
from graphs.state import TurnOutcome, identity
from graphs.turn import Learned, TurnResult
from graphs.views import EndView
from handrail.domain.actions.proposals import ProposalKind
from handrail.domain.case.cases import AuditEntry, CaseRow, CaseStatus, Commit, Unrecorded
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import OURS, Author, Message
from handrail.domain.case.turns import TurnEnded
from handrail.domain.errors import SwitchedOff
from handrail.domain.llm.agent import Disposition
from handrail.domain.text.redacted import notice, taken_out
from handrail.ports import Cases, Clock


class ResolveNode:
    """The reply that passed goes out."""

    def __init__(self, cases: Cases, clock: Clock, disclosure: Mapping[str, str], house: str = "") -> None:
        self._cases = cases
        self._clock = clock
        self._disclosure = disclosure
        self._house = house

    async def resolve(self, state: EndView) -> dict[str, Any]:
        """Commit the turn with the reply; the first one says that an assistant is answering.

        Where a live control stops it, nothing is committed: a person gets the case, or the reply is ruled on again.
        """
        view = EndView.model_validate(state)
        now = self._clock.now()
        proposal = next(one for one in view.proposals if one.kind is ProposalKind.REPLY)
        text, house = text_of(proposal), self._house if view.row.by_agent else ""
        text = introduced(text, self._disclosure, view.row.language or "en", disclosed=view.disclosed, house=house)
        text = with_notice(text, view.incoming, view.row.language)
        resolved = view.disposition is Disposition.RESOLVED and not view.besides
        status = CaseStatus.RESOLVED if resolved else CaseStatus.AWAITING_CUSTOMER
        row = view.row.model_copy(
            update={
                "status": status,
                "reply": text,
                "confidence": proposal.confidence if proposal.confidence is not None else view.row.confidence,
                "reason": None,
                "updated_at": now,
                "version": view.row.version + 1,
            }
        )
        approved = decided(view.decisions, proposal) is not None
        message = said(view, Author.ASSISTANT, text, now, "reply").model_copy(update={"approved": approved})
        message = await once(self._cases, view, message)
        try:
            told = view.model_copy(update={"disclosed": True})
            outcome = await end(self._cases, told, row, [message], None, approved=approved)
        except SwitchedOff as refused:
            return held_back(refused, view.step)
        return {"outcome": outcome, "row": row, "disclosed": True, "unrecorded": Unrecorded()}


def introduced(text: str, disclosure: Mapping[str, str], language: str, *, disclosed: bool, house: str = "") -> str:
    """The text with the sentence before it that says what the agent is; alone where that was `disclosed` already.

    With a `house` its reader is another agent, which is told whom this one acts for.
    """
    if disclosed:
        return text
    parts = [disclosure.get(language) or disclosure["en"], acting_for(house, language) if house else "", text]
    return "\n\n".join(filter(None, parts))


def with_notice(text: str, incoming: Sequence[Message], language: str | None) -> str:
    """The text with the line below it that says what was taken out of the customer's message, where something was."""
    kinds = taken_out(one.text for one in incoming if one.author is Author.CUSTOMER)
    return "\n\n".join(filter(None, [text, notice(kinds, language or "en")]))


def said(view: EndView, author: Author, text: str, now: datetime, what: str) -> Message:
    """A message of this turn under a stable id."""
    return Message(
        message_id=OURS + identity(view.row.case_id, view.turn, view.row.version, what),
        author=author,
        text=text,
        at=now,
        turn=view.turn,
        sequence=view.sequence,
        language=view.row.language,
    )


async def once(cases: Cases, view: EndView, message: Message) -> Message:
    """Return the message, or the one with which a run that was cut off said the same in this turn: nobody is told twice."""
    if not view.row.begun_again:
        return message
    before = await cases.transcript_ends(view.row.case_id, 0, NEWEST)
    words = (message.author, message.turn, message.text)
    return next((one for one in before if (one.author, one.turn, one.text) == words), message)


async def end(
    cases: Cases,
    view: EndView,
    row: CaseRow,
    messages: list[Message],
    handoff: Handoff | None,
    *,
    approved: bool = False,
    audit: Sequence[AuditEntry] = (),
) -> TurnOutcome:
    """Commit the whole turn in one transaction, with what the case is told of it.

    Raises:
        TurnSuperseded: another attempt at this turn has ended it.
        SwitchedOff: a live control stops what the assistant says among `messages`; `approved` is a person's yes to it.
    """
    entry = AuditEntry(
        entry_id=identity(row.case_id, row.version, "turn"),
        at=row.updated_at,
        actor="agent",
        action=f"turn:{row.status}",
        details={"turn": view.turn, "reason": row.reason, "topic": row.topic, "steps": view.step, **answered_with(view)},
    )
    if view.confirmation and row.status is not CaseStatus.AWAITING_CUSTOMER:
        audit = [*audit, audited(row.case_id, view.confirmation, "withdrawn", row.updated_at, "agent")]
    outcome = TurnOutcome(status=row.status, row=row, messages=messages, handoff=handoff)
    await cases.commit(
        Commit(
            row=row,
            messages=messages,
            classification=view.classification,
            handoff=handoff,
            usage=view.usage,
            rulings=view.unrecorded.rulings,
            audit=[*view.unrecorded.audit, entry, *audit],
            reply_approved=approved,
            turn=ended(view, row, outcome),
        )
    )
    return outcome


def answered_with(view: EndView) -> dict[str, Any]:
    """Return what answered in this turn, for whoever compares outcomes; nothing where no model was asked."""
    told = {"model": view.answered_by, "prompt": view.prompt_version, "graph": view.graph_version}
    return {**{name: value for name, value in told.items() if value}, **view.served.told}


def ended(view: EndView, row: CaseRow, outcome: TurnOutcome) -> TurnEnded | None:
    """Build the journal's entry of the end, so that a worker killed right behind the commit ends no turn twice."""
    if view.key is None:
        return None
    result = TurnResult(learned=Learned.of(view.model_copy(update={"row": row}), outcome))
    return TurnEnded(key=view.key, result=result.model_dump(mode="json"))
