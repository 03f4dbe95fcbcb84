"""The packet on a page of the desk: why people have a case is said in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from handrail.desk.pages import reason, templates
from handrail.desk.words import words_of
from handrail.domain.case.classification import Risk
from handrail.domain.case.handoffs import Escalation, Handoff, Route

PACKET = Handoff(
    case_id="c-1",
    problem="P",
    wanted="W",
    next_step="N",
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
    shown = {"handoff": PACKET, "language": language, "say": words_of(language), "reason": partial(reason, language)}
    html = templates().get_template("packet.html").render(**shown)
    assert said in html
