"""Rules see the case, the customer and the past; what they cannot see blocks, and what they saw is recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.domain.actions.proposals import SEND_REPLY, Proposal, ProposalKind, Ruling, Verdict
from handrail.domain.base import digest
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import Classification
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.facts import case_facts, classification_facts, customer_facts, recalled, with_pending
from handrail.policies.loader import FilePolicies
from handrail.policies.names import of_business
from handrail.shop import business

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
KNOWN = of_business(business)
ROW = CaseRow(case_id="c-1", customer_id="C-1", topic="refund", risk="low", opened_at=NOW - timedelta(hours=5), updated_at=NOW)
SITUATION: dict[str, Any] = {
    **case_facts(ROW, NOW),
    **classification_facts(Classification(topic="refund", confidence=0.9, frustration=0.3)),
    **customer_facts("C-1", {"value": "vip", "flags": ["many_refunds"], "segments": ["vip"], "orders": 3}),
    **dict.fromkeys(KNOWN.history, 0),
    "refund_amount_usd": 40.0,
}


def load(folder: Path, rules: str, head: str = "applies_to: [refund_order]", default: str = "allow") -> FilePolicies:
    folder.mkdir(exist_ok=True)
    text = f"id: x\n{head}\nrules:\n  default_action: {default}\n  rules:\n    - {rules}\n"
    (folder / "x.yaml").write_text(text)
    return FilePolicies.of(folder, business)


def rule(expression: str, action: str = "require_approval") -> str:
    return json.dumps({"id": "r", "expression": expression, "action": action, "message": "m"})


def proposal(
    action: str = "refund_order", kind: ProposalKind = ProposalKind.EFFECT, confidence: float | None = None, **arguments: Any
) -> Proposal:
    given = arguments or {"order_id": "O-1", "amount": 40.0, "reason": ""}
    return Proposal(
        proposal_id="p", kind=kind, action=action, arguments=given, arguments_hash=digest(given), confidence=confidence
    )


@pytest.mark.parametrize(
    ("expression", "held"),
    [
        ("proposal.action == 'refund_order' && proposal.arguments.amount >= 40", True),
        ("proposal.kind == 'effect' && proposal.revision == 1", True),
        ("case.turn == 1 && case.topic == 'refund' && case.tier == 0", True),
        ("case.opened_hours_ago > 5", False),
        ("case.opened_hours_ago >= 5", True),
        ("classification.frustration > 0.25 && classification.confidence == 0.9", True),
        ("'many_refunds' in customer.flags && size(customer.segments) == 1", True),
        ("customer.segments.exists(s, s == 'new')", False),
        ("customer.value in ['vip', 'new'] && customer.orders < 4", True),
        ("history.refund_order.count_30d + history.cancel_order.count_30d > 0", False),
        ("history.refund_order.sum_amount_case + proposal.arguments.amount <= 40", True),
        ("has(proposal.confidence) && proposal.confidence < 0.5", False),
        ("!has(proposal.confidence)", True),
    ],
)
def test_an_expression_sees_it(tmp_path: Path, expression: str, held: bool) -> None:
    verdict = load(tmp_path, rule(expression)).rule(proposal(), SITUATION)
    assert verdict.ruling is (Ruling.REQUIRE_APPROVAL if held else Ruling.ALLOW)


def test_a_condition_sees_it_too_and_the_message_tells_it(tmp_path: Path) -> None:
    condition = {"field": "case.turn", "operator": "greater_or_equal", "value": 1}
    written = json.dumps(
        {"id": "r", "condition": condition, "action": "block", "message": "Turn {{case.turn}}, ${{refund_amount_usd}}"}
    )
    assert load(tmp_path, written).rule(proposal(), SITUATION).messages == ["Turn 1, $40"]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("case.turns > 1", "names case.turns, which is no fact. Did you mean case.turn? Known: case.case_id, "),
        ("history.refund_ordr.count_30d > 1", "Did you mean history.refund_order.count_30d?"),
        ("history.refund_order.count_31d > 1", "Did you mean history.refund_order.count_30d?"),
        ("history.refund_order.sum_reason_30d > 1", "is no fact"),
        ("customer.segment == 'vip'", "Did you mean customer.segments?"),
        ("customer.segments == 'vip'", "a list and a text cannot be compared"),
        ("proposal.arguments.street == 'x'", "is no fact"),
        ("case > 1", "names case, which is no fact. Did you mean case."),
        ("case['turn'] > 1", "names case, which is no fact"),
        ("has(refund_amount_usd)", "has(...) takes one name with a dot"),
        ("classification.wants_person == 'yes'", "a flag and a text cannot be compared"),
    ],
)
def test_a_name_that_nobody_knows_is_refused_with_the_nearest_right_one(tmp_path: Path, expression: str, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        load(tmp_path, rule(expression))
    assert str(refused.value).startswith(f"{tmp_path / 'x.yaml'}:6: expression: ")
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "name", ["case.turn", "customer.orders", "classification.frustration", "history.refund_order.count_7d"]
)
@pytest.mark.parametrize("head", ["applies_to: [refund_order]", "category: every effect"])
@pytest.mark.parametrize("lost", ["missing", "None"])
def test_what_cannot_be_seen_blocks(tmp_path: Path, name: str, head: str, lost: str) -> None:
    facts = {one: value for one, value in SITUATION.items() if one != name} | ({} if lost == "missing" else {name: None})
    verdict = load(tmp_path, rule(f"{name} > 1000"), head).rule(proposal(), facts)
    assert verdict.ruling is Ruling.BLOCK
    assert f"{name} is" in verdict.messages[0]


def test_a_file_about_the_case_alone_is_about_no_effect(tmp_path: Path) -> None:
    """Else one such file would allow every effect that nobody wrote a policy for."""
    policies = load(tmp_path, rule("case.turn > 9"), "category: every effect")
    verdict = policies.rule(proposal("cancel_order"), SITUATION)
    assert (verdict.ruling, [hit.rule for hit in verdict.hits]) == (Ruling.REQUIRE_APPROVAL, ["uncovered"])
    assert policies.rule(proposal("cancel_order"), {**SITUATION, "case.turn": 10}).messages[0] == "m"


def test_a_reply_is_ruled_on_by_name_only(tmp_path: Path) -> None:
    reply = proposal(SEND_REPLY, ProposalKind.REPLY, text="Take a voucher.")
    everything = load(tmp_path / "a", rule("case.turn > 0", "block"), "category: every effect")
    assert (everything.rule(reply, SITUATION).ruling, everything.names_action(SEND_REPLY)) == (Ruling.ALLOW, False)
    named = load(tmp_path / "b", rule("proposal.arguments.text.contains('voucher')", "block"), "applies_to: [send_reply]")
    assert (named.rule(reply, SITUATION).ruling, named.names_action(SEND_REPLY)) == (Ruling.BLOCK, True)


def test_what_was_seen_is_recorded_and_rules_alike_again(tmp_path: Path) -> None:
    policies = load(tmp_path, rule("history.refund_order.count_30d > 0 && customer.value == 'vip' && refund_amount_usd > 1"))
    facts = {**SITUATION, "history.refund_order.count_30d": 2}
    verdict = policies.rule(proposal(), facts)
    kept = Verdict.model_validate_json(verdict.model_dump_json())
    assert kept.facts == {"refund_amount_usd": 40.0}
    assert [name for name in kept.situation if name.startswith("history.")] == ["history.refund_order.count_30d"]
    assert not [name for name in kept.situation if name.startswith("proposal.")]
    again = recalled(proposal(), kept, KNOWN.history)
    assert policies.rule(proposal(), again) == verdict
    assert again["history.cancel_order.count_7d"] == 0


def test_a_verdict_from_before_knows_no_past(tmp_path: Path) -> None:
    old = Verdict.model_validate({"proposal_id": "p", "revision": 1, "arguments_hash": "h", "ruling": "allow", "facts": {}})
    policies = load(tmp_path, rule("history.refund_order.count_30d > 0"))
    assert policies.rule(proposal(), recalled(proposal(), old, KNOWN.history)).ruling is Ruling.BLOCK


def test_a_hit_carries_the_version_of_its_file(tmp_path: Path) -> None:
    from hashlib import sha256

    policies = load(tmp_path, rule("case.turn > 0"))
    (hit,) = policies.rule(proposal(), SITUATION).hits
    assert hit.version == sha256((tmp_path / "x.yaml").read_bytes()).hexdigest()[:16]


def test_a_text_too_long_for_the_record_blocks_then_and_again(tmp_path: Path) -> None:
    policies = load(tmp_path, rule("case.reason == 'x'"))
    verdict = policies.rule(proposal(), {**SITUATION, "case.reason": "x" * 2_001})
    assert (verdict.ruling, verdict.situation["case.reason"]) == (Ruling.BLOCK, None)
    assert policies.rule(proposal(), recalled(proposal(), verdict, KNOWN.history)).ruling is Ruling.BLOCK


def test_what_is_about_to_be_done_counts_as_done() -> None:
    history = {
        "history.refund_order.count_24h": 1,
        "history.refund_order.sum_amount_24h": 0.1,
        "history.cancel_order.count_24h": 0,
    }
    two = [proposal(amount=0.2), proposal(amount=5)]
    assert with_pending(history, two) == {
        "history.refund_order.count_24h": 3,
        "history.refund_order.sum_amount_24h": 5.3,
        "history.cancel_order.count_24h": 0,
    }
    assert with_pending(history, [proposal(amount="5")])["history.refund_order.sum_amount_24h"] is None
