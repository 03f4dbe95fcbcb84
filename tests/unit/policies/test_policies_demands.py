"""What an approval must fulfil, where several rules ask for one: the most of everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.business import FactType
from handrail.definitions import Document
from handrail.domain.actions.confirmations import always, minutes_of
from handrail.domain.actions.proposals import ROLES, Demands, Proposal, ProposalKind, RuleHit, Ruling, demands
from handrail.domain.base import digest
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.demanding import WhoIsAsked
from handrail.domain.policy.rulings import asked_by
from handrail.policies.changes import PolicyOutcome, RulingPair, changes
from handrail.policies.loader import FilePolicies
from handrail.policies.names import known
from handrail.policies.sets import build

FILE = """\
id: pay_limits
applies_to: [pay]
rules:
  default_action: allow
  rules:
    - {id: some, expression: amount > 10, action: require_approval, message: m}
    - {id: more, expression: amount > 100, action: require_approval, role: specialist, ttl_minutes: 60, message: m}
    - {id: most, expression: amount > 500, action: require_approval, quorum: 2, ttl_minutes: 99, message: m,
       verified_identity: true}
    - {id: too_much, expression: amount > 900, action: block, message: m}
"""


WHOLE = """\
id: whole
applies_to: [pay]
rules:
  default_action: require_approval
  default: {confirm: always, confirm_minutes: 60, role: manager, quorum: 2}
  rules:
    - {id: small, expression: amount <= 10, action: confirm, confirm: unless_asked_exactly, message: m}
    - {id: none, expression: amount > 900, action: block, message: m}
examples:
  - {name: small, facts: {amount: 5}, expect: confirm, asked: [customer]}
  - {name: any, facts: {amount: 50}, expect: require_approval, asked: [customer, person]}
  - {name: too much, facts: {amount: 901}, expect: block, asked: []}
