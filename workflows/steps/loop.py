"""The loop of a case, one step at a time. Handlers put things into the memory; only this loop acts on them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

from graphs.hearing import brief
from handrail.domain.actions.approvals import ApprovalStatus
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.changes import CHANGED
from handrail.domain.case.messages import standing
from handrail.domain.case.openings import Incoming
from workflows.handlers.authorize import UNREAD
from workflows.memory.case import CaseMemory
from workflows.page.memo import memo, publish_memo
from workflows.steps.deadlines import LABELS, SETTLING, deadline, passed
from workflows.steps.expectation import expect
from workflows.steps.growth import WAIT, Growth
from workflows.steps.hearing import hear_for_people
from workflows.steps.heeding import ask_no_more, nothing_to_read, unsay, withdrawn
from workflows.steps.record import enter, flush, keep, recover, take_inbox
from workflows.steps.turns import RECORDS_IN_TURN, Turns

SETTLED = timedelta(seconds=1.1)
SEEN_ANEW = "The customer wrote again after you were asked: read it, then decide under the new revision."
DECIDES_AT_ONCE = "decision-in-one-commit"
COUNTED = "history-counted-by-what-was-done"
WAKES_LONG = "a-long-history-wakes-the-loop"
EACH_HEARD = "each-word-beside-a-question-is-heard"
PACKET_TOO = "a-packet-behind-a-question-is-told-anew"
EVENTS = 800
"""A history this long goes on in a fresh run, the next time the case waits; a turn adds about a dozen events.

