"""Mail through real servers: a case by mail, threads, strangers and forgers, machines that answer, crashes, bounces."""

from __future__ import annotations

from email.message import Message

import pytest

from handrail.mail.incoming import unidentified
from tests.support.deskside import at_desk, key_of, with_desk
from tests.support.house import House, wait_for
from tests.support.mailing import ADDRESS, Mailing, Post, letter


async def customer(home: House) -> tuple[str, str, str]:
    """A customer who has no case: id, address and an order."""
    order = await home.strangers_order(status="shipped")
    ((address,),) = await home.rows("select email from shop.customers where customer_id = %(c)s", c=order.customer_id)
    return order.customer_id, address, order.order_id


async def received(post: Post, address: str, count: int = 1) -> list[Message]:
    async def there() -> list[Message]:
        found = post.to(address)
        return found if len(found) >= count else []

    return list(await wait_for(there))


async def became(mailing: Mailing, sender: str, count: int = 1) -> list[tuple[str, str, bool]]:
    async def done() -> list[tuple[str, str, bool]]:
        found = await mailing.entries(sender)
        return [(one[0], one[1], one[2]) for one in found] if len(found) >= count and all(one[2] for one in found) else []

    return list(await wait_for(done))


def body(mail: Message) -> str:
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


async def test_a_case_by_mail_its_thread_and_a_person(mailing: Mailing) -> None:
    home = mailing.home
    customer_id, address, order_id = await customer(home)
    wicked = b"=?utf-8?q?My_order=0D=0ABcc:_eve@example.com?="
    mailing.deliver(letter(address, f"Where is my order {order_id}?", subject="My order").replace(b"My order", wicked, 1))
    async with mailing.running():
        (reply,) = await received(mailing.post, address)
        assert order_id in body(reply)
        assert body(reply).startswith("You are talking to our automated assistant")
        assert (reply["Auto-Submitted"], reply["Subject"], reply["From"]) == (
            "auto-replied",
            "Re: My order Bcc: eve@example.com",
            f"The Shop <{ADDRESS}>",
        )
        assert reply["In-Reply-To"] == reply["References"].split()[-1]
        ((disposition, case_id, _),) = await became(mailing, address)
        assert (disposition, (await home.cases.status(case_id)).customer_id) == ("opened", customer_id)

        quoted = f"I want to talk to a person.\n\nOn Mon, 3 Nov 2026 at 10:00, The Shop <{ADDRESS}> wrote:\n"
        quoted += "\n".join(f"> {line}" for line in body(reply).splitlines())
        mailing.deliver(letter(address, quoted, to=reply["Reply-To"], subject="something else"))
        await home.until(case_id, lambda view: view.status == "WithHuman")
        said = await home.rows(
            "select text from handrail.messages where case_id = %(c)s and author = 'customer' order by sequence", c=case_id
        )
        assert said[-1] == ("I want to talk to a person.",)
        await home.cases.claim(case_id, "bea")
        await home.cases.reply(case_id, "bea", "Bea here.\nBcc: eve@example.com")

        async def from_bea() -> list[Message]:
            return [one for one in mailing.post.to(address) if "Bea here" in body(one)]

        (word,) = await wait_for(from_bea)
        assert word["Auto-Submitted"] is None
        assert word["Bcc"] is None
        assert [one.partition(":")[0] for one in (await became(mailing, address, 2))[1][:1]] == ["continued"]
        # The customer's next message comes by another channel: nothing more goes by mail.
        await home.cases.say(case_id, "Are you there?")
        await home.cases.reply(case_id, "bea", "Not by mail.")
        # The word that a person takes over waited for its ten minutes; by then a person has written.
        due = "update handrail.departures set next_at = now() where case_id = %(c)s and state = 'waiting' returning 1"
        assert await home.rows(due, c=case_id) == [(1,)]
        stays = "select words from handrail.departures where case_id = %(c)s and state = 'failed'"

        async def stayed() -> bool:
            return await home.rows(stays, c=case_id) == [("A person has written since.",)]

        await wait_for(stayed)
    assert not [one for one in mailing.post.to(address) if "Not by mail" in body(one)]


