"""What a prompt author can type: nothing that is held out is in any of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from handrail.cli.main import app
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.postgres.quality.corrections import PostgresCorrections
from handrail.quality.corrections.collecting import CorrectionCollector
from tests.postgres.conftest import Run
from tests.postgres.quality.corrected import STANDS, Corrected
from tests.postgres.quality.test_corrections import LATER, words


@pytest.fixture
def say(shop_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", shop_database_url)
    monkeypatch.setenv("HANDRAIL_DATA_DIR", str(tmp_path / "none"))

    def run(*typed: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            app(list(typed))
        return int(left.value.code or 0), capsys.readouterr().out

    return run


async def test_the_third_that_is_held_out_is_in_no_command(say: Any, pool: Pool, cases: PostgresCases, run: Run) -> None:
    corrected = Corrected(pool, cases)
    secret = words(0, held=True)
    await corrected.decision("case-1", secret)
    await corrected.decision("case-2", words(0))
    await CorrectionCollector(PostgresCorrections(pool)).collect(STANDS, LATER)
    ((hidden,),) = await run("SELECT correction_id FROM handrail.corrections WHERE held_out")
    ((shown,),) = await run("SELECT correction_id FROM handrail.corrections WHERE NOT held_out")
    typed: list[tuple[str, ...]] = [
        ("corrections", "list"),
        ("corrections", "show", hidden),
        ("corrections", "accept", hidden, "--reviewer", "ann"),
        ("corrections", "reject", hidden, "--reviewer", "ann"),
        ("corrections", "show", shown),
        ("corrections", "accept", shown, "--reviewer", "ann"),
        ("corrections", "list", "--state", "accepted"),
        ("eval", "list"),
        ("eval", "show", hidden),
        ("eval", "run", "--held-out", "--by", "ann"),
        ("corrections", "collect"),
    ]
    telling = secret.split(" because of ")[1].rstrip(".")
    for command in typed:
        for form in ((), ("--json",)):
            code, out = await asyncio.to_thread(say, *command, *form)
            assert telling not in out, command
            assert hidden not in out.replace(f"'{hidden}' is no", ""), command
            assert code == (3 if hidden in command or "--held-out" in command or (form and "accept" in command[1]) else 0), out
    _, out = await asyncio.to_thread(say, "corrections", "list", "--json")
    assert [one["correction_id"] for one in json.loads(out)] == [shown]


async def test_only_a_gatekeeper_uses_what_is_held_out(say: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = say("eval", "run", "--held-out", "--by", "ann", "--json")
    assert (code, "no release.yaml names gatekeepers" in out) == (3, True)
    (tmp_path / "release.yaml").write_text("gatekeepers: [greta]\n")
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(tmp_path))
    code, out = say("eval", "run", "--held-out", "--by", "ann", "--json")
    assert (code, "ann is no gatekeeper. release.yaml names greta" in out) == (3, True)


async def test_one_person_under_two_names_accepts_once(
    say: Any, pool: Pool, cases: PostgresCases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = "{name: ann, identities: [ann@acme.org], roles: [support]}, {name: bob, roles: [support]}"
    roster = f"roles: {{support: {{}}}}\npeople: [{people}]\n"
    (tmp_path / "reviewers.yaml").write_text(roster)
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(tmp_path))
    await Corrected(pool, cases).decision("case-1", words(1), changes={"amount": 900})
    store = PostgresCorrections(pool)
    await CorrectionCollector(store).collect(STANDS, LATER)
    ((found,)) = await store.shown(state="new", topic=None, kind=None, limit=5)

    async def accepted(by: str) -> tuple[int, Any]:
        code, out = await asyncio.to_thread(say, "corrections", "accept", found.correction_id, "--reviewer", by, "--json")
        return code, json.loads(out)

    assert "eve is not in reviewers.yaml, which names ann, bob." in (await accepted("eve"))[1]["error"]["message"]
    assert (await accepted("ann"))[1]["state"] == "new"
    code, refused = await accepted("ann@acme.org")
    assert (code, "ann has accepted" in refused["error"]["message"]) == (3, True)
    assert (await accepted("bob"))[1]["accepted_by"] == ["ann", "bob"]
