"""The command line against a whole stack: what a person at a terminal, and a program that reads its JSON, rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from handrail.embedded.ports import free_block

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("HANDRAIL_", "OPENAI_"))}
Handrail = Callable[..., Any]


def call(folder: Path, *arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """One command, as a process of its own."""
    command = [sys.executable, "-m", "handrail.cli.main", "--data-dir", str(folder), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, input=given, capture_output=True, timeout=240)


@pytest.fixture(scope="module")
def stack() -> Iterator[Path]:
    with TemporaryDirectory(prefix="handrail-cli-", ignore_cleanup_errors=True) as parent:
        folder = Path(parent) / "data"
        up = call(folder, "up", "--detach", "--port-base", free_block(), "--no-samples")
        assert up.returncode == 0, up.stderr.decode()
        yield folder
        down = call(folder, "down")
        assert down.returncode == 0, down.stderr.decode()


@pytest.fixture(scope="module")
def handrail(stack: Path) -> Handrail:
    """Runs a command with --json and gives the document; `code` is the exit code it must have."""

    def run(*arguments: object, code: int = 0, given: bytes = b"") -> Any:
        done = call(stack, *arguments, "--json", given=given)
        assert done.returncode == code, done.stdout.decode() + done.stderr.decode()
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")
def orders(handrail: Handrail) -> Iterator[dict[str, Any]]:
    """Orders whose refund needs a person, a different customer each."""
    return iter(
        handrail("shop", "find", "--refundable-over", 120, "--refundable-under", 190, "--status", "delivered", "--limit", 8)
    )


def waiting(handrail: Handrail, order: dict[str, Any], case_id: str) -> dict[str, Any]:
    """A case whose refund waits for an approval."""
    words = f"Please refund order {order['order_id']}, all {order['refundable']:.2f} USD. I sent everything back."
    case: dict[str, Any] = handrail(
        "case", "open", "--customer", order["customer_id"], "--message", words, "--case-id", case_id, "--wait"
    )
    assert case["status"] == "AwaitingApproval", case
    return case


def test_a_refund_is_edited_approved_and_shown(handrail: Handrail, orders: Iterator[dict[str, Any]]) -> None:
    case = waiting(handrail, next(orders), "cli-edit")
    (asked,) = case["approvals"]
    assert {"approval_id", "revision", "action", "arguments", "update_names"} <= set(asked)
    assert asked["approval_id"] in [one["approval_id"] for one in handrail("approvals", "list")]

    done = handrail("decide", "cli-edit", "edit", "--set", "amount=80", "--reviewer", "ann", "--wait")

    assert done["status"] == "Resolved"
    (effect,) = done["effects"]
    assert (effect["effect_id"], effect["action"], effect["arguments"]["amount"]) == (
        asked["approval_id"],
        asked["action"],
        80,
    )
    assert effect["applied_at"]
    assert "80.00" in done["reply"]
    assert handrail("case", "show", "cli-edit")["effects"] == done["effects"]
    said = handrail("case", "transcript", "cli-edit")
    assert [one["author"] for one in said] == ["customer", "assistant"]
    refused = handrail("decide", "cli-edit", "approve", "--approval", asked["approval_id"], "--reviewer", "bob", code=3)
    assert refused["error"]["type"] == "ApprovalRefused"
    assert "already edited by ann" in refused["error"]["message"]


def test_a_rejection_and_a_stale_revision(handrail: Handrail, orders: Iterator[dict[str, Any]]) -> None:
    (asked,) = waiting(handrail, next(orders), "cli-reject")["approvals"]

    stale = handrail("decide", "cli-reject", "approve", "--revision", asked["revision"] + 1, "--reviewer", "ann", code=3)
    assert "revision" in stale["error"]["message"]
    rejected = handrail("decide", "cli-reject", "reject", "--reviewer", "ann", "--note", "not returned yet")

    assert (rejected["case_id"], rejected["status"]) == ("cli-reject", "rejected")
    assert rejected["decision"]["note"] == "not returned yet"
    after = handrail("case", "watch", "cli-reject", "--timeout", 60)
    assert after["effects"] == []


def test_opening_again_is_the_same_case_and_other_content_a_conflict(handrail: Handrail) -> None:
    first = handrail(
        "case", "open", "--customer", "C-0001", "--message", "-", "--case-id", "cli-twice", given="Grüße?".encode()
    )
    again = handrail("case", "open", "--customer", "C-0001", "--message", "Grüße?", "--case-id", "cli-twice")
    other = handrail("case", "open", "--customer", "C-0001", "--message", "Other", "--case-id", "cli-twice", code=5)

    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert other["error"]["type"] == "CaseConflict"


def test_a_person_takes_answers_and_ends_a_case(handrail: Handrail) -> None:
    words = "I want to talk to a real person, please."
    case = handrail("case", "open", "--customer", "C-0002", "--message", words, "--case-id", "cli-person", "--wait")
    assert (case["status"], case["reason"], case["tier"]) == ("WithHuman", "customer_asked", 1)
    assert handrail("case", "handoff", "cli-person")["escalation"]["reason"] == "customer_asked"

    handrail("claim", "cli-person", "--reviewer", "bob")
    answer = ["reply", "cli-person", "--reviewer", "bob", "--message", "Bob here. What happened?", "--message-id", "r-1"]
    assert handrail(*answer)["message_id"] == handrail(*answer)["message_id"] == "r-1"
    ended = handrail("resolve", "cli-person", "--reviewer", "bob", "--note", "sorted out")

    assert ended["status"] == "Resolved"
    said = [one["text"] for one in handrail("case", "transcript", "cli-person")]
    assert said.count("Bob here. What happened?") == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [(b"\x89PNG\r\n\x1a\n\xff\xfe", "UTF-8"), (b"  \n", "is empty"), (b"a" * 8_001, "8,001"), (b"a\x07b", "U+0007")],
)
def test_bad_words_are_refused(handrail: Handrail, given: bytes, words: str) -> None:
    refused = handrail("case", "open", "--customer", "C-0001", "--message", "-", given=given, code=3)

    assert refused["error"]["type"] == "InvalidInput"
    assert words in refused["error"]["message"]


def test_a_case_that_is_not_there(handrail: Handrail) -> None:
    for command in (["case", "show", "nope"], ["case", "say", "nope", "--message", "x"], ["claim", "nope", "--reviewer", "a"]):
        assert handrail(*command, code=4)["error"]["type"] == "UnknownCase"


def test_messages_of_a_file_are_all_accounted_for(handrail: Handrail, tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    texts = ["I want to talk to a real person.", "What is the capital of Peru?", "My card was stolen!", "Where is my parcel?"]
    file.write_text("".join(json.dumps({"text": text, "label": 1}) + "\n" for text in texts * 2))

    report = handrail("run-messages", file, "--count", 6, "--run", "cli-file", "--concurrency", 3)

    assert report["count"] == sum(report["statuses"].values()) == len(report["cases"]) == 6
    assert "error" not in report["statuses"]
    assert "Working" not in report["statuses"]
    listed = {one["case_id"]: one["status"] for one in handrail("case", "list", "--limit", 1000)}
    assert {one["case_id"]: one["status"] for one in report["cases"]}.items() <= listed.items()


def test_a_table_for_people_and_one_line_for_their_mistakes(stack: Path) -> None:
    listed = call(stack, "case", "list", "--status", "withhuman")
    refused = call(stack, "case", "show", "nope")

    assert (listed.returncode, refused.returncode) == (0, 4)
    assert b"case" in b"".join(listed.stdout.splitlines()[:2])
    assert refused.stdout == b""
    assert refused.stderr.count(b"\n") == 1
