"""What a customer quotes is not what they say: not their subject, not their wish, not their sum."""

from __future__ import annotations

import pytest

from graphs.case import build_case_graph
from graphs.engine.unserialised import in_memory
from graphs.handover.handoff import packet
from graphs.handover.stake import at_stake
from graphs.views import EndView
from handrail.domain.case.classification import Classification
from handrail.domain.case.handoffs import Escalation, Route
from handrail.domain.case.messages import Author, Message
from handrail.routing.router import LocalRouter
from handrail.shop import business
from handrail.topics.loader import FileTopics
from tests.support.fakes import NOON, Stage, heard, says, topic

OFFER = "You are talking to our automated assistant; just ask if you would like to speak to a person at any time."
QUOTED = f"On Mon, 4 May 2026 at 11:00, Shop <help@shop.example> wrote:\n> {OFFER}\n> We can pay back 900.00 USD.\n"


@pytest.fixture(scope="module")
def router() -> LocalRouter:
    return LocalRouter(FileTopics(business.folder / "topics", business.by_name), business.folder / "risk.yaml")


def earlier(text: str, author: Author) -> Message:
    return Message(message_id=f"~{author}", author=author, text=text, at=NOON, turn=1)


def routed(router: LocalRouter, about: str, *said: Message, reply: str = "It is on its way.") -> Stage:
    """The graph with the real router and a topic called `about`."""
    stage = Stage(says(reply), topics=[topic(name=about, languages=["en", "de"])])
    stage.router, stage.cases.said = router, list(said)  # type: ignore[assignment]
    stage.app = in_memory(build_case_graph(stage.nodes()))
    return stage


async def test_an_offer_of_ours_quoted_back_is_no_wish(router: LocalRouter) -> None:
    for text in (f"It is O-10024.\n\n{QUOTED}", f"O-10024 {OFFER}", f"> {OFFER}"):
        stage = routed(router, "order_status", earlier(OFFER, Author.ASSISTANT), heard(text))

        state = await stage.run(text=text, turn=2, row={"topic": "order_status", "turn": 2})

        assert (state.row.reason, state.row.topic) == (None, "order_status"), text


async def test_the_customers_own_wish_beside_a_quote_counts(router: LocalRouter) -> None:
    stage = routed(router, "order_status")
    text = f"I want to talk to a person.\n\n{QUOTED}"

    state = await stage.run(text=text)

    assert state.row.reason == "customer_asked"


@pytest.mark.parametrize(
    ("text", "before"),
    [
        (
            "Die Nummer ist O-10024.\n\nAm Mo., 4. Mai 2026 um 11:00 Uhr schrieb Shop <hilfe@shop.example>:\n"
            "> Ihre Bank hat die Zahlung zurückgebucht? Dann widersprechen Sie der Abbuchung bei uns.\n"
            "> Wurden Sie doppelt belastet, nennen Sie uns die Rechnung.",
            "order_status",
        ),
        (
            "O-10024\n\nVon: Shop <hilfe@shop.example>\nGesendet: 4.5.2026 11:00\nAn: Kim\nBetreff: Ihre Bestellung\n\n"
            "Haben Sie die Abbuchung bei Ihrer Bank angefochten oder möchten Sie sie reklamieren?",
            "order_status",
        ),
    ],
)
async def test_a_quote_moves_no_case(router: LocalRouter, text: str, before: str) -> None:
    stage = routed(router, before, reply="Es ist unterwegs.")

    state = await stage.run(text=text, turn=2, row={"topic": before, "turn": 2, "language": "de"})

    assert state.row.topic == before


def test_a_quoted_sum_is_not_at_stake() -> None:
    view = EndView.model_validate(
        {
            "row": {"case_id": "c", "customer_id": "C", "opened_at": NOON, "updated_at": NOON},
            "incoming": [heard(f"It was 20.00 USD.\n\n{QUOTED}")],
            "classification": Classification(topic="refund", confidence=0.9),
        }
    )

    assert [money.amount for money in at_stake(view)] == [20]


@pytest.mark.parametrize(
    ("text", "sure", "language"),
    [("OK super", 0.99, "de"), ("O-10024", 0.6, "de"), ("Where is my parcel now?", 0.99, "en"), ("Where is it?", 0.1, "en")],
)
async def test_a_case_keeps_the_language_that_was_found(router: LocalRouter, text: str, sure: float, language: str) -> None:
    stage = routed(router, "order_status", reply="Es ist unterwegs.")
    before = Classification(topic="order_status", confidence=0.9, language="de", language_confidence=sure)

    state = await stage.run(
        text=text, turn=2, row={"topic": "order_status", "turn": 2, "language": "de"}, classification=before
    )

    assert state.row.language == language


def test_the_packet_tells_the_customers_own_words_and_quotes_the_whole() -> None:
    text = f"The lid of O-10024 is torn, I paid 20.00 USD.\n\n{QUOTED}"
    view = EndView.model_validate(
        {"row": {"case_id": "c", "customer_id": "C", "opened_at": NOON, "updated_at": NOON}, "incoming": [heard(text)]}
    )

    made = packet(view, Escalation(reason="risk", words="w"), Route(tier=1, queue="support"), NOON)

    assert made.wanted == "The lid of O-10024 is torn, I paid 20.00 USD."
    assert "900" not in made.problem
    assert {one.value for one in made.stated if one.kind == "amount"} == {"20.00 USD"}
    assert OFFER in made.said[0].text
