"""Sums of money as tools give them: exact, written with their currency, and the same as a policy's fact."""

from __future__ import annotations

from decimal import Decimal

import pytest

from handrail.domain.money import Money
from handrail.domain.policy.shapes import FactType, json_ready, misfits


@pytest.mark.parametrize(
    ("amount", "said"), [(Decimal("12.50"), "12.50 USD"), (250, "250 USD"), ("0.1", "0.1 USD"), (Decimal("1E+3"), "1000 USD")]
)
def test_a_sum_is_written_as_policies_write_it_and_may_be_a_fact(amount: Decimal | int | str, said: str) -> None:
    money = Money.of(amount, "USD")
    assert str(money) == f"{money}" == said
    facts = json_ready({"payments": [{"amount": money}]})
    assert facts == {"payments": [{"amount": said}]}
    assert list(misfits(FactType.MONEY, said, "amount")) == []


def test_a_float_is_no_sum_nor_is_a_word() -> None:
    wrong: object = 12.5
    with pytest.raises(TypeError, match=r"12.5 is a float, which holds no exact sum"):
        Money.of(wrong, "USD")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'twelve' is no number"):
        Money.of("twelve", "USD")


def test_a_sum_without_a_currency_is_no_fact() -> None:
    assert list(misfits(FactType.MONEY, json_ready(Money(Decimal(5))), "amount")) != []
