"""Files of Clyro are put into ours; beside its own package, both rule alike where they say so."""

from __future__ import annotations

import importlib
import importlib.util
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from handrail.business import FactType, Shape
from handrail.cli.main import app
from handrail.definitions import Document
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.base import digest
from handrail.domain.errors import DefinitionInvalid
from handrail.policies.clyro import EQUIVALENT, Translated, translate
from handrail.policies.names import PolicyNames, known
from handrail.policies.sets import PolicySet, build

ARGUMENTS: dict[str, Shape] = {
    "amount": FactType.NUMBER,
    "percentage": FactType.NUMBER,
    "issue_type": FactType.TEXT,
    "reason": FactType.TEXT,
    "vip": FactType.FLAG,
    "tags": FactType.TEXTS,
}
BASE = known({}, ["refund", "look"], ["refund"])
KNOWN = PolicyNames(BASE.facts, BASE.tools, {**BASE.arguments, "refund": ARGUMENTS})
TEMPLATE = """\
name: refund_threshold_guard
description: Block refunds over $200
action_type: tool_call
rules:
  version: "1.0"
  default_action: allow
  rules:
    - id: rule-cx-refund-max
      name: cx_refund_max_amount
      condition: {field: amount, operator: max_value, value: 200}
      action: block
      message: "Refund of ${{amount}} exceeds maximum threshold of $200"
"""
CLOUD = TEMPLATE.replace("name: refund", "id: 8f14e45f\nname: refund", 1).replace(
    "action_type: tool_call\n", "category: money\n"
)
LOCAL = """\
version: 1
default_action: allow
actions:
  llm_call:
    policies:
      - {name: cost-cap, parameter: cost, operator: max_value, value: 5.0, action: block}
  tool_call:
    policies:
      - {name: good-customers, parameter: vip, operator: equals, value: true, action: allow}
      - {name: much, parameter: amount, operator: max_value, value: 100, action: require_approval}
      - {name: angry, parameter: reason, operator: contains, value: Lawyer, action: block}
global:
  policies:
    - {name: disputes, parameter: "*.issue_type", operator: in_list, value: [billing_dispute, legal], action: block}
    - {name: never, parameter: tool_name, operator: equals, value: delete_database, action: block}
"""
ALL: dict[str, tuple[str, Any, dict[str, Any], dict[str, Any]]] = {
    "max_value": ("amount", 100, {"amount": 100.01}, {"amount": 100}),
    "min_value": ("amount", "5.5", {"amount": 5}, {"amount": 5.5}),
    "equals": ("issue_type", "legal", {"issue_type": "legal"}, {"issue_type": "Legal"}),
    "not_equals": ("vip", True, {"vip": False}, {"vip": True}),
    "in_list": ("amount", [1, 2.5], {"amount": 2.5}, {"amount": 2}),
    "not_in_list": ("issue_type", ["a", "b"], {"issue_type": "c"}, {"issue_type": "a"}),
    "contains": ("reason", "Lawyer", {"reason": "my LAWYER says"}, {"reason": "late"}),
    "not_contains": ("reason", "order", {"reason": "late"}, {"reason": "The ORDER is late"}),
}


def document(text: str, name: str = "theirs.yaml") -> Document:
    return Document.of(Path(name), text.encode())


def put(text: str, *tools: str) -> Translated:
    return translate(document(text), KNOWN, tools)


def ruled(made: Translated, **arguments: Any) -> Ruling:
    return by(build([document(made.text, "ours.yaml")], KNOWN), arguments)


def by(policies: PolicySet, arguments: dict[str, Any]) -> Ruling:
    wanted = Proposal(
        proposal_id="p", kind=ProposalKind.EFFECT, action="refund", arguments=arguments, arguments_hash=digest(arguments)
    )
    return policies.rule(wanted, {}, "").ruling


def one_rule(operator: str, parameter: str, value: Any, action: str = "block") -> str:
    rule = {"parameter": parameter, "operator": operator, "value": value, "name": "r", "action": action}
    return yaml.safe_dump({"version": 1, "default_action": "allow", "actions": {"tool_call": {"policies": [rule]}}})


@pytest.mark.parametrize("shape", [TEMPLATE, CLOUD])
def test_the_cloud_and_its_template_are_put_into_ours(shape: str) -> None:
    made = put(shape, "refund")
    assert made.left == []
    assert ruled(made, amount=200) is Ruling.ALLOW
    assert ruled(made, amount=200.01) is Ruling.BLOCK
    assert ruled(made) is Ruling.BLOCK
    inside = yaml.safe_load(made.text)
    assert (
        inside["rules"]["rules"][0]["message"] == "Refund of ${{proposal.arguments.amount}} exceeds maximum threshold of $200"
    )
    assert inside["applies_to"] == ["refund"]


