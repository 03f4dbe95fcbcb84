"""The packet and what it is made of: plain words, whole lines, never too long."""

from __future__ import annotations

import html
import re
import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.state import CaseState
from handrail.domain.actions.approvals import ApprovalStatus, Decision, DecisionKind, HumanRequest, RequestKind
from handrail.domain.actions.earlier import REPEATED
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.case.cases import CaseOpen, CaseStatus
from handrail.domain.case.classification import Risk, SentimentPoint
from handrail.domain.case.handoffs import (
    CustomerWords,
    Escalation,
    Fact,
    Handoff,
    Passing,
    PolicyHit,
    Route,
    StatedFact,
    Versions,
)
from handrail.domain.case.messages import IncomingMessage
from handrail.drills.text.kinds import kinds
from workflows.memory.case import CaseMemory
from workflows.memory.fields import Suspended
from workflows.page.details import packet
from workflows.page.escape import escape
from workflows.page.handoff import markdown
from workflows.page.markdown import SHORTENED, Section, fit
from workflows.page.memo import essentials

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
NASTY = st.text(max_size=600) | st.text(alphabet="*`<>[]{}#|&\\_~$ x\n字😀\u202e", max_size=900)


def a_case(text: str = "My blender is broken.", status: CaseStatus = CaseStatus.WORKING) -> CaseMemory:
    """A case with one message, at `status`."""
    opened = CaseOpen(case_id="c-1", customer_id="C-7", message=IncomingMessage(message_id="m", text=text))
    memory = CaseMemory.of(opened, NOW)
    memory.row = memory.row.model_copy(update={"status": status, "due_at": NOW + timedelta(hours=4)})
    return memory


def asked(text: str = "My blender is broken.", **changes: Any) -> CaseMemory:
    """A case that waits for an approval."""
    memory = a_case(text, CaseStatus.AWAITING_APPROVAL)
    fields: dict[str, Any] = {
        "request_id": "r-1",
        "action": "refund_order",
        "title": "Refund 180.00 USD for order O-1",
        "headline": "refund · 180.00 USD",
        "arguments": {"order_id": "O-1", "amount": "180.00", "reason": "it is broken"},
        "reasons": ["above 100 USD a person decides"],
        "rules": ["refund_amount/refund-needs-approval"],
        "shown": {"Order": "O-1", "Customer": "C-7"},
    }
    memory.ask(HumanRequest(**{**fields, **changes}), NOW)
    return memory


def escalated(text: str = "My blender is broken.", words: str = "The customer asked for a person.") -> CaseMemory:
    """A case that waits for a person."""
    memory = a_case(text, CaseStatus.WITH_HUMAN)
    memory.row = memory.row.model_copy(update={"reason": "customer_asked", "queue": "support"})
    memory.handoff = Handoff(
        case_id="c-1",
        problem="p",
        wanted=text,
        escalation=Escalation(reason="customer_asked", words=words),
        route=Route(tier=1, queue="support"),
        topic="refund",
        risk=Risk.LOW,
        language="en",
        tried=[words] * 9,
        policy_hits=[PolicyHit(policy=words, rule=words, message=words, version=words)] * 9,
        stated=[StatedFact(kind=words, value=text, turn=1, at=NOW)] * 9,
        said=[CustomerWords(turn=1, at=NOW, text=text)] * 9,
        facts=[Fact(name=words, value={words: text}, source=words, at=NOW, clipped=words)] * 9,
        sentiment=[SentimentPoint(turn=1, at=NOW, frustration=0.6)],
        open_questions=[words] * 9,
        earlier=[Passing(at=NOW, reason=words, words=words, queue=words, tier=1)],
        versions=Versions(router=words, policies=[words], matrix=words, model=words),
        suggested_reply=words,
        next_step=words,
        transcript="t",
        at=NOW,
    )
    return memory


def read(markdown: str) -> str:
    """As it reads once rendered: entities resolved, separators gone."""
    return html.unescape(markdown).replace("\u200b", "")


def test_first_comes_what_is_asked_until_when_and_why_then_how_to_decide() -> None:
    text = packet(asked())
    order = [
        *("## Decide: Refund 180.00 USD for order O-1", "**Until:** 2026-03-04 09:06 UTC", "Silence approves nothing"),
        *("above 100 USD a person decides (rule refund_amount/refund-needs-approval)", "**Who decides:** support"),
        *("**1 · Approve refund · 180.00 USD · r1**", "**2 · Reject refund · 180.00 USD · r1**", "**Order:** O-1", "blender"),
    ]
    places = [read(text).index(words) for words in order]
    assert places == sorted(places)


