"""What a case does next, one step at a time. Handlers put things into the memory; only this loop acts on them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from graphs.state import CaseState, Person
from graphs.views import ClassifyView
from handrail.domain.approvals import ApprovalStatus, Decision, Seen
from handrail.domain.cases import CaseStatus, CaseView, Terms, Tier
from handrail.domain.handoffs import Escalation
from handrail.domain.messages import Author, Message
from workflows.deadlines import LABELS, What, deadline
from workflows.essentials import memo, publish_memo
from workflows.listening import CANCELLED, listen
from workflows.local import CLASSIFY
from workflows.memory import CaseMemory
from workflows.options import LOCAL, LOCAL_STORE, STORE
from workflows.trouble import escalation_for
from workflows.turn import Turn, TurnEnd

REROUTES = 2
LAST_WORDS = 3
SETTLED = timedelta(seconds=1.1)
STOPS_A_TURN = ("customer_asked", "risk")
UNREADABLE = Escalation(reason="graph_error", words="A new message could not be classified.")


class Loop:
    """`show` makes what changed visible: details, menu, search attributes."""

    def __init__(self, memory: CaseMemory, show: Callable[[], None]) -> None:
        self._memory = memory
        self._show = show
        self._worked = False
        self._stopped: CaseState | None = None

    async def run(self) -> CaseView:
        """Until the case is closed; parks by continue-as-new meanwhile."""
        memory = self._memory
        while memory.row.status is not CaseStatus.CLOSED or memory.unsaved:
            try:
                await self._step()
            except asyncio.CancelledError:
                if memory.row.status is not CaseStatus.WITH_HUMAN:
                    memory.interruption = CANCELLED
            self._show()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return memory.view()

    async def _step(self) -> None:
        memory = self._memory
        if memory.fresh:
            await self._open()
        elif memory.unsaved:
            await self._flush()
        elif memory.closing:
            await self._close(memory.closing)
        elif memory.interruption:
            await self._escalate(memory.interruption)
        elif memory.decided:
            await self._resume(memory.decided)
        elif memory.handed_back:
            await self._hand_back(memory.handed_back)
        elif memory.inbox:
            await self._hear()
        elif memory.noticed:
            memory.noticed = False
        else:
            await self._wait()

    def _something(self) -> bool:
        memory = self._memory
        asked = memory.closing or memory.interruption or memory.decided or memory.handed_back
        return bool(memory.unsaved or asked or memory.inbox or memory.noticed)

    async def _open(self) -> None:
        self._memory.terms = await workflow.execute_local_activity(
            "record.open", self._memory.opened, result_type=Terms, **LOCAL_STORE
        )
        self._memory.fresh = False

    async def _flush(self) -> None:
        commit = self._memory.commit()
        await workflow.execute_activity("record.commit", commit, summary="Record what changed", **STORE)
        self._memory.saved(commit)

    async def _close(self, words: str) -> None:
        memory, now = self._memory, workflow.now()
        if memory.decided:
            await self._identified(memory.decided)
            memory.decided = None
        by, _, note = words.partition("\n")
        memory.drop_approvals(ApprovalStatus.WITHDRAWN)
        memory.suspended = None
        self._take_inbox()
        memory.become(CaseStatus.CLOSED, now, due_at=None)
        memory.audit(by, "close", now, note=note or None)
        memory.closing = None

    async def _hear(self) -> None:
        memory, now = self._memory, workflow.now()
        status = memory.row.status
        if status is CaseStatus.WITH_HUMAN:
            within = memory.handoff.route.respond_within_minutes if memory.handoff else 240
            due = memory.row.due_at or now + timedelta(minutes=within)
            memory.become(status, now, due_at=due)
            memory.reminded = False
            self._take_inbox()
        elif status is CaseStatus.AWAITING_APPROVAL:
            await self._hear_meanwhile()
            said = self._take_inbox()
            if memory.suspended:
                memory.suspended.state.incoming.extend(said)
            if not memory.interruption and not memory.decided:
                memory.ask_anew(now)
                memory.notice = "The customer wrote again after you were asked: read it, then decide under the new revision."
        else:
            await self._start_turn()

    async def _start_turn(self) -> None:
        memory, now = self._memory, workflow.now()
        first = not memory.messages
        if not first:
            memory.row = memory.row.model_copy(update={"turn": memory.row.turn + 1})
            memory.become(CaseStatus.WORKING, now, due_at=None)
        said = self._take_inbox()
        if memory.unsaved:
            await self._flush()
        state = memory.state()
        state.incoming = said
        await self._go(lambda turn: turn.start(state), state)

    async def _hand_back(self, words: str) -> None:
        memory, now = self._memory, workflow.now()
        name, _, note = words.partition("\n")
        memory.row = memory.row.model_copy(update={"turn": memory.row.turn + 1})
        memory.become(CaseStatus.WORKING, now, tier=Tier.AGENT, queue=None, reason=None, assignee=None, due_at=None)
        memory.handed_back = None
        memory.reroutes = 0
        await self._flush()
        state = memory.state()
        state.person = Person(name=name, note=note)
        await self._go(lambda turn: turn.start(state), state)

    async def _resume(self, decision: Decision) -> None:
        memory, suspended = self._memory, self._memory.suspended
        memory.become(CaseStatus.WORKING, workflow.now(), due_at=None)
        self._show()
        decision = await self._identified(decision)
        memory.decided = None
        await self._flush()
        if suspended is None:
            memory.interruption = Escalation(reason="graph_changed", words="The question that was answered is gone.")
            return
        suspended.state.row, suspended.state.sequence = memory.row, memory.heard + 1
        memory.suspended = None
        await self._go(lambda turn: turn.resume(suspended, decision), suspended.state)

    async def _identified(self, decision: Decision) -> Decision:
        """The decision with who took it, as history tells; kept with the approval and in the audit."""
        memory = self._memory
        if memory.source:
            seen = Seen(source=memory.source, decision=decision)
            decision = await workflow.execute_activity(
                "people.identify", seen, result_type=Decision, summary="Who decided", **STORE
            )
        approval = next(one for one in memory.approvals if one.revision == decision.revision)
        memory.keep(approval.model_copy(update={"decision": decision}))
        memory.audit(
            decision.reviewer or "unnamed",
            f"decision:{decision.decision}",
            workflow.now(),
            approval_id=decision.approval_id,
            revision=decision.revision,
            arguments_hash=decision.arguments_hash,
            identity=decision.identity,
            via=decision.via,
            note=decision.note,
        )
        return decision

    async def _go(self, start: Callable[[Turn], Coroutine[Any, Any, TurnEnd]], state: CaseState) -> None:
        """Run the graph with one ear open; what goes wrong in it becomes a reason for a person."""
        self._worked = True
        self._show()
        publish_memo(self._memory)
        turn = Turn()
        try:
            end = await listen(turn, start(turn), self._memory, self._hear_meanwhile)
        except Exception as error:  # noqa: BLE001 - whatever a graph does, the customer's case reaches a person
            workflow.logger.warning("turn failed in %s: %s", turn.running, type(error).__name__)
            self._memory.interruption = escalation_for(error, turn.running)
            end = None
        if end is not None:
            self._finish(end)
            return
        self._stopped = await turn.state() or state
        self._memory.absorb(self._stopped)

    async def _hear_meanwhile(self) -> None:
        """Classify what came in; a wish for a person or a high risk stops what the agent is doing."""
        view = ClassifyView(row=self._memory.row, incoming=list(self._memory.inbox))
        try:
            found = await workflow.execute_local_activity(CLASSIFY, view, result_type=dict, **LOCAL)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._memory.interruption = UNREADABLE
            return
        if found["escalation"] and found["escalation"]["reason"] in STOPS_A_TURN:
            self._memory.interruption = Escalation.model_validate(found["escalation"])

    async def _escalate(self, why: Escalation) -> None:
        memory = self._memory
        self._worked = True
        state = self._stopped or (memory.suspended.state if memory.suspended else memory.state())
        memory.handed_back = None
        if memory.decided:
            state.decisions.append(await self._identified(memory.decided))
            memory.decided = None
        said = self._take_inbox()
        if not state.incoming and not said:
            said = [one for one in memory.messages if one.author is Author.CUSTOMER][-LAST_WORDS:]
        expired = why.reason == "approval_expired"
        memory.drop_approvals(ApprovalStatus.EXPIRED if expired else ApprovalStatus.WITHDRAWN)
        if memory.unsaved:
            await self._flush()
        changes = {"row": memory.row, "sequence": memory.heard + 1, "escalation": why, "outcome": None}
        state = state.model_copy(update={**changes, "incoming": [*state.incoming, *said]})
        end = await Turn().start(state)
        memory.interruption = None
        self._stopped = None
        self._finish(end)

    def _finish(self, end: TurnEnd) -> None:
        memory, now = self._memory, workflow.now()
        memory.absorb(end.state)
        memory.reminded = False
        if end.request is not None:
            memory.suspended = end.suspended()
            approval = memory.ask(end.request, now)
            memory.become(CaseStatus.AWAITING_APPROVAL, now, due_at=approval.due_at)
        elif end.state.outcome is None:
            memory.interruption = Escalation(reason="graph_error", words="The graph ended without an outcome.")
        else:
            memory.suspended = None

    def _take_inbox(self) -> list[Message]:
        """Into the transcript; the message that opened the case was recorded with it."""
        memory = self._memory
        opening = memory.opened.message.message_id
        said = [one.model_copy(update={"turn": memory.row.turn}) for one in memory.inbox]
        memory.inbox = []
        for one in said:
            memory.say(one, save=one.message_id != opening)
        return said

    async def _wait(self) -> None:
        if self._worked or workflow.info().is_continue_as_new_suggested():
            await self._park()
            return
        publish_memo(self._memory)
        due = deadline(self._memory)
        if due is None:
            await workflow.wait_condition(self._something)
            return
        moment, what = due
        left = max((moment - workflow.now()).total_seconds(), 0)
        try:
            await workflow.wait_condition(self._something, timeout=left, timeout_summary=LABELS[what])
        except TimeoutError:
            self._due(what)

    async def _park(self) -> None:
        """Carry everything into a fresh run, unless something came in while this run settled or handlers were finishing."""
        await self._settle()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._something():
            parked = {"parked": self._memory.model_dump(mode="json")}
            workflow.continue_as_new(args=[parked], memo=memo(self._memory))

    async def _settle(self) -> None:
        """Let the run grow older than the server's shortest interval between continuations.

        A run that is continued earlier is held back by the server, and an update that comes meanwhile begins it with a
        speculative task: such a run cannot be reset to its beginning.
        """
        left = (workflow.info().start_time + SETTLED - workflow.now()).total_seconds()
        if left > 0:
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(self._something, timeout=left, timeout_summary="Settling before it parks")

    def _due(self, what: What) -> None:
        memory, now = self._memory, workflow.now()
        if what == "remind":
            memory.reminded = True
            memory.notice = f"Reminder at {now:%Y-%m-%d %H:%M} UTC: a person is awaited."
            memory.audit("clock", "reminder", now)
        elif what == "expire":
            memory.interruption = Escalation(reason="approval_expired", words="Nobody decided in time; nothing was approved.")
        elif what == "reroute":
            self._reroute()
        else:
            memory.closing = "clock"

    def _reroute(self) -> None:
        memory, now = self._memory, workflow.now()
        memory.reroutes += 1
        if memory.reroutes <= REROUTES:
            memory.row = memory.row.model_copy(update={"assignee": None})
            memory.interruption = Escalation(reason="no_answer", words="Nobody answered in time; the next tier takes over.")
            return
        within = memory.handoff.route.respond_within_minutes if memory.handoff else 240
        memory.become(CaseStatus.WITH_HUMAN, now, due_at=now + timedelta(minutes=within))
        memory.notice = f"Overdue since {now:%Y-%m-%d %H:%M} UTC: nobody has answered."
        memory.audit("clock", "overdue", now)
        memory.reminded = False