def test_the_local_shape_keeps_its_order() -> None:
    made = put(LOCAL)
    (left,) = made.left
    assert left == "theirs.yaml:6: is for llm_call; policies here rule on tool calls."
    seen = {"vip": False, "reason": "late", "issue_type": "other"}
    assert ruled(made, **seen, amount=100) is Ruling.ALLOW
    assert ruled(made, **seen, amount=101) is Ruling.REQUIRE_APPROVAL
    assert ruled(made, **{**seen, "vip": True}, amount=101) is Ruling.ALLOW
    assert ruled(made, **{**seen, "reason": "my lawyer"}, amount=101) is Ruling.REQUIRE_APPROVAL
    assert ruled(made, **{**seen, "reason": "my lawyer"}, amount=1) is Ruling.BLOCK
    assert ruled(made, **{**seen, "issue_type": "legal"}, amount=1) is Ruling.BLOCK
    for words in ("Order: ", "So much, angry, disputes, never say", "Missing: ", "Capitals: ", "Numbers: ", "Examples: "):
        assert any(one.startswith(words) for one in made.notes), words


@pytest.mark.parametrize("operator", ALL)
def test_every_operator_is_known(operator: str) -> None:
    parameter, value, held, not_held = ALL[operator]
    made = put(one_rule(operator, parameter, value))
    assert made.left == []
    assert (ruled(made, **held), ruled(made, **not_held)) == (Ruling.BLOCK, Ruling.ALLOW)


def test_a_list_that_holds_what_contains_looks_for() -> None:
    made = put(one_rule("contains", "tags", "Fraud"))
    assert (ruled(made, tags=["no", "a fraud?"]), ruled(made, tags=["no"])) == (Ruling.BLOCK, Ruling.ALLOW)


@pytest.mark.parametrize(
    ("operator", "parameter", "value", "words"),
    [
        ("max_value", "reason", 5, "max_value 5 makes no sense of proposal.arguments.reason, which is a text."),
        ("max_value", "amount", "much", 'max_value "much" makes no sense'),
        ("equals", "amount", "100", 'equals "100" makes no sense of proposal.arguments.amount, which is a number.'),
        ("equals", "reason", None, "equals null makes no sense"),
        ("in_list", "reason", "a", 'in_list "a" makes no sense'),
        ("in_list", "reason", ["a", 1], 'in_list ["a", 1] makes no sense'),
        ("contains", "amount", "1", 'contains "1" makes no sense'),
        ("contains", "reason", ["a"], 'contains ["a"] makes no sense'),
        ("near", "amount", 1, "near 1 makes no sense"),
        (
            "max_value",
            "cost",
            1,
            "looks at proposal.arguments.cost, and this business has no such fact. Name ours: --fact cost=OURS",
        ),
    ],
)
def test_what_cannot_be_put_into_ours_is_told_with_its_line(operator: str, parameter: str, value: Any, words: str) -> None:
    made = put(one_rule(operator, parameter, value))
    assert made.left[0].startswith("theirs.yaml:4: rule r")
    assert words in made.left[0]
    assert f"# NOT TRANSLATED: {made.left[0]}" in made.text


@pytest.mark.parametrize("text", ["rules: [1]\n", "[]\n", "a: 1\n"])
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(DefinitionInvalid, match=r"^theirs\.yaml:1: "):
        put(text)


@pytest.mark.parametrize("operator", EQUIVALENT)
def test_the_refusal_of_a_foreign_operator_names_ours(operator: str) -> None:
    text = CLOUD.replace("max_value", operator)
    with pytest.raises(DefinitionInvalid) as refused:
        build([document(text, "x.yaml")], KNOWN)
    assert str(refused.value) == (
        f"x.yaml:11: operator: {operator!r} is Clyro's. Here it is {EQUIVALENT[operator]}; see handrail policy import clyro."
    )


@pytest.mark.parametrize(("text", "key", "line"), [(TEMPLATE, "action_type", 3), (LOCAL, "actions", 3)])
def test_a_whole_file_of_theirs_is_sent_to_the_import(text: str, key: str, line: int) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        build([document(text, "x.yaml")], KNOWN)
    words = f"x.yaml:{line}: {key}: this is a policy file of Clyro. Put it into ours: handrail policy import clyro FILE."
    assert str(refused.value) == words


