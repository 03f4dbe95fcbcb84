"""`handrail release ramp` over a real record: who may, on what, and what stays of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from psycopg import Error

from handrail.cli.main import app
from handrail.cli.rollout.ramping import candidate_gate
from handrail.domain.rollout.ramps import Candidate, RampStep, StepOfRamp
from handrail.postgres.pool import Pool
from handrail.postgres.quality.ramps import PostgresRamps
from handrail.settings import Settings
from handrail.shop import business
from tests.postgres.conftest import Run
from tests.support.passing import gated, let_through

CANDIDATE = Candidate(prompts={"refund": "Be short and right."})


class Place:
    """What the command line knows of a stack."""

    business = business

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(definitions=folder, data_dir=folder / "none")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = gated(tmp_path / "definitions")
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(found))
    monkeypatch.setenv("HANDRAIL_DATA_DIR", str(tmp_path / "none"))
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "refund.txt").write_text(CANDIDATE.prompts["refund"])
    return found


@pytest.fixture
def say(folder: Path, shop_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", shop_database_url)

    async def run(*typed: str) -> tuple[int, Any]:
        def go() -> int:
            with pytest.raises(SystemExit) as left:
                app(["release", "ramp", *typed, "--json"])
            return int(left.value.code or 0)

        code = await asyncio.to_thread(go)
        found = json.loads(capsys.readouterr().out)
        return code, found.get("error", {}).get("message", "") if code else found

    return run


async def passed(pool: Pool, folder: Path) -> None:
    await let_through(pool, await candidate_gate(Place(folder), pool, CANDIDATE).in_force())  # type: ignore[arg-type]


def start(folder: Path, *more: str) -> tuple[str, ...]:
    return ("start", "--prompts", str(folder.parent / "draft"), *more)


async def test_a_share_needs_a_gatekeeper_and_a_pass(say: Any, pool: Pool, folder: Path) -> None:
    code, words = await say(*start(folder, "--percent", "5", "--by", "ann"))
    assert (code, "ann is no gatekeeper" in words) == (3, True)
    code, words = await say(*start(folder, "--percent", "5", "--by", "greta"))
    assert code == 3
    assert "need a candidate that passed" in words
    assert (await say("status"))[1]["ramp"] is None
    await passed(pool, folder)
    code, found = await say(*start(folder, "--percent", "5", "--by", "greta"))
    assert (code, found["percent"], found["owner"], found["candidate"]["prompts"]) == (0, 5, "greta", CANDIDATE.prompts)
    assert found["evaluation_id"]
    code, words = await say(*start(folder, "--by", "ann"))
    assert (code, "is going at 5 %" in words) == (3, True)


async def test_up_goes_the_owner_and_down_anybody(say: Any, pool: Pool, folder: Path) -> None:
    await passed(pool, folder)
    await say(*start(folder, "--percent", "5", "--by", "greta"))
    code, words = await say("step", "25", "--by", "ann")
    assert (code, "owns ramp" in words) == (3, True)
    assert (await say("step", "25", "--by", "greta"))[1]["percent"] == 25
    assert (await say("step", "10", "--by", "ann", "--note", "slower"))[1]["percent"] == 10
    assert (await say("stop", "--by", "bob"))[1]["kind"] == "stop"
    code, words = await say("stop", "--by", "bob")
    assert (code, "none is going" in words) == (3, True)
    steps = (await say("status"))[1]["steps"]
    assert [(one["kind"], one["percent"], one["actor"]) for one in steps] == [
        ("stop", 0, "bob"),
        ("step", 10, "ann"),
        ("step", 25, "greta"),
        ("start", 5, "greta"),
    ]


async def test_an_edit_of_what_is_in_force_shuts_the_candidates_gate(say: Any, pool: Pool, folder: Path) -> None:
    await passed(pool, folder)
    await say(*start(folder, "--percent", "5", "--by", "greta"))
    file = folder / "policies" / "refund_amount.yaml"
    file.write_text(f"# another version\n{file.read_text()}")
    assert "has not passed" in (await say("status"))[1]["gate"]
    code, words = await say("step", "25", "--by", "greta")
    assert (code, "has not passed" in words) == (3, True)
    assert (await say("step", "1", "--by", "greta"))[0] == 0


async def test_it_ends_once_and_the_record_only_grows(say: Any, pool: Pool, folder: Path, run: Run) -> None:
    await say(*start(folder, "--by", "ann"))
    ramps = PostgresRamps(pool)
    step = RampStep(ramp_id=1, kind=StepOfRamp.ROLLBACK, percent=0, actor="handrail", words="worse")
    ended = await asyncio.gather(*(ramps.end(step) for _ in range(4)))
    assert sum(one is not None for one in ended) == 1
    for statement in ("delete from handrail.ramp_steps", "update handrail.ramps set owner = 'x'"):
        with pytest.raises(Error, match="only added to"):
            await run(statement)
