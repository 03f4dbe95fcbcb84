"""Every way through the graph, without Temporal: which nodes run, what is asked, what happens, how it ends."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from graphs import routes
from graphs.state import CaseState, HandBackNote
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.actions.effects import EffectStatus
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.classification import OUT_OF_SCOPE, Classification, Risk
from handrail.domain.case.handoffs import Escalation
from handrail.domain.llm.agent import Disposition
from tests.support.fakes import NOON, Stage, calls, says, topic


def ended(state: CaseState) -> tuple[CaseStatus, str | None]:
    assert state.outcome is not None, "the graph ended without an outcome"
    return state.outcome.status, state.outcome.row.reason


async def test_a_reply_resolves_the_case() -> None:
    stage = Stage(says("Hello, all is well."))

    state = await stage.run()

    assert stage.way == ["classify", "agent", "guardrail", "resolve"]
    assert ended(state) == (CaseStatus.RESOLVED, None)
    assert stage.cases.commits[-1].row.version == 1


async def test_a_question_waits_for_the_customer() -> None:
    stage = Stage(says("Which account do you mean?", disposition=Disposition.AWAITING_CUSTOMER))

    assert ended(await stage.run())[0] is CaseStatus.AWAITING_CUSTOMER


async def test_a_read_and_a_small_effect_happen_at_once_and_the_agent_sees_what_came_back() -> None:
    stage = Stage(calls(("balance", {})), calls(("pay", {"amount": 80})), says("We paid 80."))

    state = await stage.run()

    assert stage.way == ["classify", *("agent", "guardrail", "act") * 2, "agent", "guardrail", "resolve"]
    assert [one.result for one in stage.model.asked[-1].exchanges] == [{"balance": 250}, {"done": True, "paid": 80}]
    assert (stage.amounts, stage.bank.read_by) == ([80], ["C-1"])
    assert [fact.name for fact in state.facts] == ["balance"]


async def test_a_large_effect_waits_and_happens_once_approved() -> None:
    stage = Stage(calls(("pay", {"amount": 180})), says("We paid 180."))

    await stage.run()
    assert stage.asked is not None
    assert (stage.asked.title, stage.asked.reasons, stage.amounts) == ("Pay 180", ["180 is require_approval"], [])
    state = await stage.decide(DecisionKind.APPROVE)

    assert stage.way == ["classify", "agent", "guardrail", "approval", "guardrail", "act", "agent", "guardrail", "resolve"]
    assert (stage.amounts, ended(state)[0]) == ([180], CaseStatus.RESOLVED)
    (effect,) = stage.bank.paid.values()
    assert (effect.effect_id, effect.approved_by, effect.customer_id) == (stage.bank.paid.popitem()[0], "ann", "C-1")


async def test_what_is_allowed_happens_before_what_is_held_is_asked() -> None:
    stage = Stage(calls(("pay", {"amount": 180}), ("pay", {"amount": 20})), says("We paid 180 and 20."))

    await stage.run()
    assert stage.amounts == [20]
    await stage.decide(DecisionKind.APPROVE)

    assert stage.way[2:8] == ["guardrail", "act", "guardrail", "approval", "guardrail", "act"]
    assert stage.amounts == [20, 180]


async def test_a_rejection_reaches_the_agent_and_nothing_happens() -> None:
    stage = Stage(calls(("pay", {"amount": 180})), says("I am sorry, we cannot do that."))

    await stage.run()
    state = await stage.decide(DecisionKind.REJECT)

    assert "declined" in stage.model.asked[-1].exchanges[0].result
    assert (stage.amounts, state.declined, ended(state)[0]) == ([], ["pay"], CaseStatus.RESOLVED)


async def test_a_declined_action_that_is_proposed_again_goes_to_a_person() -> None:
    stage = Stage(calls(("pay", {"amount": 180})), calls(("pay", {"amount": 170})))

    await stage.run()
    state = await stage.decide(DecisionKind.REJECT)

    assert (ended(state), stage.amounts, stage.asked) == ((CaseStatus.WITH_HUMAN, "approval_rejected"), [], None)


async def test_an_edit_is_ruled_on_again() -> None:
    stage = Stage(calls(("pay", {"amount": 180})), says("We paid 120."))

    await stage.run()
    state = await stage.decide(DecisionKind.EDIT, amount=120)

    assert stage.amounts == [120]
    rulings = [(one.proposal.arguments["amount"], one.proposal.revision, one.verdict.ruling) for one in state.ruled[:2]]
    assert rulings == [(180, 1, Ruling.REQUIRE_APPROVAL), (120, 2, Ruling.ALLOW)]


async def test_an_edit_above_the_limit_is_blocked() -> None:
    stage = Stage(calls(("pay", {"amount": 180})))

    await stage.run()
    state = await stage.decide(DecisionKind.EDIT, amount=900)

    assert (ended(state), stage.amounts) == ((CaseStatus.WITH_HUMAN, "policy_block"), [])


async def test_an_approval_does_not_outlive_a_stricter_policy() -> None:
    stage = Stage(calls(("pay", {"amount": 180})))

    await stage.run()
    stage.policies.most = 150
    state = await stage.decide(DecisionKind.APPROVE)

    assert (ended(state), stage.amounts) == ((CaseStatus.WITH_HUMAN, "policy_block"), [])


async def test_every_held_proposal_is_asked_for_itself() -> None:
    wanted = [("pay", {"amount": amount}) for amount in (110, 120, 130, 140, 150)]
    stage = Stage(calls(*wanted), says("We paid 110, 120, 130, 140 and 150."))

    await stage.run()
    asked = []
    while stage.asked:
        asked.append(stage.asked.title)
        await stage.decide(DecisionKind.APPROVE)

    assert asked == ["Pay 110", "Pay 120", "Pay 130", "Pay 140", "Pay 150"]
    assert stage.amounts == [110, 120, 130, 140, 150]


async def test_a_blocked_effect_goes_to_a_person_with_its_packet() -> None:
    stage = Stage(calls(("balance", {})), calls(("pay", {"amount": 900})))

    state = await stage.run(text="Please pay 900 to me")

    assert stage.way[-2:] == ["guardrail", "escalate"]
    assert state.outcome is not None
    packet = state.outcome.handoff
    assert packet is not None
    assert (packet.wanted, packet.escalation.reason, packet.route.queue) == (
        "Please pay 900 to me",
        "policy_block",
        "policy_block",
    )
    assert [fact.value for fact in packet.facts] == [{"balance": 250}]
    assert packet.tried == ["balance(): done", "Pay 900: block (900 is block)"]
    assert [str(one) for one in packet.policy_hits] == ["limits/amount: 900 is block"]
    assert packet.next_step == "Decide on it yourself: Pay 900. Then answer the customer."
    assert [message.text for message in state.outcome.messages] == ["A person answers."]
    row = stage.cases.commits[-1].row
    assert (row.status, row.tier, row.queue, (row.due_at or NOON).hour) == (CaseStatus.WITH_HUMAN, 1, "policy_block", 13)


async def test_a_reply_that_invents_goes_back_once_and_then_to_a_person() -> None:
    stage = Stage(says("We have refunded 999.00 USD."))

    state = await stage.run()

    assert stage.way == ["classify", "agent", "guardrail", "agent", "guardrail", "escalate"]
    assert "999.00" in stage.model.asked[1].feedback[0]
    assert ended(state) == (CaseStatus.WITH_HUMAN, "guardrail")
    assert state.outcome is not None
    assert state.outcome.handoff is not None
    assert state.outcome.handoff.suggested_reply == "We have refunded 999.00 USD."


async def test_a_reply_that_is_mended_goes_out() -> None:
    stage = Stage(says("We have refunded 999.00 USD."), says("Nothing was paid yet."))

    assert ended(await stage.run())[0] is CaseStatus.RESOLVED


async def test_the_agent_may_ask_for_a_person() -> None:
    stage = Stage(says("I need help.", disposition=Disposition.ESCALATE))

    state = await stage.run()

    assert stage.way == ["classify", "agent", "escalate"]
    assert ended(state) == (CaseStatus.WITH_HUMAN, "agent_asked")


@pytest.mark.parametrize(
    ("found", "customer", "reason"),
    [
        (Classification(topic="payout", confidence=0.9, wants_person=True), "C-1", "customer_asked"),
        (Classification(topic="payout", confidence=0.9, risk=Risk.HIGH), "C-1", "risk"),
        (Classification(topic="payout", confidence=0.9, risk=Risk.FORBIDDEN), "C-1", "risk"),
        (Classification(topic="dispute", confidence=0.9), "C-1", "people_only"),
        (Classification(topic=OUT_OF_SCOPE, confidence=0.9), "C-1", "out_of_scope"),
        (Classification(topic="gone", confidence=0.9), "C-1", "out_of_scope"),
        (Classification(topic="payout", confidence=0.9), "C-404", "unknown_customer"),
        (Classification(topic="closed", confidence=0.9), "C-1", "autonomy_off"),
        (Classification(topic="payout", confidence=0.9, language="fi"), "C-1", "unsupported_language"),
    ],
)
async def test_what_is_for_people_never_reaches_the_model(found: Classification, customer: str, reason: str) -> None:
    topics = [topic(), topic(name="dispute", people_only=True), topic(name="closed", autonomy="off")]
    stage = Stage(says("Never said."), topics=topics, found=found)

    state = await stage.run(customer=customer)

    assert stage.way == ["classify", "escalate"]
    assert (ended(state), stage.model.asked) == ((CaseStatus.WITH_HUMAN, reason), [])


@pytest.mark.parametrize(
    ("before", "found", "after"),
    [
        ("payout", Classification(topic=OUT_OF_SCOPE, confidence=0.9, wants_person=True), "payout"),
        ("payout", Classification(topic="closed", confidence=0.9, wants_person=True), "closed"),
        (None, Classification(topic=OUT_OF_SCOPE, confidence=0.9, wants_person=True), OUT_OF_SCOPE),
        ("payout", Classification(topic=OUT_OF_SCOPE, confidence=0.9), OUT_OF_SCOPE),
    ],
)
async def test_a_bare_wish_for_a_person_leaves_the_case_its_topic(
    before: str | None, found: Classification, after: str
) -> None:
    """So that the agent can go on with it once it is handed back."""
    stage = Stage(says("Never said."), topics=[topic(), topic(name="closed")], found=found)
    state = await stage.run(row={"turn": 2, "topic": before})
    assert state.classification is not None
    assert (state.row.topic, state.classification.topic) == (after, after)
    assert ended(state)[1] == ("customer_asked" if found.wants_person else "out_of_scope")


async def test_a_language_that_is_not_sure_is_no_reason() -> None:
    unsure = Classification(topic="payout", confidence=0.9, language="fi", language_confidence=0.3)
    stage = Stage(says("Hello."), found=unsure)

    assert ended(await stage.run())[0] is CaseStatus.RESOLVED


async def test_a_turn_may_begin_with_a_reason_to_escalate() -> None:
    stage = Stage(says("Never said."))

    state = await stage.run(escalation=Escalation(reason="cancelled", words="Stopped."))

    assert (stage.way, ended(state)) == (["escalate"], (CaseStatus.WITH_HUMAN, "cancelled"))


async def test_a_case_that_was_handed_back_goes_on_with_the_note() -> None:
    stage = Stage(says("My colleague looked into it."))

    await stage.run(person=HandBackNote(name="ann", note="The account is fine."), row={"topic": "payout"})

    assert stage.way == ["agent", "guardrail", "resolve"]
    assert stage.model.asked[0].feedback == ["A colleague handed the case back to you with this note: The account is fine."]


@pytest.mark.parametrize(
    ("name", "reason"), [("dispute", "people_only"), ("closed", "autonomy_off"), (OUT_OF_SCOPE, "out_of_scope")]
)
async def test_handing_back_what_is_for_people_gives_it_to_people(name: str, reason: str) -> None:
    topics = [topic(name="dispute", people_only=True), topic(name="closed", autonomy="off")]
    stage = Stage(says("Never said."), topics=topics)

    state = await stage.run(person=HandBackNote(name="ann", note="Yours."), row={"topic": name})

    assert (stage.way, ended(state), stage.model.asked) == (["agent", "escalate"], (CaseStatus.WITH_HUMAN, reason), [])


async def test_the_first_reply_discloses_the_assistant_and_no_later_one() -> None:
    first, later = Stage(says("Hello.")), Stage(says("Hello."))

    one, two = await first.run(), await later.run(disclosed=True)

    assert (one.row.reply, two.row.reply) == ("An assistant is answering.\n\nHello.", "Hello.")
    assert (one.disclosed, two.disclosed) == (True, True)


async def test_the_disclosure_speaks_the_customers_language() -> None:
    german = Classification(topic="payout", confidence=0.9, language="de")
    stage = Stage(says("Alles ist gut."), topics=[topic(languages=["en", "de"])], found=german)

    assert (await stage.run()).row.reply == "Ein Assistent antwortet.\n\nAlles ist gut."


async def test_the_same_turn_again_proposes_under_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        stage = Stage(calls(("pay", {"amount": 80})), says("We paid 80."))
        state = await stage.run()
        assert state.outcome is not None
        ids.append([one.effect_id for one in state.effects] + [one.message_id for one in state.outcome.messages])

    assert ids[0] == ids[1]


async def test_a_refused_effect_is_told_to_the_agent() -> None:
    stage = Stage(calls(("pay", {"amount": 80})), says("I am sorry, that was not possible."))

    async def refuse(effect: object) -> object:
        applied = await apply(effect)  # type: ignore[arg-type]
        return applied.model_copy(update={"status": EffectStatus.REFUSED, "message": "The account was closed."})

    apply = stage.bank.apply
    stage.bank.apply = refuse  # type: ignore[method-assign,assignment]
    await stage.run()

    (exchange,) = stage.model.asked[-1].exchanges
    assert (exchange.ok, exchange.result) == (False, {"refused": "The account was closed."})


async def test_every_router_leads_only_where_the_graph_has_an_edge() -> None:
    drawn = {(edge.source, edge.target) for edge in Stage(says("")).app.get_graph().edges}
    wanted = {
        "__start__": routes.entrance,
        "classify": routes.after_classify,
        "agent": routes.after_agent,
        "guardrail": routes.after_guardrail,
        "approval": routes.after_approval,
        "act": routes.after_act,
    }
    for source, router in wanted.items():
        targets = {target for origin, target in drawn if origin == source}
        assert targets == set(get_args(get_type_hints(router)["return"]))
