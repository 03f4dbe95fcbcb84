"""A policy file that cannot be used is refused at its line with the remedy, and the last good version stays."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from handrail.business import FactType
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.base import digest
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.rulings import RuleState
from handrail.policies.loader import FilePolicies

FACTS = {"amount": FactType.NUMBER, "country": FactType.TEXT, "vip": FactType.FLAG}
GOOD = """\
id: limits
applies_to: [pay]
rules:
  default_action: allow
  rules:
    - id: large
      condition: {field: amount, operator: requires_approval, value: 100}
      expression: "country != 'NO'"
      action: require_approval
      role: specialist
      message: "${{amount}} to ${{country}}"
examples:
  - {name: large, facts: {amount: 100, country: SE}, expect: require_approval}
  - {name: at home, facts: {amount: 100, country: "NO"}, expect: allow}
  - {name: unknown amount, facts: {amount: null, country: SE}, expect: block}
  - {name: another tool, facts: {}, tool: greet, expect: allow}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "limits.yaml").write_text(GOOD)
    return tmp_path


def load(path: Path) -> FilePolicies:
    return FilePolicies(path, facts=FACTS, tools=["pay", "greet"])


def proposal(**arguments: object) -> Proposal:
    return Proposal(
        proposal_id="p-1", kind=ProposalKind.EFFECT, action="pay", arguments=arguments, arguments_hash=digest(arguments)
    )


def rules(text: str) -> str:
    """A file whose rules stand from line 3 on."""
    return "id: x\nrules: {default_action: allow, rules: [\n" + textwrap.dedent(text).strip() + "\n]}\n"


def one_rule(condition: str, more: str = "") -> str:
    return rules(f"{{id: r, condition:\n{condition},\n action: block, message: m{more}}}")


def test_a_good_file_rules_and_its_examples_hold(folder: Path) -> None:
    policies = load(folder)
    verdict = policies.rule(proposal(amount=180), {"amount": 180.0, "country": "SE"})
    assert verdict.ruling is Ruling.REQUIRE_APPROVAL
    assert verdict.arguments_hash == digest({"amount": 180})
    assert (verdict.hits[0].message, verdict.hits[0].role) == ("180 to SE", "specialist")
    assert verdict.facts == {"amount": 180.0, "country": "SE"}
    assert verdict.policy_version == policies.version


def test_a_single_file_will_do(folder: Path) -> None:
    assert [policy.id for policy in load(folder / "limits.yaml").all()] == ["limits"]


def test_explain_shows_every_rule_with_what_it_saw(folder: Path) -> None:
    (folder / "other.yaml").write_text(
        "id: other\nrules:\n  default_action: allow\n  rules:\n    - {id: v, expression: vip, action: block, message: m}\n"
    )
    found = load(folder).explain(proposal(), {"amount": 5, "country": "SE"})
    assert [(one.policy, one.rule, one.state, one.values) for one in found] == [
        ("limits", "large", RuleState.DOES_NOT_HOLD, {"amount": 5, "country": "SE"}),
        ("limits", "default_action", RuleState.HOLDS, {}),
        ("other", "v", RuleState.DOES_NOT_APPLY, {}),
    ]


def test_an_expression_that_fails_while_ruling_blocks(folder: Path) -> None:
    (folder / "limits.yaml").write_text(rules("{id: r, expression: 1 / amount > 5.0, action: block, message: m}"))
    verdict = load(folder).rule(proposal(), {"amount": 0})
    assert verdict.ruling is Ruling.BLOCK
    assert verdict.hits[0].message == (
        "Rule r of x could not be worked out: expression: it divides by zero. A person must look at it."
    )


