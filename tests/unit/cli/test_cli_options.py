"""What is typed, before anything is sent."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

import pytest

from handrail.cli.case.decisions import decision_input, named
from handrail.cli.case.lines import BatchLine, read_lines
from handrail.cli.case.outcomes import LineOutcome, summarise
from handrail.cli.common.options import DecisionName, StatusName, changes, person, words
from handrail.domain.actions.approvals import Approval, ApprovalStatus, DecisionKind, HumanRequest
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.errors import InvalidInput
from handrail.temporal.cases.client import CaseClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Stdin:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


def test_the_names_typed_are_the_domains_names() -> None:
    assert set(get_args(StatusName)) == {status.value for status in CaseStatus}
    assert set(get_args(DecisionName)) == {decision.value for decision in DecisionKind}


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("amount=80", 80),
        ("amount=80.5", 80.5),
        ("amount=true", True),
        ("amount=null", None),
        ('amount="80"', "80"),
        ("amount=O-1", "O-1"),
        ("amount=a=b", "a=b"),
        ("amount=", ""),
        ("amount=NaN", "NaN"),
        ('amount={"a": [1]}', {"a": [1]}),
    ],
)
def test_a_change_is_json_where_it_parses_and_text_elsewhere(typed: str, value: object) -> None:
    assert changes([typed]) == {"amount": value}


@pytest.mark.parametrize("typed", [["amount"], ["=80"], [" =80"], ["amount=1", "amount=2"]])
def test_a_change_that_is_none_is_refused(typed: list[str]) -> None:
    with pytest.raises(InvalidInput, match="--set"):
        changes(typed)


def test_no_change_is_no_arguments() -> None:
    assert changes([]) is None


def test_a_dash_reads_standard_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Stdin("Größe?".encode()))
    assert words("--message", "-") == "Größe?"
    assert words("--message", "--") == "--"


def test_undecodable_standard_in_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Stdin(b"ok\xff\xfe"))
    with pytest.raises(InvalidInput, match="--message: byte 2 of standard in is not UTF-8"):
        words("--message", "-")


def test_an_answer_may_come_as_a_note() -> None:
    said = decision_input("answer", None, None, None, None, "Thursday", "ann")
    assert (said.answer, said.note) == ("Thursday", "Thursday")


@pytest.mark.parametrize(
    ("decide", "field"),
    [
        (lambda: decision_input("approve", None, None, {"amount": 1}, None, None, "ann"), "--set: goes with `edit`"),
        (lambda: decision_input("edit", None, None, None, None, None, "ann"), "--set: an edit needs"),
        (lambda: decision_input("reject", None, None, None, "no", None, "ann"), "--answer: goes with `answer`"),
        (lambda: decision_input("approve", None, None, None, None, "x" * 2_001, "ann"), "note"),
        (lambda: decision_input("approve", None, None, None, None, None, "a" * 121), "reviewer"),
        (lambda: decision_input("approve", None, None, None, None, None, " "), "reviewer"),
    ],
)
def test_options_that_do_not_go_together_are_refused(decide: Callable[[], object], field: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        decide()


@pytest.mark.parametrize("name", ["", "  ", "\n", "\u200b", "a\nb", "a" * 121])
def test_who_acts_is_named(name: str) -> None:
    assert person(" ann ") == "ann"
    with pytest.raises(InvalidInput, match=r"^--reviewer: "):
        person(name)


def asked(approval_id: str, revision: int, status: ApprovalStatus = ApprovalStatus.OPEN) -> Approval:
    return Approval(
        approval_id=approval_id,
        case_id="c",
        revision=revision,
        request=HumanRequest(request_id=approval_id, action="refund", title="Refund", headline="refund"),
        status=status,
        opened_at=NOW,
        due_at=NOW,
    )


class Shown:
    """The client of a case with these approvals."""

    def __init__(self, *approvals: Approval) -> None:
        self.approvals = list(approvals)

    async def status(self, case_id: str) -> CaseView:
        return CaseView(
            case_id=case_id,
            customer_id="C",
            status=CaseStatus.AWAITING_APPROVAL,
            opened_at=NOW,
            updated_at=NOW,
            approvals=self.approvals,
        )


@pytest.mark.parametrize(
    ("shown", "given", "sent"),
    [
        (Shown(asked("a1", 1, ApprovalStatus.REJECTED), asked("a2", 2)), (None, None), ("a2", 2)),
        (Shown(asked("a2", 2)), (None, 1), ("a2", 1)),
        (Shown(asked("a2", 2)), ("a2", None), ("a2", None)),
        (Shown(asked("a2", 2)), ("a1", 1), ("a1", 1)),
        (Shown(asked("a1", 1), asked("a2", 2)), (None, None), (None, None)),
        (Shown(), (None, None), (None, None)),
    ],
)
async def test_the_only_open_approval_need_not_be_typed(
    shown: Shown, given: tuple[str | None, int | None], sent: tuple[str | None, int | None]
) -> None:
    wanted = decision_input("approve", *given, None, None, None, "ann")
    bound = await named(cast(CaseClient, shown), "c", wanted)
    assert (bound.approval_id, bound.revision) == sent
    assert (bound.decision, bound.reviewer) == (DecisionKind.APPROVE, "ann")


def test_lines_are_read_up_to_the_count_and_keep_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text('{"text": "one", "label": 3}\n\n{"text": "two", "customer_id": "C-2"}\nthis line is never read\n')

    assert read_lines(file, 2) == [BatchLine(text="one", number=1), BatchLine(text="two", customer_id="C-2", number=3)]


@pytest.mark.parametrize(
    ("line", "words_of_it"),
    [
        (b"not json", "is not JSON"),
        (b'"text"', "the line"),
        (b'{"label": 1}', "text: Field required"),
        (b'{"text": 5}', "text"),
        (b'{"text": "  "}', "text: is empty"),
        (b'{"text": "a\\u0000b"}', "U\\+0000"),
        (b'{"text": "a", "customer_id": "../x"}', "customer_id"),
        (b'{"text": "\xff"}', "UTF-8"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: bytes, words_of_it: str) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_bytes(b'{"text": "fine"}\n' + line + b"\n")

    with pytest.raises(InvalidInput, match=f"messages.jsonl:2: .*{words_of_it}"):
        read_lines(file, None)


def test_a_file_that_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere\.jsonl: cannot be read"):
        read_lines(tmp_path / "nowhere.jsonl", None)
    (tmp_path / "empty.jsonl").write_text("\n\n")
    with pytest.raises(InvalidInput, match="has no lines"):
        read_lines(tmp_path / "empty.jsonl", None)


def test_every_case_is_accounted_for() -> None:
    outcomes = [
        LineOutcome(case_id="a", line=1, customer_id="C", status="Resolved", topic="refund", seconds=1.0),
        LineOutcome(case_id="b", line=2, customer_id="C", status="WithHuman", topic="refund", reason="risk", seconds=3.0),
        LineOutcome(case_id="c", line=3, customer_id="C", status="error", seconds=2.0, error="gone"),
    ]

    report = summarise("r", outcomes, 2.0)

    assert sum(report.statuses.values()) == report.count == 3
    assert report.cases_per_second == 1.5
    assert report.reasons == {"risk": 1}
    refund, none = report.topics
    assert (refund.topic, refund.cases, refund.statuses, refund.seconds_median) == (
        "refund",
        2,
        {"Resolved": 1, "WithHuman": 1},
        2.0,
    )
    assert (none.topic, none.seconds_95) == ("(none)", 2.0)
