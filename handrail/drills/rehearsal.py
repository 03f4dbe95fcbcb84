"""One turn of the case graph in memory, without Temporal: the worker's own nodes over servers that live as long as the run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from langgraph.types import Command
from pydantic import SecretStr

from graphs.case import build_case_graph
from graphs.engine.unserialised import in_memory
from graphs.state import CaseState
from handrail.business import Business, seeded
from handrail.domain.actions.approvals import Approval, DecisionInput, DecisionKind, HumanRequest
from handrail.domain.actions.decisions import draft, settle
from handrail.domain.case.cases import CaseOpen, CaseRow, CaseStatus, Commit
from handrail.domain.case.messages import Author, IncomingMessage, Message, check_identifier, check_message
from handrail.domain.errors import InvalidInput
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import run
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, open_pool, reading, writing
from handrail.settings import Settings, model_url
from handrail.wiring.cases.worker import Adapters, case_nodes, world

CASE_ID = "rehearsal"
REVIEWER = "you"
STEPS = 500


@dataclass(frozen=True, slots=True)
class NodeRun:
    """A node that ran, how many seconds it took, and what of the state it changed."""

    node: str
    seconds: float
    update: dict[str, Any]


Answer = Callable[[HumanRequest], DecisionKind | None]
Tell = Callable[[NodeRun | HumanRequest], None]


@dataclass(slots=True)
class Rehearsal:
    """A rehearsal: every node with what it changed, the request that nobody answered, the state at the end."""

    customer_id: str
    text: str
    steps: list[NodeRun] = field(default_factory=list)
    request: HumanRequest | None = None
    state: CaseState | None = None


@contextmanager
def stage(settings: Settings) -> Iterator[Settings]:
    """The settings with a database, and unless a model server is named a model, that are gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handrail-graph-", ignore_cleanup_errors=True)))
        postgres = Postgres(folder / "postgres", free_block(1), durable=False)
        stack.enter_context(run(postgres, folder / "postgres.log"))
        changes: dict[str, Any] = {"database_url": SecretStr(postgres.url)}
        if model_url(settings) is None:
            model = OfflineModel(free_block(1))
            stack.enter_context(run(model, folder / "model.log"))
            changes |= {"openai_base_url": model.url, "model": model.serves}
        yield settings.model_copy(update=changes)


async def play(settings: Settings, text: str | None, customer: str | None, answer: Answer, tell: Tell) -> Rehearsal:
    """Run one turn to its end, or to a request that `answer` has nothing to say to.

    Raises:
        InvalidInput: the message or the customer's id cannot be taken.
        ModelFailed: the model gave no usable answer; Temporal would try again, or hand the case to a person.
    """
    pool = await open_pool(settings.database_url.get_secret_value(), size=4)
    try:
        async with world(settings, pool) as adapters:
            await prepare(settings, pool, adapters.business)
            played = Rehearsal(*await opening(pool, adapters.business, text, customer))
            await GraphRehearsal(adapters, settings, played, tell).run(answer)
            return played
    finally:
        await pool.close()


def check_given(text: str | None, customer: str | None) -> None:
    """Refuse words that no case takes, while nothing is started yet.

    Raises:
        InvalidInput: the message or the customer's id cannot be taken.
    """
    if text is not None:
        check_message(IncomingMessage(message_id="first", text=text))
    if customer is not None:
        check_identifier("--customer", customer)


async def prepare(settings: Settings, pool: Pool, business: Business) -> None:
    """Migrate and seed."""
    await migrate(settings.database_url.get_secret_value(), business, datetime.now(UTC))
    async with writing(pool) as connection:
        await seeded(business, connection, datetime.now(UTC))


async def opening(pool: Pool, business: Business, text: str | None, customer: str | None) -> tuple[str, str]:
    """Return the customer who writes, and the text: as given, else as in the business's first sample.

    Raises:
        InvalidInput: something was left out and the business has no samples.
    """
    if text is not None and customer is not None:
        return check_identifier("--customer", customer), text
    if business.samples is None:
        raise InvalidInput(f"--message, --customer: the business {business.name} has no samples. Give both.")
    async with reading(pool) as connection:
        first_customer, first_text = (await business.samples(connection))[0]
    return check_identifier("--customer", customer or first_customer), text if text is not None else first_text


class GraphRehearsal:
    """A compiled graph with one case in it."""

    def __init__(self, adapters: Adapters, settings: Settings, played: Rehearsal, tell: Tell) -> None:
        self._cases, self._clock = adapters.cases, adapters.clock
        self._played, self._tell = played, tell
        graph = build_case_graph(case_nodes(adapters, settings.approval_minutes))
        self._app = in_memory(graph)
        self._config: Any = {"configurable": {"thread_id": CASE_ID}, "recursion_limit": STEPS}
        self._revision = 0

    async def run(self, answer: Answer) -> None:
        """Run until the graph ends, or until nobody answers what it asks."""
        given: Any = await self._open()
        while given is not None:
            request = await self._drive(given)
            given = await self._decide(request, answer) if request else None

    async def _open(self) -> CaseState:
        message = check_message(IncomingMessage(message_id="first", text=self._played.text))
        case = CaseOpen(case_id=CASE_ID, customer_id=self._played.customer_id, message=message, channel="rehearsal")
        now = self._clock.now()
        await self._cases.open(case, now)
        row = CaseRow(
            case_id=CASE_ID,
            customer_id=case.customer_id,
            channel=case.channel,
            opened_at=now,
            updated_at=now,
            content_digest=case.content_digest(),
        )
        said = Message(message_id=message.message_id, author=Author.CUSTOMER, text=message.text, at=now, turn=1, sequence=1)
        return CaseState(row=row, incoming=[said])

    async def _drive(self, given: Any) -> HumanRequest | None:
        began = time.perf_counter()
        request = None
        async for event in self._app.astream(given, self._config, stream_mode="updates"):
            for node, update in event.items():
                if node == "__interrupt__":
                    request = HumanRequest.model_validate(update[0].value)
                    continue
                change = NodeRun(node, time.perf_counter() - began, update or {})
                self._played.steps.append(change)
                self._tell(change)
                began = time.perf_counter()
        self._played.state = CaseState.model_validate((await self._app.aget_state(self._config)).values)
        self._played.request = request
        return request

    async def _decide(self, request: HumanRequest, answer: Answer) -> Command[Any] | None:
        """Record the approval and its decision as a case does; the ledger lets nothing through without them."""
        assert self._played.state is not None  # noqa: S101 - set before a request is given
        self._revision += 1
        now = self._clock.now()
        approval = Approval(
            approval_id=request.request_id,
            case_id=CASE_ID,
            revision=self._revision,
            request=request,
            opened_at=now,
            due_at=now + timedelta(minutes=request.expires_in_minutes),
        )
        row = await self._keep(self._played.state.row, CaseStatus.AWAITING_APPROVAL, approval)
        self._tell(request)
        kind = answer(request)
        if kind is None:
            return None
        wanted = DecisionInput(decision=kind, approval_id=approval.approval_id, reviewer=REVIEWER)
        approval = settle(approval, draft(approval, wanted, self._clock.now(), "rehearsal"))
        row = await self._keep(row, CaseStatus.WORKING, approval)
        decision = approval.decision
        return Command(resume=decision.model_dump(mode="json") if decision else None, update={"row": row})

    async def _keep(self, row: CaseRow, status: CaseStatus, approval: Approval) -> CaseRow:
        row = row.model_copy(update={"status": status, "version": row.version + 1, "updated_at": self._clock.now()})
        await self._cases.commit(Commit(row=row, approvals=[approval]))
        return row