async def test_a_forged_sender_and_another_customers_thread_get_nothing(mailing: Mailing) -> None:
    home = mailing.home
    victim, address, order_id = await customer(home)
    mailing.deliver(letter(address, f"Where is my order {order_id}?"))
    async with mailing.running():
        (reply,) = await received(mailing.post, address)
        case_id = (await became(mailing, address))[0][1]
        thread = str(reply["Message-ID"])
        wish = f"Please cancel order {order_id} and tell me its address."
        forged = f"mx.evil.example; dmarc=pass header.from={address.partition('@')[2]}"
        mailing.deliver(
            letter(address, wish, passed=False, to=reply["Reply-To"], References=thread, In_Reply_To=thread),
            letter(
                address, wish, passed=False, **{forged: f"mx.evil.example; dmarc=pass header.from={address.partition('@')[2]}"}
            ),
            letter("eve@evil.example", wish, to=reply["Reply-To"], References=thread, In_Reply_To=thread),
        )
        ((by_eve, eves_case, _),) = await became(mailing, "eve@evil.example")
        others = (await became(mailing, address, 3))[1:]
        assert {by_eve, *(one[0] for one in others)} == {"people"}
        cases = [eves_case, *(one[1] for one in others)]
        for one in cases:
            assert (await home.until(one, lambda view: view.status == "WithHuman")).reason == "unknown_customer"
    assert case_id not in cases
    owners = await home.rows("select distinct customer_id from handrail.cases where case_id = any(%(c)s)", c=cases)
    assert set(owners) == {(unidentified(address),), (unidentified("eve@evil.example"),)}
    assert await home.rows("select count(*) from handrail.actions where case_id = any(%(c)s)", c=cases) == [(0,)]
    assert await home.rows(
        "select count(*) from handrail.messages where case_id = %(c)s and author = 'customer'", c=case_id
    ) == [(1,)]
    assert not [mail for mail in mailing.post.to("eve@evil.example") if order_id in body(mail)]
    assert not await home.rows(
        "select 1 from handrail.cases where case_id = any(%(c)s) and customer_id = %(v)s", c=cases, v=victim
    )


async def test_machines_that_answer_get_five_mails_and_then_a_person(mailing: Mailing) -> None:
    home = mailing.home
    limited = mailing.settings.model_copy(update={"reply_minutes": 0.005})
    mailing = Mailing(home, mailing.imap, mailing.post, limited)
    _, honest, first = await customer(home)
    mailing.deliver(letter(honest, f"Where is my order {first}?"))
    async with mailing.running():
        await received(mailing.post, honest)
        _, silent, second = await customer(home)
        count = 0

        def answers(mail: Message) -> str | None:
            nonlocal count
            count += 1
            if mail["To"] == honest:
                mailing.deliver(letter(honest, "I am away.", to=mail["Reply-To"], Auto_Submitted="auto-replied"))
            elif mail["To"] == silent:
                text = f"We got your mail number {count}. Where is my order {second}? Please tell me more, {count}."
                mailing.deliver(letter(silent, text, to=mail["Reply-To"]))
            return None

        mailing.post.answer = answers
        mailing.deliver(
            letter(silent, f"Where is my order {second}?"),
            letter(ADDRESS, "Our own words come back.", passed=True),
            letter("orders@shop.example", "An order came in."),
        )
        (case_id,) = {one[1] for one in await became(mailing, silent)}
        await home.until(case_id, lambda view: view.status == "WithHuman")
        assert [one[0] for one in await became(mailing, ADDRESS)] == ["own"]
        assert [one[0] for one in await became(mailing, "orders@shop.example")] == ["own"]

        async def quiet() -> bool:
            left = "select count(*) from handrail.departures where address = any(%(a)s) and state = 'waiting'"
            heard = "select count(*) from handrail.mails where incoming and settled_at is null"
            return await home.rows(left, a=[honest, silent]) == [(0,)] and await home.rows(heard) == [(0,)]

        await wait_for(quiet)
    assert 1 <= len(mailing.post.to(silent)) <= 5
    assert len(mailing.post.to(honest)) == 1
    assert mailing.post.to(ADDRESS) == []


