"""Contradictions that can be told without any facts are refused; nothing is claimed of what cannot be told."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.business import FactType
from handrail.domain.actions.proposals import Ruling
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.comparing import compare
from handrail.domain.policy.policies import Comparison, Operator, Rule
from handrail.policies.contradictions import impossible, outdone
from handrail.policies.loader import FilePolicies

FACTS = {"amount": FactType.NUMBER, "country": FactType.TEXT, "vip": FactType.FLAG}
ABOVE_5 = {"field": "amount", "operator": "greater_than", "value": 5}


def load(folder: Path, *rules: dict[str, Any]) -> FilePolicies:
    written = [{"message": "m", **one} for one in rules]
    (folder / "x.yaml").write_text(
        json.dumps({"id": "x", "applies_to": ["pay"], "rules": {"default_action": "block", "rules": written}})
    )
    return FilePolicies(folder, facts=FACTS, tools=["pay"])


@pytest.mark.parametrize(
    "rule",
    [
        {"expression": "amount > 5 && amount <= 5"},
        {"expression": "amount == 1 && (vip && amount != 1)"},
        {"expression": "vip && !vip"},
        {"expression": "country in ['NO', 'SE'] && 'DK' == country"},
        {"expression": "5 >= amount && country == 'NO'", "condition": ABOVE_5},
        {"condition": {"all": [ABOVE_5, {"all": [{"field": "amount", "operator": "equals", "value": 4}]}]}},
    ],
)
def test_a_rule_that_can_never_hold_is_refused(tmp_path: Path, rule: dict[str, Any]) -> None:
    with pytest.raises(DefinitionInvalid, match=r"x.yaml:1: .*no value of (amount|country|vip) satisfies all"):
        load(tmp_path, {"id": "r", "action": "block", **rule})


@pytest.mark.parametrize(
    "stricter", ["amount > 5", "5 < amount", "amount >= 7 && amount != 3", "amount > 2 && country == 'NO'"]
)
def test_an_allow_that_a_stricter_rule_always_outdoes_is_refused(tmp_path: Path, stricter: str) -> None:
    allow = {"id": "a", "expression": "amount > 8 && country == 'NO'", "action": "allow"}
    block = {"id": "b", "expression": stricter, "action": "block"}
    for pair in ((allow, block), (block, allow)):
        with pytest.raises(DefinitionInvalid, match="rule a can never allow anything: wherever it holds, rule b holds too"):
            load(tmp_path, *pair)


@pytest.mark.parametrize(
    "stricter",
    [
        "amount > 9",
        "amount > 5 && vip",
        "amount > 5 || vip",
        "amount + 1 > 5",
        "amount > 5 && size(country) > 5",
        "country != 'NO'",
    ],
)
def test_an_allow_with_room_left_is_taken(tmp_path: Path, stricter: str) -> None:
    allow = {"id": "a", "expression": "amount > 8 && country == 'NO'", "action": "allow"}
    assert load(tmp_path, allow, {"id": "b", "expression": stricter, "action": "block"}).all()


numbers = st.integers(0, 4).map(Decimal)
operators = st.sampled_from([one for one in Operator if one not in (Operator.IN, Operator.NOT_IN, Operator.CONTAINS)])
comparisons = st.builds(Comparison, field=st.sampled_from(["a", "b"]), operator=operators, value=numbers)
together = st.lists(comparisons, min_size=1, max_size=4)
PLACES = [{"a": Decimal(a) / 2, "b": Decimal(b) / 2} for a in range(-2, 11) for b in range(-2, 11)]


def holds(parts: list[Comparison], facts: dict[str, Decimal]) -> bool:
    return all(compare(one, facts) for one in parts)


@given(together)
def test_impossible_is_said_exactly_of_what_holds_nowhere(parts: list[Comparison]) -> None:
    assert (impossible(parts) is None) is any(holds(parts, facts) for facts in PLACES)


@given(together, together)
def test_outdone_is_said_exactly_where_the_stricter_rule_always_holds_too(
    loose: list[Comparison], strict: list[Comparison]
) -> None:
    def rule(name: str, action: Ruling, parts: list[Comparison]) -> Rule:
        condition = {"all": [one.model_dump() for one in parts]}
        return Rule.model_validate({"id": name, "condition": condition, "action": action, "message": "m"})

    allow, block = rule("a", Ruling.ALLOW, loose), rule("b", Ruling.BLOCK, strict)
    said = outdone(allow, [allow, block], {}) is not None
    if impossible(loose) is None:
        assert said is all(holds(strict, facts) for facts in PLACES if holds(loose, facts))
