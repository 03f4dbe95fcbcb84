"""When a customer has waited for the machine long enough: frustration, repetition, circles, a second contact."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphs.state import CaseState
from graphs.views import ClassifyView
from handrail.domain.actions.confirmations import UNCLEAR, Confirmation
from handrail.domain.autonomy.topics import Topic
from handrail.domain.case.cases import CaseRow, CaseStatus
from handrail.domain.case.classification import OUT_OF_SCOPE, Classification, Risk, SentimentPoint
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.patience import Contact, Progress
from handrail.domain.llm.agent import Disposition
from tests.support.fakes import NOON, Stage, calls, heard, says, topic

AGAIN = "where is the money of order O-10021"


def ended(state: CaseState) -> tuple[CaseStatus, str | None]:
    assert state.outcome is not None
    return state.outcome.status, state.outcome.row.reason


def angry(frustration: float) -> Classification:
    return Classification(topic="payout", confidence=0.9, frustration=frustration)


async def test_frustration_over_the_topics_threshold_goes_to_a_person_and_leaves_its_trace() -> None:
    before = SentimentPoint(turn=1, at=NOON - timedelta(hours=1), frustration=0.2)
    stage = Stage(says("Hello."), found=angry(0.71))
    state = await stage.run(sentiment=[before], row={"turn": 2})

    assert (stage.way, ended(state)) == (["classify", "escalate"], (CaseStatus.WITH_HUMAN, "frustrated"))
    assert [(one.turn, one.frustration) for one in state.sentiment] == [(1, 0.2), (2, 0.71)]
    assert state.outcome is not None
    assert state.outcome.handoff is not None
    assert [one.frustration for one in state.outcome.handoff.sentiment] == [0.2, 0.71]


async def test_the_threshold_is_the_topics_own() -> None:
    assert ended(await Stage(says("Hello."), found=angry(0.7)).run())[0] is CaseStatus.RESOLVED
    calm = Stage(says("Hello."), found=angry(0.3), topics=[topic(frustration_threshold=0.25)])
    assert ended(await calm.run())[1] == "frustrated"


async def test_a_question_that_was_answered_and_comes_again_goes_to_a_person() -> None:
    def earlier(minutes: int, author: Author, text: str) -> Message:
        at = NOON - timedelta(minutes=minutes)
        return Message(message_id=f"m-{minutes}", author=author, text=text, at=at, turn=1)

    stage = Stage(says("It is on its way."))
    stage.cases.said = [earlier(9, Author.CUSTOMER, AGAIN), earlier(8, Author.ASSISTANT, "It is on its way.")]
    state = await stage.run(text=AGAIN.upper() + "?!", row={"turn": 2})

    assert (stage.way, ended(state)[1]) == (["classify", "escalate"], "repeated_question")
    first = Stage(says("It is on its way."))
    assert ended(await first.run(text=AGAIN, row={"turn": 2}))[0] is CaseStatus.RESOLVED
    assert first.cases.ends_read == 2, "once for all looks at the message, once for the model"


async def test_a_yes_that_is_taken_back_in_words_of_before_is_taken_back() -> None:
    words = "no wait please do not pay order O-10021"
    said = [(9, Author.CUSTOMER, words), (8, Author.ASSISTANT, "As you like. Shall I pay it now?")]
    question = Confirmation(
        question_id="q-1",
        topic="payout",
        language="en",
        asked=[],
        words="Shall I?",
        unanswered="Nothing was done.",
        asked_at=NOON - timedelta(minutes=7),
        due_at=NOON + timedelta(hours=1),
    )
    stage = Stage(says("It is on its way."))
    stage.cases.said = [
        Message(message_id=f"m-{minutes}", author=author, text=text, at=NOON - timedelta(minutes=minutes), turn=1)
        for minutes, author, text in said
    ]
    assert ended(await stage.run(text=words, row={"turn": 2}))[1] == "repeated_question"
    again = Stage(says("It is on its way."))
    again.cases.said = stage.cases.said
    assert ended(await again.run(text=words, row={"turn": 2}, confirmed=question))[1] == UNCLEAR


async def test_the_third_question_in_a_row_is_not_asked_and_becomes_the_draft() -> None:
    asks = says("Which account do you mean?", disposition=Disposition.AWAITING_CUSTOMER)
    stalled = Progress(stalled=2)

    stage = Stage(asks)
    state = await stage.run(progress=stalled, row={"turn": 3})
    assert (stage.way, ended(state)[1]) == (["classify", "agent", "patience", "escalate"], "no_progress")
    assert state.outcome is not None
    assert state.outcome.handoff is not None
    assert state.outcome.handoff.suggested_reply == "Which account do you mean?"

    learnt = await Stage(calls(("balance", {})), asks).run(progress=stalled, row={"turn": 3})
    assert ended(learnt) == (CaseStatus.AWAITING_CUSTOMER, None)
    answered = await Stage(says("All is well.")).run(progress=stalled, row={"turn": 3})
    assert ended(answered) == (CaseStatus.RESOLVED, None)
    longer = await Stage(asks, topics=[bears(turns_without_progress=4)]).run(progress=stalled, row={"turn": 3})
    assert ended(longer) == (CaseStatus.AWAITING_CUSTOMER, None)


def bears(**patience: float) -> Topic:
    return topic(patience=patience)


def came_back(hours: float, text: str = "where is my money", **patience: float) -> Stage:
    stage = Stage(says("It is on its way."), topics=[bears(**patience)])
    answered = NOON - timedelta(hours=hours)
    stage.contacts.found = [Contact(case_id="c-0", opened_at=answered, answered_at=answered, texts=[text])]
    return stage


async def test_a_second_contact_about_the_same_thing_goes_to_a_person() -> None:
    stage = came_back(47)
    state = await stage.run(text=AGAIN)
    assert (stage.way, ended(state)[1]) == (["classify", "escalate"], "second_contact")
    assert state.escalation is not None
    assert "case c-0 was answered at 2026-05-02 13:00 UTC" in state.escalation.words


async def test_what_is_no_second_contact() -> None:
    assert ended(await came_back(49).run(text=AGAIN))[1] is None
    assert ended(await came_back(1, "where is order O-10099").run(text=AGAIN))[1] is None
    assert ended(await came_back(1, second_contact_hours=0).run(text=AGAIN))[1] is None
    assert ended(await came_back(1).run(text=AGAIN, row={"turn": 2}))[1] is None
    assert ended(await came_back(1).run(text=AGAIN, row={"channel": "file"}))[1] is None


LOST = Classification(topic=OUT_OF_SCOPE, confidence=0.9, language="fi", language_confidence=0.9)


async def heard_beside(text: str, found: Classification, status: CaseStatus = CaseStatus.AWAITING_APPROVAL) -> dict[str, Any]:
    """What becomes of words beside an approval, by the node that routes them; `found` is what the router makes of them."""
    row = CaseRow(case_id="c-1", customer_id="C-1", topic="payout", language="en", opened_at=NOON, updated_at=NOON)
    view = ClassifyView(row=row.model_copy(update={"status": status}), incoming=[heard(text)])
    return await Stage(found=found).nodes().classify(state=view)


@pytest.mark.parametrize("text", ["Hello? Is anyone there?", "Hallo, ist da jemand?", "Thank you so much!", "??"])
async def test_words_that_wish_nothing_leave_an_approval_to_be_decided(text: str) -> None:
    found = await heard_beside(text, LOST)
    assert (found["escalation"], found["classification"].topic, found["besides"]) == (None, "payout", [])
    asked = await heard_beside(text, LOST.model_copy(update={"wants_person": True}))
    assert asked["escalation"].reason == "customer_asked"
    risky = await heard_beside(text, LOST.model_copy(update={"risk": Risk.HIGH}))
    assert risky["escalation"].reason == "risk"
    begun = await heard_beside(text, LOST, CaseStatus.WORKING)
    assert begun["escalation"].reason == "out_of_scope", "no approval waits"


@pytest.mark.parametrize("text", ["The weather is nice today", "Hello? It was the other one.", "Hi, stop!"])
async def test_any_other_words_withdraw_it_as_before(text: str) -> None:
    assert (await heard_beside(text, LOST))["escalation"].reason == "out_of_scope"
