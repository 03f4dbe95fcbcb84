"""The packet on a page of the desk: what the house says in it is said in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace

import pytest

from handrail.desk.packet import line_of
from handrail.desk.pages import reason, templates
from handrail.desk.reasons import reasons_of
from handrail.desk.words import words_of
from handrail.domain.actions.approvals import Approval, HumanRequest, RequestKind
from handrail.domain.actions.earlier import REPEATED
from handrail.domain.case.classification import Risk
from handrail.domain.case.handoffs import Escalation, Handoff, Route

PACKET = Handoff(
    case_id="c-1",
    problem="P",
    wanted="W",
    next_step="Answer the customer.",
    tried=["order_status(order_id=1): done"],
    escalation=Escalation(reason="customer_asked", words="The customer asked for a person."),
    route=Route(tier=1, queue="support"),
    topic="refund",
    risk=Risk.LOW,
    language="de",
    transcript="the record",
    at=datetime(2026, 11, 30, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", '<dd dir="auto">The customer asked for a person.</dd>'),
        ("de", 'einen Menschen <span class="quiet" lang="en">The customer asked for a person.</span></dd>'),
    ],
)
def test_why_people_have_a_case_is_said_in_the_readers_language(language: str, said: str) -> None:
    assert said in shown_in(language)


def test_the_next_step_and_what_was_tried_are_said_in_the_readers_language() -> None:
    english, german = shown_in("en"), shown_in("de")
    assert '<dd dir="auto">Answer the customer.</dd>' in english
    assert '<dd dir="auto">Antworten Sie dem Kunden.</dd>' in german
    assert "<li>order_status(order_id=1): done</li>" in english
    assert "<li>order_status(order_id=1): getan</li>" in german


def shown_in(language: str) -> str:
    says = {"reason": partial(reason, language), "told": partial(line_of, language), "say": words_of(language)}
    return templates().get_template("packet.html").render(handoff=PACKET, language=language, **says)


@pytest.mark.parametrize(("language", "said"), [("en", "Already done in this case: pay"), ("de", "schon getan: pay")])
def test_what_was_done_before_stands_above_what_is_to_be_decided(language: str, said: str) -> None:
    done = "Already done in this case: pay (amount 20), 2026-03-04 09:00 UTC, ledger e-1. The customer has written since."
    request = HumanRequest(
        request_id="r-1", action="pay", title="Pay 20", headline="pay · 20", reasons=[done, "over 10"], rules=[REPEATED, "a/b"]
    )
    page = decided_in(language, request)
    places = [page.index(words) for words in ('<p class="problem" role="note">', said, "<h3>")]
    assert places == sorted(places)


def decided_in(language: str, request: HumanRequest) -> str:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    approval = Approval(approval_id="r-1", case_id="c-1", revision=1, request=request, opened_at=now, due_at=now)
    says = {"told": partial(line_of, language), "say": words_of(language), "moment": str, "until": str, "once": str}
    shown = {
        "one": SimpleNamespace(approval=approval, why_not=None, fields=[]),
        "view": SimpleNamespace(case_id="c-1"),
        "seat": SimpleNamespace(form_token="t"),
        "url": lambda name, **_: f"/{name}",
        "typed": {},
        "reasons_of": partial(reasons_of, language, {}),
        "question": RequestKind.QUESTION,
        "note": "",
        "answer": "",
    }
    return templates().get_template("decide.html").render(**says, **shown)
