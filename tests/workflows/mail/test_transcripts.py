"""Transcripts by mail: asked for in the chat, and sent to an address that is known to be the customer's, and to no other."""

from __future__ import annotations

import re
from email.message import EmailMessage, Message

import httpx
import pytest

from handrail.domain.case import messages
from handrail.domain.case.messages import Author
from handrail.interface import author_of
from handrail.mail.letters.composing import as_html
from handrail.wiring.front.letters import CHAT
from tests.support.chatting import token_of
from tests.support.house import House, wait_for
from tests.support.mailing import Mailing
from tests.workflows.people.test_chat import browsing, served

SHOP = "https://shop.example"


async def entered(browser: httpx.AsyncClient, home: House, customer_id: str) -> str:
    token = await token_of(home, customer_id)
    answer = await browser.post("/chat/plain?lang=de", data={"token": token}, headers={"origin": SHOP})
    assert answer.status_code == 200, answer.text
    return answer.text


async def asks(browser: httpx.AsyncClient, case_id: str, once: str, **form: str) -> httpx.Response:
    return await browser.post("/chat/plain/mail?lang=de", data={"case_id": case_id, "once": once, **form})


async def test_the_verified_address_gets_who_said_what_and_no_other_does(
    mailing: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAIL_MAIL_SMTP", "smtp://127.0.0.1:1")
    home = mailing.home
    order, other = await home.strangers_order(status="shipped"), await home.order(status="delivered")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}? <script>alert(1)</script>")
    ((address,),) = await home.rows("select email from shop.customers where customer_id = %(c)s", c=order.customer_id)
    app = await served(home)
    async with browsing(app) as browser, browsing(app) as stranger, browsing(app) as visitor:
        page = await entered(browser, home, order.customer_id)
        assert "Gespräch per Mail an mich senden" in page
        typed = {"address": "eve@evil.example", "to": "eve@evil.example", "mail": "eve@evil.example"}
        told = await asks(browser, case.case_id, "o-1", **typed)
        domain = address.rpartition("@")[2]
        assert f"unterwegs an {address[:1]}…@{domain}" in told.text
        assert "unterwegs" in (await asks(browser, case.case_id, "o-1")).text
        assert "vor Kurzem gesendet" in (await asks(browser, case.case_id, "o-2")).text
        await entered(stranger, home, other.customer_id)
        assert (await asks(stranger, case.case_id, "o-3")).status_code == 404
        assert (await asks(visitor, case.case_id, "o-4")).status_code == 404
        foreign = await asks(browser, case.case_id, "", **typed)
        assert foreign.status_code == 422
    kept = "select recipient, address, language from handrail.letters where case_id = %(c)s"
    assert await home.rows(kept, c=case.case_id) == [(order.customer_id, address, "de")]
    async with mailing.running():

        async def there() -> list[Message]:
            return mailing.post.to(address)

        (mail,) = await wait_for(there)
    assert isinstance(mail, EmailMessage)
    assert (mail["Subject"], mail["Auto-Submitted"]) == (f"Gespräch {case.case_id}", "auto-generated")
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    text = str(plain.get_content())
    assert re.search(r"^Sie · \d{4}-\d\d-\d\d \d\d:\d\d UTC\r?\nWhere is my order", text, re.MULTILINE)
    assert "automat" in text.lower()
    assert "<script>" not in str(html.get_content())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in str(html.get_content())
    assert mailing.post.to("eve@evil.example") == []


async def test_no_letter_leaves_to_an_address_that_is_the_customers_no_more(mailing: Mailing) -> None:
    home = mailing.home
    order = await home.strangers_order(status="shipped")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    await home.rows(
        "insert into handrail.letters (letter_id, kind, recipient, address, language, case_id) "
        "values (%(i)s, 'transcript', %(c)s, 'was@before.example', 'en', %(k)s) returning 1",
        i=f"transcript-{case.case_id}",
        c=order.customer_id,
        k=case.case_id,
    )
    async with mailing.running():

        async def dropped() -> bool:
            state = "select state from handrail.letters where case_id = %(c)s"
            return await home.rows(state, c=case.case_id) == [("dropped",)]

        await wait_for(dropped)
    assert mailing.post.to("was@before.example") == []


def test_words_that_people_approved_say_so_without_a_name_and_none_are_markup() -> None:
    said = {"message_id": "m", "turn": 1, "text": "x", "at": "2026-11-30T10:00:00Z", "author": Author.ASSISTANT}
    say = CHAT.words_of("en")
    assert say(author_of(messages.Message.model_validate(said))) == "Automatic assistant"
    assert (
        say(author_of(messages.Message.model_validate({**said, "approved": True})))
        == "Automatic assistant, approved by a person"
    )
    assert say(author_of(messages.Message.model_validate({**said, "author": Author.PERSON, "by": "ann"}))) == "A person"
    assert "&lt;a href=&quot;https://evil.example&quot;&gt;" in as_html('<a href="https://evil.example">', "en")
    assert "<a " not in as_html("https://evil.example/looks-like-ours", "en", ["https://desk.example/"])
