"""What quotes a customer's words loses them when they are edited or withdrawn: packets, wishes, answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.nodes import NodeActivities
from graphs.handover.handoff import packet
from graphs.handover.unsaid import MARK
from graphs.hearing import brief, hear
from graphs.views import ClassifyView, EndView
from handrail.domain.actions.asked import AskedEffect, CustomerAnswer, asked_effects
from handrail.domain.actions.proposals import Proposal, ProposalKind
from handrail.domain.case.cases import CaseOpen, CaseRow, CaseStatus
from handrail.domain.case.classification import Classification, FurtherWish
from handrail.domain.case.handoffs import Escalation, MessageExtract, Route
from handrail.domain.case.messages import IncomingMessage, Message
from tests.support.fakes import Stage
from tests.unit.domain.test_changed_answers import question, said
from workflows.handlers.changing import edit, withdraw
from workflows.memory.case import CaseMemory
from workflows.memory.fields import Suspended
from workflows.steps.heeding import unsay
from workflows.steps.record import take_inbox

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
WORDS = "I want to talk to a person about order O-10017. It was a present for Ada."
WISH = FurtherWish(topic="payout", sentences=["It was a present for Ada."])
ASKED = Escalation(reason="customer_asked", words="The customer asked for a person.")


def with_people() -> CaseMemory:
    """A case that people have, with the packet of its one message."""
    case = CaseMemory.of(
        CaseOpen(case_id="c", customer_id="C-1", message=IncomingMessage(message_id="first", text=WORDS)), NOW
    )
    case.fresh = False
    spoken = take_inbox(case)
    case.hear(hear(spoken))
    case.besides = [WISH]
    case.classification = Classification(topic="payout", confidence=0.9, besides=[WISH])
    case.row = case.row.model_copy(update={"status": CaseStatus.WITH_HUMAN, "topic": "order_status"})
    view = EndView(row=case.row, stated=case.stated, besides=case.besides, incoming=spoken)
    case.handoff = packet(view, ASKED, Route(tier=1, queue="support"), NOW, case.messages)
    return case


def test_what_is_withdrawn_is_in_no_part_of_the_packet() -> None:
    case = with_people()
    assert case.handoff
    before = case.handoff.model_dump_json()
    assert "O-10017" in before
    assert "Ada" in before
    withdraw(case, {"message_id": "first"}, LATER)
    after = case.handoff.model_dump_json()
    assert [one for one in ("O-10017", "Ada", "talk to a person") if one in after] == []
    assert case.handoff.problem == "Customer C-1 writes about order status."
    assert case.handoff.wanted == ""
    assert case.besides == []
    assert case.classification
    assert case.classification.besides == []


def test_what_is_edited_is_in_the_packet_as_it_is_now() -> None:
    case = with_people()
    edit(case, {"message_id": "first", "text": WORDS.replace("O-10017", "O-10016")}, LATER)
    (correction,) = take_inbox(case)
    case.hear(hear([correction]), packet=True)
    assert case.handoff
    assert "O-10017" not in case.handoff.model_dump_json()
    assert case.handoff.wanted == WORDS.replace("O-10017", "O-10016")
    assert "O-10016" in case.handoff.problem
    # What was said again stands.
    assert case.besides == [WISH]


def test_a_packet_that_a_turn_made_of_old_words_is_mended_where_people_have_it() -> None:
    case = with_people()
    made, besides = case.handoff, case.besides
    withdraw(case, {"message_id": "first"}, LATER)
    case.handoff, case.besides, case.unsaved_handoff = made, besides, False
    unsay(case, LATER)
    assert case.handoff
    assert "O-10017" not in case.handoff.model_dump_json()
    assert case.unsaved_handoff
    assert case.besides == []


def acted(**packet: object) -> CaseMemory:
    """A case that people have, whose agent had looked up and drafted something by its one message."""
    case = with_people()
    assert case.handoff
    case.handoff = case.handoff.model_copy(update={"suggested_reply": "It left us on Monday.", **packet})
    return case


LOOKED = ["get_order(order_id=O-10017): done", "get_order(order_id=O-10016): done", "Pay 12.50 USD: block (too much)"]


def test_what_the_agent_did_by_old_words_is_marked_and_stays() -> None:
    case = acted(tried=LOOKED, next_step="Decide on it yourself: Return O-10017. Then answer the customer.")
    for text, marked in ((WORDS.replace("O-10017", "O-10016"), [True, False, False]), (WORDS, [False, False, False])):
        fresh = case.model_copy(deep=True)
        fresh.take(IncomingMessage(message_id="second", text="It was 12.50 USD for O-10016."), NOW)
        edit(fresh, {"message_id": "first", "text": text}, LATER)
        assert fresh.handoff
        assert [one.removesuffix(MARK) for one in fresh.handoff.tried] == LOOKED
        assert [one.endswith(MARK) for one in fresh.handoff.tried] == marked
        assert fresh.handoff.next_step.endswith(MARK) is any(marked)
        again = fresh.handoff
        fresh.unsay()
        assert fresh.handoff == again, "no line is marked twice"


def test_a_value_without_figures_that_stands_no_more_is_marked() -> None:
    case = acted(tried=["order_gift(receiver=a present for Ada, note=nice): done"])
    withdraw(case, {"message_id": "first"}, LATER)
    assert case.handoff
    assert case.handoff.tried[0].endswith(MARK)


def test_a_reply_that_was_suggested_to_old_words_is_suggested_no_more() -> None:
    for act in (edit, withdraw):
        case = acted()
        act(case, {"message_id": "first", **({"text": "Where is it?"} if act is edit else {})}, LATER)
        assert case.handoff
        assert case.handoff.suggested_reply is None
        case.handoff = case.handoff.model_copy(update={"suggested_reply": "It arrives tomorrow."})
        case.unsay()
        assert case.handoff.suggested_reply == "It arrives tomorrow.", "it was drafted to what stands"


def test_a_turn_that_is_handed_over_takes_no_reply_to_old_words_along() -> None:
    case = acted()
    spoken = brief(case.messages)
    reply = {"proposal_id": "p", "action": "send_reply", "arguments_hash": "h", "kind": ProposalKind.REPLY}
    drafted = Proposal(**reply, arguments={"text": "It left us on Monday."})
    state = case.state().model_copy(update={"proposals": [drafted], "incoming": spoken})
    assert case.unsaid(state).proposals == [drafted]
    withdraw(case, {"message_id": "first"}, LATER)
    assert case.unsaid(state).proposals == []
    other = case.state().model_copy(update={"proposals": [drafted]})
    assert case.unsaid(other).proposals == [drafted], "a turn that began since has read what stands"


def answers(*names: str) -> list[AskedEffect]:
    given = [CustomerAnswer(kind="unsure", at=NOW, message_id=name, words=f"words of {name}") for name in names]
    return [one.model_copy(update={"answers": given}) for one in asked_effects(question())]


def test_of_an_answer_that_is_withdrawn_the_words_are_gone_and_not_that_it_came() -> None:
    case = with_people()
    case.take(IncomingMessage(message_id="second", text="words of second"), NOW)
    take_inbox(case)
    case.asked = answers("first", "second")
    state = case.state().model_copy(update={"besides": [WISH], "handoff": case.handoff})
    case.suspended = Suspended(state=state, node="approve", request_id="r")
    assert case.handoff
    case.handoff = case.handoff.model_copy(update={"asked": case.asked})
    withdraw(case, {"message_id": "first"}, LATER)
    assert case.handoff
    assert case.suspended
    for asked in (case.asked, case.handoff.asked, case.suspended.state.asked):
        assert [[(one.message_id, one.words) for one in each.answers] for each in asked] == [
            [("first", ""), ("second", "words of second")]
        ]
    assert case.suspended.state.besides == []
    assert "O-10017" not in case.suspended.model_dump_json()


def test_an_older_edit_never_stands_above_a_newer_one() -> None:
    case = with_people()
    at = [(NOW + timedelta(days=365, seconds=place)).isoformat() for place in range(4)]
    back = edit(case, {"message_id": "first", "text": WORDS, "edited_at": at[2]}, LATER)
    assert back.duplicate
    assert edit(case, {"message_id": "first", "text": "B", "edited_at": at[1]}, LATER).duplicate
    assert not edit(case, {"message_id": "first", "text": "C", "edited_at": at[3]}, LATER).duplicate
    assert edit(case, {"message_id": "first", "text": "D", "edited_at": at[2]}, LATER).duplicate
    # A channel that tells whole seconds: the second edit within one is another edit, and either of them comes once.
    assert not edit(case, {"message_id": "first", "text": "E", "edited_at": at[3]}, LATER).duplicate
    assert edit(case, {"message_id": "first", "text": "C", "edited_at": at[3]}, LATER).duplicate
    assert edit(case, {"message_id": "first", "text": "E", "edited_at": at[3]}, LATER).duplicate
    assert [one.text for one in case.inbox if one.stands] == ["E"]
    assert CaseMemory.model_validate(case.model_dump(mode="json")).edits == case.edits


def view(*incoming: Message, asked: bool = False) -> ClassifyView:
    row = CaseRow(case_id="c-1", customer_id="C-1", topic="order_status", opened_at=NOW, updated_at=NOW)
    return ClassifyView(row=row, incoming=list(incoming), confirmed=question() if asked else None)


async def test_what_is_withdrawn_is_not_heard_as_if_it_was_said_anew() -> None:
    stage = Stage()
    stage.router.found = Classification(topic="payout", confidence=0.9, wants_person=True)
    classify = stage.nodes().classify
    threat = "I want to talk to a person now, or my lawyer will sue you!"
    heard = await classify(state=view(said(threat)))
    assert heard["escalation"] is not None
    assert (await classify(state=view(said(threat, withdrawn_at=NOW))))["escalation"] is None
    undoing = await classify(state=view(said(threat, withdrawn_at=NOW), asked=True))
    assert undoing["escalation"].reason == "customer_unsure"


@pytest.mark.parametrize("beside", [False, True])
async def test_a_yes_is_taken_back_when_the_message_is_withdrawn_and_the_record_does_not_quote_it(beside: bool) -> None:
    stage = Stage()
    activities = NodeActivities(stage.nodes().classify, stage.cases)
    gone = said(WORDS, message_id="gone", withdrawn_at=LATER)
    spoken = [said("No, stop!", message_id="no", at=NOW + timedelta(seconds=30))] if beside else []
    await activities.classify(view(*spoken, gone, asked=True))
    (entry,) = stage.cases.commits[-1].audit
    assert entry.action == "confirm:taken_back"
    assert entry.at == (spoken[0].at if beside else LATER)
    assert entry.details.get("message_id") == ("no" if beside else None)
    assert entry.details.get("withdrawn") == (None if beside else "gone")


def test_nothing_changes_in_a_case_of_which_everything_stands() -> None:
    case = with_people()
    before = case.model_copy(deep=True)
    case.unsay()
    assert case == before
    assert case.unsaid(case.state()) == case.state()
    case.hear(MessageExtract(), packet=True)
    assert case.handoff == before.handoff