Replay asks again at every wait: another number strands the cases whose history lies between the two, so it is changed behind
`workflow.patched` alone.
"""


def long_enough(growth: Growth) -> bool:
    """Return whether the case should go on in a fresh run.

    The count comes first and is never below the length, which a replay may see otherwise; histories from before the count
    go by the length.
    """
    if growth.events > EVENTS and workflow.patched(COUNTED):
        return True
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() > EVENTS


def grown(growth: Growth) -> bool:
    """Return whether a waiting case should wake to go on in a fresh run, though nothing that came in changes it.

    The server takes 2,000 updates in a run, each counted here, and refuses all that follow. Where this says yes `long_enough`
    does, else a case that woke would wait, and wake at once; the wait's own events wake nobody. What an earlier build recorded
    says no to the first marker, and is not asked for the second.
    """
    return growth.events > EVENTS + WAIT and workflow.patched(WAKES_LONG) and workflow.patched(COUNTED)


class Loop:
    """`show` makes what changed visible: details, menu, search attributes. `afresh`: the run was reset to its beginning."""

    def __init__(self, memory: CaseMemory, show: Callable[[], None], growth: Growth, *, afresh: bool = False) -> None:
        self._memory = memory
        self._show = show
        self._growth = growth
        self._turns = Turns(memory, show)
        self._seed: int | None = None if afresh else workflow.random_seed()
        self.opened: Incoming | None = None
        """How the case came, where that was not plain; goes into the record once the case stands there."""

    async def run(self) -> CaseView:
        """Run the case until it is closed; where its history grows long, it goes on in a fresh run."""
        memory = self._memory
        while memory.row.status is not CaseStatus.CLOSED or memory.unsaved:
            try:
                await self._step()
            except asyncio.CancelledError:
                memory.cancel()
            self._show()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return memory.view()

    async def _step(self) -> None:
        memory = self._memory
        self._notice_a_cut()
        if memory.recovering:
            await recover(memory)
        elif memory.fresh:
            await enter(memory)
            if self.opened is not None:
                await keep(self.opened, memory.cancel)
        elif memory.unsaved and not self._resumes():
            await flush(memory)
        elif memory.closing:
            await self._close(memory.closing)
        elif memory.interruption:
            await self._turns.escalate(memory.interruption)
        elif memory.changed:
            await self._heed()
        elif memory.decided:
            await self._turns.resume(memory.decided)
        elif memory.handed_back:
            await self._turns.hand_back(memory.handed_back)
        elif memory.inbox:
            await self._hear()
        elif memory.noticed:
            memory.noticed = False
        else:
            await self._wait()

    def _resumes(self) -> bool:
        """Return whether a decision is acted on next: it goes into the record together with what it sets off."""
        memory = self._memory
        at_once = memory.decided and not memory.closing and not memory.interruption and not memory.changed
        # The newer of the two stands for both: each leaves a marker and an attribute in the history.
        if not at_once or memory.terms.at_once:
            return bool(at_once)
        return workflow.patched(RECORDS_IN_TURN) or workflow.patched(DECIDES_AT_ONCE)

    def _something(self) -> bool:
        memory = self._memory
        self._notice_a_cut()
        asked = memory.closing or memory.interruption or memory.decided or memory.handed_back
        return bool(memory.unsaved or asked or memory.inbox or memory.changed or memory.noticed)

    def _wakes(self) -> bool:
        return self._something() or grown(self._growth)

    def _notice_a_cut(self) -> None:
        """Begin again where this run was reset to a later task, once the history it kept was gone through.

        A reset gives the run another random seed, just there; nothing else in a workflow's reach changes at that moment.
        """
        before, self._seed = self._seed, workflow.random_seed()
        if before is not None and before != self._seed:
            self._memory.begin_again()
            # What the abandoned run was answered cannot be answered again under the same revision.
            self._memory.ask_anew(workflow.now())

    async def _close(self, words: str) -> None:
        memory, now = self._memory, workflow.now()
        memory.decided = None
        by, _, note = words.partition("\n")
        memory.drop_approvals(ApprovalStatus.WITHDRAWN)
        memory.withdraw(now)
        memory.suspended = None
        take_inbox(memory)
        memory.become(CaseStatus.CLOSED, now, due_at=None)
        memory.audit(by, "close", now, note=note or None)
        memory.closing = None

    async def _hear(self) -> None:
        """The customer wrote: to the person who has the case, beside what is being asked, or to the agent."""
        memory = self._memory
        status = memory.row.status
        if not standing(memory.inbox):
            take_inbox(memory)
            nothing_to_read(memory, workflow.now())
        elif status is CaseStatus.WITH_HUMAN:
            await self._hear_for_people()
        elif status is CaseStatus.AWAITING_APPROVAL:
            await self._hear_beside_the_question()
        elif memory.odd:
            await hear_for_people(memory, memory.odd)
        else:
            await self._turns.start()

    async def _hear_beside_the_question(self) -> None:
        """Route the words, then ask the people anew; what came in behind them is routed first, too."""
        memory, now, heard = self._memory, workflow.now(), len(self._memory.inbox)
        await self._turns.hear_meanwhile(standing(memory.inbox))
        if memory.changed:
            return
        if len(memory.inbox) > heard and workflow.patched(EACH_HEARD):
            return
        said = take_inbox(memory)
        if memory.suspended:
            memory.suspended.state.incoming = brief([*memory.suspended.state.incoming, *said])
        if not memory.interruption and not memory.decided:
            memory.ask_anew(now)
            memory.notice = memory.notice if UNREAD in (memory.notice or "") else SEEN_ANEW

    async def _heed(self) -> None:
        """Something that was read is edited or withdrawn; what an edit says now waits to be heard."""
        memory, now = self._memory, workflow.now()
        status = memory.row.status
        if status is CaseStatus.AWAITING_APPROVAL:
            await self._turns.heed()
            memory.interruption = memory.interruption or CHANGED
            if workflow.patched(PACKET_TOO):
                return  # once people have it, their packet is told without these words, too
        elif status is CaseStatus.AWAITING_CUSTOMER and withdrawn(memory.changed):
            ask_no_more(memory, now)
        unsay(memory, now)
        memory.changed = []

    async def _hear_for_people(self) -> None:
        """An answer is due: as it was, or where a person had answered already, anew."""
        memory = self._memory
        if memory.row.due_at is None:
            expected = await expect(memory)
            if memory.row.status is not CaseStatus.WITH_HUMAN:
                return
            memory.expected, memory.reminded = expected, False
        due = memory.row.due_at or (memory.expected.answer_by if memory.expected else None)
        memory.become(CaseStatus.WITH_HUMAN, workflow.now(), due_at=due)
        take_inbox(memory)

    async def _wait(self) -> None:
        if long_enough(self._growth):
            await self._park()
            return
        self._growth.wait()
        publish_memo(self._memory)
        due = deadline(self._memory)
        if due is None:
            await workflow.wait_condition(self._wakes)
            return
        moment, what = due
        left = max((moment - workflow.now()).total_seconds(), 0)
        try:
            await workflow.wait_condition(self._wakes, timeout=left, timeout_summary=LABELS[what])
        except TimeoutError:
            await passed(self._memory, what)

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
                await workflow.wait_condition(self._something, timeout=left, timeout_summary=SETTLING)
