"""CEL with exact numbers; what cannot be worked out is refused when it is read, or blocks when it rules."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.business import FactType
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.policies import Plain
from handrail.policies.language.expressions import compile_expression

FACTS = {"amount": FactType.NUMBER, "total": FactType.NUMBER, "country": FactType.TEXT, "vip": FactType.FLAG}
VALUES: dict[str, Plain] = {"amount": Decimal(100), "total": Decimal("99.995"), "country": "NO", "vip": True}


def holds(source: str, **values: Plain) -> bool:
    expression = compile_expression(source, FACTS)
    given_values = VALUES | values
    return expression.holds({name: given_values[name] for name in expression.fields})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("amount == 100", True),
        ("100 < amount", False),
        ("100.0 >= amount && amount != 101", True),
        ("amount * 0.1 * 3 == 30", True),
        ("total < 100 && total == 99.995", True),
        ("amount in [100, 200]", True),
        ("country in ['NO', 'SE'] ? vip : !vip", True),
        ("size(country) == 2 && country.startsWith('N')", True),
        ("country.matches('^[A-Z]{2}$') && !country.contains('X')", True),
        ("[50, 100].exists(limit, limit == amount)", True),
        ("[50, 100].all(limit, limit < amount)", False),
        ("amount / 3 * 3 < 100 || -amount < 0", True),
    ],
)
def test_it_rules(source: str, value: bool) -> None:
    assert holds(source) is value


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_are_exact(left: int, right: int) -> None:
    amount, limit = Decimal(left) / 1_000, Decimal(right) / 1_000
    assert compile_expression(f"amount >= {limit}", FACTS).holds({"amount": amount}) is (amount >= limit)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("amount > > 5", "does not parse near character 10"),
        ("amunt > 5", "names amunt, which is no fact. Did you mean amount? Known: amount, country, total, vip"),
        ("order.total > 5", "names order.total, which is no fact. Did you mean total?"),
        ("eval('x') == 1", "calls eval, which is not known here"),
        ("[1].exists(amount, amount > 0)", "uses amount as a variable"),
        ("country > 5", "a text and a number cannot be compared"),
        ("amount == '100'", "a number and a text cannot be compared"),
        ("vip == 1", "a flag and a number cannot be compared"),
        ("vip == null", "cannot be compared"),
        ("amount", "it gives a number, neither true nor false"),
        ("country in [1, 2]", "a text needs a list of its own kind"),
        ("{'a': amount} == {'a': 1}", "there are no maps here"),
    ],
)
def test_a_mistake_is_found_when_it_is_read(source: str, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        compile_expression(source, FACTS)
    assert words in str(refused.value)


def test_what_depends_on_the_values_is_told_when_it_rules() -> None:
    expression = compile_expression("1 / (amount - 100) > 0", FACTS)
    assert expression.holds({"amount": Decimal(101)})
    with pytest.raises(InvalidInput, match="it divides by zero"):
        expression.holds({"amount": Decimal(100)})


def test_it_knows_the_facts_that_it_names() -> None:
    assert compile_expression("[1, 2].exists(n, n > amount) || vip", FACTS).fields == {"amount", "vip"}
