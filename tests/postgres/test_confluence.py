"""Commits may be repeated and may arrive late: whatever the order, the same rows."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionKind
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseOpen, CaseStatus, Commit, RuledProposal
from handrail.domain.case.classification import Classification
from handrail.domain.case.messages import Author, Message
from handrail.domain.errors import CaseConflict
from handrail.domain.llm.agent import Usage
from handrail.postgres.case.cases import PostgresCases
from tests.postgres.build import NOON, PAY_100, approval, at, audit, decided, opening, proposal, row, ruled
from tests.postgres.conftest import Run

ENDS = [DecisionKind.APPROVE, DecisionKind.REJECT, DecisionKind.EDIT, ApprovalStatus.EXPIRED, ApprovalStatus.WITHDRAWN]
TABLES = {
    "cases": "to_jsonb(t)",
    "messages": "to_jsonb(t) - 'recorded_at'",
    "classifications": "to_jsonb(t)",
    "actions": "to_jsonb(t) - 'recorded_at' - 'ruled_at'",
    # Which of two commits that tell the same end came first, counts for nothing once it is settled.
    "approvals": "CASE WHEN t.status = 'open' THEN to_jsonb(t) ELSE to_jsonb(t) - 'version' END",
    "audit": "to_jsonb(t) - 'salt'",  # drawn anew for each row
}


class History:
    """A case's life, step by step, as a workflow could write it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._revision = 0
        self._open: Approval | None = None
        self._settled: Approval | None = None

    def step(self, version: int) -> Commit:
        draw, name = self._draw, f"n-{version}"
        changes = {
            "status": draw(st.sampled_from(CaseStatus)),
            "topic": draw(st.none() | st.sampled_from(["refund", "order"])),
            "reply": draw(st.none() | st.just(f"reply {version}")),
        }
        language = draw(st.none() | st.just("de"))
        said = Message(message_id=name, author=Author.ASSISTANT, text="t", at=at(version), turn=1, sequence=version + 1)
        first = Message(message_id="m-1", author=Author.CUSTOMER, text="Hello", at=NOON, turn=1, language=language)
        return Commit(
            row=row(version, content_digest=draw(st.sampled_from(["", opening().content_digest()])), **changes),
            messages=draw(st.lists(st.sampled_from([said, first]), unique_by=lambda one: one.message_id)),
            classification=draw(st.none() | st.just(Classification(topic=name, confidence=0.5))),
            usage=draw(st.none() | st.just(Usage(calls=version))),
            rulings=[self._ruling() for _ in range(draw(st.integers(0, 2)))],
            approvals=self._approvals(version),
            audit=[audit(name)],
        )

    def _ruling(self) -> RuledProposal:
        number, revision = self._draw(st.integers(0, 1)), self._draw(st.integers(1, 3))
        wanted = proposal(f"e-{number}", {**PAY_100, "amount": 100 + revision}, revision=revision)
        return ruled(wanted, self._draw(st.sampled_from(Ruling)))

    def _approvals(self, version: int) -> list[Approval]:
        if not self._draw(st.booleans()):
            return []
        if self._settled is not None and self._draw(st.booleans()):
            # Told again as it was: of two ends of one approval the first that comes stays, so an order of them would count.
            return [self._settled]
        if self._open is None:
            self._revision += 1
            request = f"e-{self._draw(st.integers(0, 1))}"
            self._open = approval(self._revision, request)
            return [self._open]
        if self._draw(st.booleans()):
            self._open = self._open.model_copy(update={"due_at": at(240 + version)})
            return [self._open]
        end = self._draw(st.sampled_from(ENDS))
        if isinstance(end, DecisionKind):
            ended = self._settled = decided(self._open, end, amount=80)
        else:
            ended = self._open.model_copy(update={"status": end})
        self._open = None
        return [ended]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[CaseOpen | Commit], list[int]]:
    """An opening and steps in order, and another order of them with repetitions."""
    history = History(draw)
    count = draw(st.integers(1, 6))
    events: list[CaseOpen | Commit] = [opening(), *(history.step(version) for version in range(1, count + 1))]
    order = [0, *draw(st.permutations(range(1, len(events))))]
    again = draw(st.lists(st.integers(0, count), max_size=4))
    return events, [*order, *again]


async def play(cases: PostgresCases, events: list[CaseOpen | Commit]) -> None:
    for event in events:
        if isinstance(event, CaseOpen):
            # A case is opened before anything else; opened again after it was closed, it is refused and nothing changes.
            with suppress(CaseConflict):
                await cases.open(event, NOON)
        else:
            await cases.commit(event)


async def state(run: Run) -> dict[str, list[Any]]:
    return {table: await run(f"SELECT {row} FROM handrail.{table} AS t ORDER BY 1") for table, row in TABLES.items()}


async def forget(run: Run) -> None:
    """Only a superuser can: the tables refuse."""
    deletions = "".join(f"DELETE FROM handrail.{table};" for table in reversed([*TABLES, "audit_chain"]))
    await run(f"SET LOCAL session_replication_role = replica; {deletions}")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(history=histories())
async def test_any_order_ends_in_the_same_rows(
    cases: PostgresCases, run: Run, history: tuple[list[CaseOpen | Commit], list[int]]
) -> None:
    events, order = history
    await forget(run)
    await play(cases, events)
    expected = await state(run)
    assert len(expected["cases"]) == 1
    await play(cases, events)
    assert await state(run) == expected
    await forget(run)
    await play(cases, [events[number] for number in order])
    assert await state(run) == expected
