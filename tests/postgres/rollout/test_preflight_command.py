"""`handrail preflight` over a real record, and what raising a topic says of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from handrail.cli.main import app
from handrail.domain.autonomy.controls import ControlRequest, Hand, Scope, ScopeKind
from handrail.domain.autonomy.topics import Autonomy
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.pool import Pool
from handrail.shop import business


@pytest.fixture
def say(shop_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", shop_database_url)
    monkeypatch.setenv("HANDRAIL_DATA_DIR", str(tmp_path / "none"))

    async def run(*typed: str) -> tuple[int, str]:
        def go() -> int:
            with pytest.raises(SystemExit) as left:
                app(list(typed))
            return int(left.value.code or 0)

        code = await asyncio.to_thread(go)
        return code, " ".join(capsys.readouterr().out.split())

    return run


async def drilled(pool: Pool) -> None:
    """A drill of the kill switch, and its end."""
    for level in (Autonomy.OFF, Autonomy.AUTO):
        wanted = ControlRequest(
            scope=Scope(kind=ScopeKind.TOPIC, name="refund"), level=level, hand=Hand.DRILL, reason="a drill", actor="ann"
        )
        await PostgresControls(pool, business).put(wanted)


async def test_it_refuses_with_what_lacks(say: Any, pool: Pool) -> None:
    code, said = await say("preflight", "refund", "--json")
    found = json.loads(said)
    lacking = [one["name"] for one in found["checks"] if not one["ready"]]
    assert (code, found["ready"], lacking) == (3, False, ["gate", "drill", "indicator"])
    await drilled(pool)
    code, said = await say("preflight", "refund")
    assert code == 3
    assert "refund: not ready for 'auto': gate, indicator." in said


async def test_a_raise_goes_through_and_says_what_lacks(say: Any) -> None:
    about = ("--reason", "looked at it", "--actor", "ann")
    code, said = await say("controls", "set", "--scope", "topic:refund", "--level", "review", *about)
    assert (code, "Preflight" in said) == (0, False)
    code, said = await say("controls", "set", "--scope", "topic:refund", "--level", "auto", *about)
    assert code == 0
    assert "Preflight: refund lacks gate, drill, indicator for 'auto'." in said
    await say("controls", "set", "--scope", "topic:refund", "--level", "review", *about)
    code, said = await say("controls", "clear", "--scope", "topic:refund", *about)
    assert code == 0
    assert "Preflight: refund lacks" in said
    assert json.loads((await say("preflight", "order_status", "--json"))[1])["topic"] == "order_status"


async def test_a_name_that_is_no_topic_of_the_agents_is_refused(say: Any) -> None:
    assert (await say("preflight", "refunds"))[0] == 3
    assert (await say("preflight", "fraud"))[0] == 3