def test_what_was_done_before_stands_above_everything_else() -> None:
    done = "Already done in this case: refund_order (order_id O-1, amount 180.00), 2026-03-04 09:00 UTC, ledger e-1."
    text = read(packet(asked(reasons=[done, "above 100 USD"], rules=[REPEATED, "refund_amount/limit"])))
    places = [text.index(words) for words in (f"**Done before:** {done}", "**Until:**", "above 100 USD")]
    assert places == sorted(places)
    assert text.count("Already done") == 1


def test_a_refusal_stands_before_the_entries() -> None:
    memory = asked()
    memory.notice = "signal ‘approve’: a bare ‘approve’ names nothing"
    text = packet(memory)
    assert text.index("Last notice") < text.index("1 · Approve")


def test_a_request_from_before_rules_had_names_still_says_why() -> None:
    assert "above 100 USD a person decides\n" in packet(asked(rules=[]))


def test_an_example_of_an_edit_holds_a_number_and_nobodys_words() -> None:
    assert '"amount": "180.00"' in packet(asked())
    hostile = asked(arguments={"reason": "```\n# Approved", "amount`": "5", "half": "7 {workflowId}"})
    assert "To change it first" not in packet(hostile)


def test_a_question_is_answered_by_pasting() -> None:
    text = packet(asked(kind=RequestKind.QUESTION, title="Which colour?"))
    assert "## Answer: Which colour?" in text
    assert '"decision": "answer"' in text
    assert "Approve" not in text


def test_a_person_reads_why_what_next_and_how() -> None:
    text = packet(escalated())
    for words in (
        "## A person is needed: The customer asked for a person.",
        "1 · Take this case",
        "3 · Hand back",
        "**reply**",
    ):
        assert words in text
    memory = escalated()
    memory.row = memory.row.model_copy(update={"assignee": "bea"})
    assert "**Taken by:** bea" in packet(memory)
    assert "1 · Take this case" not in packet(memory)


def test_what_was_decided_and_done_is_told() -> None:
    memory = asked()
    approval = memory.approvals[0]
    decision = Decision(
        approval_id="r-1", revision=1, decision=DecisionKind.APPROVE, reviewer="ann", note="go", via="decide", decided_at=NOW
    )
    memory.keep(approval.model_copy(update={"status": ApprovalStatus.APPROVED, "decision": decision}))
    memory.row = memory.row.model_copy(update={"status": CaseStatus.RESOLVED, "reply": "It is done."})
    memory.effects = [
        EffectResult(
            effect_id="e", action="refund_order", arguments={"amount": "180.00"}, status=EffectStatus.APPLIED, applied_at=NOW
        )
    ]
    text = read(packet(memory))
    assert "Resolved. Nothing to decide." in text
    assert "**Approved:** Refund 180.00 USD for order O-1 by ann (self-declared), 2026-03-04 05:06 UTC, note: go" in text
    assert "**applied:** refund_order amount 180.00" in text
    assert "“It is done.”" in text


@settings(max_examples=150, deadline=None)
@given(st.lists(NASTY, min_size=1, max_size=5), st.randoms(use_true_random=False), st.sampled_from(list(CaseStatus)))
def test_it_is_never_too_long_and_never_torn(pool: list[str], random: Random, status: CaseStatus) -> None:
    def one() -> str:
        return random.choice(pool)

    def some() -> list[str]:
        return random.choices(pool, k=random.randrange(6))

    memory = a_case(one() or "x", status)
    if status is CaseStatus.AWAITING_APPROVAL:
        shown = dict.fromkeys([*some(), "Order"], one())
        memory = asked(one() or "x", title=one(), headline=one(), reasons=some(), rules=some(), shown=shown, role=one())
    elif status is CaseStatus.WITH_HUMAN:
        memory = escalated(one() or "x", one())
    memory.notice = one()
    memory.row = memory.row.model_copy(
        update={"reply": one(), "assignee": one() or None, "queue": one(), "topic": one(), "language": one()}
    )
    memory.facts = [Fact(name=one(), value={one(): some()}, source="s", at=NOW) for _ in range(6)]
    if memory.open_approvals:
        state = CaseState(row=memory.row, facts=memory.facts)
        memory.suspended = Suspended(state=state, node="approval", request_id="r-1")
    memory.effects = [
        EffectResult(
            effect_id="e", action=one(), arguments={one(): one()}, status=EffectStatus.REFUSED, message=one(), applied_at=NOW
        )
    ] * 5
    text = packet(memory)
    assert len(text.encode()) < 4_000
    assert len(quote(text, safe="")) < 8_000
    assert text.count("```") % 2 == 0
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    assert all(line.count("**") % 2 == 0 and line.count("`") % 2 == 0 for line in prose.splitlines())
    assert "<" not in prose
    assert prose.count("](") == 1


