"""Channels in the record: what is said to a customer departs by the channel of their latest message, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handrail.domain.case.cases import Commit
from handrail.domain.case.messages import Author, Message
from handrail.domain.channels import Arrival
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.channels.record import PostgresChannels
from handrail.postgres.pool import Pool
from tests.postgres.build import NOON, opening, row
from tests.postgres.conftest import Run

LEASE = timedelta(minutes=1)


@pytest.fixture
def channels(pool: Pool) -> PostgresChannels:
    return PostgresChannels(pool)


def said(message_id: str, author: Author, sequence: int) -> Message:
    return Message(message_id=message_id, author=author, text=f"Words of {message_id}", at=NOON, turn=1, sequence=sequence)


def came(message_id: str, channel: str, address: str | None) -> Arrival:
    return Arrival(case_id="case-1", message_id=message_id, channel=channel, address=address)


async def test_a_reply_departs_by_the_channel_of_the_latest_message(cases: PostgresCases, channels: PostgresChannels) -> None:
    await channels.arrived(came("m-1", "mail", "ann@example.com"))
    await cases.open(opening(), NOON)
    first = Commit(row=row(1), messages=[said("m-2", Author.ASSISTANT, 1)])
    await cases.commit(first)
    await cases.commit(first)
    (departure,) = await channels.due("mail", 10, LEASE)
    assert (departure.address, departure.answers, departure.text) == ("ann@example.com", "m-1", "Words of m-2")
    assert (departure.author, departure.attempts) == (Author.ASSISTANT, 1)
    assert await channels.due("mail", 10, LEASE) == []
    await channels.arrived(came("m-3", "widget", None))
    by_widget = [said("m-3", Author.CUSTOMER, 2), said("m-4", Author.PERSON, 3)]
    await cases.commit(Commit(row=row(2), messages=by_widget))
    await channels.arrived(came("m-5", "webhook", "conversation-7"))
    by_webhook = [said("m-5", Author.CUSTOMER, 4), said("m-6", Author.SYSTEM, 5)]
    await cases.commit(Commit(row=row(3), messages=by_webhook))
    assert await channels.due("widget", 10, LEASE) == []
    assert [one.message_id for one in await channels.due("webhook", 10, LEASE)] == ["m-6"]
    by_api = [said("m-7", Author.CUSTOMER, 6), said("m-8", Author.ASSISTANT, 7)]
    await cases.commit(Commit(row=row(4), messages=by_api))
    assert [await channels.due(one, 10, timedelta()) for one in ("mail", "webhook")] == [[], []]


async def test_what_was_not_settled_is_due_again_and_what_was_never(
    cases: PostgresCases, channels: PostgresChannels, run: Run
) -> None:
    await channels.arrived(came("m-1", "mail", "ann@example.com"))
    await channels.arrived(came("m-1", "widget", None))
    await cases.open(opening(), NOON)
    answers = [said(f"m-{place}", Author.ASSISTANT, place) for place in (2, 3, 4)]
    await cases.commit(Commit(row=row(1), messages=answers))
    lost = await channels.due("mail", 10, timedelta())
    again = await channels.due("mail", 10, LEASE)
    assert [one.message_id for one in again] == [one.message_id for one in lost] == ["m-2", "m-3", "m-4"]
    assert [one.attempts for one in again] == [2, 2, 2]
    await channels.sent(again[0])
    await channels.failed(again[0], "too late: it is out")
    await channels.failed(again[1], "550 no such user")
    await channels.postponed(again[2], timedelta(), "451 try again later")
    assert [one.message_id for one in await channels.due("mail", 10, LEASE)] == ["m-4"]
    assert await run("SELECT state, words FROM handrail.departures ORDER BY message_id") == [
        ("sent", None),
        ("failed", "550 no such user"),
        ("waiting", "451 try again later"),
    ]
