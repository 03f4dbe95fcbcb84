"""Rulings are exact at thresholds, never loosen when a rule is added, and close where something cannot be told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.business import FactType
from handrail.domain.actions.proposals import Proposal, ProposalKind, RuleHit, Ruling, Verdict
from handrail.domain.policy.comparing import compare
from handrail.domain.policy.policies import Comparison, Operator, Policy
from handrail.domain.policy.rulings import RuleState, examine, hits_of, strictest
from handrail.domain.policy.wording import fill
from handrail.policies.loader import FilePolicies

KLARNA = Path(__file__).parents[4] / "shared" / "data" / "policies" / "klarna_refund_approval.yaml"
FACTS = {"amount": FactType.NUMBER, "country": FactType.TEXT, "vip": FactType.FLAG}

cents = st.integers(min_value=0, max_value=1_000_000).map(lambda value: Decimal(value) / 1_000)
rulings = st.sampled_from(Ruling)


def policy(*rules: dict[str, Any], **more: Any) -> Policy:
    default = more.pop("default", "allow")
    return Policy.model_validate({"id": "p", "rules": {"default_action": default, "rules": list(rules)}, **more})


def rule(action: str = "block", id: str = "r", /, **condition: Any) -> dict[str, Any]:
    return {"id": id, "condition": condition, "action": action, "message": "m"}


def above(value: Any, action: str = "block", id: str = "r") -> dict[str, Any]:
    return rule(action, id, field="amount", operator="greater_than", value=value)


def hits(policies: list[Policy], facts: dict[str, Any], action: str = "pay") -> list[RuleHit]:
    return hits_of(examine(policies, action, facts, {}))


def ruled(policies: list[Policy], facts: dict[str, Any], action: str = "pay") -> Ruling:
    return strictest(hits(policies, facts, action))


@pytest.fixture(scope="module")
def klarna() -> FilePolicies:
    if not KLARNA.exists():
        pytest.skip(f"{KLARNA.name} is not at hand: it is real data that lies beside the project")
    return FilePolicies(KLARNA, facts={"refund_amount_usd": FactType.NUMBER}, tools=["refund"])


def klarna_verdict(klarna: FilePolicies, amount: Any) -> Verdict:
    proposal = Proposal(
        proposal_id="p-1", kind=ProposalKind.EFFECT, action="refund", arguments={}, arguments_hash="hash", revision=4
    )
    return klarna.rule(proposal, {"refund_amount_usd": amount})


@pytest.mark.parametrize(
    ("amount", "ruling"),
    [
        (99.99, Ruling.ALLOW),
        (99.995, Ruling.ALLOW),
        (Decimal("99.99999999999999999"), Ruling.ALLOW),
        (100, Ruling.REQUIRE_APPROVAL),
        (100.0, Ruling.REQUIRE_APPROVAL),
        (Decimal("100.00"), Ruling.REQUIRE_APPROVAL),
        (500, Ruling.REQUIRE_APPROVAL),
        (Decimal("500.00000000000000001"), Ruling.BLOCK),
        (500.01, Ruling.BLOCK),
        (None, Ruling.BLOCK),
        ("180", Ruling.BLOCK),
        (True, Ruling.BLOCK),
        (float("nan"), Ruling.BLOCK),
        (float("inf"), Ruling.BLOCK),
    ],
)
def test_the_published_policy_rules_as_it_reads(klarna: FilePolicies, amount: Any, ruling: Ruling) -> None:
    verdict = klarna_verdict(klarna, amount)
    assert verdict.ruling is ruling
    assert (verdict.proposal_id, verdict.revision, verdict.arguments_hash) == ("p-1", 4, "hash")
    assert verdict.policy_version == klarna.version
    assert Verdict.model_validate_json(verdict.model_dump_json()).ruling is ruling


def test_the_published_policys_words_are_filled_in(klarna: FilePolicies) -> None:
    assert "$180 " in klarna_verdict(klarna, 180.0).messages[0]
    assert "$500.50 " in klarna_verdict(klarna, 500.5).messages[0]
    assert "{{" not in klarna_verdict(klarna, 180).messages[0]
    assert "refund_amount_usd is not available" in klarna_verdict(klarna, None).messages[0]


def test_the_published_policy_covers_its_own_field_only(klarna: FilePolicies) -> None:
    effect = Proposal(proposal_id="p-1", kind=ProposalKind.EFFECT, action="refund", arguments={}, arguments_hash="hash")
    assert klarna.rule(effect, {"refund_amount_usd": 20}).hits == []
    verdict = klarna.rule(effect, {"order_total_usd": 20})
    assert (verdict.ruling, [hit.rule for hit in verdict.hits]) == (Ruling.REQUIRE_APPROVAL, ["uncovered"])


@given(value=cents, threshold=cents)
def test_order_is_exact_however_the_number_is_written(value: Decimal, threshold: Decimal) -> None:
    for written in (value, float(value), value.quantize(Decimal("0.000000"))):
        for operator, expected in (
            (Operator.GREATER_THAN, value > threshold),
            (Operator.GREATER_OR_EQUAL, value >= threshold),
            (Operator.REQUIRES_APPROVAL, value >= threshold),
            (Operator.LESS_THAN, value < threshold),
            (Operator.LESS_OR_EQUAL, value <= threshold),
            (Operator.EQUALS, value == threshold),
            (Operator.NOT_EQUALS, value != threshold),
        ):
            one = Comparison(field="amount", operator=operator, value=threshold)
            assert compare(one, {"amount": written}) is expected


@given(
    thresholds=st.lists(st.tuples(cents, rulings), max_size=5),
    added=st.tuples(cents, rulings),
    amount=cents | st.none() | st.just(float("nan")),
)
def test_adding_a_rule_never_loosens(
    thresholds: list[tuple[Decimal, Ruling]], added: tuple[Decimal, Ruling], amount: Any
) -> None:
    rules = [above(value, action, f"r{index}") for index, (value, action) in enumerate([*thresholds, added])]
    facts = {"amount": amount}
    before = ruled([policy(*rules[:-1], applies_to=["pay"])], facts)
    after = ruled([policy(*rules, applies_to=["pay"])], facts)
    assert after.rank >= before.rank


@given(defaults=st.lists(st.tuples(rulings, cents, rulings), min_size=1, max_size=4), amount=cents)
def test_adding_a_policy_never_loosens(defaults: list[tuple[Ruling, Decimal, Ruling]], amount: Decimal) -> None:
    policies = [policy(above(value, action), default=default) for default, value, action in defaults]
    facts = {"amount": amount}
    single = [ruled([one], facts).rank for one in policies]
    assert ruled(policies, facts).rank == max(single)


@pytest.mark.parametrize(
    ("condition", "facts", "held"),
    [
        ({"field": "country", "operator": "in", "value": ["NO", "SE"]}, {"country": "NO"}, True),
        ({"field": "country", "operator": "not_in", "value": ["NO", "SE"]}, {"country": "NO"}, False),
        ({"field": "country", "operator": "contains", "value": "land"}, {"country": "Finland"}, True),
        ({"field": "vip", "operator": "equals", "value": True}, {"vip": False}, False),
        ({"field": "amount", "operator": "in", "value": [1, 2.5]}, {"amount": Decimal("2.50")}, True),
        (
            {
                "all": [
                    {"field": "amount", "operator": "greater_than", "value": 5},
                    {"any": [
                        {"field": "vip", "operator": "equals", "value": True},
                        {"field": "country", "operator": "equals", "value": "NO"},
                    ]},
                ]
            },
            {"amount": 6, "vip": False, "country": "NO"},
            True,
        ),
        (
            {"any": [
                {"field": "amount", "operator": "greater_than", "value": 5},
                {"field": "country", "operator": "equals", "value": "NO"},
            ]},
            {"amount": 6},
            True,
        ),
    ],
)  # fmt: skip
def test_conditions(condition: dict[str, Any], facts: dict[str, Any], held: bool) -> None:
    assert ruled([policy(rule(**condition))], facts) is (Ruling.BLOCK if held else Ruling.ALLOW)


@pytest.mark.parametrize("fact", [None, "6", True, float("nan"), float("-inf"), [6]])
@pytest.mark.parametrize("shape", ["all", "any"])
def test_a_fact_that_cannot_be_used_blocks_and_is_named(fact: Any, shape: str) -> None:
    """Also where another part of the condition would have settled the matter."""
    settled = {"field": "country", "operator": "equals", "value": "NO" if shape == "any" else "SE"}
    condition = {shape: [settled, {"field": "amount", "operator": "greater_than", "value": 5}]}
    [hit] = hits([policy(rule("require_approval", **condition))], {"country": "NO", "amount": fact})
    assert hit.ruling is Ruling.BLOCK
    assert "Rule r of p could not be worked out" in hit.message
    assert "amount" in hit.message


def test_a_rule_about_another_tools_facts_does_not_apply() -> None:
    strict = policy(above(5), default="block")
    assert ruled([strict], {"country": "NO"}) is Ruling.ALLOW
    [finding] = examine([strict], "greet", {"country": "NO"}, {})
    assert finding.state is RuleState.DOES_NOT_APPLY
    assert finding.why == "the proposal has no amount"


def test_a_policy_that_names_its_tool_needs_every_fact() -> None:
    named = policy(above(5), applies_to=["pay"])
    assert ruled([named], {}, "greet") is Ruling.ALLOW
    [hit] = hits([named], {"country": "NO"}, "pay")
    assert hit.ruling is Ruling.BLOCK
    assert "amount is missing" in hit.message


def test_the_default_holds_where_no_rule_of_the_file_matches() -> None:
    listed = policy(rule("allow", field="amount", operator="less_than", value=5), default="require_approval")
    assert ruled([listed], {"amount": 4}) is Ruling.ALLOW
    [hit] = hits([listed], {"amount": 5})
    assert (hit.rule, hit.ruling) == ("default_action", Ruling.REQUIRE_APPROVAL)
    assert ruled([policy(default="block", applies_to=["pay"])], {}, "pay") is Ruling.BLOCK


def test_hits_come_strictest_first_with_their_role() -> None:
    first = {**above(1, "require_approval", "a"), "role": "specialist"}
    found = hits([policy(first, above(5, "block", "b"), above(900, "block", "c"))], {"amount": 6})
    assert [(hit.rule, hit.role) for hit in found] == [("b", None), ("a", "specialist")]


@pytest.mark.parametrize(
    ("message", "facts", "words"),
    [
        ("${{amount}} items", {"amount": 260.0}, "260 items"),
        ("{{ amount }} items", {"amount": 99.5}, "99.50 items"),
        ("${{x_usd}} back", {"x_usd": Decimal("1e2")}, "$100 back"),
        ("${{x_usd}} USD back", {"x_usd": 99.995}, "99.995 USD back"),
        ("${{vip}}/${{gone}}", {"vip": True}, "yes/?"),
        ("${{country}}", {"country": "a\n\n# b " + "x" * 500}, "a # b " + "x" * 194),
        ("costs $5", {}, "costs $5"),
    ],
)
def test_messages_are_filled_in(message: str, facts: dict[str, Any], words: str) -> None:
    assert fill(message, facts) == words
