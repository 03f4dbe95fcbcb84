"""Rules over lists and objects: every element counts, and what one lacks blocks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from handrail.business import FactType, ListOf, MapOf, Object, Preview, Shape
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling, Verdict
from handrail.domain.base import digest
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.facts import recalled
from handrail.domain.policy.wording import fill, shown
from handrail.policies.language.expressions import compile_expression
from handrail.policies.loader import FilePolicies

PASSENGER = Object({"name": FactType.TEXT, "age": FactType.NUMBER, "vip": FactType.FLAG, "bags": FactType.NUMBERS})
FACTS: dict[str, Shape] = {
    "passengers": ListOf(PASSENGER),
    "trip": Object({"cabin": FactType.TEXT, "legs": ListOf(Object({"miles": FactType.NUMBER}))}),
    "limits": MapOf(FactType.NUMBER),
    "tags": FactType.TEXTS,
    "amount": FactType.NUMBER,
}
VALUES: dict[str, Any] = {
    "passengers": [
        {"name": "Eva", "age": 1, "vip": False, "bags": [10.1, 10.2]},
        {"name": "Jo", "age": 30, "vip": True, "bags": []},
        {"name": "Al", "age": 61, "vip": False, "bags": [23]},
    ],
    "trip": {"cabin": "economy", "legs": [{"miles": 400}, {"miles": 1200.5}]},
    "limits": {"gold": 3, "silver": 2},
    "tags": ["group", "paid"],
    "amount": 150,
}


def holds(source: str, **values: Any) -> bool:
    expression = compile_expression(source, FACTS)
    return expression.holds({name: (VALUES | values)[name] for name in expression.fields | expression.optional})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("passengers.exists(p, p.age < 2)", True),
        ("passengers.all(p, p.age < 62 && p.name != '')", True),
        ("passengers.exists_one(p, p.vip)", True),
        ("passengers.filter(p, p.age >= 18).all(p, size(p.bags) < 2)", True),
        ("size(passengers.filter(p, p.age < 18)) == 1 && passengers.size() == 3", True),
        ("passengers.map(p, p.name) == ['Eva', 'Jo', 'Al']", True),
        ("sum(passengers.map(p, p.age)) == 92", True),
        ("min(passengers.map(p, p.age)) == 1 && max(passengers.map(p, p.age)) == 61", True),
        ("sum(passengers[0].bags) == 20.3", True),
        ("passengers.map(p, sum(p.bags)).max() == 23", True),
        ("passengers.exists(p, passengers.exists(q, q.age - p.age == 31))", True),
        ("passengers.exists(p, p.bags.exists(p, p > 22.9))", True),
        ("passengers[1].vip && passengers[2].name.startsWith('A')", True),
        ("amount == 50 * size(passengers)", True),
        ("trip.cabin in ['economy', 'business'] && sum(trip.legs.map(leg, leg.miles)) == 1600.5", True),
        ("limits['gold'] > limits['silver'] && 'bronze' in limits", False),
        ("limits.all(status, limits[status] > 1)", True),
        ("tags.filter(t, t != 'paid') + ['x'] == ['group', 'x']", True),
        ("max(amount, 7) == 150 && abs(-2) == 2 && round(2.345, 2) == 2.34", True),
        ("lower('ŻÓŁĆ') == lower('żółć') && lower(tags[0]) == 'group'", True),
        ("!has(trip.cabin) || passengers.all(p, has(p.age))", True),
    ],
)
def test_a_rule_looks_into_lists_and_objects(source: str, value: bool) -> None:
    assert holds(source) is value


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "passengers.exists(p, p.agee < 2)",
            "names passengers[…].agee, and there is no such field. Did you mean age? Known: age,",
        ),
        (
            "passengers.age < 2",
            "names age of passengers, which is a list, whose elements have fields: ask with exists, all or",
        ),
        ("passengers.exists(p, p < 2)", "an object and a number cannot be compared"),
        ("passengers.exists(p, p.age)", "a number stands where true or false belongs"),
        ("passengers.exists(p, p.name > 3)", "a text and a number cannot be compared"),
        (
            "passengers.exists(p.age, true)",
            "exists: takes a variable and an expression, for example passengers.exists(p, p.age < 2)",
        ),
        ("amount.exists(a, a > 1)", "exists: goes through a number. Give it a list"),
        ("passengers.exists(trip, true)", "uses trip as a variable, which is a fact"),
        ("trip.cabn == 'x'", "names trip.cabn, and there is no such field. Did you mean cabin? Known: cabin, legs"),
        ("trip == 'x'", "an object and a text cannot be compared"),
        ("passengers == passengers", "a list and a list cannot be compared. Compare their parts"),
        ("limits.gold > 1", "names gold of limits, which is a map; take a value of it with ['gold']"),
        ("limits[1] > 1", "a map has nothing at a number"),
        ("passengers['a'].age > 1", "a list has nothing at a text"),
        ("sum(passengers) > 1", "sum: is given a list. Write sum(list), of numbers, money or durations"),
        ("sum(tags) > 1", "sum: is given a list"),
        ("min(amount) > 1", "min: is given a number. Write min(list) or min(a, b)"),
        ("total(passengers) > 1", "calls total, which is not known here."),
        ("passengers.filter(p, p.age > 1)", "it gives a list, neither true nor false"),
        ("amount in tags", "in: a number needs a list of its own kind"),
        ("[1, 'a'].exists(x, true)", "a list holds a number and a text"),
        ("amount > 1 ? 'a' : 2", "gives a text or a number"),
        ("tags[0].matches('(')", "'(' is no pattern"),
    ],
)
def test_a_mistake_is_told_when_the_file_is_read(source: str, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        compile_expression(source, FACTS)
    assert words in str(refused.value)


@pytest.mark.parametrize("broken", [{"name": "Bo"}, {"name": "Bo", "age": None}])
@pytest.mark.parametrize(
    "source",
    [
        "passengers.exists(p, p.age < 2)",
        "passengers.all(p, p.age > 100)",
        "passengers.exists(p, p.name == 'Eva' || p.age < 2)",
        "amount > 1000 && passengers.all(p, p.age > 18)",
        "passengers.filter(p, p.name == 'Eva').exists(p, p.age < 2)",
        "passengers[0].age == 1",
        "true || sum(passengers.map(p, p.age)) > 3",
    ],
)
def test_an_element_that_lacks_what_a_rule_uses_closes_it(source: str, broken: dict[str, Any]) -> None:
    """Wherever it stands in the list or the rule: nothing that settles the matter earlier hides it."""
    cases: list[list[dict[str, Any]]] = [[], VALUES["passengers"]]
    for others in cases:
        with pytest.raises(InvalidInput) as closed:
            holds(source, passengers=[*others, broken])
        assert f"passengers[{len(others)}].age is missing; where it may be, ask first: has(" in str(closed.value)


def test_what_is_asked_for_first_may_be_missing() -> None:
    source = "passengers.exists(p, has(p.age) && p.age < 2)"
    assert holds(source, passengers=[{"name": "Bo"}, {"age": 1}])
    assert not holds(source, passengers=[{"name": "Bo", "age": None}])
    with pytest.raises(InvalidInput, match=r"passengers\[0\]\.age is missing"):
        holds("passengers.exists(p, p.age < 2 || has(p.age))", passengers=[{"name": "Bo"}])


@pytest.mark.parametrize(
    ("source", "values", "words"),
    [
        ("passengers.all(p, p.age > 1)", {"passengers": [{"age": 3}, {"age": "4"}]}, "passengers[1].age: '4' is no number"),
        ("passengers.all(p, p.age > 1)", {"passengers": [{"age": True}]}, "passengers[0].age: true is no number"),
        ("passengers.all(p, p.age > 1)", {"passengers": ["Eva"]}, "passengers[0]: 'Eva' is no object"),
        ("passengers.all(p, p.age > 1)", {"passengers": {"age": 3}}, "is no list"),
        ("passengers.all(p, p.age > 1)", {"passengers": [None]}, "passengers[0] is missing"),
        ("passengers.all(p, p.age > 1)", {"passengers": [{"age": float("nan")}]}, "passengers[0].age: nan is no number"),
        ("passengers[7].age > 1", {}, "passengers[7] is missing; it has 3, counted from 0"),
        ("limits['bronze'] > 1", {}, "limits[bronze] is missing"),
        ("min(tags.map(t, size(t))) > 1", {"tags": []}, "min of an empty list; ask for its size first"),
        ("trip.cabin == 'x'", {"trip": {"legs": []}}, "trip.cabin is missing"),
        ("trip.legs.exists(x, x.miles > 1)", {"trip": {"cabin": "x"}}, "trip.legs is missing"),
    ],
)
def test_what_is_not_as_it_was_declared_closes_the_rule(source: str, values: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput) as closed:
        holds(source, **values)
    assert words in str(closed.value)


def test_an_empty_list_is_no_missing_one() -> None:
    assert holds("passengers.all(p, p.age > 200) && sum(passengers.map(p, p.age)) == 0", passengers=[])


RULES = """\
id: families
applies_to: [book]
rules:
  default_action: allow
  rules:
    - id: infant-alone
      expression: "passengers.exists(p, p.age < 2) && passengers.all(p, p.age < 18)"
      action: block
      message: "Nobody grown up: {{passengers}}, {{trip.cabin}}"
    - id: many
      expression: "size(proposal.arguments.lines.filter(line, line.quantity > 2)) > 0"
      action: require_approval
      message: "{{proposal.arguments.lines}}"
