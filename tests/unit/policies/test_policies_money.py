"""Money, days and tables in rules: exact, converted or closed, and counted by the business's own calendar."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.business import Calendar, FactType, ListOf, Object, Preview, Shape
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.base import digest
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.money import Rates
from handrail.domain.policy.shapes import duration, spelled
from handrail.policies.language.calendars import WorkingDays
from handrail.policies.language.expressions import compile_expression
from handrail.policies.language.nodes import RuleSources
from handrail.policies.loader import FilePolicies

FACTS: dict[str, Shape] = {
    "fare": FactType.MONEY,
    "paid": FactType.MONEY,
    "payments": ListOf(Object({"amount": FactType.MONEY})),
    "amount": FactType.NUMBER,
    "status": FactType.TEXT,
    "booked": FactType.TIME,
    "day": FactType.DATE,
    "delay": FactType.DURATION,
    "now": FactType.TIME,
}
VALUES: dict[str, Any] = {
    "fare": "0.3 USD",
    "paid": {"amount": 50, "currency": "EUR"},
    "payments": [{"amount": "0.1 USD"}, {"amount": {"amount": "0.20", "currency": "USD"}}],
    "amount": 0.3,
    "status": "gold",
    "booked": "2026-11-27T20:00:00-05:00",
    "day": "2026-12-24",
    "delay": "P1DT2H",
    "now": "2026-11-28T09:30:00Z",
}
RATES = Rates.model_validate({"version": 1, "currency": "USD", "rates": {"EUR": Decimal("1.1")}})
WORLD = RuleSources(rates=RATES, calendar=WorkingDays(Calendar("DE", "BY", "Europe/Berlin")))


def holds(source: str, world: RuleSources = WORLD, **values: Any) -> bool:
    expression = compile_expression(source, FACTS, world)
    return expression.holds({name: (VALUES | values)[name] for name in expression.fields})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("amount == 0.1 + 0.2", True),
        ("fare == '0.30 USD' && fare != '0.31 USD' && fare >= 'USD 0.3'", True),
        ("sum(payments.map(p, p.amount)) == fare", True),
        ("fare * 3 - '0.9 USD' == '0 USD' && -fare < '0 USD' && abs(-fare) == fare", True),
        ("delay / 13 == '2h' && fare / 3 == '0.1 USD' && fare / '0.1 USD' == 3", True),
        ("paid == '55 USD' && paid > '54.99 USD' && paid < '55.01 USD'", True),
        ("paid + '45 USD' == '100 USD' && amount(paid, 'USD') == 55 && amount(paid, 'EUR') == 50", True),
        ("amount('110 USD', 'EUR') == 100", True),
        ("min(fare, paid) == fare && max([fare, paid]) == '50 EUR'", True),
        ("currency(paid) == 'EUR' && money(amount, 'USD') == fare && money('1 EUR') < '2 EUR'", True),
        ("fare in ['1 USD', '0.30 USD'].map(t, money(t))", True),
        ("payments.filter(p, p.amount > '9 USD').map(p, p.amount).sum() < fare", True),
        ("now - booked < '24h' && now - booked == duration('8h30m') && hours(now - booked) == 8.5", True),
        ("booked + '3d' > now && booked < '2026-11-28T01:00:01Z' && delay * 2 == '2d4h'", True),
        ("days(delay) < 1.1 && delay / '13h' == 2 && max(delay, duration('3d')) == '72h'", True),
        ("date(now) == '2026-11-28' && day - date(now) == '26d' && day + '1d' == date('2026-12-25')", True),
        ("date(timestamp('2026-11-28T23:30:00Z')) == '2026-11-29'", True),
        ("business_days_between(date('2026-11-27'), date('2026-11-30')) == 1", True),
        ("business_days_between(date('2026-11-30'), date('2026-11-27')) == -1", True),
        ("business_days_between(date('2026-11-28'), date('2026-11-29')) == 0", True),
        ("business_days_between(day, date('2027-01-07')) == 7 && !is_business_day(date('2027-01-06'))", True),
        ("add_business_days(day, 1) == '2026-12-28' && add_business_days(day, -1) == '2026-12-23'", True),
        ("is_business_day(now)", False),
    ],
)
def test_it_is_exact(source: str, value: bool) -> None:
    assert holds(source) is value


@given(st.lists(st.integers(-(10**9), 10**9), max_size=20))
def test_cents_add_up(cents: list[int]) -> None:
    total = f"{Decimal(sum(cents)) / 100:f} USD"
    payments = [{"amount": f"{Decimal(one) / 100:f} USD"} for one in cents]
    assert holds(f"sum(payments.map(p, p.amount)) == money('{total}')", payments=payments)


@given(st.timedeltas(timedelta(-5_000), timedelta(5_000)))
def test_a_duration_is_read_as_it_is_written(length: timedelta) -> None:
    assert duration(spelled(length)) == length


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("fare > 5", "money and a number cannot be compared"),
        ("fare > '5'", "'5' is no sum with its currency, for example '12.50 USD'"),
        ("fare > status", "money and a text cannot be compared"),
        ("fare * fare > '1 USD'", "*: money and money do not go together"),
        ("fare + 5 > '1 USD'", "+: money and a number do not go together"),
        ("money(5, 'usd') > fare", "'usd' is no currency. Use an ISO code, for example 'EUR'"),
        ("amount(fare) > 5", "amount: is given money. Write amount(money, 'USD')"),
        ("booked > '2026-11-28'", "'2026-11-28' is no time with its zone"),
        ("booked > day", "a time and a date cannot be compared"),
        ("now - booked < 24", "a duration and a number cannot be compared"),
        ("now - booked < '24 hours'", "'24 hours' is no duration, for example '36h' or '2d12h'"),
        ("date('2026-02-30') < day", "'2026-02-30' is no day"),
        ("business_days_between(day) > 1", "Write business_days_between(day, day)"),
        ("lookup('fees', status) > 1", "there is no table 'fees'. Known: none; write tables.yaml beside the policies folder"),
        ("lookup(status, status) > 1", "Write lookup('table', key, …), with the table's name in quotes"),
    ],
)
def test_a_mistake_is_told_when_the_file_is_read(source: str, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        compile_expression(source, FACTS, WORLD)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("source", "values", "words"),
    [
        ("fare > paid", {"fare": "1 GBP"}, "1 GBP and 50 EUR cannot be taken together: rates.yaml has no rate for GBP"),
        ("fare == paid", {"fare": "1 GBP"}, "no rate for GBP"),
        ("sum(payments.map(p, p.amount)) > fare", {"payments": [{"amount": "1 SEK"}, {"amount": "1 USD"}]}, "no rate for SEK"),
        ("fare > '1 USD'", {"fare": 12.5}, "fare: 12.5 is no sum with its currency"),
        ("fare > '1 USD'", {"fare": "12,50 USD"}, "fare: '12,50 USD' is no sum"),
        ("fare > '1 USD'", {"fare": {"amount": "12.50"}}, "is no sum with its currency"),
        ("payments.all(p, p.amount > '0 USD')", {"payments": [{}]}, "payments[0].amount is missing"),
        ("booked < now", {"booked": "2026-11-27T10:00:00"}, "booked: '2026-11-27T10:00:00' is no time with its zone"),
        ("day < date(now)", {"day": "27.11.2026"}, "day: '27.11.2026' is no day, for example '2026-11-28'"),
        ("day + delay > day", {}, "a day can be moved by whole days only"),
        ("delay * 1e12 > '1d'", {}, "expression: "),
        ("business_days_between(day, date('2126-01-01')) > 1", {}, "more than ten years apart"),
        ("fare / (amount - amount) > fare", {}, "it divides by zero"),
    ],
)
def test_what_cannot_be_told_closes_the_rule(source: str, values: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as closed:
        holds(source, **values)
    assert words in str(closed.value)


def test_without_rates_two_currencies_are_not_compared() -> None:
    with pytest.raises(InvalidInput, match=r"rates\.yaml has no rate for"):
        holds("fare < paid", RuleSources())
    assert holds("fare < '1 USD'", RuleSources())


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        (Calendar("XX"), "'XX' is no country whose holidays are known. Use its ISO code in capitals, for example 'DE'"),
        (Calendar("DE", "ZZ"), "'ZZ' is no part of DE that is known. Known: BB, BE, BW, BY, "),
        (Calendar("DE", zone="Mars"), "'Mars' is no time zone. Use a name such as 'Europe/Berlin'"),
        (Calendar("DE", categories=("bank",)), "['bank'] is no category of holidays in DE. Known: catholic, public, school"),
        (Calendar("SE", categories=()), "nothing is no category of holidays in SE. Known: bank, de_facto, optional, public"),
    ],
)
def test_a_calendar_that_nobody_knows_is_refused(calendar: Calendar, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        WorkingDays(calendar).check()
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("country", "subdivision", "category", "kept"),
    [
        ("DE", "BY", "catholic", date(2025, 8, 15)),  # Assumption Day
        ("SE", None, "de_facto", date(2026, 6, 19)),  # Midsummer Eve
        ("DK", None, "optional", date(2026, 6, 5)),  # Constitution Day
    ],
)
def test_days_that_no_law_of_the_whole_part_names_count_where_their_category_does(
    country: str, subdivision: str | None, category: str, kept: date
) -> None:
    by_law = WorkingDays(Calendar(country, subdivision))
    as_kept = WorkingDays(Calendar(country, subdivision, categories=("public", category)))
    assert by_law.has(kept)
    assert not as_kept.has(kept)
    before = kept - timedelta(days=1)
    assert as_kept.after(before, 1) == by_law.after(kept, 1)


def test_a_business_without_a_calendar_counts_no_days() -> None:
    with pytest.raises(DefinitionInvalid, match="the business names no calendar"):
        compile_expression("is_business_day(day)", FACTS)


def test_a_preview_may_give_exact_values() -> None:
    preview = Preview(title="t", headline="h", facts={"fare": Decimal("12.50"), "delay": timedelta(hours=36)})
    assert preview.facts == {"fare": 12.5, "delay": "1d12h"}


TABLES = """\
version: 1
tables:
  bags:
    keys: [status, cabin]
    rows:
      gold: {economy: 2, business: 3}
      none: {economy: 0}
  limits:
    keys: [count]
    rows: {1: 10 USD, 2.5: 20 USD, true: 30 USD}
