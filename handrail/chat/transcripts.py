"""Transcripts that customers take along: plain text, with whose words each message is."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from handrail.chat.pages import WORDS, language_of
from handrail.chat.services import ChatServices
from handrail.domain.access.principals import Principal
from handrail.domain.case.messages import Message
from handrail.interface import Say, written


def as_text(say: Say, case_id: str, messages: Iterable[Message]) -> str:
    """Write the conversation: each message under its author and time, in UTC."""
    parts = [say("transcript_of", case_id=case_id), *(written(say, one) for one in messages)]
    return "\n\n".join(parts) + "\n"


async def mailed(request: Request, services: ChatServices, caller: Principal, case_id: str, once: str) -> str:
    """Have the transcript sent to the customer's verified address; return the words for what comes of it.

    Whoever calls has seen to it that the case is the customer's. No address is taken from anybody who asks.
    """
    language = language_of(request)
    say, letters, customer = WORDS.words_of(language), services.letters, caller.customer_id or ""
    address = await letters.address_of(customer) if letters else None
    if letters is None or address is None:
        return say("mail_none")
    if not await letters.ask(customer, case_id, address, language, once):
        return say("mail_often")
    return say("mail_sent", address=masked(address))


def masked(address: str) -> str:
    """Return the address as its owner knows it, and nobody else learns it: `d…@example.net`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


async def taken_along(request: Request, services: ChatServices, case_id: str) -> Response:
    """Return the case's transcript as a file to keep; whoever calls has seen to it that the case is the customer's."""
    messages = await services.api.record.transcript(case_id)
    text = as_text(WORDS.words_of(language_of(request)), case_id, messages)
    named = "".join(one if one.isalnum() or one in "-_" else "-" for one in case_id)
    return PlainTextResponse(text, headers={"content-disposition": f'attachment; filename="{named}.txt"'})