async def test_what_was_interrupted_is_neither_lost_nor_twice(mailing: Mailing, monkeypatch: pytest.MonkeyPatch) -> None:
    home = mailing.home
    customer_id, address, order_id = await customer(home)
    mail = letter(address, f"Where is my order {order_id}?")
    mailing.deliver(mail, mail)

    async def dies(*_: object) -> None:
        raise RuntimeError("the process dies between telling the case and noting it")

    with monkeypatch.context() as dying:
        dying.setattr("handrail.postgres.channels.mail.PostgresMail.settle", dies)
        async with mailing.running():

            async def told() -> bool:
                return bool(await home.rows("select 1 from handrail.cases where customer_id = %(c)s", c=customer_id))

            await wait_for(told)
    # The mail server takes a mail, and the connection ends before we hear so.
    mailing.post.answer = lambda mail: "!451 please try again"
    async with mailing.running():
        await received(mailing.post, address)
        mailing.post.answer = lambda mail: None
        await became(mailing, address)
        # The server numbers its mail anew: everything is looked at again.
        with mailing.imap.login() as client:
            client.delete(mailing.settings.folder)
            client.create(mailing.settings.folder)
            client.append(mailing.settings.folder, "", "", mail)
    await home.rows("update handrail.departures set next_at = clock_timestamp() where address = %(a)s returning 1", a=address)
    async with mailing.running():
        replies = await received(mailing.post, address, 2)
        mailing.deliver(letter(address, "I want to talk to a person.", to=replies[0]["Reply-To"]))
        await became(mailing, address, 2)
        said = (
            "select count(*) from handrail.messages join handrail.cases using (case_id) "
            "where customer_id = %(c)s and author = 'customer'"
        )

        async def heard() -> bool:
            return await home.rows(said, c=customer_id) == [(2,)]

        await wait_for(heard)
    assert len({one["Message-ID"] for one in replies}) == 1
    assert await home.rows("select count(*) from handrail.cases where customer_id = %(c)s", c=customer_id) == [(1,)]


async def test_a_reply_that_comes_back_is_seen_by_people(mailing: Mailing) -> None:
    home = mailing.home
    _, address, order_id = await customer(home)
    mailing.deliver(letter(address, f"Where is my order {order_id}?"))
    async with mailing.running():
        (reply,) = await received(mailing.post, address)
        case_id = (await became(mailing, address))[0][1]
        await home.settled(case_id)
        report = "\r\n".join(
            [
                "Return-Path: <>",
                "From: MAILER-DAEMON@mx.shop.example",
                f"To: {ADDRESS}",
                "Subject: Undelivered Mail",
                "Message-ID: <dsn@mx.shop.example>",
                'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
                "",
                "--b",
                "Content-Type: text/plain",
                "",
                "It did not work.",
                "--b",
                "Content-Type: message/delivery-status",
                "",
                "Reporting-MTA: dns; mx.shop.example",
                "",
                f"Final-Recipient: rfc822; {address}",
                "Action: failed",
                "Status: 5.1.1",
                "Diagnostic-Code: smtp; 550 no such user",
                "",
                "--b",
                "Content-Type: text/rfc822-headers",
                "",
                f"Message-ID: {reply['Message-ID']}",
                "",
                "--b--",
                "",
            ]
        )
        mailing.deliver(report.encode())
        await home.until(case_id, lambda view: view.status == "WithHuman")
        assert [one[:2] for one in await became(mailing, "mailer-daemon@mx.shop.example")] == [("bounce", case_id)]

        async def given_up() -> bool:
            given_up = "select words from handrail.departures where case_id = %(c)s and state = 'failed'"
            return any("550 no such user" in words for (words,) in await home.rows(given_up, c=case_id))

        await wait_for(given_up)
        async with at_desk(await with_desk(home), await key_of(home, "bea")) as desk:
            page = await desk.look(f"/desk/cases/{case_id}")
    assert "came back" in page
    assert "550 no such user" in page
    assert "did not go out" in page
    assert len(mailing.post.to(address)) == 1
