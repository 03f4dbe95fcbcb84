"""A mail longer than a message is answered as any other: what is said to it leaves."""

from __future__ import annotations

from email.message import Message

from handrail.domain.case.messages import MAX_CHARACTERS
from tests.support.house import wait_for
from tests.support.mailing import Mailing, letter
from tests.workflows.mail.test_mail import became, body, customer, received

PRICES = "Lamp 12.50 USD, 3 Mill Lane, 12345 Springfield.\n"


def long(words: str) -> str:
    return words + "\n\n" + PRICES * (3 * MAX_CHARACTERS // len(PRICES))


async def test_what_is_said_to_long_mails_leaves(mailing: Mailing) -> None:
    home, post = mailing.home, mailing.post
    _, address, order_id = await customer(home)

    async def from_bea(words: str) -> Message:
        await home.cases.reply(case_id, "bea", words)

        async def there() -> Message | None:
            return next((one for one in post.to(address) if words in body(one)), None)

        found: Message = await wait_for(there)
        return found

    mailing.deliver(letter(address, long(f"Where is my order {order_id}?"), message_id="<first@customer.example>"))
    async with mailing.running():
        (notice,) = await received(post, address)
        assert notice["In-Reply-To"] == "<first@customer.example>"
        ((_, case_id, _),) = await became(mailing, address)
        await home.until(case_id, lambda view: view.status == "WithHuman")
        await home.cases.claim(case_id, "bea")
        word = await from_bea("Bea here.")
        again = letter(address, long("Thank you, here are more."), to=word["Reply-To"], message_id="<next@customer.example>")
        mailing.deliver(again)
        await became(mailing, address, 2)

        async def heard() -> bool:
            said = "select 1 from handrail.messages where case_id = %(c)s and text like 'Thank you, here are more.%%'"
            return bool(await home.rows(said, c=case_id))

        await wait_for(heard)
        answer = await from_bea("Bea once more.")
        assert answer["In-Reply-To"] == "<next@customer.example>"