def test_the_command_prints_a_file_that_loads_and_says_what_differs(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.yaml"
    theirs.write_text(TEMPLATE)
    words = ["policy", "import", "clyro", str(theirs), "--tool", "refund_order", "--fact", "amount=refund_amount_usd"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    assert "Missing: there a rule whose parameter is missing is passed over, here it blocks." in done.stderr
    (tmp_path / "ours.yaml").write_text(done.stdout)
    tested = CliRunner().invoke(app, ["policy", "test", str(tmp_path / "ours.yaml")])
    assert "has no examples" in tested.stdout
    assert yaml.safe_load(done.stdout)["rules"]["rules"][0]["expression"] == "refund_amount_usd > 200"
    theirs.write_text(TEMPLATE.replace("amount", "cost"))
    wrong = CliRunner().invoke(app, ["policy", "import", "clyro", str(theirs)])
    assert (wrong.exit_code, "Name ours: --fact cost=OURS" in wrong.stderr) == (1, True)


# Beside the package itself: `uv pip install clyro==0.3.5`, or its folder on PYTHONPATH.

beside = pytest.mark.skipif(importlib.util.find_spec("clyro") is None, reason="clyro is not installed")


def theirs(text: str, arguments: dict[str, Any]) -> str:
    """What Clyro itself decides on a tool call; the cloud's shape is read as its own code reads it."""
    local_policy: Any = importlib.import_module("clyro.local_policy")
    cloud: Any = importlib.import_module("clyro.backend.cloud_policy")
    data = yaml.safe_load(text)
    if isinstance(data.get("rules"), dict):
        rules, (default,) = cloud.CloudPolicyFetcher._extract_rules(None, [data])
        data = {"version": 1, "default_action": default, "actions": {"tool_call": {"policies": rules}}}
    local_policy._loaded_config = local_policy.SDKPolicyConfig.model_validate(data)
    local_policy._cache_populated = True
    evaluator = local_policy.SDKLocalPolicyEvaluator(approval_handler=None, dry_run=True)
    return str(evaluator._evaluate("tool_call", {"tool_name": "refund", **arguments}).decision)


@beside
@pytest.mark.parametrize("text", [TEMPLATE, CLOUD, LOCAL])
def test_the_documented_files_rule_as_they_do_there(text: str) -> None:
    made = put(text)
    for amount in (0, 99.99, 100, 100.01, 200, 200.01):
        changes: list[dict[str, Any]] = [{"reason": "LAWYER"}, {"vip": True}, {"issue_type": "legal"}, {}]
        for more in changes:
            seen = {"amount": amount, "vip": False, "reason": "late", "issue_type": "x", **more}
            assert ruled(made, **seen).value == theirs(text, seen), seen


def generated(chance: random.Random) -> tuple[str, dict[str, Any]]:
    """A file of a few rules, and a call with every argument."""
    rules = []
    for index in range(chance.randint(1, 5)):
        operator = chance.choice(list(ALL))
        parameter, value, *_ = ALL[operator]
        if parameter == "amount":
            value = chance.choice([[1, 2.5, 30], [7]]) if "list" in operator else chance.choice([1, 2.5, 30, 0.3])
        action = chance.choice(["allow", "block", "require_approval"])
        rules.append({"name": f"r{index}", "parameter": parameter, "operator": operator, "value": value, "action": action})
    data = {"version": 1, "default_action": chance.choice(["allow", "block"]), "actions": {"tool_call": {"policies": rules}}}
    call = {
        "amount": chance.choice([0, 0.3, 1, 2.5, 7, 30, 31]),
        "percentage": 5,
        "issue_type": chance.choice(["legal", "a", "c"]),
        "reason": chance.choice(["my LAWYER", "the Order", "late"]),
        "vip": chance.choice([True, False]),
        "tags": [],
    }
    return json.dumps(data), call


def test_generated_files_load_and_rule_alike() -> None:
    installed = importlib.util.find_spec("clyro") is not None
    for seed in range(200 if installed else 30):
        chance = random.Random(seed)
        text, _ = generated(chance)
        made = put(text)
        assert made.left == []
        policies = build([document(made.text, "ours.yaml")], KNOWN)
        for _ in range(5):
            _, call = generated(chance)
            here = by(policies, call)
            assert not installed or here.value == theirs(text, call), (text, call)
