"""Recusals: who is left for a case once somebody has no part in it any more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handrail.domain.actions.approvals import Approval, Decision, DecisionKind, HumanRequest, SentDecision, Source, Yes
from handrail.domain.team.recusing import Recusing, nobody_left
from handrail.domain.team.reviewers import ReviewerFile, Reviewers
from handrail.domain.team.staff import Need, Roster, TeamMember

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ROLES: dict[str, dict[str, str]] = {"support": {}, "specialist": {}}
PEOPLE = [{"name": name, "roles": [role]} for name, role in (("ann", "support"), ("bob", "support"), ("bea", "specialist"))]
SAID = Decision(approval_id="", revision=0, decision=DecisionKind.ANSWER, reviewer="ann", decided_at=NOON)
SENT = SentDecision(source=Source(workflow_id="case-1", run_id="r"), decision=SAID)


def reviewers(*, anyone: bool = False, strict: bool = False) -> Reviewers:
    more = {"anyone": {"roles": ["support"]}} if anyone else {}
    return Reviewers(ReviewerFile.model_validate({"roles": ROLES, "people": PEOPLE, **more}), strict=strict)


def asked(recused: list[str], need: Need | None = None, *yes: str, **request: object) -> Recusing:
    wanted = {"request_id": "a", "action": "refund", "title": "Refund", "headline": "refund · 40 EUR", "role": "support"}
    approval = Approval(
        approval_id="a",
        case_id="c",
        revision=1,
        request=HumanRequest.model_validate({**wanted, **request}),
        opened_at=NOON,
        due_at=NOON,
        yes=[Yes(reviewer=name, roles=["support"], at=NOON) for name in yes],
    )
    return Recusing(sent=SENT, case_id="c", open=[] if need else [approval], need=need, recused=recused)


@pytest.mark.parametrize(
    ("recused", "stuck"), [([], False), (["bob"], False), (["bea"], False), (["bob", "bea"], True)], ids=str
)
def test_the_last_one_who_could_decide_leaves_nobody(recused: list[str], stuck: bool) -> None:
    words = nobody_left(asked(recused), "Ann", reviewers(), Roster())
    assert bool(words) is stuck
    assert not words or ("refund · 40 EUR" in words and "case c" in words)


def test_a_role_and_a_second_person_have_to_be_left_too() -> None:
    assert nobody_left(asked([], None, role="specialist", roles=["specialist"]), "bea", reviewers(), Roster())
    assert not nobody_left(asked([], None, "bob", quorum=2), "ann", reviewers(), Roster())
    assert nobody_left(asked(["bea"], None, "bob", quorum=2), "ann", reviewers(), Roster())
    assert nobody_left(asked(["bea"], None, proposed_by=["bob"]), "ann", reviewers(), Roster())
    # Their own yes is not counted among those that are there.
    assert nobody_left(asked(["bea"], None, "ann", quorum=2), "ann", reviewers(), Roster())


def test_where_anyone_may_decide_there_is_always_another_one() -> None:
    assert not nobody_left(asked(["bob", "bea"]), "ann", reviewers(anyone=True), Roster())
    assert nobody_left(asked(["bob", "bea"]), "ann", reviewers(anyone=True, strict=True), Roster())
    assert not nobody_left(asked([]), "ann", Reviewers(), Roster())


def test_a_case_needs_somebody_left_in_its_queue() -> None:
    need = Need(queue="support", tier=1, language="de")
    ann, eve = (TeamMember(name=name, skills=["support"], languages=["de"]) for name in ("ann", "eve"))
    assert not nobody_left(asked([], need), "ann", reviewers(), Roster([ann, eve]))
    assert "'support'" in nobody_left(asked(["eve"], need), "ann", reviewers(), Roster([ann, eve]))
    assert not nobody_left(asked([], need), "ann", reviewers(), Roster())