"""


def hit(ruling: Ruling = Ruling.REQUIRE_APPROVAL, **changes: Any) -> RuleHit:
    return RuleHit(policy="p", rule="r", ruling=ruling, message="m", **changes)


@pytest.fixture
def policies(tmp_path: Path) -> FilePolicies:
    (tmp_path / "pay.yaml").write_text(FILE)
    return FilePolicies(tmp_path, facts={"amount": FactType.NUMBER}, tools=["pay"], effects=["pay"])


@pytest.mark.parametrize(
    ("amount", "role", "quorum", "ttl", "verified"),
    [
        (11, "support", 1, None, False),
        (101, "specialist", 1, 60, False),
        (501, "specialist", 2, 60, True),
    ],
)
def test_the_strictest_of_every_rule_that_asks(
    policies: FilePolicies, amount: int, role: str, quorum: int, ttl: int | None, verified: bool
) -> None:
    proposal = Proposal(proposal_id="p", kind=ProposalKind.EFFECT, action="pay", arguments={}, arguments_hash=digest({}))
    verdict = policies.rule(proposal, {"amount": amount})
    wanted = verdict.demands
    assert (wanted.role, wanted.quorum, wanted.ttl_minutes, wanted.verified_identity) == (role, quorum, ttl, verified)
    assert type(verdict).model_validate_json(verdict.model_dump_json()).demands == wanted


def test_roles_beside_the_ladder_are_all_wanted() -> None:
    asked = [hit(role="support"), hit(role="fraud"), hit(role="manager"), hit(role="legal"), hit(Ruling.BLOCK, role="board")]
    assert demands(asked).roles == ["manager", "fraud", "legal"]
    assert demands([]) == Demands()


@given(
    st.lists(
        st.builds(
            hit,
            st.sampled_from(Ruling),
            role=st.sampled_from([None, *ROLES, "fraud"]),
            quorum=st.integers(1, 5),
            ttl_minutes=st.none() | st.integers(1, 500),
            verified_identity=st.booleans(),
        )
    ),
    st.builds(
        hit,
        role=st.sampled_from([None, *ROLES, "legal"]),
        quorum=st.integers(1, 5),
        ttl_minutes=st.none() | st.integers(1, 500),
    ),
)
def test_one_more_rule_never_asks_for_less(before: list[RuleHit], more: RuleHit) -> None:
    less, now = demands(before), demands([*before, more])
    ladder = {role: rank for rank, role in enumerate(ROLES)}
    assert now.quorum >= less.quorum
    assert now.ttl_minutes is None or less.ttl_minutes is None or now.ttl_minutes <= less.ttl_minutes
    assert not (less.ttl_minutes is not None and now.ttl_minutes is None)
    assert now.verified_identity >= less.verified_identity
    assert ladder.get(now.role, 0) >= ladder.get(less.role, 0)
    assert {role for role in less.roles if role not in ladder} <= set(now.roles)


@pytest.mark.parametrize("extra", ["quorum: 2", "ttl_minutes: 5", "verified_identity: true", "role: manager"])
def test_nobody_is_asked_where_a_rule_blocks(tmp_path: Path, extra: str) -> None:
    (tmp_path / "pay.yaml").write_text(FILE.replace("action: block", f"action: block, {extra}"))
    with pytest.raises(DefinitionInvalid, match=f"10: {extra.partition(':')[0]}: nobody is asked where the action is block"):
        FilePolicies(tmp_path, facts={"amount": FactType.NUMBER}, tools=["pay"])


@pytest.mark.parametrize("wrong", ["quorum: 0", "quorum: two", "ttl_minutes: 0", "role: Nobody In Particular", "approvers: 2"])
def test_a_demand_that_makes_no_sense_is_refused_at_its_line(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "pay.yaml").write_text(FILE.replace("role: specialist", wrong))
    with pytest.raises(DefinitionInvalid, match=r"pay.yaml:7: .*" + wrong.partition(":")[0]):
        FilePolicies(tmp_path, facts={"amount": FactType.NUMBER}, tools=["pay"])


def test_the_default_may_ask_the_customer_first_and_then_people(tmp_path: Path) -> None:
    (tmp_path / "pay.yaml").write_text(WHOLE)
    policies = FilePolicies(tmp_path, facts={"amount": FactType.NUMBER}, tools=["pay"], effects=["pay"])
    arguments = {"amount": 50}
    paying = Proposal(
        proposal_id="p", kind=ProposalKind.EFFECT, action="pay", arguments=arguments, arguments_hash=digest(arguments)
    )
    verdict = policies.rule(paying, {"amount": 50})
    assert (verdict.ruling, asked_by(verdict.hits)) == (Ruling.REQUIRE_APPROVAL, [WhoIsAsked.CUSTOMER, WhoIsAsked.PERSON])
    assert (verdict.demands.roles, verdict.demands.quorum) == (["manager"], 2)
    assert (always(verdict.hits), minutes_of(verdict.hits)) == (True, 60)
    assert asked_by([*verdict.hits, hit(Ruling.BLOCK)]) == []


def test_that_the_customer_is_asked_too_is_a_difference() -> None:
    names = known({"amount": FactType.NUMBER}, ["pay"], ["pay"])
    alone = WHOLE.replace("confirm: always, confirm_minutes: 60, ", "").split("examples:")[0]
    old, new = (build([Document.of(Path("pay.yaml"), text.encode())], names) for text in (alone, WHOLE))
    change = next(one for one in changes(old, new) if not one.rule)
    assert change.fields["default"][1]["confirm"] == "always"
    arguments = {"amount": 50}
    paying = Proposal(
        proposal_id="p", kind=ProposalKind.EFFECT, action="pay", arguments=arguments, arguments_hash=digest(arguments)
    )
    pair = PolicyOutcome.of(old.rule(paying, {"amount": 50}, "")), PolicyOutcome.of(new.rule(paying, {"amount": 50}, ""))
    assert [one.asked for one in pair] == [[WhoIsAsked.PERSON], [WhoIsAsked.CUSTOMER, WhoIsAsked.PERSON]]
    assert RulingPair(old=pair[0], new=pair[1]).direction == "otherwise"
