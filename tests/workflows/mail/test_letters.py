"""People are told by mail what waits for them: once, together, in their words, and nothing that was decided meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.message import EmailMessage, Message
from pathlib import Path
from uuid import uuid4

import pytest

from handrail.domain.actions.approvals import DecisionInput
from handrail.domain.case.cases import CaseView
from handrail.domain.letters import LetterState
from handrail.domain.team.notices import ToldPerson, WaitingItem
from handrail.domain.team.terms import NoticeTerms
from handrail.postgres.channels.letters import PostgresLetters, PostgresNotices
from tests.support.house import House, wait_for
from tests.support.lettered import told_by_mail
from tests.support.mailing import Mailing, Post

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}


async def held(home: House) -> CaseView:
    """A refund that waits for approval."""
    order = await home.strangers_order(**HELD)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    return case


def address() -> str:
    return f"r-{uuid4().hex[:8]}@shop.example"


async def told(post: Post, to: str, count: int = 1) -> list[Message]:
    async def there() -> list[Message]:
        return post.to(to) if len(post.to(to)) >= count else []

    return list(await wait_for(there))


async def quiet(home: House) -> None:
    """Wait until every event was looked at, and every letter has left."""

    async def done() -> bool:
        behind = "select 1 from handrail.notice_cursor where position < (select max(position) from handrail.case_event)"
        due = "select 1 from handrail.letters where state = 'waiting' and next_at <= now()"
        return not await home.rows(behind) and not await home.rows(due)

    await wait_for(done)


def text_of(mail: Message, kind: str = "plain") -> str:
    assert isinstance(mail, EmailMessage)
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


async def test_who_may_decide_is_told_in_their_language_and_nobodys_words_leave(mailing: Mailing, tmp_path: Path) -> None:
    ann, mia, trainee = address(), address(), address()
    mailing = told_by_mail(
        mailing,
        tmp_path,
        {"notify": {"mail": ann, "language": "de", "zone": "Europe/Berlin"}},
        {"notify": {"mail": mia, "roles": ["manager"]}, "roles": ["manager"]},
        {"notify": {"mail": trainee}, "limits": {"refund_amount_usd": 100}},
    )
    home = mailing.home
    async with mailing.running():
        await quiet(home)
        case = await held(home)
        (mail,) = await told(mailing.post, ann)
        await quiet(home)
        person = await home.open((await home.strangers_order(**HELD)).customer_id, "I want to speak to a person, please.")
        await quiet(home)
    request = case.approvals[0].request
    assert mail["Subject"] == f"Wartet auf Sie: {case.case_id}"
    assert (mail["Auto-Submitted"], mail["Reply-To"]) == ("auto-generated", None)
    for kind in ("plain", "html"):
        text = text_of(mail, kind)
        assert f"https://desk.shop.example/desk/cases/{case.case_id}" in text
        assert "zu entscheiden: refund_order" in text
        assert "(Europe/Berlin)" in text
        for private in (case.customer_id, *(str(one) for one in request.arguments.values()), request.title, request.headline):
            assert private not in text, private
    # Above the trainee's limit, not for whom tells managers' decisions alone; the case is no reviewer's by name.
    assert mailing.post.to(mia) == mailing.post.to(trainee) == []
    assert all(person.case_id not in text_of(one) for one in mailing.post.to(ann))


async def test_much_at_once_is_one_mail_and_what_is_decided_meanwhile_is_in_none(mailing: Mailing, tmp_path: Path) -> None:
    to = address()
    mailing = told_by_mail(mailing, tmp_path, {"notify": {"mail": to, "every_minutes": 60}})
    home = mailing.home
    async with mailing.running():
        await quiet(home)
        mailing.post.answer = lambda mail: "451 not now" if mail["To"] == to else None
        first = await held(home)

        async def tried() -> bool:
            return await home.rows("select 1 from handrail.letters where address = %(a)s and attempts > 0", a=to) != []

        await wait_for(tried)
        others = [await held(home) for _ in range(3)]
        await home.cases.decide(first.case_id, first_open(first, "approve"))
        await home.until(first.case_id, lambda view: bool(view.effects))
        await home.cases.decide(others[0].case_id, first_open(others[0], "reject"))
        await home.until(others[0].case_id, lambda view: view.status != "AwaitingApproval")
        mailing.post.answer = lambda mail: None
        await home.rows("update handrail.letters set next_at = now() where address = %(a)s returning 1", a=to)
        await told_rest(home, mailing, to, [one.case_id for one in others[1:]])
    (mail,) = mailing.post.to(to)
    assert mail["Subject"] == "Waiting for you: 2 cases"
    assert first.case_id not in text_of(mail)
    assert others[0].case_id not in text_of(mail)
    states = await home.rows("select state from handrail.letters where address = %(a)s order by noted_at", a=to)
    assert states == [("dropped",), ("sent",)]


async def told_rest(home: House, mailing: Mailing, to: str, case_ids: list[str]) -> None:
    """Wait for the mail that tells these."""
    (mail,) = await told(mailing.post, to)
    assert all(one in text_of(mail) for one in case_ids)

    async def noted() -> bool:
        return await home.rows("select 1 from handrail.letters where address = %(a)s and state = 'waiting'", a=to) == []

    await wait_for(noted)
    await quiet(home)


def first_open(case: CaseView, decision: str) -> DecisionInput:
    shown = case.approvals[0]
    about = {"approval_id": shown.approval_id, "revision": shown.revision, "reviewer": "ann"}
    return DecisionInput.model_validate({"decision": decision, **about})


async def test_a_process_that_dies_behind_the_handing_over_sends_the_same_mail_again_and_no_other(
    mailing: Mailing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = address()
    mailing = told_by_mail(mailing, tmp_path, {"notify": {"mail": to}})
    home = mailing.home

    async def dies(*_: object) -> None:
        raise RuntimeError("the process dies between the mail server's word and the note of it")

    with monkeypatch.context() as dying:
        dying.setattr(PostgresLetters, "settle", dies)
        async with mailing.running():
            await quiet(home)
            case = await held(home)
            await told(mailing.post, to)
    await home.rows("update handrail.letters set next_at = now() where address = %(a)s returning 1", a=to)
    async with mailing.running():
        first, again = await told(mailing.post, to, 2)
        await quiet(home)
    assert first["Message-ID"] == again["Message-ID"]
    assert case.case_id in text_of(again)
    assert len(mailing.post.to(to)) == 2
    assert await home.rows("select state from handrail.letters where address = %(a)s", a=to) == [("sent",)]


async def test_two_processes_make_one_letter_of_the_same_news(mailing: Mailing) -> None:
    home, to = mailing.home, address()
    person = ToldPerson(f"p-{uuid4().hex[:8]}", NoticeTerms(mail=to))
    notices, other = PostgresNotices(home.pool), PostgresNotices(home.pool)
    await notices.begin()
    case = await held(home)

    async def news() -> tuple[int, int, list[WaitingItem]] | None:
        known, until, found = await notices.news(1_000_000)
        mine = [one for one in found if one.case_id == case.case_id]
        return (known, until, mine) if mine else None

    known, until, found = await wait_for(news)
    rows = [{"person": person.name, **one.key} for one in found]
    await asyncio.gather(notices.note(rows, known, until), other.note(rows, known, until))
    await asyncio.gather(*(one.gather(person) for one in (notices, other, notices, other)))
    assert await home.rows("select count(*) from handrail.letters where address = %(a)s", a=to) == [(1,)]
    letters = [one for one in await PostgresLetters(home.pool).due(100, timedelta(minutes=5)) if one.address == to]
    assert [one.case_id for one in await notices.items(letters[0].letter_id)] == [case.case_id]
    await PostgresLetters(home.pool).settle(letters[0], LetterState.DROPPED)
