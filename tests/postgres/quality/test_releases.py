"""Releases on a real record: who may let one through, on what, and what ends it."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import Error

from handrail.cli.main import app
from handrail.cli.quality.evaluation.releasing import gate_over
from handrail.domain.quality.evaluation.evaluations import EvaluationReport, ReleaseParts
from handrail.postgres.pool import Pool
from handrail.postgres.quality.evaluations import PostgresEvaluations, PostgresReleases
from handrail.settings import Settings
from handrail.shop import business
from tests.postgres.conftest import Run
from tests.unit.quality.evaluation.figures import variant

REFUND = "topics/refund.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shop's definitions with a gate."""
    definitions = tmp_path / "definitions"
    shutil.copytree(business.folder, definitions, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (definitions / "release.yaml").write_text("gatekeepers: [greta]\nlasts_days: 30\n")
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(definitions))
    monkeypatch.setenv("HANDRAIL_DATA_DIR", str(tmp_path / "none"))
    return definitions


@pytest.fixture
def say(folder: Path, shop_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", shop_database_url)

    async def run(*typed: str) -> tuple[int, Any]:
        def go() -> int:
            with pytest.raises(SystemExit) as left:
                app([*typed, "--json"])
            return int(left.value.code or 0)

        code = await asyncio.to_thread(go)
        return code, json.loads(capsys.readouterr().out)

    return run


async def in_force(pool: Pool, folder: Path) -> ReleaseParts:
    parts = (await gate_over(Settings(definitions=folder), business, pool).standing()).parts
    assert parts is not None
    return parts


async def evaluated(pool: Pool, parts: ReleaseParts, number: int = 1, *, days: float = 0, **changes: Any) -> str:
    at = datetime.now(UTC) - timedelta(days=days)
    candidate = variant(4, 4, 4).model_copy(update={"parts": parts, "release": parts.release})
    about = {"evaluation_id": f"e-{number}", "asked_by": "ann", "began_at": at, "ended_at": at, "repeats": 4}
    report = EvaluationReport(**about, candidate=candidate, passed=True, why=["yes: all"])
    await PostgresEvaluations(pool).keep(report.model_copy(update=changes))
    return report.evaluation_id


async def test_a_gatekeeper_lets_a_release_through_until_something_of_it_changes(say: Any, pool: Pool, folder: Path) -> None:
    code, before = await say("topics", "show", "refund")
    said = {one["source"]: one["autonomy"] for one in before["settings"]}
    assert (code, said["release"], before["effective"]) == (0, "review", "review")
    assert "has not passed an evaluation" in before["why"]

    found = await evaluated(pool, await in_force(pool, folder))
    code, passed = await say("release", "pass", found, "--by", "greta", "--note", "Read 40 of them.")
    assert (code, passed["passed_by"], passed["words"]) == (0, "greta", "Read 40 of them.")
    code, standing = await say("release", "show")
    assert (code, standing["open"], standing["passed"]["evaluation_id"]) == (0, True, found)
    _, after = await say("topics", "show", "refund")
    assert {one["source"]: one["autonomy"] for one in after["settings"]}["release"] == "auto"
    assert [one["release"] for one in (await say("release", "list"))[1]] == [standing["release"]]

    text = (folder / REFUND).read_text()
    (folder / REFUND).write_text(text.replace("Be short and kind", "Be long and stern"))
    assert text != (folder / REFUND).read_text()
    _, edited = await say("release", "show")
    assert (edited["open"], edited["release"] == standing["release"]) == (False, False)
    (folder / REFUND).write_text(text + "\n# a comment changes nothing\n")
    assert (await say("release", "show"))[1]["open"] is True


async def test_what_may_not_be_let_through(say: Any, pool: Pool, folder: Path) -> None:
    parts = await in_force(pool, folder)
    good = await evaluated(pool, parts)
    failed = await evaluated(pool, parts, 2, passed=False)
    counted = await evaluated(pool, parts, 3, held_out=True)
    old = await evaluated(pool, parts, 4, days=31)
    part = await evaluated(pool, parts, 5, only="refund")
    for found, by, words in (
        (good, "ann", "ann is no gatekeeper. release.yaml names greta."),
        (failed, "greta", "has not passed"),
        (counted, "greta", "tells counts"),
        (old, "greta", "is older than 30 days"),
        (part, "greta", "played the corrections of refund alone"),
        ("e-9", "greta", "is no evaluation"),
    ):
        code, out = await say("release", "pass", found, "--by", by)
        assert (code, words in out["error"]["message"]) == (3, True), out
    assert (await say("release", "list"))[1] == []


async def test_a_pass_on_corrections_that_retired_is_stale(pool: Pool, folder: Path, run: Run) -> None:
    parts = await in_force(pool, folder)
    await evaluated(pool, parts)
    for number, state in enumerate(("retired", "accepted", "retired")):
        retired = "now(), 'handrail', 'changed'" if state == "retired" else "NULL, NULL, NULL"
        await run(
            "INSERT INTO handrail.corrections (correction_id, kind, topic, action, reason, body, words, done_words, done_key, "
            "loosens, held_out, state, accepted, happened_at, retired_at, retired_by, retired_because) VALUES "
            f"('c-{number}', 'edit', 't', 'a', 'r', '{{}}', '{{}}', '{{}}', '', false, false, '{state}', '[{{}}]', now(), "
            f"{retired})"
        )
    releases = PostgresReleases(pool)
    report = await PostgresEvaluations(pool).show("e-1")
    await releases.let_through(report, "greta", "")
    (found,) = await releases.newest(5)
    assert found.retired == pytest.approx(2 / 3)
    standing = await gate_over(Settings(definitions=folder), business, pool).standing()
    assert (standing.open, "67% of the corrections" in standing.why) == (False, True)


async def test_evaluations_and_releases_are_only_added_to(pool: Pool, folder: Path, run: Run) -> None:
    await evaluated(pool, await in_force(pool, folder))
    await PostgresReleases(pool).let_through(await PostgresEvaluations(pool).show("e-1"), "greta", "")
    for statement in ("UPDATE handrail.evaluations SET passed = true", "DELETE FROM handrail.releases"):
        with pytest.raises(Error, match="only added to"):
            await run(statement)


async def test_without_a_gate_the_release_is_shown_all_the_same(say: Any, pool: Pool, folder: Path) -> None:
    _, gated = await say("release", "show")
    (folder / "release.yaml").unlink()
    code, found = await say("release", "show")
    assert (code, found["configured"], found["open"], found["release"]) == (0, False, True, gated["release"])
    assert found["why"].startswith("No release gate is configured")
    code, refused = await say("release", "pass", "e-1", "--by", "greta")
    assert (code, "no release.yaml names gatekeepers" in refused["error"]["message"]) == (3, True)
