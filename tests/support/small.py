"""A graph of four small nodes with a journal in memory: what the machine does is seen without a database or a model.

`ask` calls a model, `rule` thinks, `act` writes an effect, `finish` commits the end; after two rounds the turn is over.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from langgraph.graph import END, START
from langgraph.graph import StateGraph as Graph
from langgraph.types import RetryPolicy, TimeoutPolicy, interrupt

from graphs.case import CaseGraph
from graphs.engine.machine import CaseMachine
from graphs.engine.retries import worth_another_try
from graphs.engine.run import TurnAttempt
from graphs.nodes.resolve import ended
from graphs.state import CaseState, TurnOutcome
from graphs.turn import OpenQuestion, TurnRequest, TurnResult
from graphs.views import EndView
from handrail.domain.actions.approvals import Decision, DecisionKind, HumanRequest
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.base import digest
from handrail.domain.case.cases import CaseRow, CaseStatus
from handrail.domain.case.turns import JournalEntry, TurnEnded, TurnKey, TurnSuperseded
from tests.support.fakes import NOON

Hook = Callable[[CaseState], Awaitable[None]]
QUICKLY = RetryPolicy(
    initial_interval=0.0, backoff_factor=1.0, max_interval=0.0, max_attempts=3, jitter=False, retry_on=worth_another_try
)


@dataclass
class Kept:
    """A row of the journal."""

    key: TurnKey
    entry: JournalEntry


@dataclass
class MemoryJournal:
    """One row a case, with the fences of the real one; values pass through JSON as they would there."""

    rows: dict[str, Kept] = field(default_factory=dict)
    noted: list[tuple[str, TurnKey, JournalEntry]] = field(default_factory=list)
    away: bool = False
    hold: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def left(self, case_id: str, token: str) -> JournalEntry | None:
        self._there()
        kept = self.rows.get(case_id)
        return kept.entry.model_copy(deep=True) if kept and kept.key.token == token else None

    async def claim(self, case_id: str, key: TurnKey, lost: str) -> tuple[str, JournalEntry]:
        self._there()
        kept = self.rows.get(case_id)
        ours = kept.key.token in (key.token, lost) if kept else False
        if kept and ours and kept.entry.result:
            return kept.key.token, kept.entry.model_copy(deep=True)
        if kept and kept.key.token != lost and not self._may(kept, key):
            raise TurnSuperseded("fenced")
        state = kept.entry.state if kept and ours else None
        node = kept.entry.node if kept and kept.key.token == key.token else None
        self.rows[case_id] = Kept(key, JournalEntry(node=node, state=state))
        return key.token, self.rows[case_id].entry.model_copy(deep=True)

    async def note(self, case_id: str, key: TurnKey, entry: JournalEntry) -> None:
        self.entered.set()
        if self.hold:
            await self.hold.wait()
        self._there()
        kept = self.rows.get(case_id)
        if kept and not self._may(kept, key):
            raise TurnSuperseded("fenced")
        entry = JournalEntry.model_validate(json.loads(json.dumps(entry.model_dump())))
        self.rows[case_id] = Kept(key, entry)
        self.noted.append((case_id, key, entry))

    def end(self, case_id: str, ended: TurnEnded) -> None:
        self._there()
        kept = self.rows.get(case_id)
        if kept and not self._may(kept, ended.key):
            raise TurnSuperseded("ended")
        self.rows[case_id] = Kept(ended.key, JournalEntry(result=json.loads(json.dumps(ended.result))))

    def _may(self, kept: Kept, key: TurnKey) -> bool:
        if kept.key.token != key.token:
            return kept.key.asked_at <= key.asked_at
        return kept.entry.result is None and kept.key.attempt <= key.attempt

    def _there(self) -> None:
        if self.away:
            raise OSError("no route to the journal")


class World:
    """What the small nodes do to the world; `before` and `after` are hooks by node. One world serves many cases."""

    def __init__(self, *, rounds: int = 2, asking: bool = False) -> None:
        self.rounds, self.asking = rounds, asking
        self.journal = MemoryJournal()
        self.before: dict[str, Hook] = {}
        self.after: dict[str, Hook] = {}
        self.way: list[str] = []
        self.asked: list[str] = []
        self.written: list[tuple[str, str]] = []
        self.replies: list[tuple[str, str]] = []

    async def ask(self, state: CaseState) -> dict[str, Any]:
        self.asked.append(state.row.case_id)
        return {"step": state.step + 1, "feedback": [f"answer {state.step + 1} for {state.row.case_id}"]}

    async def rule(self, state: CaseState) -> dict[str, Any]:
        return {"declined": [*state.declined, f"ruled on {state.feedback[-1]}"]}

    async def approve(self, state: CaseState) -> dict[str, Any]:
        decision = Decision.model_validate(interrupt(request(state)))
        return {"decisions": [*state.decisions, decision]}

    async def act(self, state: CaseState) -> dict[str, Any]:
        name = f"{state.row.case_id} {state.step}"
        if (state.row.case_id, name) not in self.written:
            self.written.append((state.row.case_id, name))
        return {"effects": [*(one for one in state.effects if one.effect_id != name), effect(name)]}

    async def finish(self, state: CaseState) -> dict[str, Any]:
        row = state.row.model_copy(update={"status": CaseStatus.RESOLVED, "version": state.row.version + 1})
        outcome = TurnOutcome(status=row.status, row=row)
        if state.key:
            view = EndView.model_validate(state.model_dump())
            end = ended(view, row, outcome)
            assert end
            self.journal.end(row.case_id, end)
        self.replies.append((row.case_id, f"{len(state.effects)} done"))
        return {"outcome": outcome, "row": row}

    def node(self, name: str, does: Callable[[CaseState], Awaitable[dict[str, Any]]] | None = None) -> Any:
        inner = does or getattr(self, name)

        async def noticed(state: CaseState) -> dict[str, Any]:
            self.way.append(name)
            if hook := self.before.get(name):
                await hook(state)
            found: dict[str, Any] = await inner(state)
            if after := self.after.get(name):
                await after(state)
            return found

        return noticed

    def graph(
        self, *, retries: RetryPolicy | None = QUICKLY, timeout: TimeoutPolicy | None = None, **names: str | None
    ) -> CaseGraph:
        """The graph, edited: `rule="check"` renames a node, `rule=None` removes it, `extra="act"` adds one before `act`."""
        extra = names.pop("extra", None)
        there = {name: names.get(name, name) for name in ("ask", "rule", "approve", "act", "finish")}
        if not self.asking:
            there["approve"] = None
        marks = {"ask": {"asks": True}, "act": {"writes": True}, "finish": {"writes": True}}
        graph: CaseGraph = Graph(CaseState)
        for what, name in there.items():
            if name:
                node = self.node(name, getattr(self, what))
                graph.add_node(name, node, metadata=marks.get(what), retry_policy=retries, timeout=timeout)
        line = [name for name in (there["ask"], there["rule"], there["approve"], there["act"]) if name]
        if extra:
            graph.add_node("extra", self.node("extra", nothing), retry_policy=retries)
            line.insert(line.index(extra), "extra")
        graph.add_edge(START, line[0])
        for here, there_after in pairwise(line):
            graph.add_edge(here, there_after)
        first, last, end = line[0], line[-1], there["finish"] or END

        async def onward(state: CaseState) -> str:
            return first if state.step < self.rounds else end

        graph.add_conditional_edges(last, onward, [first, end])
        if there["finish"]:
            graph.add_edge(there["finish"], END)
        return graph

    def machine(self, **edits: Any) -> CaseMachine:
        return CaseMachine(self.graph(**edits), self.journal)


async def nothing(state: CaseState) -> dict[str, Any]:
    return {"absent": [*state.absent, "an extra look"]}


def effect(name: str) -> EffectResult:
    return EffectResult(effect_id=name, action="pay", arguments={}, status=EffectStatus.APPLIED, result={}, applied_at=NOON)


def request(state: CaseState) -> HumanRequest:
    return HumanRequest(
        request_id=f"{state.row.case_id} {state.step}", action="pay", title="Pay", headline="pay", arguments_hash=digest({})
    )


def decision(question: OpenQuestion) -> Decision:
    return Decision(
        approval_id=question.request_id,
        revision=1,
        decision=DecisionKind.APPROVE,
        arguments={},
        arguments_hash=digest({}),
        reviewer="ann",
        decided_at=NOON,
    )


def key(token: str = "t-1", attempt: int = 1, minutes: int = 0) -> TurnKey:
    return TurnKey(token=token, asked_at=NOON.replace(minute=minutes), attempt=attempt)


def wanted(token: str = "t-1", case_id: str = "c-1", **fields: Any) -> TurnRequest:
    row = CaseRow(case_id=case_id, customer_id="C-1", opened_at=NOON, updated_at=NOON)
    return TurnRequest(token=token, **{"state": CaseState(row=row), **fields})


async def turn(machine: CaseMachine, request: TurnRequest | None = None, attempt: int = 1, minutes: int = 0) -> TurnResult:
    """One attempt."""
    asked = request or wanted()
    return await machine.begin(asked, key(asked.token, attempt, minutes)).go()


async def killed(run: TurnAttempt, when: asyncio.Event) -> None:
    """Cut the attempt off where `when` is set, as a killed worker's is: nothing of it is heard any more."""
    going = asyncio.create_task(run.go())
    await asyncio.wait_for(when.wait(), 5)
    going.cancel()
    await asyncio.wait([going])
