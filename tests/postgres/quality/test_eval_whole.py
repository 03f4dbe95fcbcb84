"""Whole evaluations by the command: a suite, other policies, another graph, beside what is in force or what is stored."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.shop import business

SUITE = """\
version: 1
tests:
  - id: first_link
    topic: password_reset
    said:
      - customer: "I forgot my password, please send me a reset link."
    reads:
      - {tool: get_customer, value: {name: Robin, email: r***@example.com}}
    previews:
      - {action: send_password_reset, facts: {password_resets_24h: 0}}
    expect:
      proposes: {action: send_password_reset}
  - id: no_fourth_link
    topic: password_reset
    said:
      - customer: "I forgot my password again, please send me a reset link."
    reads:
      - {tool: get_customer, value: {name: Robin, email: r***@example.com}}
    previews:
      - {action: send_password_reset, facts: {password_resets_24h: 3}}
    expect:
      never: {action: send_password_reset}
  - id: a_person
    topic: order_status
    said:
      - customer: "I want to speak to a human being, please."
    expect: {to_people: true}
"""


class Desk:
    """The command line over one database, with an offline model that each command starts."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        environment = {"HANDRAIL_DATABASE_URL": url, "HANDRAIL_DATA_DIR": str(folder / "nothing"), "COLUMNS": "300"}
        self._runner = CliRunner(env={**environment, "OPENAI_BASE_URL": None, "HANDRAIL_REVIEWER": "ann"})
        self.suite = folder / "suite.yaml"
        self.suite.write_text(SUITE)

    async def __call__(self, *words: str, code: int = 0) -> str:
        done = await asyncio.to_thread(self._runner.invoke, app, ["eval", *words])
        assert done.exit_code == code, done.output
        return done.stdout or done.stderr

    async def run(self, *words: str, code: int = 3) -> Any:
        return json.loads(await self("run", "--suite", str(self.suite), "--repeats", "2", *words, "--json", code=code))


@pytest.fixture
def desk(shop_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(shop_database_url, tmp_path)


def passes(variant: Any) -> dict[str, tuple[int, int]]:
    return {one["correction_id"]: (one["passes"], one["runs"]) for one in variant["cases"]}


IN_FORCE = {"suite/first_link": (2, 2), "suite/no_fourth_link": (0, 2), "suite/a_person": (2, 2)}


async def test_a_suite_other_policies_and_another_graph_are_played_whole_and_compared_case_by_case(desk: Desk) -> None:
    plain = await desk.run()
    assert passes(plain["candidate"]) == IN_FORCE
    assert (plain["baseline"], plain["suite"].split()[0], len(plain["candidate"]["pass_at"])) == (None, "suite.yaml", 2)
    assert plain["candidate"]["pass_at"] == pytest.approx([2 / 3, 2 / 3])
    assert plain["candidate"]["p50_seconds"] > 0
    assert plain["candidate"]["p95_seconds"] >= plain["candidate"]["p50_seconds"]

    stricter = desk.folder / "policies"
    shutil.copytree(business.folder / "policies", stricter)
    resets = stricter / "password_resets.yaml"
    resets.write_text(
        resets.read_text()
        .replace("action: require_approval\n      role: support\n", "action: block\n")
        .replace("expect: require_approval", "expect: block")
    )
    blocked = await desk.run("--policy", str(stricter))
    assert passes(blocked["baseline"]) == IN_FORCE
    assert passes(blocked["candidate"]) == {**IN_FORCE, "suite/no_fourth_link": (2, 2)}
    assert (blocked["comparison"]["better"], blocked["comparison"]["worse"]) == (["suite/no_fourth_link"], [])
    assert blocked["candidate"]["parts"]["policies"] != blocked["baseline"]["parts"]["policies"]

    handing = await desk.run("--graph", "tests.support.handing", "--baseline", plain["evaluation_id"])
    assert (handing["beside"], handing["baseline"]["release"]) == (plain["evaluation_id"], plain["candidate"]["release"])
    assert passes(handing["candidate"]) == {
        "suite/first_link": (0, 2),
        "suite/no_fourth_link": (2, 2),
        "suite/a_person": (2, 2),
    }
    assert (handing["comparison"]["better"], handing["comparison"]["worse"]) == (
        ["suite/no_fourth_link"],
        ["suite/first_link"],
    )
    assert handing["candidate"]["parts"]["graph"] != plain["candidate"]["parts"]["graph"]

    page = desk.folder / "page.html"
    shown = await desk("show", handing["evaluation_id"], "--html", str(page))
    for words in ("pass^1", "pass^2", "cost", "p50, p95", f"baseline {plain['evaluation_id']}", "suite/first_link", "worse"):
        assert words in shown
    assert "pass^2" in page.read_text()
    assert json.loads(await desk("show", handing["evaluation_id"], "--json")) == handing


async def test_the_release_in_force_is_a_baseline_where_it_was_evaluated(desk: Desk) -> None:
    refused = await desk("run", "--suite", str(desk.suite), "--baseline", "in-force", code=3)
    assert "no evaluation of the release in force" in refused
    refused = await desk("run", "--suite", str(desk.suite), "--baseline", "e-nothing", code=3)
    assert "is no evaluation" in refused
    refused = await desk("run", code=3)
    assert "name a --suite" in refused


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("topic: order_status", "topic: orders", "suite.yaml:24: tests.2.topic: there is no topic 'orders'"),
        ("id: no_fourth_link", "id: first_link", "suite.yaml:13: tests.1.id: 'first_link' stands here twice"),
        ("tool: get_customer", "tool: send_password_reset", "there is no read 'send_password_reset'"),
        ("{to_people: true}", "{to_people: true, reply: no}", "expects one thing"),
        ('customer: "I want', 'agent: "I want', "ends with the agent's words"),
    ],
)
async def test_a_wrong_suite_is_refused_by_its_line(desk: Desk, old: str, new: str, words: str) -> None:
    desk.suite.write_text(SUITE.replace(old, new))
    assert words in await desk("run", "--suite", str(desk.suite), code=3)
