"""Intake of what customers write: how it came is noted before its case hears of it, whoever passes it on."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from handrail.api.services import ApiServices
from handrail.domain.access.principals import Principal
from handrail.domain.base import digest
from handrail.domain.case.messages import IncomingMessage, check_message
from handrail.domain.case.requests import CaseStatus
from handrail.domain.case.starts import CaseStart
from handrail.domain.channels import Arrival
from handrail.domain.errors import IllegalTransition, InvalidInput, UnknownCase
from handrail.domain.team.commands import Receipt
from handrail.temporal.connect import Unreachable

MAIL = "mail"
"""The channel whose replies leave by a mailbox of the house."""
CUSTOMERS_OWN = ("api", "chat", "widget")
"""The channels that a customer's token may name: a browser holds it, and policies, samples and figures go by the channel."""


class Way(NamedTuple):
    """The way of a message: its channel, and where replies go; nowhere, where the customer reads them where they wrote."""

    channel: str
    address: str | None = None


def way_of(channel: str, address: str | None, caller: Principal) -> Way:
    """Return the way that a caller names.

    Raises:
        InvalidInput: it is not theirs to name.
    """
    if caller.customer_id is not None and address is not None:
        raise InvalidInput("address: does not go with a customer's token. Leave it out; the customer reads where they wrote.")
    if caller.customer_id is not None and channel not in CUSTOMERS_OWN:
        known = ", ".join(map(repr, CUSTOMERS_OWN))
        raise InvalidInput(f"channel: a customer's token names one of {known}. Leave it out, or let your backend send it.")
    if channel == MAIL and address is not None:
        raise InvalidInput("channel: 'mail' is the house's own mailbox. Name your channel otherwise, for example 'sms'.")
    return Way(channel, address)


def case_of(caller: Principal, key: str) -> str:
    """Return the id of the case that a caller opens under a key: the same, however often and by whatever protocol."""
    return f"c-{digest([caller.caller, key])[:24]}"


async def wanted(
    services: ApiServices, caller: Principal, case_id: str, customer_id: str, message: IncomingMessage, way: Way
) -> CaseStart:
    """Return the start of a case, ready to be kept. Raises: InvalidInput, RateLimited."""
    cases, message = services.cases(caller), check_message(message)
    await services.limits.count(services.limits.customer, f"customer {caller.counted_as or customer_id}")
    case = cases.wanted(case_id, customer_id, message.text, message_id=message.message_id, channel=way.channel)
    return CaseStart(case=case, identity=caller.identity)


async def opened(
    services: ApiServices, caller: Principal, case_id: str, customer_id: str, message: IncomingMessage, way: Way
) -> Receipt:
    """Open a case; where Temporal is away it is kept, and begins as soon as it can.

    Raises:
        InvalidInput, CaseConflict, RateLimited.
    """
    start = await wanted(services, caller, case_id, customer_id, message, way)
    if way.address is not None:  # else the case's own channel says all that there is to note
        await _arrived(services, case_id, message, way)
    if not services.starter.away:
        with suppress(Unreachable):
            return await services.cases(caller).open_soon(start.case)
    kept = await services.starts.keep(start)
    return Receipt(
        case_id=case_id, status=CaseStatus.WORKING, turn=1, message_id=start.case.message.message_id, duplicate=not kept
    )


async def taken(services: ApiServices, caller: Principal, case_id: str, customer_id: str) -> bool:
    """Return whether the case was opened for the customer, be it recorded or not. Raises: Unreachable."""
    kept = await services.starts.find(case_id)
    if kept is not None:
        return kept.case.customer_id == customer_id
    return await services.cases(caller).owned_by(case_id, customer_id)


async def said(
    services: ApiServices,
    caller: Principal,
    case_id: str,
    customer_id: str | None,
    message: IncomingMessage,
    way: Way,
    seconds: float,
) -> Receipt:
    """Pass on another message; a worker has so many seconds. Raises: InvalidInput, UnknownCase, IllegalTransition, …"""
    message = check_message(message)
    await services.limits.count(services.limits.customer, f"customer {caller.counted_as or customer_id}")
    await _arrived(services, case_id, message, way)
    try:
        return await services.cases(caller).say_soon(
            case_id, message.text, message_id=message.message_id, seconds=seconds, answers=message.answers
        )
    except UnknownCase as error:
        if (await services.record.show(case_id)).status is not CaseStatus.CLOSED:
            raise
        # Temporal keeps what has ended for its namespace's retention; the record keeps it longer.
        raise IllegalTransition(f"case {case_id} was closed long ago and takes nothing more. Open a new case.") from error


async def _arrived(services: ApiServices, case_id: str, message: IncomingMessage, way: Way) -> None:
    arrival = Arrival(case_id=case_id, message_id=message.message_id, channel=way.channel, address=way.address)
    await services.channels.arrived(arrival)
