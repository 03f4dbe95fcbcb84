"""A log of calls: every fault is said at once, with its line and what would be right; and nothing reaches out of a replay."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from handrail.domain.errors import InvalidInput
from handrail.policies.names import of_business
from handrail.replay.calls import RecordedCall, ReplayRuling
from handrail.replay.lines import moment
from handrail.replay.outward import NotLetOut, OutwardGuard
from handrail.replay.reading import CallNames, read_log
from handrail.replay.report import NO_RULE, ReplayReport, RuledCall
from handrail.shop import business

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
KNOWN = CallNames(of_business(business), sorted(business.by_name), ["refund", "cancel_order"], skipped=["think"])
CALL: dict[str, Any] = {"customer": "C-1", "tool": "refund_order", "arguments": {"order_id": "O-1", "amount": 20}}


def line(**changes: Any) -> str:
    return json.dumps({name: value for name, value in {**CALL, **changes}.items() if value is not ...})


def read(*lines: str, known: CallNames = KNOWN) -> list[RecordedCall]:
    return read_log("\n".join(lines), "f", known, NOW).calls


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["{nope"],
            "f:1: is no JSON (Expecting property name enclosed in double quotes at character 2). What would be right: {",
        ),
        (["", f"[{line()}]"], "f:2: is a JSON list; put each of its objects on a line."),
        (["3"], "f:1: is no JSON object. What would be right: {"),
        (['{"said": "\\ud800"}'], "f:1: holds half a character"),
        (['{"a": 1e999}'], "f:1: Out of range float values are not JSON compliant"),
        (['{"a": NaN}'], "f:1: NaN is no number of JSON"),
        (['{"tool": "a", "tool": "b"}'], "f:1: 'tool' stands there twice; keep one."),
        (['{"a":' * 100_000], "f:1: is nested too deeply"),
        ([""], "f:1: holds no call to rule on. Write one a line, for example: {"),
        ([line(custmer="C-1")], "f:1: 'custmer' is no key that is known here. Did you mean customer? Known: approved_by, "),
        ([line(customer=...)], 'f:1: customer is missing. Say whose call it is: "customer": "C-1".'),
        ([line(customer=17)], "f:1: customer: is no text. Say whose call it is"),
        ([line(tool=...)], "f:1: tool is missing. Known: cancel_order, "),
        ([line(tool="refund")], "is no tool of this business. Did you mean refund_order? Known: cancel_order"),
        ([line(name="cancel_order")], "f:1: names two tools, cancel_order and refund_order. Keep one."),
        ([line(type="message")], "f:1: type: only calls of functions are ruled on."),
        ([line(arguments="{x")], "f:1: arguments: the text is no JSON ("),
        ([line(arguments=[1])], "f:1: arguments: is no object."),
        (
            [line(expected="hold")],
            "f:1: expected: 'hold' is none. Known: allow, confirm, approve, block, refused, require_approval.",
        ),
        ([line(topic="refnd")], "f:1: topic: 'refnd' is none. Known: refund, cancel_order."),
        (
            [line(at="2026-03-01T10:00:00")],
            "f:1: at: '2026-03-01T10:00:00' is no time with its zone. Write it with its zone, such as",
        ),
        ([line(at=1772359200)], "f:1: at: '1772359200' is no time with its zone."),
        ([line(at="9999-12-31T23:59:59-23:00")], "is not between 1970 and 2199."),
        ([line(at="2026-03-01T10:00:00Z"), line()], "f:2: at is missing, and other lines have it. Give it, or --at for all"),
        ([line(case="a b")], "f:1: case: 'a b' is no id."),
        ([line(case="c"), line(case="c", customer="C-2")], "f:2: case 'c' belongs to 'C-1' in line 1, to 'C-2' here."),
        ([line(confirmed="yes")], "f:1: confirmed: is not true or false."),
        ([line(approved_by=["ann", ""])], "f:1: approved_by: names nobody."),
        ([line(said="x" * 8_001)], "f:1: said: has 8,001 characters; 8,000 are the most"),
        ([line(facts={"case": {"trun": 1}})], "f:1: facts: 'case.trun' is none that can be given. Did you mean case.turn?"),
        ([line(facts={"case": {"turn": "two"}})], "f:1: facts: case.turn"),
        ([line(facts={"now": "2026-03-01T10:00:00Z"})], "f:1: facts: 'now' is none that can be given."),
        ([line(id=[1])], "f:1: id: is neither text nor a number."),
    ],
)
def test_a_fault_is_said_with_its_line_and_what_would_be_right(lines: list[str], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(*lines)
    assert said in str(refused.value)
    assert str(refused.value).endswith("1 fault; nothing was run.")


def test_all_faults_are_said_at_once_in_the_order_of_lines_and_not_without_end() -> None:
    with pytest.raises(InvalidInput) as refused:
        read(line(tool="x", customer=...), "{", *[line(expected="?")] * 60)
    said = str(refused.value).splitlines()
    assert [one.split(": ")[0] for one in said[:3]] == ["f:1", "f:1", "f:2"]
    assert said[-2:] == ["… and 13 more", "63 faults; nothing was run."]


@pytest.mark.parametrize(
    "given",
    [
        line(),
        line(tool=..., name="refund_order", arguments=json.dumps(CALL["arguments"]), type="function_call", call_id="x"),
        line(tool=..., arguments=..., function={"name": "refund_order", "arguments": json.dumps(CALL["arguments"])}, id=7),
        "\ufeff" + line(arguments={"order_id": "O-1", "amount": 20}) + "\r",
    ],
)
def test_a_call_is_read_as_its_log_has_it(given: str) -> None:
    (one,) = read(given)
    assert (one.customer, one.tool, one.arguments, one.at) == ("C-1", "refund_order", CALL["arguments"], NOW)


def test_calls_go_in_the_order_of_time_and_each_customer_has_a_case() -> None:
    later, sooner = "2026-03-01T12:00:00+01:00", "2026-03-01T09:00:00Z"
    text = "\n".join(
        [
            line(at=later, expected="require_approval", approved_by="ann", confirmed=True, facts={"case": {"turn": 2}}),
            line(tool="think", at=later),
            line(at=sooner, customer="C-2", case="replay-1"),
            line(at=later, customer="C-3"),
            line(at=later),
        ]
    )
    log = read_log(text, "f", KNOWN, NOW)
    assert [(one.line, one.case) for one in log.calls] == [(3, "replay-1"), (1, "replay-2"), (4, "replay-3"), (5, "replay-2")]
    assert (log.reordered, log.skipped) == (True, 1)
    first = log.calls[1]
    assert (first.expected, first.approved_by, first.confirmed, first.facts) == (
        ReplayRuling.APPROVE,
        ["ann"],
        True,
        {"case.turn": 2},
    )
    assert read(line(), known=CallNames(KNOWN.policies, KNOWN.tools, at=NOW - timedelta(days=1)))[0].at.day == 28
    assert moment("--at", later) == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_what_was_let_through_is_told_from_what_was_stopped() -> None:
    wanted = [("allow", "allow"), ("approve", "allow"), ("allow", "block"), ("block", "refused"), ("confirm", "approve")]
    wanted += [("refused", "refused"), ("refused", "block")]
    calls = [
        RuledCall(line=number, at=NOW, case="c", customer="C-1", tool="pay", title="t", expected=expected, ruled=ruled)
        for number, (expected, ruled) in enumerate([*wanted, (None, "allow")], 1)
    ]
    report = ReplayReport(business="b", copy_of="c", policy_version="v", seconds={}, calls=calls)
    assert [one.line for one in report.let_through] == [2]
    assert [one.line for one in report.misses] == [2, 3, 5, 7]
    assert report.expecting == 7
    assert report.matrix["block"] == {"allow": 0, "approve": 0, "block": 0, "refused": 1}
    assert [(one.ruled, one.rule, one.calls, one.hits, one.misses) for one in report.by_rule][-1] == (
        "allow",
        NO_RULE,
        3,
        1,
        1,
    )


def test_nothing_is_reached_while_a_tool_writes() -> None:
    guard = OutwardGuard()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.socket() as tried, guard.closed(), pytest.raises(NotLetOut, match=f"127.0.0.1:{address[1]}"):
            tried.connect(address)
        assert f"127.0.0.1:{address[1]}" in guard.stopped
        with guard.closed(), pytest.raises(NotLetOut, match=r"payments\.example"):
            socket.getaddrinfo("payments.example", 443)
        socket.create_connection(address).close()
