"""One turn of the case graph in memory, without Temporal: the worker's own nodes over servers that live as long as the run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel, SecretStr

from graphs.case import build_case_graph
from graphs.state import CaseState
from handrail.business import Business
from handrail.cli.documents import ready
from handrail.cli.narration import Change, told
from handrail.domain.approvals import Approval, Decision, DecisionInput, DecisionKind, HumanRequest, settle
from handrail.domain.cases import CaseOpen, CaseRow, Commit
from handrail.domain.errors import InvalidInput
from handrail.domain.messages import Author, IncomingMessage, Message, check_identifier, check_message
from handrail.embedded.model import OfflineModel
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import run
from handrail.postgres.migrations import migrate
from handrail.postgres.pool import Pool, open_pool, reading, writing
from handrail.settings import Settings
from worker import World, case_nodes, world

CASE_ID = "rehearsal"
REVIEWER = "you"
STEPS = 500

Answer = Callable[[HumanRequest], DecisionKind | None]
Tell = Callable[[Change], None]


@dataclass(slots=True)
class Rehearsal:
    """What happened: every node with what it changed, the request that nobody answered, the state at the end."""

    customer_id: str
    text: str
    steps: list[Change] = field(default_factory=list)
    request: HumanRequest | None = None
    state: CaseState | None = None

    def document(self) -> dict[str, Any]:
        """For `--json`: customer_id, message, steps, request, outcome, effects, usage."""
        state = self.state
        return {
            "customer_id": self.customer_id,
            "message": self.text,
            "steps": [one.document() for one in self.steps],
            "request": ready(self.request),
            "outcome": ready(state.outcome) if state else None,
            "effects": [ready(one) for one in state.effects] if state else [],
            "usage": ready(state.usage) if state else None,
        }


@contextmanager
def stage(settings: Settings) -> Iterator[Settings]:
    """The settings with a database, and unless there is a key a model, that are gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handrail-graph-", ignore_cleanup_errors=True)))
        postgres = Postgres(folder / "postgres", free_block(1), durable=False)
        stack.enter_context(run(postgres, folder / "postgres.log"))
        changes: dict[str, Any] = {"database_url": SecretStr(postgres.url)}
        if settings.openai_api_key is None:
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
            async with Performance.of(adapters, settings, played, tell) as performance:
                await performance.run(answer)
            return played
    finally:
        await pool.close()


async def prepare(settings: Settings, pool: Pool, business: Business) -> None:
    """Migrate and seed."""
    await migrate(settings.database_url.get_secret_value(), business, datetime.now(UTC))
    if business.seed is not None:
        async with writing(pool) as connection:
            await business.seed(connection)


async def opening(pool: Pool, business: Business, text: str | None, customer: str | None) -> tuple[str, str]:
    """Who writes, and what: as given, else as in the business's first sample.

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


class Performance:
    """A compiled graph with one case in it."""

    def __init__(self, adapters: World, settings: Settings, played: Rehearsal, tell: Tell) -> None:
        self._adapters, self._played, self._tell = adapters, played, tell
        nodes = case_nodes(adapters, settings.approval_minutes)
        self._app = build_case_graph(nodes).compile(checkpointer=InMemorySaver())
        self._config: Any = {"configurable": {"thread_id": CASE_ID}, "recursion_limit": STEPS}
        self._began = time.perf_counter()

    @classmethod
    @asynccontextmanager
    async def of(
        cls, adapters: World, settings: Settings, played: Rehearsal, tell: Tell
    ) -> AsyncIterator[Performance]:
        yield cls(adapters, settings, played, tell)

    async def run(self, answer: Answer) -> None:
        """Until the graph ends or nobody answers."""
        given: Any = await self._open()
        while given is not None:
            request = await self._drive(given)
            given = await self._decide(request, answer) if request else None

    async def _open(self) -> CaseState:
        ...
