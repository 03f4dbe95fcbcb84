"""The customer's step: they are asked before an effect, and their answer is read before the agent is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from graphs.handover.notice import Say, moment_said, plainly
from graphs.nodes.resolve import end, introduced, said, with_notice
from graphs.ruling.asked import audited
from graphs.state import identity
from graphs.views import AnswerView, ConfirmView
from handrail.domain.actions.asked import AskedEffect, with_answer, with_question
from handrail.domain.actions.confirmations import (
    MOST_ASKED,
    SAID_NO,
    UNCLEAR,
    UNCONFIRMED,
    AnswerKind,
    Asking,
    Confirmation,
    answering,
    customers,
    minutes_of,
    yes_to,
)
from handrail.domain.actions.consent import answered
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import AuditEntry, CaseStatus, Commit, RuledProposal, Unrecorded
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Author
from handrail.domain.llm.agent import Exchange, ToolCall
from handrail.domain.text.packs import Told
from handrail.ports import Cases, Clock

ONCE_MORE = "once_more"
LINE = 600
"""Characters of one line of a question; arguments come from a model, and may not grow into another one."""
NOT_DONE: Mapping[AnswerKind, str] = {
    AnswerKind.REFUSED: SAID_NO,
    AnswerKind.SET_ASIDE: "The customer did not say a clear yes to this; read what they wrote. It was not done.",
    AnswerKind.EXPIRED: "The customer's answer came after the deadline, so it does not count. It was not done.",
}


class ConfirmNode:
    """Asks the customer, in words that code makes of the tool's preview, and reads what they answer."""

    def __init__(self, cases: Cases, clock: Clock, disclosure: Mapping[str, str], say: Say = plainly, house: str = "") -> None:
        self._cases = cases
        self._clock = clock
        self._disclosure = disclosure
        self._house = house
        self._say = say

    async def answer(self, state: AnswerView) -> dict[str, Any]:
        """Read the newest words as the answer: a clear yes is ruled on, an unclear one asked again once, all else dropped."""
        view = AnswerView.model_validate(state)
        waiting = view.confirmation
        if waiting is None:
            return {}
        kind = answered(waiting, view.incoming)
        row = view.row.model_copy(update={"topic": waiting.topic, "language": waiting.language})
        found = {"row": row, "confirmation": None, "asked": await self._note(view, waiting, kind)}
        if kind is AnswerKind.CONFIRMED:
            proposals = [one.proposal for one in waiting.asked]
            return {**found, "confirmed": waiting, "proposals": proposals, "yes": yes_to(waiting, view.incoming)}
        if kind is AnswerKind.UNSURE and waiting.times < MOST_ASKED:
            return {**found, "confirmation": waiting.model_copy(update={"times": waiting.times + 1})}
        if kind is AnswerKind.UNSURE:
            words = f"The customer was asked {waiting.times} times to confirm this, without a clear answer: "
            why = Escalation(reason=UNCLEAR, words=f"{words}{'; '.join(waiting.lines)}. It was not done.")
            return {**found, "escalation": why}
        dropped = [unconfirmed(one, NOT_DONE[kind]) for one in waiting.asked]
        return {**found, "row": view.row, "exchanges": [*view.exchanges, *dropped]}

    async def confirm(self, state: ConfirmView) -> dict[str, Any]:
        """Ask about every effect that waits for the customer, each with a line of its own, and end the turn."""
        view = ConfirmView.model_validate(state)
        now = self._clock.now()
        again = view.confirmation
        asked = again.asked if again else [self._asking(one, view.row.language or "en") for one in to_confirm(view.rulings)]
        due_at = again.due_at if again else now + timedelta(minutes=min(minutes(one) for one in to_confirm(view.rulings)))
        language = again.language if again else view.row.language or "en"
        text = self._worded(view, language, asked, due_at, now)
        version = view.row.version + 1
        row = view.row.model_copy(
            update={
                "status": CaseStatus.AWAITING_CUSTOMER,
                "reply": text,
                "reason": None,
                "updated_at": now,
                "version": version,
            }
        )
        message = said(view, Author.SYSTEM, text, now, "confirm")
        question = Confirmation(
            question_id=identity(row.case_id, view.turn, row.version, "confirm"),
            message_id=message.message_id,
            topic=row.topic or "",
            language=language,
            asked=asked,
            words=text,
            unanswered=self._words("confirm_unanswered", language, asked, due_at, now),
            asked_at=now,
            due_at=due_at,
            after=view.sequence,
            times=again.times if again else 1,
            by_page=view.row.by_agent,
        )
        kept = {"disclosed": True, "confirmation": question, "asked": with_question(view.asked, question)}
        entry = noted(row.case_id, question, now)
        outcome = await end(self._cases, view.model_copy(update=kept), row, [message], None, audit=[entry])
        return {"outcome": outcome, "row": row, **kept, "unrecorded": Unrecorded()}

    def _worded(self, view: ConfirmView, language: str, asked: Sequence[Asking], due_at: datetime, now: datetime) -> str:
        """Return the question as the customer reads it, or the agent that speaks for them."""
        wording, house = "confirm_again" if view.confirmation else "confirm", ""
        if view.row.by_agent:
            wording, house = "confirm_by_human", self._house
        told = self._words(wording, language, asked, due_at, now)
        text = introduced(told, self._disclosure, language, disclosed=view.disclosed, house=house)
        return with_notice(text, view.incoming, language)

    def _asking(self, ruled: RuledProposal, language: str) -> Asking:
        """The effect as the customer is asked about it, with the time at which exactly this was done before."""
        one, done_at = asking(ruled, language), ruled.verdict.done_at
        told = Told(ONCE_MORE).get(language)
        if done_at is None or told is None:
            return one
        moment = moment_said(self._say, done_at, self._clock.now(), language)
        return one.model_copy(update={"before": told.replace("{{done_at}}", moment)})

    def _words(self, name: str, language: str, asked: Sequence[Asking], due_at: datetime, now: datetime) -> str:
        told = Told(name)
        spoken = language if language in told else "en"
        lines = [one.words for one in asked]
        actions = lines[0] if len(lines) == 1 else "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1))
        words = told[spoken].replace("{{due}}", moment_said(self._say, due_at, now, spoken))
        return words.replace("{{actions}}", actions)

    async def _note(self, view: AnswerView, waiting: Confirmation, kind: AnswerKind) -> list[AskedEffect]:
        """Record the answer, and return what was asked with it."""
        now, newest = self._clock.now(), answering(waiting, view.incoming) if customers(view.incoming) else None
        said_by = newest.message_id if newest else ""
        entry = audited(view.row.case_id, waiting, kind, now, "customer", message_id=said_by)
        await self._cases.commit(Commit(row=view.row, audit=[entry], key=view.key))
        return with_answer(view.asked, waiting, kind, now, said_by, newest.text if newest else "")


