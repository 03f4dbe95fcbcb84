"""`handrail topics`: what the files say, what holds now, and how far a review gate is; looking begins none."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from handrail.cli.main import app
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.autonomy.topics import ENOUGH_DECISIONS, ReviewGate
from handrail.domain.case.cases import Commit
from handrail.postgres.autonomy.reviews import PostgresReviewGates
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.shop import business
from tests.postgres.build import FixedClock, approval, decided, row

GATE = "review_gate: {cases: 200, days: 14, max_edit_rate: 0.05}\n"


@pytest.fixture
def say(shop_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    shutil.copytree(business.folder / "topics", tmp_path / "topics")
    with (tmp_path / "topics" / "refund.yaml").open("a") as file:
        file.write(GATE)
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", shop_database_url)
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(tmp_path))
    monkeypatch.setenv("HANDRAIL_DATA_DIR", str(tmp_path / "none"))

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            app(["topics", *words])
        return int(left.value.code or 0), capsys.readouterr().out

    return run


def test_every_topic_says_what_holds_now_and_why(say: Any) -> None:
    code, out = say("list", "--json")
    found = {one["name"]: one for one in json.loads(out)}
    assert code == 0
    assert (found["order_status"]["autonomy"], found["order_status"]["effective"]) == ("auto", "auto")
    assert (found["fraud"]["effective"], found["fraud"]["why"]) == ("off", "fraud is for people only.")
    refund = found["refund"]
    assert (refund["effective"], refund["why"]) == ("review", refund["review_gate"]["why"])
    assert (refund["review_gate"]["began"], refund["review_gate"]["cases"]) == (None, 0)
    assert (refund["frustration_threshold"], refund["patience"]["second_contact_hours"]) == (0.7, 48)


async def test_a_gate_shows_its_progress(say: Any, cases: PostgresCases, pool: Pool) -> None:
    gates = PostgresReviewGates(pool, FixedClock())
    await gates.progress("refund", ReviewGate(cases=200, days=14).version, begin=True)
    for number in range(ENOUGH_DECISIONS):
        asked = approval(case_id=f"c-{number}", request_id=f"e-{number}")
        kind = DecisionKind.REJECT if number == 0 else DecisionKind.APPROVE
        await cases.commit(Commit(row=row(1, f"c-{number}", topic="refund"), approvals=[decided(asked, kind)]))

    code, out = await asyncio.to_thread(say, "show", "refund", "--json")
    gate = json.loads(out)["review_gate"]
    assert code == 0
    assert (gate["cases"], gate["approved"], gate["rejected"], gate["open"]) == (20, 19, 1, True)
    assert "1 of 20 decisions edited or rejected (5.0%), at most 5.0%" in gate["why"]


def test_an_unknown_topic_is_refused_with_those_that_are_known(say: Any) -> None:
    code, out = say("show", "warranty", "--json")
    assert code == 3
    assert "Known: account_closure" in json.loads(out)["error"]["message"]
