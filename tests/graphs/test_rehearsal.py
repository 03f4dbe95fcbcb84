"""`handrail graph run`: the worker's own nodes in memory, over servers that are gone afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.drills import rehearsal
from handrail.settings import Settings

HELD = "Please refund order O-10001. I sent everything back, that is 175.00 USD."


def rehearsed(*options: str) -> Any:
    done = CliRunner().invoke(app, ["graph", "run", *options, "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def servers_of_a_stage() -> Iterator[Settings]:
    with rehearsal.stage(Settings()) as staged:
        yield staged


@pytest.fixture
def staged(servers_of_a_stage: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers stand already; each run has a database of its own."""
    url, name = servers_of_a_stage.database_url.get_secret_value(), f"rehearsal_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    fresh = SecretStr(psycopg.conninfo.make_conninfo(url, dbname=name))
    monkeypatch.setattr(
        rehearsal, "stage", lambda _: nullcontext(servers_of_a_stage.model_copy(update={"database_url": fresh}))
    )


@pytest.mark.usefixtures("staged")
@pytest.mark.parametrize(("decide", "status", "paid"), [("approve", "Resolved", [175.0]), ("reject", "WithHuman", [])])
def test_a_decision_is_taken_and_acted_on(decide: str, status: str, paid: list[float]) -> None:
    run = rehearsed("--customer", "C-0001", "--message", HELD, "--decide", decide)

    assert "approval" in [one["node"] for one in run["steps"]]
    assert [one["result"]["refunded_usd"] for one in run["effects"]] == paid
    assert (run["outcome"]["status"], run["request"]) == (status, None)


def test_without_anybody_to_ask_it_stops_at_the_question_and_leaves_nothing() -> None:
    before = set(psutil.Process().children(recursive=True))

    run = rehearsed("--customer", "C-0001", "--message", HELD)

    assert (run["request"]["action"], run["outcome"], run["effects"]) == ("refund_order", None, [])
    assert set(psutil.Process().children(recursive=True)) == before


@pytest.mark.usefixtures("staged")
def test_without_words_the_first_sample_is_played() -> None:
    done = CliRunner().invoke(app, ["graph", "run"])

    assert [line.split()[0] for line in done.stdout.splitlines()[:1]] == ["classify"]
    assert "The customer reads:" in done.stdout


def test_a_message_that_cannot_be_taken_is_refused_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "stage", lambda settings: pytest.fail("servers were started for nothing"))

    done = CliRunner().invoke(app, ["graph", "run", "--message", " "])

    assert done.exit_code == 3
    assert done.stderr.startswith("Error: text: is empty")


def test_the_stage_is_not_the_real_database(servers_of_a_stage: Settings) -> None:
    assert servers_of_a_stage.database_url != Settings().database_url
    assert servers_of_a_stage.openai_base_url