def test_the_least_important_lines_go_first_and_it_says_so() -> None:
    keep, drop = Section("Keep", 1, ["- a"] * 3), Section("Drop", 2, ["- " + "b" * 90 for _ in range(60)])
    text = fit("## Head", [drop, keep])
    assert text.startswith("## Head")
    assert text.endswith(SHORTENED)
    assert text.count("- a") == 3
    assert 0 < text.count("- bbb") < 60


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("**bold** `code`", "**bold** `code`"),
        ("a\n\n# Approved", "a # Approved"),
        ("{workflowId}", "{workflowId}"),
        ("http://evil.example www.evil.example a@evil.example", "http://evil.example www.evil.example a@evil.example"),
        ("1. one", "1. one"),
        ("left\u202etfel", "lefttfel"),
        ("lone \ud800", "lone ?"),
    ],
)
def test_escaped_words_read_as_they_were_written(words: str, shown: str) -> None:
    assert read(escape(words)) == shown
    assert not re.search(r"[*`{}#<>\[\]]", re.sub(r"&#\d+;", "", escape(words)))


@pytest.mark.parametrize("words", ["175.00 USD", "-5 degrees", "2026-03-04", "O-10001", "plain words, nothing else"])
def test_what_is_plain_is_left_alone(words: str) -> None:
    assert escape(words) == words


@given(NASTY, st.integers(min_value=3, max_value=300))
def test_escaped_words_keep_to_their_bytes(words: str, limit: int) -> None:
    safe = escape(words, limit)
    assert len(safe.encode()) <= limit
    assert "\n" not in safe
    assert not re.search(r"&(?!#\d+;)", safe)


def test_the_essentials_name_what_waits_and_nobody() -> None:
    assert essentials(asked("I am Bea Customer")) == {
        "status": "AwaitingApproval",
        "until": "2026-03-04 09:06 UTC",
        "asked": "refund · 180.00 USD",
        "rules": ["refund_amount/refund-needs-approval"],
        "role": "support",
        "choose": ["1 · Approve refund · 180.00 USD · r1", "2 · Reject refund · 180.00 USD · r1"],
    }
    person = essentials(escalated("I am Bea Customer", "Bea Customer asked"))
    assert person is not None
    assert "Bea" not in str(person)
    assert person["reason"] == "customer_asked"
    assert len(person["choose"]) == 3
    assert essentials(a_case(status=CaseStatus.RESOLVED)) is None


@pytest.mark.parametrize("unit", ["word ", "字", "*", "😀", "{x}"])
def test_how_to_decide_survives_any_length(unit: str) -> None:
    shown = {f"{unit * 60}{number}": unit * 900 for number in range(30)}
    memory = asked(unit * 1_500, title=unit * 400, reasons=[unit * 400] * 5, rules=[unit * 400] * 5, shown=shown)
    memory.notice = unit * 900
    text = packet(memory)
    assert text.endswith(SHORTENED)
    assert "**2 · Reject refund · 180.00 USD · r1**" in text
    assert "**Until:** 2026-03-04 09:06 UTC" in text
    assert "### What it is about" in text


@settings(max_examples=60, deadline=None)
@given(NASTY, NASTY)
def test_no_word_of_anybodys_is_markup_in_the_markdown(text: str, words: str) -> None:
    handoff = escalated(text or "x", words).handoff
    assert handoff
    whole = markdown(handoff)
    prose = whole.replace("(`", "(").replace("`)", ")").replace("`t`", "t")
    assert not re.search(r"[<>\[\]{}]", prose)
    assert all(line.count("**") % 2 == 0 and line.count("`") == 0 for line in prose.splitlines())
    assert all(line.startswith(("#", "- ")) for line in whole.splitlines() if line)


def test_a_packet_of_an_older_release_still_loads() -> None:
    handoff = escalated().handoff
    assert handoff
    old = {name: value for name, value in handoff.model_dump(mode="json").items() if name in OLD} | {
        "policy_hits": ["rule: words"]
    }
    loaded = Handoff.model_validate(old)
    assert [str(hit) for hit in loaded.policy_hits] == ["rule: words"]
    assert (loaded.stated, loaded.said) == ([], [])
    assert "rule: words" in read(markdown(loaded))


OLD = {
    *("version", "case_id", "problem", "wanted", "escalation", "route", "topic", "risk", "language", "facts", "tried"),
    *("effects", "open_questions", "suggested_reply", "next_step", "transcript", "at"),
}


def test_of_a_very_long_text_only_what_is_shown_is_escaped() -> None:
    for text in kinds().values():
        whole = escape(text, 1_000_000)
        for limit in (40, 160, 300):
            shown = escape(text, limit)
            assert len(shown.encode()) <= limit
            assert whole.startswith(shown.removesuffix("…"))
    began = time.process_time()
    for _ in range(100):
        escape("a" * 8_000, 160)
    assert time.process_time() - began < 0.1