examples:
  - name: an infant with a parent
    facts:
      passengers: [{name: Eva, age: 1}, {name: Jo, age: 30}]
      trip: {cabin: economy}
      proposal.arguments.lines: [{sku: a, quantity: 1}]
    expect: allow
  - name: an infant alone
    facts:
      passengers:
        - {name: Eva, age: 1}
      proposal: {arguments: {lines: []}}
    expect: block
  - name: nobody knows how old
    facts: {passengers: [{name: Eva}], proposal.arguments.lines: []}
    expect: block
"""
LINES: dict[str, dict[str, Shape]] = {"book": {"lines": ListOf(Object({"sku": FactType.TEXT, "quantity": FactType.NUMBER}))}}


def load(folder: Path, text: str = RULES) -> FilePolicies:
    (folder / "families.yaml").write_text(text)
    return FilePolicies(folder, facts=FACTS, tools=["book"], effects=["book"], arguments=LINES)


def proposal(*lines: dict[str, Any]) -> Proposal:
    given = {"lines": list(lines)}
    return Proposal(proposal_id="p", kind=ProposalKind.EFFECT, action="book", arguments=given, arguments_hash=digest(given))


def test_a_file_rules_on_them_and_its_words_read_well(tmp_path: Path) -> None:
    policies = load(tmp_path)
    seen = {"passengers": [{"name": "Eva", "age": 1}, {"name": "Bo", "age": 2}], "trip": {"cabin": "economy"}}
    verdict = policies.rule(proposal({"sku": "a", "quantity": 3}), seen)
    assert verdict.ruling is Ruling.BLOCK
    assert [hit.message for hit in verdict.hits] == [
        "Nobody grown up: name Eva, age 1; name Bo, age 2, economy",
        "sku a, quantity 3",
    ]
    kept = Verdict.model_validate_json(verdict.model_dump_json())
    again = policies.rule(proposal({"sku": "a", "quantity": 3}), recalled(proposal({"sku": "a", "quantity": 3}), kept, []))
    assert (again.ruling, again.messages) == (verdict.ruling, verdict.messages)


def test_a_case_that_lacks_a_field_says_so(tmp_path: Path) -> None:
    verdict = load(tmp_path).rule(proposal({"sku": "a"}), {"passengers": [{"name": "Eva", "age": 30}], "trip": None})
    assert verdict.ruling is Ruling.BLOCK
    assert (
        "proposal.arguments.lines[0].quantity is missing; where it may be, ask first: has(x.quantity)" in verdict.messages[0]
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("age: 30}", "age: '30'}", 17, "passengers[1].age: '30' is no number."),
        ("age: 30}", "agee: 30}", 17, "passengers[1] has no field agee. Known: age, bags, name, vip."),
        (
            "{cabin: economy}",
            "economy",
            18,
            "trip: 'economy' is no object: object (cabin: text, legs: list of objects (miles: number)).",
        ),
        ("lines: [{sku: a, quantity: 1}]", "lines: [{sku: a, quantity: true}]", 19, "lines[0].quantity: true is no number."),
        ("p.age < 2)", "p.agee < 2)", 7, "there is no such field. Did you mean age?"),
        ("{{trip.cabin}}", "{{trip.cabn}}", 9, "'trip.cabn' is no fact of this business"),
        (
            'expression: "size(proposal.arguments.lines.filter(line, line.quantity > 2)) > 0"',
            "condition: {field: passengers, operator: equals, value: 1}",
            11,
            "(list of objects (age: number, bags: list of numbers, name: text, vip: flag)); ask for it in an expression, for "
            "example passengers.exists(x, x.age == …).",
        ),
        (
            'expression: "size(proposal.arguments.lines.filter(line, line.quantity > 2)) > 0"',
            "condition: {field: trip.cabin, operator: equals, value: first}",
            11,
            "ask for it in an expression, for example trip.cabin == …",
        ),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in RULES
    with pytest.raises(DefinitionInvalid) as refused:
        load(tmp_path, RULES.replace(old, new, 1))
    assert str(refused.value).startswith(f"{tmp_path / 'families.yaml'}:{line}: ")
    assert words in str(refused.value)


def test_too_much_to_record_closes_the_rule(tmp_path: Path) -> None:
    crowd = [{"name": "x" * 40, "age": 30}] * 300
    verdict = load(tmp_path).rule(proposal(), {"passengers": crowd, "trip": {"cabin": "x"}})
    assert (verdict.ruling, verdict.facts["passengers"]) == (Ruling.BLOCK, None)
    assert "passengers is longer than the 10,000 that a rule looks at" in verdict.messages[0]


def test_a_preview_may_give_models_and_keeps_them_as_json() -> None:
    class Person(BaseModel):
        name: str
        age: int

    preview = Preview(title="t", headline="h", facts={"passengers": [Person(name="Eva", age=1)]})
    assert json.loads(preview.model_dump_json())["facts"] == {"passengers": [{"name": "Eva", "age": 1}]}


def test_words_are_short_however_long_the_list() -> None:
    assert len(shown([{"name": "x" * 30}] * 50)) == 200
    assert fill("{{a}} {{b.c}} {{b.d}}", {"a": [{"n": [1, 2]}], "b": {"c": True}}) == "n 1, 2 yes ?"
