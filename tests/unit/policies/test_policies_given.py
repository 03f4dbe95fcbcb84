"""Facts that the examples of a policy file share: an example's own stand before them, and none is there for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.business import FactType
from handrail.domain.actions.proposals import Ruling
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.shapes import ListOf, Object, Shape
from handrail.policies.names import known
from handrail.policies.reports import reports

FACTS: dict[str, Shape] = {
    "amount": FactType.NUMBER,
    "country": FactType.TEXT,
    "vip": FactType.FLAG,
    "lines": ListOf(Object({"price": FactType.NUMBER})),
}
FILE = """\
id: limits
applies_to: [pay]
rules:
  default_action: allow
  rules:
    - id: large
      condition: {field: amount, operator: greater_than, value: 100}
      expression: "country != 'NO' && case.turn < 3 && lines.all(x, x.price < 50)"
      action: block
      message: "${{amount}} to ${{country}}"
given:
  amount: 200
  country: SE
  case: {turn: 1}
  lines: [{price: 10}]
examples:
  - {name: as it is given, expect: block}
  - {name: less, facts: {amount: 100}, expect: allow}
  - {name: later, facts: {case.turn: 3}, expect: allow}
  - {name: another list, facts: {lines: [{price: 60}]}, expect: allow}
  - {name: not available, facts: {country: null}, expect: block}
"""


def tried(folder: Path, text: str) -> list[tuple[str, Ruling, str]]:
    (folder / "limits.yaml").write_text(text)
    (report,) = reports(folder, known(FACTS, ["pay"], ["pay"]))
    if report.refused:
        raise DefinitionInvalid(report.refused)
    return [(one.name, one.ruling, one.because) for one in report.examples if not one.passed]


def test_an_example_has_the_given_facts_and_its_own_before_them(tmp_path: Path) -> None:
    assert tried(tmp_path, FILE) == []


def test_what_is_given_decides(tmp_path: Path) -> None:
    (failed,) = tried(tmp_path, FILE.replace("  amount: 200\n", "  amount: 20\n").replace("country: null", "amount: 101"))
    assert failed[:2] == ("as it is given", Ruling.ALLOW)


REFUSED = {
    "a fact that nobody knows": ("country: SE", "cuontry: SE", 13, "'cuontry' is no fact of this business. Did you mean"),
    "another type": ("amount: 200", "amount: much", 12, "amount: 'much' is no number"),
    "another type deep inside": ("lines: [{price: 10}]", "lines: [{price: x}]", 15, "price"),
    "no fact that a rule looks at": (
        "  country: SE",
        "  country: SE\n  vip: true",
        14,
        "given: vip is never used: no rule of this file looks at it. Remove it.",
    ),
    "the same fact twice": ("case: {turn: 1}", "case: {turn: 1}\n  case.turn: 2", 11, "given: case.turn stands there twice"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_given_fact_that_cannot_be_used_is_refused_at_its_line(tmp_path: Path, case: str) -> None:
    old, new, line, words = REFUSED[case]
    assert FILE.count(old) >= 1
    with pytest.raises(DefinitionInvalid) as refused:
        tried(tmp_path, FILE.replace(old, new, 1))
    assert str(refused.value).startswith(f"{tmp_path / 'limits.yaml'}:{line}: ")
    assert words in str(refused.value)


def test_a_given_fact_that_every_example_has_of_its_own_is_refused(tmp_path: Path) -> None:
    own = FILE[: FILE.index("examples:")] + "examples:\n  - {name: one, facts: {case: {turn: 4}}, expect: allow}\n"
    with pytest.raises(DefinitionInvalid) as refused:
        tried(tmp_path, own)
    words = "given: case.turn is never used, as every example has its own. Remove it here, or there."
    assert str(refused.value) == f"{tmp_path / 'limits.yaml'}:14: {words}"


def test_given_facts_without_examples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        tried(tmp_path, FILE[: FILE.index("examples:")])
    assert f"{tmp_path / 'limits.yaml'}:12: given: amount is never used, as the file has no examples." in str(refused.value)
