"""Answers of a shadow held against what really happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from graphs.ruling import ruling_pass
from handrail.domain.actions.proposals import RuleHit, Ruling
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.rollout.ramps import Candidate
from handrail.domain.rollout.shadows import (
    LOWERED_BY,
    AnswerBeside,
    AnswerState,
    ProposedEffect,
    RealTurn,
    Shadow,
    ShadowAnswer,
    ShadowBudget,
    ShadowCandidate,
    ShadowSpent,
    ruled_by_policies,
)
from handrail.quality.shadow.comparing import DONE, STILL, compared, report_of
from handrail.quality.shadow.layout import lay_out, read_shadow_candidate
from handrail.shop import business
from handrail.topics.loader import FileTopics

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
REFUND: dict[str, Any] = {"order_id": "O-1", "amount": 80, "reason": "broken"}
PARTS = ReleaseParts(model="m", prompts="p", policies="q", topics="t", graph="g", router="r")


def refund(ruling: Ruling = Ruling.REQUIRE_APPROVAL, **changes: Any) -> ProposedEffect:
    return ProposedEffect(action="refund_order", arguments={**REFUND, **changes}, ruling=ruling)


def beside(answer: ShadowAnswer | None, real: RealTurn, **more: Any) -> AnswerBeside:
    about = {"case_id": "c-1", "day": date(2026, 5, 4), "state": AnswerState.ANSWERED, "ended_at": AT}
    return AnswerBeside.model_validate({**about, "answer": answer, "real": real, **more})


def real(effect: ProposedEffect | None = None, decided: str | None = None, **more: Any) -> RealTurn:
    return RealTurn.model_validate({"ended": True, "topic": "refund", "effect": effect, "decided": decided, **more})


def said(effect: ProposedEffect | None = None, **more: Any) -> ShadowAnswer:
    return ShadowAnswer.model_validate({"topic": "refund", "effect": effect, **more})


@pytest.mark.parametrize(
    ("answer", "happened", "agrees", "agreed"),
    [
        (said(refund(reason="another word")), real(refund(), "approved", arguments=REFUND), True, True),
        (said(refund(amount="80.0")), real(refund(), "approved", arguments=REFUND), True, True),
        (said(refund(amount=90)), real(refund(), "approved", arguments=REFUND), False, True),
        (said(), real(refund(), "approved", arguments=REFUND), False, True),
        (said(refund(amount=50)), real(refund(), "edited", arguments={**REFUND, "amount": 50}), True, False),
        (said(refund()), real(refund(), "edited", arguments={**REFUND, "amount": 50}), False, False),
        (said(refund()), real(refund(), "rejected"), False, False),
        (said(to_people=True), real(refund(), "rejected"), True, False),
        (said(refund()), real(refund()), None, None),
        (said(reply="Hello", passes=True), real(None, "approved"), None, None),
    ],
)
def test_what_people_decided_is_the_measure(
    answer: ShadowAnswer, happened: RealTurn, agrees: bool | None, agreed: bool | None
) -> None:
    found = compared(beside(answer, happened))
    assert (found.agrees, found.agreed, found.left_out) == (agrees, agreed, "")


def test_route_tool_and_ruling_are_compared_one_by_one() -> None:
    found = compared(beside(said(refund(Ruling.ALLOW)), real(refund())))
    assert (found.route, found.tool, found.ruling, found.passes) == (True, True, False, None)
    found = compared(beside(said(to_people=True, reason="risk"), real(refund())))
    assert (found.route, found.tool, found.ruling) == (False, False, None)
    found = compared(beside(said(reply="x", passes=False), real()))
    assert (found.route, found.tool, found.passes) == (True, True, False)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (beside(said(), RealTurn(topic="refund")), STILL),
        (beside(said(), real(refund(), done_at=AT - timedelta(seconds=1))), DONE),
        (beside(None, real(), state=AnswerState.FAILED, why="hung: no answer within 300 s"), "hung"),
        (beside(None, real(), state=AnswerState.BEGUN), "begun"),
    ],
)
def test_what_cannot_be_compared_is_left_out_and_says_why(kept: AnswerBeside, why: str) -> None:
    assert compared(kept).left_out == why


def test_a_report_has_shares_with_intervals_and_no_share_of_nothing() -> None:
    shadow = Shadow(
        release="n", base="b", parts=PARTS, candidate=ShadowCandidate(model="m"), share=10, budget=ShadowBudget(), owner="ann"
    )
    answers = [beside(said(refund()), real(refund(), "approved", arguments=REFUND), case_id=f"c-{n}") for n in range(9)]
    answers += [beside(said(), real(refund(), "approved", arguments=REFUND), case_id="c-9")]
    answers += [beside(None, real(), state=AnswerState.FAILED, why="crashed: gone", case_id="c-10")]
    found = report_of(shadow, answers, 20, ShadowSpent())
    agrees = found.shares["agrees"]
    assert (agrees.hits, agrees.n, found.compared, found.answered, found.sampled) == (9, 10, 10, 10, 20)
    assert agrees.low is not None
    assert agrees.high is not None
    assert agrees.low < 0.9 < agrees.high
    assert (found.shares["passes"].n, found.shares["passes"].value) == (0, None)
    assert found.failed == {"crashed": 1}
    assert found.words[0] == "10 of 20 sampled cases answered, 10 compared"


def test_the_policies_ruling_is_told_apart_from_dial_routing_and_people() -> None:
    own = {ruling_pass.BY_AUTONOMY, ruling_pass.BY_CONFIDENCE, ruling_pass.BY_EDITOR}
    assert own < LOWERED_BY
    rule = RuleHit(policy="refund_amount", rule="small", ruling=Ruling.ALLOW, message="")
    held = [RuleHit(policy="topic", rule=one, ruling=Ruling.REQUIRE_APPROVAL, message="") for one in own]
    assert ruled_by_policies([rule, *held]) is Ruling.ALLOW
    strict = rule.model_copy(update={"ruling": Ruling.BLOCK})
    assert ruled_by_policies([strict, *held]) is Ruling.BLOCK


def test_a_budget_is_reached_by_any_of_its_kinds() -> None:
    budget = ShadowBudget(calls=3, lookups=5, tokens=10, usd=0.5)
    assert ShadowSpent(calls=2, lookups=4, tokens=9, usd=0.49).reached(budget) == ""
    assert ShadowSpent(calls=3, usd=0.6).reached(budget) == "3 of 3 calls, 0.6 of 0.5 usd"
    assert ShadowSpent(calls=3).reached(budget, "lookups") == ""


def test_a_candidate_may_differ_in_whole_folders_and_is_laid_out(tmp_path: Path) -> None:
    topics = FileTopics(business.folder / "topics", business.by_name).all()
    policies, prompts = tmp_path / "policies", tmp_path / "prompts"
    policies.mkdir()
    prompts.mkdir()
    (policies / "only.yaml").write_text("rules: []\n")
    (prompts / "refund.txt").write_text("Be short.")
    found = read_shadow_candidate(Candidate(), prompts, None, policies, None, topics)
    assert found.differs == ["prompt of refund", "policies"]
    folder = lay_out(tmp_path / "laid", found, business.folder)
    assert [one.name for one in (folder / "policies").iterdir()] == ["only.yaml"]
    laid = FileTopics(folder / "topics", business.by_name).get("refund")
    assert laid is not None
    assert laid.prompt == "Be short."
    assert not (folder / "release.yaml").exists()


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({}, "differs in nothing"),
        ({"policies": "absent"}, "--policies: .* is no folder"),
        ({"policies": "empty"}, "holds no file"),
        ({"topics": "odd"}, "is no YAML file"),
        ({"topics": "odd", "prompts": "odd"}, "Leave --prompts out"),
        ({"graph": "graphs.nowhere"}, "there is no module"),
    ],
)
def test_what_is_no_candidate_is_refused_with_words(option: dict[str, str], words: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "notes.txt").write_text("x")
    given: dict[str, Any] = {"prompts": None, "topics": None, "policies": None, "graph": None}
    given |= {name: value if name == "graph" else tmp_path / value for name, value in option.items()}
    with pytest.raises(InvalidInput, match=words):
        read_shadow_candidate(Candidate(), given["prompts"], given["topics"], given["policies"], given["graph"], [])
