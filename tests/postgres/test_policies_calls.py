"""A call that nobody made is explained from what the business would see, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from handrail.cli.main import app
from handrail.domain.errors import BusinessRefused

POLICY = """\
id: pay_limit
applies_to: [pay]
rules:
  default_action: allow
  rules:
    - {id: large, expression: amount > 100, action: require_approval, message: "{{amount}} is much"}
    - {id: often, expression: history.pay.count_30d > 1, action: block, message: often}
    - {id: later, expression: "case.turn > 3 && now > '2026-01-01T00:00:00Z'", action: block, message: late}
"""
OTHER = POLICY.replace("pay_limit", "oddly").replace("[pay]", "[pay_oddly]")


@pytest.fixture
def folder(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "pay.yaml").write_text(POLICY)
    (tmp_path / "policies" / "oddly.yaml").write_text(OTHER)
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", database_url)
    monkeypatch.setenv("HANDRAIL_BUSINESS", "tests.postgres.wallets")
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def explain(*words: str) -> Result:
    return CliRunner().invoke(app, ["policy", "explain", *words])


def call(amount: int = 150, customer: str = "C-1", tool: str = "pay", **facts: Any) -> list[str]:
    arguments = json.dumps({"amount": amount, "receiver": "ann"})
    return ["--customer", customer, "--tool", tool, "--arguments", arguments, "--facts", json.dumps(facts)]


def everything(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        tables = connection.execute("select schemaname, relname, n_live_tup from pg_stat_user_tables order by 1, 2").fetchall()
        return [*tables, connection.execute("select * from wallets.wallets order by 1").fetchall()]


@pytest.mark.usefixtures("folder")
def test_a_call_is_previewed_and_ruled_on_and_nothing_is_written(database_url: str) -> None:
    before = everything(database_url)
    done = explain(*call(case={"turn": 1}), "--json")
    assert done.exit_code == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["ruling"], made["title"], made["messages"]) == ("require_approval", "Pay 150 to ann", ["150 is much"])
    seen = {one["rule"]: one["values"] for one in made["rules"] if one["policy"] == "pay_limit"}
    assert seen["large"] == {"amount": 150}
    assert seen["often"] == {"history.pay.count_30d": 0}
    assert seen["later"]["case.turn"] == 1
    assert everything(database_url) == before


@pytest.mark.usefixtures("folder")
def test_what_a_call_does_not_know_is_missing_and_closes() -> None:
    made = json.loads(explain(*call(), "--json").stdout)
    assert (made["ruling"], "case.turn is missing" in made["messages"][0]) == ("block", True)


@pytest.mark.usefixtures("folder")
def test_rules_that_do_not_apply_are_hidden_until_all_are_asked_for() -> None:
    shown, whole = explain(*call(case={"turn": 1})).stdout, explain(*call(case={"turn": 1}), "--all").stdout
    assert "pay_limit/large" in shown
    assert "oddly/" not in shown
    assert "3 rules of other actions not shown; --all shows every rule." in shown
    assert "oddly/often" in whole
    assert "not shown" not in whole


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name one of these: a case, a file, or a call (--customer C --tool T --arguments JSON)."),
        (["x", *call()], "Name one of these"),
        (["--tool", "pay"], "Name one of these"),
        (call(customer="C-9"), "--customer: 'C-9' is no customer of wallets."),
        (call(tool="pya"), "--tool: 'pya' is no effect of this business. Did you mean pay? Known: pay, pay_oddly."),
        (call(tool="balance"), "--tool: 'balance' is no effect"),
        (call(case={"trun": 1}), "--facts: 'case.trun' is no fact of this business. Did you mean case.turn?"),
        (call(amount=-1), "amount"),
        ([*call(), "--arguments", "[1]"], "--arguments: is no JSON object. What would be right: --arguments "),
        ([*call(), "--arguments", "{"], "--arguments: is no JSON ("),
    ],
)
def test_a_call_that_cannot_be_is_said(words: list[str], said: str) -> None:
    done = explain(*words)
    assert done.exit_code != 0
    assert said in done.stderr


@pytest.mark.usefixtures("folder")
def test_what_the_business_itself_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(*_: Any) -> None:
        raise BusinessRefused("closed", "The wallet is closed.")

    monkeypatch.setattr("handrail.cli.business.calls.previewed", refuses)
    done = explain(*call())
    assert done.exit_code == 0
    assert "The business refuses it before any policy is asked (closed): The wallet is closed." in done.stdout