BROKEN = {
    "no keys": ("", 1, "holds no keys"),
    "unknown key": (
        "id: x\nrulez: {}\nrules: {default_action: allow, rules: []}\napplies_to: [pay]\n",
        2,
        "rulez: is no key that is known here. Known: ",
    ),
    "no id": ("rules: {default_action: allow, rules: []}\napplies_to: [pay]\n", 1, "id: is missing. Add it."),
    "no rule and no tool": ("id: x\nrules: {default_action: allow, rules: []}\n", 1, "has neither rules nor applies_to"),
    "unknown tool": (
        "id: x\napplies_to:\n  - pay\n  - fly\nrules: {default_action: allow, rules: []}\n",
        4,
        "'fly' is no tool of this business. Known: greet",
    ),
    "confirm of an unknown kind": (
        rules("{id: r, expression: vip, action: confirm,\n confirm: sometimes, message: m}"),
        4,
        "confirm: 'sometimes' does not fit: input should be 'always' or 'unless_asked_exactly'.",
    ),
    "confirm beside a block": (
        rules("{id: r, expression: vip, action: block,\n confirm: always, message: m}"),
        4,
        "confirm: the customer is not asked where the action is block. Write `action: confirm`.",
    ),
    "confirm before a reply": (
        "id: x\napplies_to: [send_reply]\nrules: {default_action: allow, rules: [\n"
        "{id: r, expression: vip,\n action: confirm, message: m}]}\n",
        5,
        "action: the customer cannot be asked about a reply (send_reply). Write `action: require_approval`.",
    ),
    "minutes to confirm where nobody is asked": (
        rules("{id: r, expression: vip, action: require_approval,\n confirm_minutes: 5, message: m}"),
        4,
        "confirm_minutes: nobody is asked. Write `confirm: always`, or remove it.",
    ),
    "confirm beside a default that allows": (
        "id: x\napplies_to: [pay]\nrules:\n  default_action: allow\n  default:\n    confirm: always\n  rules: []\n",
        6,
        "confirm: the customer is not asked where the action is allow. Write `default_action: confirm`.",
    ),
    "a default that asks about a reply": (
        "id: x\napplies_to: [send_reply]\nrules:\n  default_action: confirm\n  rules: []\n",
        4,
        "default_action: the customer cannot be asked about a reply (send_reply). Write `default_action: require_approval`.",
    ),
    "a role for nobody by default": (
        "id: x\napplies_to: [pay]\nrules:\n  default_action: confirm\n  default: {role: support}\n  rules: []\n",
        5,
        "role: nobody is asked where the action is confirm. Remove the role.",
    ),
    "an example that expects another to be asked": (
        "id: x\napplies_to: [pay]\nrules: {default_action: require_approval, rules: []}\nexamples:\n"
        "  - name: any\n    expect: require_approval\n    asked: [customer, person]\n",
        7,
        "example 'any' expects the customer, then a person to be asked, but the file asks otherwise "
        "(default_action: no rule matched; asked: a person). Correct the rules or the example.",
    ),
    "an example that expects somebody unknown to be asked": (
        "id: x\napplies_to: [pay]\nrules: {default_action: confirm, rules: []}\nexamples:\n"
        "  - {name: any, expect: confirm,\n     asked: [manager]}\n",
        6,
        "'manager' does not fit: input should be 'customer' or 'person'.",
    ),
    "too long to confirm": (
        rules("{id: r, expression: vip, action: confirm,\n confirm_minutes: 50000, message: m}"),
        4,
        "confirm_minutes: 50000 does not fit: input should be less than or equal to 43200.",
    ),
    "unknown field": (
        one_rule("{field: amunt, operator: equals, value: 1}"),
        4,
        "'amunt' is no fact of this business. Did you mean amount? Known: amount",
    ),
    "unknown field in words": (
        rules("{id: r, expression: vip, action: block,\n message: '${{amunt}}'}"),
        4,
        "'amunt' is no fact of this business",
    ),
    "unknown field in CEL": (
        rules("{id: r,\n expression: amunt > 1,\n action: block, message: m}"),
        4,
        "expression: names amunt, which is no fact",
    ),
    "CEL that does not parse": (
        rules("{id: r,\n expression: 'amount > > 1',\n action: block, message: m}"),
        4,
        "does not parse near character 10",
    ),
    "CEL about nothing": (rules("{id: r,\n expression: 'true',\n action: block, message: m}"), 4, "names no fact"),
    "unknown operator": (
        one_rule("{field: amount,\n operator: above, value: 1}"),
        5,
        "'above' does not fit: input should be 'equals'",
    ),
    "operator that does not fit": (
        one_rule("{field: vip,\n operator: greater_than,\n value: true}"),
        5,
        "greater_than does not fit vip, which is a flag. Fitting: equals, not_equals.",
    ),
    "value of another type": (
        one_rule("{field: amount, operator: equals,\n value: '100'}"),
        5,
        "amount: '100' is no number, which this fact is. Write a number.",
    ),
    "flag for a number": (one_rule("{field: amount, operator: equals,\n value: true}"), 5, "amount: true is no number"),
    "not a finite number": (one_rule("{field: amount, operator: equals,\n value: .nan}"), 5, "no finite number"),
    "a list for one value": (one_rule("{field: amount, operator: equals, value: [1]}"), 3, "needs one value, not a list"),
    "one value for a list": (one_rule("{field: amount, operator: in, value: 1}"), 3, "in needs a list of at least one value"),
    "empty all": (one_rule("{all: []}"), 4, "all: [] does not fit: list should have at least 1 item"),
    "nothing that says when": (rules("{id: r,\n action: block, message: m}"), 3, "neither condition nor expression"),
    "unknown action": (rules("{id: r, expression: vip,\n action: allow_all,\n message: m}"), 4, "'allow_all' does not fit"),
    "the same id twice": (
        rules("{id: r, expression: vip, action: block, message: m},\n{id: r, expression: '!vip', action: block, message: m}"),
        4,
        "id: 'r' is also the id of rule 1 of this file. Rename one.",
    ),
    "the same condition twice": (
        rules("{id: a, expression: vip, action: block, message: m},\n{id: b, expression: vip, action: allow, message: m}"),
        4,
        "rule b holds exactly where rule a does. Keep the stricter one.",
    ),
    "approval that allows": (
        rules("{id: r, condition: {field: amount, operator: requires_approval, value: 1},\n action: allow, message: m}"),
        3,
        "requires_approval contradicts the action allow",
    ),
    "a role for nobody": (
        rules("{id: r, expression: vip, action: block, message: m,\n role: support}"),
        4,
        "nobody is asked where the action is block. Remove the role.",
    ),
    "numbers that exclude each other": (
        one_rule(
            "{all: [{field: amount, operator: greater_than, value: 5}, {field: amount, operator: less_or_equal, value: 5}]}"
        ),
        4,
        "no value of amount satisfies all of these",
    ),
    "texts that exclude each other": (
        one_rule("{all: [{field: country, operator: in, value: [NO, SE]}, {field: country, operator: equals, value: DK}]}"),
        4,
        "no value of country satisfies all of these",
    ),
    "an example that fails": (
        GOOD.replace("expect: allow", "expect: block", 1),
        14,
        "example 'at home' expects block, but the file rules allow (large: amount (100) is at least 100: yes and "
        "country != 'NO'; default_action: no rule matched).",
    ),
    "an example about nothing": (
        GOOD.replace("facts: {}", "facts: {amunt: 1}"),
        16,
        "'amunt' is no fact of this business",
    ),
    "an example of another type": (GOOD.replace("facts: {}", "facts: {amount: 'a'}"), 16, "amount: 'a' is no number"),
    "an example of no tool": (GOOD.replace("tool: greet", "tool: fly"), 16, "'fly' is no tool"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused_at_its_line_and_the_last_good_version_stays(folder: Path, case: str) -> None:
    text, line, words = BROKEN[case]
    policies = load(folder)
    good = policies.version
    file = folder / "limits.yaml"
    file.write_text(text)
    with pytest.raises(DefinitionInvalid) as refused:
        load(folder)
    assert str(refused.value).startswith(f"{file}:{line}: ")
    assert words in str(refused.value)
    assert policies.rule(proposal(), {"amount": 180, "country": "SE"}).ruling is Ruling.REQUIRE_APPROVAL
    assert policies.version == good
    assert policies.problem == str(refused.value)


def test_one_id_in_two_files_is_refused_in_the_second(folder: Path) -> None:
    (folder / "more.yaml").write_text(GOOD)
    with pytest.raises(DefinitionInvalid) as refused:
        load(folder)
    assert str(refused.value) == f"{folder / 'more.yaml'}:1: id: 'limits' is also the id of limits.yaml. Rename one."


def test_every_problem_of_every_file_is_told_at_once(folder: Path) -> None:
    (folder / "limits.yaml").write_text(one_rule("{field: a, operator: equals, value: 1}") + "x: 1\n")
    (folder / "more.yaml").write_text(
        one_rule("{any: [{field: a, operator: equals, value: 1}, {field: b, operator: in, value: [1]}]}")
    )
    with pytest.raises(DefinitionInvalid) as refused:
        load(folder)
    assert [line.split(": ")[0] for line in str(refused.value).splitlines()] == [
        f"{folder / 'limits.yaml'}:7",
        f"{folder / 'more.yaml'}:4",
        f"{folder / 'more.yaml'}:4",
    ]


def test_conditions_that_can_hold_are_taken(folder: Path) -> None:
    (folder / "limits.yaml").write_text(
        one_rule(
            "{all: [{field: amount, operator: greater_than, value: 5}, {field: amount, operator: less_than, value: 5.01},"
            " {field: country, operator: contains, value: a}, {field: country, operator: contains, value: b},"
            " {field: country, operator: not_equals, value: ab}]}"
        )
    )
    assert load(folder).rule(proposal(), {"amount": 5.005, "country": "a-b"}).ruling is Ruling.BLOCK


def test_an_edit_rules_at_the_next_proposal(folder: Path) -> None:
    policies = load(folder)
    facts = {"amount": 180, "country": "SE"}
    before = policies.rule(proposal(), facts)
    (folder / "limits.yaml").write_text(GOOD.replace("100", "200").replace("value: 200", "value: 181"))
    after = policies.rule(proposal(), facts)
    assert (before.ruling, after.ruling) == (Ruling.REQUIRE_APPROVAL, Ruling.ALLOW)
    assert before.policy_version != after.policy_version == policies.version


def test_every_name_of_a_rule_and_of_a_fact_is_internal_and_words_are_not(tmp_path: Path) -> None:
    named = GOOD.replace("    - id: large\n", "    - id: large\n      name: large_payment\n").replace(
        "id: limits", "id: limits\nname: Payments"
    )
    (tmp_path / "limits.yaml").write_text(named.replace("applies_to", "description: Two words.\napplies_to"))
    other = named.replace("id: limits", "id: others").replace("name: large_payment", "name: A large payment")
    (tmp_path / "others.yaml").write_text(other)
    found = FilePolicies(tmp_path, facts={**FACTS, "order_total": FactType.NUMBER}, tools=["pay", "greet"]).names()
    assert {"limits", "others", "large", "large_payment", "order_total"} <= set(found)
    assert not {"A large payment", "Payments", "amount", "vip"} & set(found)
