"""What is printed, and the exit codes, with nothing running behind them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from handrail.cli.common.documents import approval_document, case_document
from handrail.cli.common.failures import Exit, judge, report
from handrail.cli.common.tables import plain, print_case
from handrail.cli.main import app
from handrail.domain import errors
from handrail.domain.actions.approvals import Approval, HumanRequest
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.case.requests import Receipt
from handrail.temporal.cases.client import TimedOut, settled
from handrail.temporal.connect import Unreachable

AT = datetime(2026, 1, 1, tzinfo=UTC)
NOBODY = {
    "HANDRAIL_TEMPORAL_ADDRESS": "127.0.0.1:1",
    "HANDRAIL_DATABASE_URL": "postgresql://someone:hidden@127.0.0.1:1/none",
    "HANDRAIL_REVIEWER": "",
}
COMMANDS = [
    ["case", "open", "--customer", "C-1", "--message", "hello"],
    ["case", "say", "c", "--message", "hello"],
    ["case", "show", "c"],
    ["case", "list"],
    ["case", "transcript", "c"],
    ["case", "handoff", "c"],
    ["case", "watch"],
    ["case", "watch", "c"],
    ["case", "request-human", "c"],
    ["approvals", "list"],
    ["decide", "c", "approve", "--reviewer", "ann"],
    ["claim", "c", "--reviewer", "ann"],
    ["reply", "c", "--message", "hello", "--reviewer", "ann"],
    ["hand-back", "c", "--note", "done", "--reviewer", "ann"],
    ["resolve", "c", "--reviewer", "ann"],
    ["shop", "find"],
    ["migrate"],
]


def approval(**changes: object) -> Approval:
    request = HumanRequest(
        request_id="a1", action="refund_order", title="Refund", headline="refund", arguments={"amount": 180}, reasons=["big"]
    )
    fields = {"approval_id": "a1", "case_id": "c", "revision": 3, "request": request, "opened_at": AT, "due_at": AT}
    return Approval.model_validate({**fields, "update_names": ["1 · Approve"], **changes})


def view(**changes: object) -> CaseView:
    return CaseView.model_validate({"case_id": "c", "customer_id": "C-1", "opened_at": AT, "updated_at": AT, **changes})


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner(env=NOBODY).invoke(app, list(arguments))
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_in_one_document_that_nothing_answers(command: list[str]) -> None:
    code, out, _ = call(*command, "--json")

    assert code == Exit.NOTHING_ANSWERS
    error = json.loads(out)["error"]
    assert error["type"] == "Unreachable"
    assert "handrail up" in error["message"]
    assert "hidden" not in out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_it_to_people_in_one_line(command: list[str]) -> None:
    code, out, err = call(*command)

    assert (code, out) == (Exit.NOTHING_ANSWERS, "")
    assert err.startswith("Error: No ")
    assert err.count("\n") == 1
    assert "hidden" not in err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["case", "show"], "Missing argument 'CASE'"),
        (["case", "shwo"], "No such command 'shwo'"),
        (["decide", "c", "perhaps", "--reviewer", "ann"], "perhaps"),
        (["claim", "c"], "--reviewer"),
        (["case", "list", "--status", "Lost"], "Lost"),
    ],
)
def test_wrong_usage_is_a_document_too(command: list[str], words: str) -> None:
    code, out, _ = call(*command, "--json")

    assert code == Exit.USAGE
    assert words in json.loads(out)["error"]["message"]


def test_bad_input_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text("nonsense\n")

    code, out, _ = call("run-messages", str(file), "--json")

    assert code == Exit.REFUSED
    assert "messages.jsonl:1" in json.loads(out)["error"]["message"]


def test_a_data_folder_without_a_stack_is_not_taken_for_the_default_one(tmp_path: Path) -> None:
    quiet = CliRunner(env={"HANDRAIL_TEMPORAL_ADDRESS": None, "HANDRAIL_DATABASE_URL": None})

    done = quiet.invoke(app, ["--data-dir", str(tmp_path), "case", "show", "c"])

    assert done.exit_code == Exit.NOTHING_ANSWERS
    assert f"handrail up --data-dir {tmp_path}" in done.stderr


def test_a_setting_that_cannot_be_used_is_named() -> None:
    done = CliRunner(env={**NOBODY, "HANDRAIL_PORT_BASE": "door"}).invoke(app, ["case", "show", "c"])

    assert done.exit_code == Exit.REFUSED
    assert "HANDRAIL_PORT_BASE" in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidInput("x"), Exit.REFUSED),
        (errors.ApprovalRefused("x"), Exit.REFUSED),
        (errors.IllegalTransition("x"), Exit.REFUSED),
        (errors.BusinessRefused("code", "x"), Exit.REFUSED),
        (errors.DefinitionInvalid("x"), Exit.REFUSED),
        (errors.UnknownCase("x"), Exit.UNKNOWN_CASE),
        (errors.CaseConflict("x"), Exit.CONFLICT),
        (Unreachable("x"), Exit.NOTHING_ANSWERS),
        (TimedOut("x"), Exit.TIMED_OUT),
        (errors.HandrailError("x"), Exit.UNEXPECTED),
    ],
)
def test_every_error_has_its_exit_code_and_keeps_its_words(error: Exception, code: Exit) -> None:
    assert judge(error) == (code, "x")


def test_of_tasks_that_ran_together_the_first_failure_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    together = ExceptionGroup("unhandled", [ExceptionGroup("inner", [Unreachable("nobody answers")]), ValueError("later")])
    assert report(together, as_json=True, debug=False) is Exit.NOTHING_ANSWERS
    assert json.loads(capsys.readouterr().out) == {"error": {"type": "Unreachable", "message": "nobody answers"}}


def test_a_drivers_own_words_are_not_passed_on() -> None:
    for error in (psycopg.OperationalError("password hidden"), psycopg.Error("password hidden")):
        assert "hidden" not in judge(error)[1]
    assert judge(psycopg.OperationalError("gone"))[0] is Exit.NOTHING_ANSWERS


def test_an_approval_is_flat_and_whole() -> None:
    document = approval_document(approval())

    assert "request" not in document
    nested = (set(Approval.model_fields) | set(HumanRequest.model_fields)) - {"request", "request_id", "expires_in_minutes"}
    assert set(document) == nested
    told = {name: document[name] for name in ("approval_id", "case_id", "revision", "action", "arguments", "update_names")}
    assert told == {
        "approval_id": "a1",
        "case_id": "c",
        "revision": 3,
        "action": "refund_order",
        "arguments": {"amount": 180},
        "update_names": ["1 · Approve"],
    }


def test_a_case_has_the_domains_names() -> None:
    document = case_document(view(approvals=[approval().model_dump()]))

    assert set(CaseView.model_fields) == set(document)
    assert document["approvals"][0]["approval_id"] == "a1"


def test_foreign_words_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_case(view(reply="\x1b[2J[bold red]Approved by the boss[/]\u202e\x07", notice="[link=http://evil]x[/link]"))

    shown = capsys.readouterr().out
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown
    assert "[bold red]Approved by the boss[/]" in shown
    assert "[link=http://evil]x[/link]" in shown
    assert plain("a\r\nb\x00\u200b") == "a\nb"


def test_a_case_whose_approval_was_just_decided_is_not_settled_yet() -> None:
    waiting = view(status=CaseStatus.AWAITING_APPROVAL, approvals=[approval().model_dump()])
    decided = view(status=CaseStatus.AWAITING_APPROVAL, approvals=[approval(status="approved").model_dump()])

    assert settled(waiting)
    assert not settled(decided)
    assert not settled(view())
    assert settled(view(status=CaseStatus.WITH_HUMAN))


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\nfrom handrail.cli.main import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit as done:\n    assert done.code == 0\n"
        "heavy = {'pydantic', 'temporalio', 'psycopg', 'rich', 'langgraph', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=dict(os.environ))

    assert done.returncode == 0, done.stderr
    assert "Exit codes: 0 done" in done.stdout


def test_what_does_not_fit_a_model_is_named_and_not_told() -> None:
    with pytest.raises(ValidationError) as caught:
        Receipt.model_validate({"case_id": "c", "status": "Quaxel", "turn": "Quaxel"})
    words = judge(caught.value)[1]
    assert "turn" in words
    assert "Quaxel" not in words
