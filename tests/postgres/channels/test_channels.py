"""Channels in the record: what is said to a customer departs by the channel of their latest message, and once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from handrail.domain.case.cases import CaseStatus, Commit
from handrail.domain.case.messages import Author, Message, parts_of
from handrail.domain.case.openings import Incoming
from handrail.domain.channels import Arrival
from handrail.postgres import migrations
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.openings import PostgresOpenings
from handrail.postgres.channels.mail import PostgresMail
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


def long_opening(rest: list[str]) -> Incoming:
    about: dict[str, Any] = {"workflow_id": "case-case-1", "run_id": "r", "words": "long", "input": "{}", "taken": True}
    return Incoming(**about, at=NOON, case_id="case-1", rest=rest, message_id="m-1")


async def answers(run: Run) -> list[tuple[Any, ...]]:
    return await run("SELECT message_id, channel, answers FROM handrail.departures ORDER BY message_id")


async def test_a_reply_to_a_message_in_parts_departs_and_answers_it(
    pool: Pool, cases: PostgresCases, channels: PostgresChannels, run: Run
) -> None:
    await channels.arrived(came("m-1", "mail", "ann@example.com"))
    await cases.open(opening(), NOON)
    await PostgresOpenings(pool).keep(long_opening(["second", "third"]))
    await cases.commit(Commit(row=row(1), messages=[said("r-1", Author.SYSTEM, 1)]))
    assert await answers(run) == [("r-1", "mail", "m-1")]
    await channels.arrived(came("m-2", "sms", "+1"))
    behind = parts_of("m-2", ["second", "third"], at=NOON, of="m-2", sequence=2)
    spoken = [*behind, said("m-2", Author.CUSTOMER, 2), said("r-2", Author.PERSON, 3)]
    await cases.commit(Commit(row=row(2), messages=spoken))
    assert await answers(run) == [("r-1", "mail", "m-1"), ("r-2", "sms", "m-2")]


async def test_parts_that_are_older_than_their_mark_hide_no_message(
    cases: PostgresCases, channels: PostgresChannels, run: Run
) -> None:
    await channels.arrived(came("m-1", "mail", "ann@example.com"))
    await cases.open(opening(), NOON)
    old = parts_of("m-1", ["second", "third"], at=NOON, of=None, sequence=1)
    await cases.commit(Commit(row=row(1), messages=[*old, said("r-1", Author.PERSON, 2)]))
    assert await answers(run) == [("r-1", "mail", "m-1")]


OF_MAIL = ("waits", "closed", "went-on", "widget", "short")
"""Cases whose customer's first message was long, but for the last one, and came by mail, but for the one before."""


async def test_replies_that_were_never_noted_leave_where_their_customers_wait_for_them(
    pool: Pool, cases: PostgresCases, channels: PostgresChannels, run: Run
) -> None:
    for name in OF_MAIL:
        address = None if name == "widget" else "ann@example.com"
        arrival = Arrival(case_id=name, message_id="m-1", channel="mail" if address else "widget", address=address)
        await channels.arrived(arrival)
        await cases.open(opening(name), NOON)
        before = [said("r-0", Author.SYSTEM, 1)]
        parts = [] if name == "short" else parts_of(name, ["second", "third"], at=NOON, of=None, sequence=1)
        behind = [said("r-1", Author.SYSTEM, 2), said("r-2", Author.PERSON, 3)]
        more = [said("m-2", Author.CUSTOMER, 4)] if name == "went-on" else []
        status = CaseStatus.CLOSED if name == "closed" else CaseStatus.WITH_HUMAN
        for version, messages in enumerate((before, parts, behind, more), start=1):
            await cases.commit(Commit(row=row(version, name, status=status), messages=messages))
    await run("DELETE FROM handrail.departures WHERE case_id <> 'short' AND message_id <> 'r-0'")  # as it was
    migration = migrations.FOLDER / "0105_long_mail.sql"
    _, _, repair = migration.read_text("utf-8").partition("-- What was said to a customer")
    statement = f"--{repair}"
    found = "SELECT case_id, message_id, answers FROM handrail.departures ORDER BY case_id, noted_at"
    standing = await run(found)
    for _ in range(2):
        await run(statement)
        assert sorted(set(await run(found)) - set(standing)) == [("waits", "r-1", "m-1"), ("waits", "r-2", "m-1")]
    waiting = [one for one in await channels.due("mail", 50, LEASE) if one.case_id == "waits"]
    assert [(one.message_id, one.address) for one in waiting] == [
        ("r-0", "ann@example.com"),
        ("r-1", "ann@example.com"),
        ("r-2", "ann@example.com"),
    ]
    before_sent = await PostgresMail(pool).sent_before("mail-r-1", waiting[1])
    assert before_sent.overtaken, "a person has written since"
