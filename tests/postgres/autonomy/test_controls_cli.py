"""`handrail controls` against a real database."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.domain.llm.names import Kin, Notice
from handrail.postgres.autonomy.models import PostgresModels
from handrail.postgres.pool import Pool


class Shell:
    """Commands against one database, without a stack."""

    def __init__(self, url: str) -> None:
        self._runner = CliRunner(env={"HANDRAIL_DATABASE_URL": url, "HANDRAIL_REVIEWER": None, "COLUMNS": "200"})

    def __call__(self, *words: str) -> str:
        done = self._runner.invoke(app, ["controls", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    def document(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def refused(self, *words: str) -> str:
        done = self._runner.invoke(app, ["controls", *words])
        assert done.exit_code == 3, done.output
        return done.stderr


@pytest.fixture
def shell(shop_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(shop_database_url)


WHO = ("--reason", "a test", "--actor", "ann")


def test_stop_and_resume(shell: Shell) -> None:
    stopped = shell.document("stop", *WHO, "--for", "2h")
    assert (stopped["scope"], stopped["level"], stopped["hand"], stopped["waited"]) == ("global", "off", "person", True)
    assert stopped["expires_at"]
    assert [one["control_id"] for one in shell.document("list")] == [stopped["control_id"]]
    assert "global is at 'off' by ann" in shell("show", "--topic", "refund")
    assert {one["autonomy"] for one in shell.document("show")} == {"off"}
    assert [one["level"] for one in shell.document("resume", *WHO)["lifted"]] == ["off"]
    assert shell.document("list") == []
    assert [one["level"] for one in shell.document("list", "--all")] == ["auto", "off"]
    assert "Nothing is set on global." in shell("resume", *WHO)


def test_a_scope_of_its_own(shell: Shell) -> None:
    shell("set", "--scope", "tool:refund_order", "--level", "review", *WHO)
    (with_tool,) = shell.document("show", "--topic", "refund", "--tool", "refund_order")
    (without,) = shell.document("show", "--topic", "refund")
    assert (with_tool["autonomy"], without["autonomy"]) == ("review", "auto")
    assert "tool:refund_order" in shell("list")
    assert len(shell.document("clear", "--scope", "tool:refund_order", *WHO)["lifted"]) == 1


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("set", "--scope", "topic:refnd", "--level", "off"), "there is no topic 'refnd' here. Known: account_closure, "),
        (("set", "--scope", "tool:refund", "--level", "off"), "there is no tool 'refund' here. Known: cancel_order, "),
        (("set", "--scope", "segment:gold", "--level", "off"), "there is no segment 'gold' here. Known: new, regular, vip."),
        (("set", "--scope", "everything", "--level", "off"), "Write global, topic:NAME, tool:NAME or segment:NAME."),
        (("set", "--scope", "global:x", "--level", "off"), "Write global, topic:NAME"),
        (("stop", "--for", "soon"), "Write for example 30m, 2h or 7d."),
        (("stop", "--for", "\u0663\u0660m"), "Write for example 30m, 2h or 7d."),
        (("clear", "--scope", "topic:"), "Write global, topic:NAME"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(shell: Shell, words: tuple[str, ...], remedy: str) -> None:
    assert remedy in shell.refused(*words, *WHO)


def test_a_drill_elsewhere_wants_a_yes(shell: Shell) -> None:
    assert "add --yes" in shell.refused("drill")
    assert "--actor: is empty" in shell.refused("stop", "--reason", "x", "--actor", " ")


async def test_which_models_answered_and_who_accepted_a_change(shell: Shell, pool: Pool) -> None:
    record = PostgresModels(pool)
    first = Notice(name="m-2026-01-01", kin=Kin.FIRST, accepted=True, words="first seen")
    other = Notice(name="other-9", kin=Kin.OTHER, accepted=False, words="the model answers as 'other-9'")
    for one in (first, other, other):
        await record.learn("m at http://there/v1", lambda _, one=one: one)  # type: ignore[misc]
    await record.pause("m at http://there/v1", 90)
    found = await asyncio.to_thread(shell.document, "models")
    assert [(one["name"], one["accepted"]) for one in found["notices"]] == [("other-9", False), ("m-2026-01-01", True)]
    assert [one["served"] for one in found["pauses"]] == ["m at http://there/v1"]
    shown = await asyncio.to_thread(shell, "models")
    assert "other, not accepted" in shown
    assert "asks for patience until" in shown
    refused = await asyncio.to_thread(shell.refused, "accept-model", "--name", "othr-9", *WHO)
    assert "Waiting: other-9." in refused
    (accepted,) = await asyncio.to_thread(shell.document, "accept-model", "--name", "other-9", *WHO)
    assert (accepted["actor"], accepted["accepted"], accepted["words"]) == ("ann", True, "a test")
    assert [one.by_person for one in await record.known("m at http://there/v1")] == [False, True]
    assert await record.open_names() == []
    empty = await asyncio.to_thread(shell.refused, "end-pauses", "--reason", " ", "--actor", "ann")
    assert empty.count("--reason") == 1
    (ended,) = await asyncio.to_thread(shell.document, "end-pauses", *WHO)
    assert (ended["served"], ended["actor"], ended["words"]) == ("m at http://there/v1", "ann", "a test")
    assert (await asyncio.to_thread(shell.document, "models"))["ended_pauses"] == [ended]
    assert "ann: a test" in await asyncio.to_thread(shell, "models")
    assert await asyncio.to_thread(shell.document, "end-pauses", *WHO) == [], "there is nothing left to end, and no entry"
    assert await record.paused("m at http://there/v1") == 0