"""
RULE = """\
id: bags
applies_to: [book]
rules:
  default_action: allow
  rules: [{id: r, expression: "EXPRESSION", action: require_approval, message: m}]
examples:
  - {name: gold, facts: {status: gold, amount: 1}, expect: allow}
"""
LOOKED = "amount > lookup('bags', status, 'economy')"


def load(folder: Path, expression: str = LOOKED, tables: str | None = TABLES) -> FilePolicies:
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies" / "bags.yaml").write_text(RULE.replace("EXPRESSION", expression))
    if tables is not None:
        (folder / "tables.yaml").write_text(tables)
    return FilePolicies(folder / "policies", facts=FACTS, tools=["book"], effects=["book"])


def ruled(policies: FilePolicies, **facts: Any) -> Any:
    proposal = Proposal(proposal_id="p", kind=ProposalKind.EFFECT, action="book", arguments={}, arguments_hash=digest({}))
    return policies.rule(proposal, facts)


def test_a_rule_looks_into_a_table_and_an_unknown_key_closes_it(tmp_path: Path) -> None:
    policies = load(tmp_path)
    assert ruled(policies, status="gold", amount=2).ruling is Ruling.ALLOW
    assert ruled(policies, status="gold", amount=3).ruling is Ruling.REQUIRE_APPROVAL
    closed = ruled(policies, status="platinum", amount=0)
    assert closed.ruling is Ruling.BLOCK
    assert "the table bags has no status 'platinum'. Known: gold, none" in closed.messages[0]
    inner = load(tmp_path, "amount > lookup('bags', status, status == 'none' ? 'business' : 'economy')")
    assert (
        "the table bags has no cabin 'business' under none. Known: economy"
        in ruled(inner, status="none", amount=0).messages[0]
    )


def test_a_table_that_changes_rules_at_the_next_proposal(tmp_path: Path) -> None:
    policies = load(tmp_path)
    before = policies.version
    (tmp_path / "tables.yaml").write_text(TABLES.replace("economy: 2", "economy: 9"))
    assert ruled(policies, status="gold", amount=8).ruling is Ruling.ALLOW
    assert policies.version != before
    after = policies.version
    for broken, words in [
        (TABLES.replace("economy: 2", "economy: 0"), "example 'gold' expects allow"),
        (TABLES.replace("bags:", "boxes:"), "there is no table 'bags'. Known: boxes, limits"),
        (None, "there is no table 'bags'"),
    ]:
        (tmp_path / "tables.yaml").write_text(broken) if broken else (tmp_path / "tables.yaml").unlink()
        assert ruled(policies, status="gold", amount=8).ruling is Ruling.ALLOW
        assert words in str(policies.problem)
        assert policies.version == after


def test_numbers_flags_and_money_are_looked_up_too(tmp_path: Path) -> None:
    policies = load(tmp_path, "amount > 1 && money(amount, 'USD') >= lookup('limits', amount / 4)")
    assert ruled(policies, status="gold", amount=10).ruling is Ruling.ALLOW
    assert ruled(policies, status="gold", amount=4).ruling is Ruling.ALLOW
    assert ruled(load(tmp_path, "amount > 1 && lookup('limits', amount > 2) == '30 USD'"), status="x", amount=3).hits


@pytest.mark.parametrize(
    ("tables", "line", "words"),
    [
        ("version: 1\ntables: {}\n", 2, "tables: {} does not fit"),
        (TABLES.replace("keys: [count]", "keys: [count]\n    kys: 1"), 10, "tables.limits.kys: is no key"),
        (
            TABLES.replace("economy: 0", "economy: none"),
            7,
            "bags: none / economy is a text, and the first value a number",
        ),
        (
            TABLES.replace("none: {economy: 0}", "none: 0"),
            7,
            "bags: none is 0, and should hold rows by cabin. Nest it",
        ),
        (
            TABLES.replace("economy: 0", "economy: {a: 1}"),
            7,
            "bags: none / economy goes deeper than keys says",
        ),
        (TABLES.replace("economy: 0", "economy:"), 7, "bags: none / economy is empty. Put one value there."),
        (TABLES.replace("[status, cabin]", "[cabin, cabin]"), 4, "bags: keys holds a name twice"),
    ],
)
def test_a_wrong_table_is_refused_at_its_line(tmp_path: Path, tables: str, line: int, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        load(tmp_path, tables=tables)
    assert str(refused.value).startswith(f"{tmp_path / 'tables.yaml'}:{line}: ")
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("amount > lookup('bag', status, 'economy')", "there is no table 'bag'. Known: bags, limits"),
        ("amount > lookup('bags', status)", "bags is looked up by status, cabin; give 2 of them"),
        ("amount > lookup('bags', status, 'first')", "bags has no cabin 'first'. Known: economy, business"),
        ("status == lookup('bags', status, 'economy')", "a text and a number cannot be compared"),
        ("amount > lookup('bags', status, fare)", "bags is looked up by status, cabin"),
    ],
)
def test_a_wrong_look_up_is_refused(tmp_path: Path, expression: str, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        load(tmp_path, expression)
    assert words in str(refused.value)