def noted(case_id: str, question: Confirmation, now: datetime) -> AuditEntry:
    """The audit's line of a question that is asked."""
    shown = {"message_id": question.message_id, "language": question.language, "times": question.times}
    return audited(case_id, question, "asked", now, "agent", **shown)


def to_confirm(rulings: Sequence[RuledProposal]) -> list[RuledProposal]:
    """The effects that wait for the customer's yes."""
    return [one for one in rulings if one.verdict.ruling is Ruling.CONFIRM]


def minutes(ruled: RuledProposal) -> int:
    """The time in which the customer must answer."""
    return minutes_of(ruled.verdict.hits)


def asking(ruled: RuledProposal, language: str) -> Asking:
    """The effect with its line in the customer's language; where the tool has none, in English, else its title."""
    asks = ruled.verdict.asks
    line = asks.get(language) or asks.get("en") or ruled.verdict.title
    return Asking(proposal=ruled.proposal, line=" ".join(line.split())[:LINE])


def unconfirmed(asked: Asking, words: str) -> Exchange:
    """Tell the agent that an effect was not confirmed, as the result of its call."""
    one = asked.proposal
    call = ToolCall(call_id=one.call_id or one.proposal_id, tool=one.action, arguments=one.arguments)
    return Exchange(call=call, result={UNCONFIRMED: words}, ok=False)
