"""What the guardrail tells policies of the moment, and that a reply is ruled on where a policy names replies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphs.case import CaseNodes
from graphs.nodes.guardrail import GuardrailNode
from graphs.ruling.policy_facts import PolicyFactsReader
from handrail.business import FactType
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseStatus
from handrail.domain.llm.agent import ModelAnswer
from handrail.domain.policy.facts import WINDOWS, counted
from handrail.policies.loader import FilePolicies
from tests.support.fakes import FakeCustomers, Noon, Stage, calls, says

FILE = """\
id: x
applies_to: [ACTION]
rules:
  default_action: allow
  rules:
    - {id: r, expression: "EXPRESSION", action: require_approval, message: held by r}
"""


class History:
    """What the bank paid, as the ledger counts it; `left_out` is what was asked not to count."""

    def __init__(self) -> None:
        self.left_out: list[Collection[str]] = []
        self.paid: Collection[str] = ()

    async def of(self, case_id: str, customer_id: str, leaving_out: Collection[str]) -> dict[str, Any]:
        self.left_out.append(leaving_out)
        return {counted("pay", window): len(set(self.paid) - set(leaving_out)) for window in WINDOWS}


class Informed(Stage):
    """The graph with policies from a file, and a guardrail that knows the moment unless it is `blind`."""

    def __init__(self, folder: Path, expression: str, *answers: ModelAnswer, action: str = "pay", blind: bool = False) -> None:
        (folder / "x.yaml").write_text(FILE.replace("EXPRESSION", expression).replace("ACTION", action))
        self.files = FilePolicies(folder, facts={"amount": FactType.NUMBER}, tools=["pay", "balance"], effects=["pay"])
        self.history, self.blind = History(), blind
        super().__init__(*answers)

    def nodes(self) -> CaseNodes:
        self.history.paid = self.bank.paid
        situation = None if self.blind else PolicyFactsReader(FakeCustomers(), self.history, Noon())
        guardrail = GuardrailNode(self.topics, self.dial, self.bank, self.files, self.cases, Noon(), situation=situation)
        return replace(super().nodes(), guardrail=guardrail.guardrail)


async def test_two_effects_of_one_answer_are_not_each_the_first(tmp_path: Path) -> None:
    two = calls(("pay", {"amount": 1}), ("pay", {"amount": 2}))
    stage = Informed(tmp_path, "history.pay.count_24h > 0", two, says("Done."))

    await stage.run()

    assert stage.amounts == [1]
    assert stage.asked is not None
    assert stage.asked.arguments == {"amount": 2}
    assert len(stage.history.left_out[0]) == 2


async def test_the_case_and_its_classification_reach_the_rules_and_the_record(tmp_path: Path) -> None:
    stage = Informed(
        tmp_path, "case.turn == 1 && classification.confidence > 0.5", calls(("pay", {"amount": 1})), says("Done.")
    )

    await stage.run()

    assert stage.asked is not None
    assert stage.asked.reasons == ["held by r"]
    (ruled,) = [one for commit in stage.cases.commits for one in commit.rulings]
    seen = ruled.verdict.situation
    assert (seen["case.case_id"], seen["case.turn"], seen["classification.topic"]) == ("c-1", 1, "payout")
    assert seen["customer.customer_id"] == "C-1"
    (entry,) = [one for commit in stage.cases.commits for one in commit.audit if one.action == "ruled:require_approval"]
    assert entry.details["files"] == {"x": ruled.verdict.hits[0].version}


async def test_a_guardrail_that_does_not_know_the_moment_lets_nothing_pass_a_rule_about_it(tmp_path: Path) -> None:
    stage = Informed(tmp_path, "case.turn > 99", calls(("pay", {"amount": 1})), says("Done."), blind=True)

    state = await stage.run()

    assert stage.amounts == []
    assert state.outcome is not None
    assert (state.outcome.status, state.outcome.row.reason) == (CaseStatus.WITH_HUMAN, "policy_block")


@pytest.mark.parametrize("expected", [DecisionKind.APPROVE, DecisionKind.REJECT])
async def test_a_policy_for_replies_holds_them_for_a_person(tmp_path: Path, expected: DecisionKind) -> None:
    stage = Informed(tmp_path, "proposal.arguments.text.contains('hello')", says("Well, hello there."), action="send_reply")

    await stage.run()
    assert stage.asked is not None
    assert (stage.asked.action, "held by r" in stage.asked.reasons) == ("send_reply", True)
    state = await stage.decide(expected)

    assert state.outcome is not None
    said = any("hello there" in message.text for message in state.outcome.messages)
    assert said is (expected is DecisionKind.APPROVE)


async def test_a_reply_that_no_policy_minds_goes_out(tmp_path: Path) -> None:
    stage = Informed(tmp_path, "proposal.arguments.text.contains('voucher')", says("Well, hello there."), action="send_reply")

    state = await stage.run()

    assert state.outcome is not None
    assert state.outcome.status is CaseStatus.RESOLVED
    assert [one.verdict.ruling for one in state.rulings] == [Ruling.ALLOW]
