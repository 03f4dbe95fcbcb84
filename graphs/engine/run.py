"""One attempt at a turn: the graph driven from where the turn stands until it ends, waits for a person, or is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphBubbleUp, GraphDrained, GraphInterrupt
from langgraph.runtime import RunControl

from graphs.engine.failures import GraphChanged, GraphSpins, escalation_for
from graphs.state import CaseState
from graphs.turn import STATED, Learned, OpenQuestion, TurnRequest, TurnResult, sparse
from handrail.domain.actions.approvals import Decision, HumanRequest
from handrail.domain.case.turns import JournalEntry, TurnHalted, TurnKey, TurnSuperseded
from handrail.domain.errors import ModelUnavailable

if TYPE_CHECKING:
    from graphs.engine.machine import CaseMachine

INTERRUPT = "__interrupt__"
"""Under this name a graph tells what a node asks."""
RUN = "run"
"""Under this name a node finds the run that it is part of; it finds none where a graph is played without its machine."""
SCRATCHPAD = "__pregel_scratchpad"
"""Under this name LangGraph keeps the answers to what a node asks."""
WRITES, ASKS = "writes", "asks"
SPINS = 50
"""Nodes in a row without a new step of the agent's."""
T = TypeVar("T")


class JournalAway(Exception):
    """The journal cannot be read or written now: the turn is tried again as a whole."""


class NoWay(GraphBubbleUp):
    """The way from here does not lead to the question that was answered: something else is asked, or comes first."""


