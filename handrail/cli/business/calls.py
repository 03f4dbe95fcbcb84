"""A call that nobody has made yet: what it would do and which facts the policies would see. Nothing is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from handrail.cli.common.world import CliContext
from handrail.domain.actions.proposals import Proposal, ProposalKind
from handrail.domain.base import digest
from handrail.domain.errors import BusinessRefused, InvalidInput

if TYPE_CHECKING:
    from handrail.policies.names import PolicyNames

NO_CASE = "case-of-nobody"
"""The case id that tools see: there is no case, so nothing was done in it."""


def json_object(text: str, option: str, example: str) -> dict[str, Any]:
    """The object in an option. Raises: InvalidInput: it is none."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{option}: is no JSON ({error.msg}). What would be right: {option} '{example}'") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{option}: is no JSON object. What would be right: {option} '{example}'")
    return found


async def previewed(
    place: CliContext, known: PolicyNames, customer: str, tool: str, arguments: dict[str, Any], more: dict[str, Any]
) -> tuple[Proposal, dict[str, Any], str]:
    """The proposal that the call would be, every fact but those of a case, and its title; `more` are facts to add.

    Raises:
        InvalidInput: no such effect, arguments or customer.
        BusinessRefused: the business says no already.
        Unreachable: PostgreSQL does not answer.
    """
    from handrail.clock import SystemClock
    from handrail.domain.policy.facts import NOW, customer_facts
    from handrail.policies.asked import flattened
    from handrail.policies.names import nearest
    from handrail.postgres.business.customers import PostgresCustomers
    from handrail.postgres.business.history import PostgresHistory
    from handrail.postgres.business.tools import PostgresRecord
    from handrail.postgres.pool import reading

    business, clock = place.business, SystemClock()
    effects = [one.name for one in business.tools if one.preview is not None]
    if tool not in effects:
        raise InvalidInput(f"--tool: {tool!r} is no effect of this business. {nearest(tool, effects)}.")
    names = known.named_by([tool])
    given = flattened(more, names)
    if strange := sorted(set(given) - set(names)):
        raise InvalidInput(f"--facts: {strange[0]!r} is no fact of this business. {nearest(strange[0], names)}.")
    async with place.pool() as pool:
        async with reading(pool) as connection:
            if not await business.known_customer(connection, customer):
                raise InvalidInput(f"--customer: {customer!r} is no customer of {business.name}.")
        checked = await PostgresRecord(pool, business, clock).check(NO_CASE, customer, tool, arguments)
        facts = {
            NOW: clock.now().isoformat(),
            **customer_facts(customer, await PostgresCustomers(pool, business, clock).facts(customer)),
            **await PostgresHistory(pool, business, clock).of(NO_CASE, customer, []),
            **given,
            **checked.facts,
        }
    proposal = Proposal(
        proposal_id="asked",
        kind=ProposalKind.EFFECT,
        action=tool,
        arguments=checked.arguments,
        arguments_hash=digest(checked.arguments),
    )
    return proposal, facts, checked.title


def refused_document(tool: str, arguments: dict[str, Any], no: BusinessRefused) -> dict[str, Any]:
    """The business said no before any policy was asked."""
    return {"action": tool, "arguments": arguments, "ruling": "refused", "code": no.code, "messages": [str(no)], "rules": []}
