"""What `up` shows: parts that come and go, and the cases that need somebody."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from handrail.cli.stacks.live import LiveTable, picture
from handrail.cli.stacks.serving import teller
from handrail.cli.stacks.stack import choose_base, reason
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.embedded.state import Process, Stack, StackState
from handrail.embedded.supervisor import Event, What
from handrail.settings import Settings, model_url
from handrail.shop import business

NOW = datetime(2026, 1, 5, tzinfo=UTC)
STACK = Stack(
    data_dir=Path("stack"),
    state=StackState.READY,
    port_base=1024,
    temporal_address="127.0.0.1:1",
    temporal_ui="http://127.0.0.1:1",
    database_url="",
    model="",
    supervisor=Process(pid=1, started=0.0),
)


def screen() -> Console:
    return Console(file=io.StringIO(), width=120, force_terminal=False)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def case(number: int, status: CaseStatus, reply: str | None = None) -> CaseView:
    return CaseView(
        case_id=f"c-{number}", customer_id="C-1", status=status, reply=reply, opened_at=NOW, updated_at=NOW + timedelta(number)
    )


def test_words_of_a_customer_or_model_are_neither_markup_nor_control() -> None:
    console = screen()
    console.print(picture([case(1, CaseStatus.RESOLVED, "[/] [bold]hi[/bold]\x1b[2J\nthere")], [], 40, ""))
    assert "[/] [bold]hi[/bold][2J there" in shown(console)


def test_a_small_screen_says_what_it_leaves_out() -> None:
    console = screen()
    console.print(picture([case(number, CaseStatus.WORKING) for number in range(9)], [], 10, "PostgreSQL is away"))
    said = shown(console)
    assert "c-2" in said
    assert "c-3" not in said
    assert "3 of 9 shown" in said
    assert "PostgreSQL is away" in said


def test_a_paused_case_is_marked_in_the_table() -> None:
    console = screen()
    paused = case(1, CaseStatus.AWAITING_APPROVAL).model_copy(update={"paused": "paused by ann"})
    console.print(picture([paused, case(2, CaseStatus.WORKING)], [], 40, ""))
    said = shown(console)
    assert "AwaitingApproval, paused" in said
    assert "Working, paused" not in said


def test_pausing_and_unpausing_are_lines_of_their_own_where_there_is_no_table() -> None:
    console = screen()
    watch = LiveTable(STACK, business, console)
    waiting = [case(1, CaseStatus.AWAITING_APPROVAL)]
    seen: list[dict[str, str]] = [{}, {"c-1": "paused by ann"}, {"c-1": "paused by ann"}, {}]
    for paused in seen:
        watch._paused = paused
        watch._show(None, watch.marked(waiting), "")
    lines = [line.split(" ", 1)[1] for line in shown(console).splitlines()]
    assert lines == ["c-1 AwaitingApproval -", "c-1 AwaitingApproval - paused", "c-1 AwaitingApproval -"]


def test_a_log_line_with_brackets_does_not_hurt_the_supervisor() -> None:
    console = screen()
    teller(console)(Event("postgres", What.DIED, 0.5, "SIGKILL; [/home] [red]LOG"))
    assert "(SIGKILL; [/home] [red]LOG); starting it again in 0.5 s" in shown(console)


def test_the_refusal_is_found_among_what_was_said() -> None:
    assert reason("Handrail in x\nError: port 1 is taken.\n", 1) == "port 1 is taken."
    assert reason("Traceback: boom", 7) == "the stack ended with exit code 7: Traceback: boom"


def test_a_key_means_a_real_model(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert model_url(Settings()) is None
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    assert model_url(Settings()) == "https://api.openai.com/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert model_url(Settings()) == "http://127.0.0.1:1/v1"
    monkeypatch.delenv("OPENAI_API_KEY")
    assert model_url(Settings()) == "http://127.0.0.1:1/v1", "a server of one's own may need no key"
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    assert model_url(Settings()) is None


def test_ports_are_asked_for_or_set_or_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HANDRAIL_PORT_BASE", raising=False)
    assert choose_base(Settings(), tmp_path, None) == 17_230
    monkeypatch.setenv("HANDRAIL_PORT_BASE", "20000")
    assert choose_base(Settings(), tmp_path, None) == 20_000
    assert choose_base(Settings(), tmp_path, 21_000) == 21_000