class TurnAttempt:
    """One attempt at a turn; `node` is the one at work, `last` the one that ended last, `state` what stands behind it.

    `entered` is called whenever a node begins. `behind` is the node on which the turn stands when its graph begins to run,
    None at the entrance.
    """

    def __init__(self, machine: CaseMachine, wanted: TurnRequest, key: TurnKey) -> None:
        self._machine, self._wanted, self._key = machine, wanted, key
        self._control = RunControl()
        self._sought: OpenQuestion | None = None
        self.behind: str | None = None
        self.state = wanted.state.model_copy(update={"key": key})
        self._asked: Any = None
        self.node: str | None = None
        self.last: str | None = None
        self.entered: Callable[[], object] = lambda: None
        self.writing = False

    @property
    def step(self) -> str:
        """The node at work and how often the agent was asked before: no two model calls of a turn have the same."""
        return f"{self.node} {self.state.step}"

    def place(self) -> AbstractAsyncContextManager[None]:
        """Return the next node's place among other turns'; what a person decided goes first."""
        return self._machine.place(self.state.row.customer_id, self._wanted.decision is not None)

    async def go(self) -> TurnResult:
        """Run until the turn ends, waits for a person, or fails.

        Raises:
            ModelUnavailable: the model's server asks for patience, or fails for now.
            TurnSuperseded: another attempt goes on with this turn.
            JournalAway: worth another try.
        """
        try:
            return await self._go()
        except (GraphDrained, TurnHalted):
            return self.stopped()
        except TurnSuperseded:
            left = await self._left(self._key.token)
            if left and left.result:
                return TurnResult.model_validate(left.result)
            raise
        except ModelUnavailable as error:
            if self._machine.is_marked(self.node, ASKS):
                raise
            return self.failed(error)
        except JournalAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a graph does, the customer's case reaches a person
            return self.failed(error)

    def enter(self, name: str, *, writing: bool) -> None:
        """A node begins.

        Raises:
            GraphDrained: not any more; a task that is cancelled may still take its first step.
            NoWay: a question is sought, and on the way to it nothing is written and no model is asked.
        """
        if self._control.drain_requested:
            raise GraphDrained("cut short")
        if self._sought and self._machine.is_loud(name):
            raise NoWay(name)
        self.node, self.writing = name, writing
        self.entered()

    def answer(self, asked: GraphInterrupt) -> Any:
        """Return the decision as JSON-ready data where a node asks what it is about, None where none was made.

        Raises:
            NoWay: it is about something else.
        """
        if self._sought is None:
            return None
        (question,) = asked.args[0]
        if HumanRequest.model_validate(question.value).request_id != self._sought.request_id:
            raise NoWay(self.node)
        self._sought = None
        return self._decision.model_dump(mode="json")

    async def stop(self, going: asyncio.Task[TurnResult]) -> TurnResult:
        """Cut the run short: no further node begins, and the one at work is let finish only where it writes."""
        self._control.request_drain("cut short")
        if not self.writing:
            going.cancel()
        with suppress(asyncio.CancelledError, ModelUnavailable, JournalAway):
            return await going
        return self.stopped()

    def stopped(self) -> TurnResult:
        """Return what is known where the run was cut short; a turn that had ended by then has ended."""
        if self.state.outcome:
            return TurnResult(learned=Learned.of(self.state, self.state.outcome))
        return TurnResult(state=self._kept, node=self.node)

    def failed(self, error: Exception) -> TurnResult:
        """Return what is known where the run failed, and why it did."""
        return TurnResult(state=self._kept, node=self.node, failure=escalation_for(error, self.node))

    async def _go(self) -> TurnResult:
        wanted, token = self._wanted, self._key.token
        left: JournalEntry | None = None
        # Whoever ran the turn before may be alive yet: from here on it makes no effect, and ends nothing.
        if wanted.lost or self._key.attempt > 1 or wanted.state.escalation:
            token, left = await self._claim(wanted.lost or "")
        if left and left.result:
            return TurnResult.model_validate({**left.result, "recovered": token == wanted.lost})
        if left and left.state and left.node:
            return await self._go_on(left.node, left.state)
        if left and left.state:
            self._take_over(left.state)
        if wanted.question:
            return await self._answer(wanted.question)
        return await self._drive()

    def _take_over(self, lost: dict[str, Any]) -> None:
        """Begin with what a turn of which nobody heard the end had found out."""
        found = CaseState.model_validate(lost)
        ours = ("row", "sequence", "incoming", STATED, "escalation", "outcome", "handoff", "decisions", "key")
        self.state = found.model_copy(update={name: getattr(self.state, name) for name in ours})

    async def _go_on(self, node: str, state: dict[str, Any]) -> TurnResult:
        """Go on behind the last answered node, in the graph as it is now."""
        self.state = CaseState.model_validate({**state, STATED: self._wanted.state.stated, "key": self._key})
        if node not in self._machine.nodes:
            raise GraphChanged(f"The graph no longer has {node!r}, where the turn was interrupted.")
        self._stand_on(node)
        return await self._drive()

    async def _answer(self, question: OpenQuestion) -> TurnResult:
        """Go on with a decision. Raises: GraphChanged: no way through the graph leads to the same question."""
        asked = self.state
        for before in self._machine.ways_to(question):
            self.state, self._sought = asked, question
            self._stand_on(before)
            try:
                ended = await self._drive()
            except NoWay:
                continue
            if self._sought is None:
                return ended
        self.state, self._sought = asked, None
        raise GraphChanged(f"The graph no longer asks what {question.node!r} asked; the decision is kept with the case.")

    @property
    def _decision(self) -> Decision:
        decision = self._wanted.decision
        assert decision is not None  # noqa: S101 - a question comes with its answer
        return decision

    def _stand_on(self, node: str) -> None:
        self.behind = self.last = node

    async def _drive(self) -> TurnResult:
        step, spun = self.state.step, 0
        async for event in self._machine.app.astream(self.state, self._config, stream_mode="values", control=self._control):
            if not isinstance(event, CaseState):
                self._asked = next(iter(event.get(INTERRUPT, ())), self._asked)
                continue
            self.state, self.writing = event, False
            step, spun = event.step, spun + 1 if event.step == step else 0
            if spun > SPINS:
                raise GraphSpins(f"The graph went through {spun} nodes without a step, the last was {self.node!r}.")
            await self._note()
        return self._ended()

    async def _note(self) -> None:
        """Write down what a model came by, before anything comes of it."""
        if self.last != self.node or not self._machine.is_marked(self.last, ASKS):
            return
        entry = JournalEntry(node=self.last, state=sparse(self.state, without={STATED}))
        await self._journal(self._machine.journal.note(self.state.row.case_id, self._key, entry))

    async def _claim(self, lost: str) -> tuple[str, JournalEntry]:
        """Claim a turn whose end nobody heard: its worker may be alive yet, and from here on it can end nothing."""
        return await self._journal(self._machine.journal.claim(self.state.row.case_id, self._key, lost))

    async def _left(self, token: str) -> JournalEntry | None:
        return await self._journal(self._machine.journal.left(self.state.row.case_id, token))

    async def _journal(self, answer: Awaitable[T]) -> T:
        """Return the journal's answer. Raises: TurnSuperseded, JournalAway."""
        try:
            return await answer
        except TurnSuperseded:
            raise
        except Exception as error:
            raise JournalAway("The journal cannot be read or written now.") from error

    def _ended(self) -> TurnResult:
        asked, self._asked = self._asked, None
        if asked is not None and self.node is not None:
            request = HumanRequest.model_validate(asked.value)
            question = OpenQuestion(node=self.node, before=self.last, request_id=request.request_id)
            return TurnResult(state=self._kept, request=request, question=question)
        return self.stopped()

    @property
    def _kept(self) -> CaseState:
        return self.state.model_copy(update={"key": None})

    @property
    def _config(self) -> RunnableConfig:
        return {"configurable": {RUN: self}, "recursion_limit": self._wanted.steps}
