"""What no policy rules on is not allowed, and a policy that disappears stays in force."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from handrail.business import FactType
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.base import digest
from handrail.domain.errors import DefinitionInvalid
from handrail.policies.loader import FilePolicies
from handrail.shop.definition import business

FACTS = {"amount": FactType.NUMBER, "country": FactType.TEXT}
PAY = """\
id: pay_limit
applies_to: [pay]
rules:
  default_action: allow
  rules: [{id: large, condition: {field: amount, operator: greater_than, value: 100}, action: block, message: m}]
"""
GREET = "id: greetings\napplies_to: [greet]\nrules: {default_action: allow, rules: []}\n"
ANYTHING = PAY.replace("applies_to: [pay]\n", "")
REMEDY = "Put it back; to take a policy out of force, restart the workers without it."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "greet.yaml").write_text(GREET)
    (tmp_path / "pay.yaml").write_text(PAY)
    return tmp_path


def load(path: Path) -> FilePolicies:
    return FilePolicies(path, facts=FACTS, tools=["pay", "greet", "look"], effects=["pay", "greet"])


def proposal(action: str, kind: ProposalKind = ProposalKind.EFFECT) -> Proposal:
    return Proposal(proposal_id="p-1", kind=kind, action=action, arguments={}, arguments_hash=digest({}))


def test_an_effect_that_no_policy_rules_on_needs_approval(folder: Path) -> None:
    (folder / "pay.yaml").unlink()
    policies = load(folder)
    verdict = policies.rule(proposal("pay"), {"amount": 899.0})
    assert verdict.ruling is Ruling.REQUIRE_APPROVAL
    [hit] = verdict.hits
    assert (hit.policy, hit.rule) == ("handrail", "uncovered")
    assert "No policy in force rules on pay" in hit.message
    assert [one.rule for one in policies.explain(proposal("pay"), {"amount": 899.0})] == ["uncovered"]
    assert policies.rule(proposal("greet"), {}).ruling is Ruling.ALLOW


def test_a_policy_for_whatever_has_its_facts_covers_only_what_has_them(folder: Path) -> None:
    (folder / "pay.yaml").write_text(ANYTHING)
    policies = load(folder)
    assert policies.rule(proposal("pay"), {"amount": 99.0}).ruling is Ruling.ALLOW
    assert policies.rule(proposal("pay"), {"amount": 101.0}).ruling is Ruling.BLOCK
    assert policies.rule(proposal("pay"), {"country": "NO"}).hits[0].rule == "uncovered"


def test_reads_and_replies_need_no_policy(folder: Path) -> None:
    policies = load(folder)
    for kind in (ProposalKind.READ, ProposalKind.REPLY):
        assert policies.rule(proposal("look", kind), {}).ruling is Ruling.ALLOW


def test_a_file_that_disappears_stays_in_force_until_it_is_back(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    policies = load(folder)
    good = policies.version
    (folder / "pay.yaml").rename(folder / "pay.yaml.bak")
    for _ in range(2):
        assert policies.rule(proposal("pay"), {"amount": 899.0}).ruling is Ruling.BLOCK
    assert policies.version == good
    words = f"{folder / 'pay.yaml'}:1: the file is gone, and the policy 'pay_limit' with it. {REMEDY}"
    assert policies.problem == words
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [f"The last good version stays in force: {words}"]
    (folder / "pay.yaml.bak").rename(folder / "pay.yaml")
    assert policies.problem is None
    assert load(folder).version == policies.version == good


def test_other_edits_wait_while_a_policy_is_missing(folder: Path) -> None:
    policies = load(folder)
    (folder / "pay.yaml").unlink()
    (folder / "greet.yaml").write_text(GREET.replace("allow", "block"))
    assert policies.rule(proposal("pay"), {"amount": 899.0}).ruling is Ruling.BLOCK
    assert policies.rule(proposal("greet"), {}).ruling is Ruling.ALLOW
    assert policies.problem
    (folder / "pay.yaml").write_text(PAY)
    assert policies.rule(proposal("greet"), {}).ruling is Ruling.BLOCK
    assert policies.problem is None


def test_a_policy_that_makes_way_for_another_stays_in_force(folder: Path) -> None:
    policies = load(folder)
    (folder / "pay.yaml").write_text("# new\n" + PAY.replace("pay_limit", "fresh").replace("100", "1000"))
    assert policies.rule(proposal("pay"), {"amount": 899.0}).ruling is Ruling.BLOCK
    assert policies.problem == f"{folder / 'pay.yaml'}:2: id: the policy 'pay_limit' that stood here is gone. {REMEDY}"


def test_a_policy_may_move_to_another_file_and_be_edited(folder: Path) -> None:
    policies = load(folder)
    (folder / "pay.yaml").unlink()
    (folder / "money.yml").write_text(PAY.replace("100", "1000"))
    assert policies.rule(proposal("pay"), {"amount": 899.0}).ruling is Ruling.ALLOW
    assert policies.problem is None
    (folder / "money.yml").unlink()
    assert str(policies.problem).startswith(f"{folder / 'money.yml'}:1: the file is gone")


def test_a_removal_counts_from_the_next_start(folder: Path) -> None:
    running = load(folder)
    (folder / "greet.yaml").unlink()
    assert [policy.id for policy in load(folder).all()] == ["pay_limit"]
    assert [policy.id for policy in running.all()] == ["greetings", "pay_limit"]


def test_effects_that_no_policy_names_are_told_at_the_start_and_when_an_edit_makes_them_so(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[str]:
        said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        caplog.clear()
        return [words.split()[3] for words in said if words.startswith("No policy names ")]

    (folder / "pay.yaml").write_text(ANYTHING)
    policies = load(folder)
    assert told() == ["pay"]
    (folder / "greet.yaml").write_text(GREET.replace("greet]", "look]"))
    policies.all()
    assert told() == ["greet"]
    assert policies.rule(proposal("greet"), {}).ruling is Ruling.REQUIRE_APPROVAL


def test_a_policy_without_examples_loads_and_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    policies = load(folder)
    assert "The policy pay_limit has no examples" in caplog.text
    caplog.clear()
    (folder / "pay.yaml").write_text(PAY.replace("100", "90"))
    assert policies.rule(proposal("pay"), {"amount": 95}).ruling is Ruling.BLOCK
    assert not caplog.records


def test_the_shops_effects_are_each_named_by_a_policy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copytree(business.folder / "policies", tmp_path / "policies")
    policies = FilePolicies.of(tmp_path / "policies", business)
    assert not caplog.records
    facts = {"refund_amount_usd": 899.0, "customer_refund_total_30d_usd": 899.0}
    assert policies.rule(proposal("cancel_order"), facts).ruling is Ruling.BLOCK
    for file in list((tmp_path / "policies").iterdir())[1:]:
        file.unlink()
    assert policies.rule(proposal("cancel_order"), facts).ruling is Ruling.BLOCK


def test_a_folder_without_policies_is_no_start(tmp_path: Path) -> None:
    with pytest.raises(DefinitionInvalid, match=r"holds no \*.yaml file"):
        load(tmp_path)
