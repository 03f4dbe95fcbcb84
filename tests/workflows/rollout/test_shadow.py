"""A shadow beside real cases, on real servers: a candidate's own graph in its own process, and people who decide meanwhile."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.rollout.shadows import Shadow, ShadowBudget, ShadowCandidate, ShadowStep, StepOfShadow
from handrail.postgres.quality.shadows import PostgresShadows
from handrail.quality.shadow.comparing import compared, report_of
from handrail.wiring.days.shadowing import runner_over
from tests.support.house import House, quiet, wait_for

PROCESS = "from handrail.quality.shadow.process import prepare, serve; from handrail.frames import answer"
AT_ONCE = (sys.executable, "-c", f"{PROCESS}; answer(0, prepare, serve)")
"""The process as it is, but for its niceness: a test does not wait for a machine to have nothing else to do."""
TRACES = ("actions", "approvals", "audit", "messages", "handoffs", "turns", "case_event", "webhook_messages", "controls")
CANDIDATE = ShadowCandidate(graph="tests.support.reaching", prompts={"refund": "Be short and right."})
PARTS = ReleaseParts(model="m", prompts="p", policies="q", topics="t", graph="g", router="r")


async def traces(home: House, *cases: CaseView) -> dict[str, Any]:
    """Everything that is written down of anything real, and how long the histories of these cases are."""
    counts: dict[str, Any] = {name: await home.rows(f"select count(*) from handrail.{name}") for name in TRACES}
    for case in cases:
        await wait_for(partial(quiet, home.temporal, case.case_id))
        found = await home.temporal.get_workflow_handle(f"case-{case.case_id}").describe()
        counts[case.case_id] = found.history_length
    counts["refunds"] = await home.rows("select count(*), sum(amount) from shop.refunds")
    return counts


async def decided(home: House, case: CaseView, kind: DecisionKind, **more: Any) -> None:
    asked = case.approvals[0]
    seen = {"approval_id": asked.approval_id, "revision": asked.revision}
    await home.cases.decide(case.case_id, DecisionInput(decision=kind, reviewer="ann", **seen, **more))
    await home.settled(case.case_id)


async def test_a_candidate_answers_real_cases_and_leaves_no_trace_but_its_answers(home: House) -> None:
    shadows = PostgresShadows(home.pool)
    shadow = await shadows.start(
        Shadow(release="new", base="old", parts=PARTS, candidate=CANDIDATE, share=100, budget=ShadowBudget(), owner="ann"), ""
    )
    refunds = [await refund(home) for _ in range(3)]
    order = await home.strangers_order(status="shipped")
    where = await home.open(order.customer_id, f"Where is my order {order.order_id}?", channel="api")
    every = [*refunds, where]
    assert [one.status for one in every] == ["AwaitingApproval"] * 3 + ["Resolved"]
    before = await traces(home, *every)
    async with runner_over(home.settings, home.world, argv=AT_ONCE) as runner:
        assert await runner.look() is None
    assert await traces(home, *every) == before
    answers = {one.case_id: one for one in await shadows.answers(shadow.shadow_id, 50)}
    assert {one.case_id for one in every} == set(answers)
    for one in every:
        kept = answers[one.case_id]
        assert kept.answer is not None, kept
        assert kept.answer.refused == ["refund_order", "refund_order"], kept
        assert (kept.answer.topic, kept.state) == (one.topic, "answered")
    assert all(compared(one).route for one in answers.values()), "also while people are asked"
    held, asked = answers[refunds[0].case_id].answer, refunds[0].approvals[0].request
    assert held is not None
    assert held.effect is not None
    assert held.effect.arguments["amount"] == asked.arguments["amount"]
    assert held.effect.ruling == "require_approval"
    told = answers[where.case_id].answer
    assert told is not None
    assert (told.effect, told.passes) == (None, True)
    assert order.order_id in (told.reply or "")
    await decided(home, refunds[0], DecisionKind.APPROVE)
    await decided(home, refunds[1], DecisionKind.EDIT, arguments={"amount": 5})
    await decided(home, refunds[2], DecisionKind.REJECT)
    found = {one.case_id: compared(one) for one in await shadows.answers(shadow.shadow_id, 50)}
    assert [found[one.case_id].left_out for one in every] == [""] * 4
    assert all(found[one.case_id].route and found[one.case_id].tool for one in every)
    assert [(found[one.case_id].agrees, found[one.case_id].agreed) for one in refunds] == [
        (True, True),
        (False, False),
        (False, False),
    ]
    report = report_of(
        shadow, await shadows.answers(shadow.shadow_id, 50), await shadows.sampled(shadow), await shadows.spent(None, 1)
    )
    assert (report.answered, report.compared, report.by_topic["refund"]["ruling"].hits) == (4, 4, 3)
    await shadows.step(ShadowStep(shadow_id=shadow.shadow_id, kind=StepOfShadow.STOP, actor="ann"))


async def refund(home: House) -> CaseView:
    """A refund that a person has to approve."""
    order = await home.strangers_order(status="delivered", refunded=False, refundable_over=120, refundable_under=480)
    text = f"Please refund order {order.order_id}. I sent everything back, that is {order.refundable} USD."
    return await home.open(order.customer_id, text, channel="api")
