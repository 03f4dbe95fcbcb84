"""Deciding several at once: shown first, asked, each under its own revision, and what is refused stops nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from handrail.cli.common.world import CliContext
from handrail.cli.main import app
from handrail.cli.people import approvals
from handrail.domain.actions.approvals import Approval, DecisionInput, HumanRequest
from handrail.domain.actions.decisions import draft, settle
from handrail.domain.case.cases import CaseRow, CaseView
from handrail.domain.errors import ApprovalRefused

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def waiting(number: int, **fields: Any) -> tuple[CaseView, Approval]:
    case_id = f"c-{number}"
    request = HumanRequest(request_id=f"a-{number}", action="refund_order", title=f"Refund {number}", headline="r", **fields)
    approval = Approval(
        approval_id=f"a-{number}",
        case_id=case_id,
        revision=number,
        request=request,
        opened_at=NOW,
        due_at=NOW.replace(year=2099),
    )
    row = CaseRow(case_id=case_id, customer_id="C-1", topic="refund", language="de", opened_at=NOW, updated_at=NOW)
    return CaseView(**row.model_dump()), approval


class Client:
    """Takes every decision but those on `refused`."""

    def __init__(self, found: list[tuple[CaseView, Approval]], refused: str = "") -> None:
        self.open = {one.case_id: one for _, one in found}
        self.refused = refused
        self.taken: list[DecisionInput] = []

    async def decide(self, case_id: str, wanted: DecisionInput) -> Approval:
        self.taken.append(wanted)
        if case_id == self.refused:
            raise ApprovalRefused("approval_id: was already rejected by bea; it is settled once.")
        return settle(self.open[case_id], draft(self.open[case_id], wanted, NOW, "decide"))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Client:
    found = [waiting(1), waiting(2, quorum=2), waiting(3)]
    client = Client(found, refused="c-3")

    async def open_approvals() -> list[tuple[CaseView, Approval]]:
        return found

    @asynccontextmanager
    async def records(self: CliContext) -> AsyncIterator[Any]:
        yield type("Records", (), {"open_approvals": staticmethod(open_approvals)})

    @asynccontextmanager
    async def cases(self: CliContext, **who: Any) -> AsyncIterator[Client]:
        assert who == {"identity": "ann"}
        yield client

    monkeypatch.setattr(CliContext, "records", records)
    monkeypatch.setattr(CliContext, "cases", cases)
    return client


def run(*words: str, said: str = "") -> Result:
    return CliRunner().invoke(app, ["approvals", *words], input=said)


def test_the_list_comes_first_and_a_no_decides_nothing(desk: Client) -> None:
    done = run("decide", "approve", "--reviewer", "ann", "--limit", "2", said="n\n")
    assert (done.exit_code != 0, desk.taken) == (True, [])
    assert ["Refund 1" in done.output, "Refund 2" in done.output, "Refund 3" in done.output] == [True, True, False]
    assert "1 more are left out; --limit is 2." in done.output
    assert "Approve these 2 as ann?" in done.output


def test_each_is_decided_as_it_was_shown_and_one_refusal_stops_nothing(desk: Client) -> None:
    done = run("decide", "approve", "--reviewer", "ann", said="y\n")
    assert [(one.approval_id, one.revision) for one in desk.taken] == [("a-1", 1), ("a-2", 2), ("a-3", 3)]
    assert done.exit_code == 3
    assert "ok      c-2 r2: open, 1 of 2, by ann" in done.output
    assert "refused c-3 r3: approval_id: was already rejected by bea" in done.output


def test_programs_say_yes_beforehand_and_read_each_result(desk: Client) -> None:
    refused = run("decide", "approve", "--reviewer", "ann", "--json")
    assert (refused.exit_code, desk.taken) == (3, [])
    done = run("decide", "approve", "--reviewer", "ann", "--json", "--yes", "--case", "c-1", "--case", "c-3")
    assert [(one["case_id"], one["ok"], one["status"]) for one in json.loads(done.stdout)] == [
        ("c-1", True, "approved"),
        ("c-3", False, None),
    ]
    assert done.exit_code == 3


@pytest.mark.parametrize("limit", ["0", "101"])
def test_the_cap_has_a_cap(desk: Client, limit: str) -> None:
    assert run("decide", "approve", "--reviewer", "ann", "--yes", "--limit", limit).exit_code == 2
    assert desk.taken == []


@pytest.mark.parametrize(
    ("words", "cases"),
    [
        (("--mine", "--reviewer", "ann"), ["c-1", "c-2", "c-3"]),
        (("--mine", "--reviewer", "nobody known"), ["c-1", "c-3"]),
        (("--role", "support", "--case", "c-2"), ["c-2"]),
        (("--action", "cancel_order"), []),
        (("--topic", "refund"), ["c-1", "c-2", "c-3"]),
    ],
)
def test_the_list_is_of_what_may_be_decided(desk: Client, words: tuple[str, ...], cases: list[str]) -> None:
    assert [one["case_id"] for one in json.loads(run("list", *words, "--json").stdout)] == cases


def test_whose_is_mine(desk: Client) -> None:
    done = run("list", "--mine")
    assert done.exit_code == 3
    assert approvals.MAX_AT_ONCE == 100
