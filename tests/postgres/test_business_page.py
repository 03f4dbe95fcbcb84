"""The business that docs/building/business.md builds, typed as it stands there: files load, tool and proof agree."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from handrail.business import Business, Call, load_business, seeded
from handrail.checking.check import check
from handrail.checking.starting import contents
from handrail.cli.main import app
from handrail.conformance.plays import load_suite, package_of
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.errors import BusinessRefused
from handrail.embedded.postgres import Postgres
from handrail.matrix.loader import FileMatrix
from handrail.policies.loader import FilePolicies
from handrail.postgres.migrations import load
from handrail.routing.rules import RiskRules
from handrail.routing.text import Folded
from handrail.topics.loader import FileTopics

PAGE = Path(__file__).parents[2] / "docs" / "building" / "business.md"
NINE = {"guests": 9, "day": "2027-03-05", "now": "2027-03-01T10:00:00Z", "history.change_guests.count_24h": 0}
WRITTEN = re.compile(r"^```\w+ write=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Typed:
    """What the page makes."""

    folder: Path
    business: Business


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Typed]:
    """The files of the page, in a folder in which a person works."""
    for name, text in WRITTEN.findall(PAGE.read_text()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield Typed(tmp_path / "acme", load_business("acme"))
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.split(".")[0] == "acme":
            del sys.modules[name]


def test_it_is_what_business_new_writes_and_passes_the_check(typed: Typed) -> None:
    written = {f"acme/{file}": text for file, text in contents("acme")}
    assert dict(WRITTEN.findall(PAGE.read_text())) == written
    assert check("acme", data=False).findings == []


def test_the_check_prints_what_the_page_says(typed: Typed) -> None:
    run = CliRunner().invoke(app, ["business", "check", "acme", "--no-data"])
    printed = [row.split() for row in run.stdout.splitlines() if not row.startswith("data ")]
    (shown,) = re.findall(r"^part .*?passed\.$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert printed == [row.split() for row in shown.splitlines() if not row.startswith("data ")]


def test_its_definitions_load_and_rule_as_the_page_says(typed: Typed) -> None:
    business = typed.business
    topics = FileTopics(business.folder / "topics", business.by_name)
    policies = FilePolicies.of(business.folder / "policies", business)
    rules = RiskRules(business.folder / "risk.yaml", lambda: [topic.name for topic in topics.all()])
    matrix = FileMatrix(business.folder / "matrix.yaml", topics=[topic.name for topic in topics.all()])

    proposal = Proposal(proposal_id="p", kind=ProposalKind.EFFECT, action="change_guests", arguments={}, arguments_hash="h")
    assert policies.rule(proposal, NINE).ruling is Ruling.REQUIRE_APPROVAL
    assert [hit.rule.id for hit in rules.now().value.hits(Folded("I got ill after dinner at your place"))] == ["illness"]
    assert [row.queue for row in matrix.all()] == ["manager", "desk"]


async def test_its_tool_does_what_its_proof_expects(typed: Typed, postgres: Postgres, postgres_url: str) -> None:
    suite = load_suite(package_of("acme"), typed.folder / "tasks.yaml", None)
    tool = typed.business.by_name["change_guests"]
    assert tool.preview is not None
    assert typed.business.migrations is not None
    name = sql.Identifier("page_example")
    async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as admin:
        await admin.execute(sql.SQL("create database {}").format(name))
        async with await psycopg.AsyncConnection.connect(postgres.url_of("page_example")) as connection:
            for migration in load("acme", typed.business.migrations):
                await connection.execute(migration.sql.encode())
            await seeded(typed.business, connection, datetime.now(UTC))
            for task in suite.tasks:
                play, (worse,) = suite.play(task), suite.worse(task, every=False)
                call = Call("c", play.customer_id, connection, datetime.now(UTC), "e")
                assert await typed.business.known_customer(connection, play.customer_id)
                for one in play.calls:
                    seen = await tool.preview(call, tool.arguments.model_validate(one.arguments))
                    pinned: dict[str, Any] = {**one.arguments, **seen.pins}
                    await tool.run(call, tool.arguments.model_validate(pinned))
                    with pytest.raises(BusinessRefused, match="look at it again"):
                        await tool.run(call, tool.arguments.model_validate(pinned))
                assert await suite.state(connection) == suite.expected(play.calls)
                with pytest.raises(BusinessRefused, match="no such booking"):
                    await tool.preview(call, tool.arguments.model_validate(worse.calls[0].arguments))
            await connection.rollback()
        await admin.execute(sql.SQL("drop database {} with (force)").format(name))
