"""The stage of a hostile run: servers of its own, the example business's files, the worker's own nodes."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pydantic import SecretStr

from activities.people import PeopleActivities
from graphs.case import build_case_graph
from graphs.engine.machine import CaseMachine
from handrail.business import load_business
from handrail.drills.hostile.acts import HostileActs
from handrail.drills.hostile.evidence import KnownOrder
from handrail.drills.hostile.mutants import HostileMutant
from handrail.drills.hostile.oracle import Oracle
from handrail.drills.hostile.played import HostileStage, Named
from handrail.drills.hostile.proposing.serve import HostileModel
from handrail.embedded.ports import free_block
from handrail.embedded.postgres import Postgres
from handrail.embedded.process import run
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.settings import Settings
from handrail.wiring.cases.worker import Adapters, case_nodes

BUSINESS = "handrail.shop"
CUSTOMERS, EASIEST = 150, 200
"""Customers who write: those with the most orders on which the agent may give money back alone, so that sums over time are
what stops it."""
SECOND_CONTACT = "\npatience:\n  second_contact_hours: 0\n"


@dataclass(frozen=True, slots=True)
class HostilePlan:
    """A run that is to be played."""

    proposals: int
    seed: int = 1
    mutant: HostileMutant | None = None


@contextmanager
def arena(settings: Settings, seed: int) -> Iterator[Settings]:
    """The settings with a database, a hostile model and the example business's files, that are gone afterwards.

    A customer who writes twice about the same thing would go to a person: not here, so that amounts are split over cases.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="handrail-hostile-", ignore_cleanup_errors=True)))
        definitions = Path(shutil.copytree(load_business(BUSINESS).folder, folder / "definitions"))
        for file in (definitions / "topics").glob("*.yaml"):
            file.write_text(file.read_text() + SECOND_CONTACT)
        postgres = Postgres(folder / "postgres", free_block(1), durable=False)
        stack.enter_context(run(postgres, folder / "postgres.log"))
        model = HostileModel(free_block(1), seed)
        stack.enter_context(run(model, folder / "model.log"))
        changes = {"database_url": SecretStr(postgres.url), "openai_base_url": model.url, "model": model.serves}
        yield settings.model_copy(update={**changes, "openai_api_key": None, "business": BUSINESS, "definitions": definitions})


def acting(adapters: Adapters, pool: Pool, oracle: Oracle, plan: HostilePlan, settings: Settings) -> HostileActs:
    """Everything that may happen, over the worker's own nodes."""
    machine = CaseMachine(build_case_graph(case_nodes(adapters, settings.approval_minutes)), adapters.journal)
    people = PeopleActivities(
        adapters.record, Named(), adapters.reviewers, adapters.controls, adapters.topics, adapters.vouchers()
    )
    stage = HostileStage(machine, adapters.cases, people, adapters.clock)
    controls, chance = PostgresControls(pool, adapters.business), Random(plan.seed)  # noqa: S311 - it protects nothing
    return HostileActs(stage, adapters.record, controls, oracle, chance, plan.seed, chosen(oracle.orders.values(), chance))


def chosen(orders: Iterable[KnownOrder], chance: Random) -> dict[str, list[str]]:
    """The orders of each customer who is to write."""
    theirs, easy = defaultdict[str, list[str]](list), Counter[str]()
    for one in sorted(orders, key=lambda order: order.order_id):
        if one.status in ("paid", "shipped", "delivered"):
            theirs[one.customer_id] += [one.order_id] * (3 if one.easy else 1)
        easy[one.customer_id] += one.easy
    most = sorted(theirs, key=lambda name: (-easy[name], name))[:EASIEST]
    return {name: theirs[name] for name in chance.sample(most, CUSTOMERS)}
