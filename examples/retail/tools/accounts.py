"""The customer's own account. Whoever else it is about, the answer is the same as for somebody who does not exist."""

from __future__ import annotations

import unicodedata
from typing import Any

from examples.retail import queries
from examples.retail.data.document import Address, Method, User
from examples.retail.queries import json
from examples.retail.tools.arguments import ByEmail, ByName, MoveUser, NewAddress, OneUser
from handrail.business import Call, Preview, asking
from handrail.domain.errors import BusinessRefused


def unknown_user() -> BusinessRefused:
    """Return the same refusal for another customer's data and for nobody's."""
    return BusinessRefused("user_not_found", "User not found: this case is about its own customer only.")


async def own_user(call: Call, user_id: str | None = None) -> User:
    """The case's customer.

    Raises:
        BusinessRefused: `user_not_found`, where another one is named, or there is none.
    """
    found = await queries.row(call.connection, "users", User, user_id=call.customer_id)
    if found is None or user_id not in (None, found.user_id):
        raise unknown_user()
    return found


async def locked_user(call: Call) -> User:
    """`own_user`, with everything of theirs held against other effects until the transaction ends."""
    await queries.execute(call.connection, "lock_user", user_id=call.customer_id)
    return await own_user(call)


def own_method(user: User, method_id: str) -> Method:
    """One of the customer's payment methods.

    Raises:
        BusinessRefused: `payment_method_not_found`.
    """
    found = user.payment_methods.get(method_id)
    if found is None:
        known = ", ".join(sorted(user.payment_methods)) or "none"
        raise BusinessRefused(
            "payment_method_not_found", f"payment_method_id: {method_id} is none of this customer's. Theirs: {known}."
        )
    return found


def folded(text: str) -> str:
    """Names are compared without case and accents."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold().strip()


async def find_user_id_by_email(call: Call, arguments: ByEmail) -> dict[str, Any]:
    """The customer's id. Raises: BusinessRefused: `user_not_found`."""
    user = await own_user(call)
    if folded(user.email) != folded(arguments.email):
        raise unknown_user()
    return {"user_id": user.user_id}


async def find_user_id_by_name_zip(call: Call, arguments: ByName) -> dict[str, Any]:
    """The customer's id. Raises: BusinessRefused: `user_not_found`."""
    user = await own_user(call)
    asked = (folded(arguments.first_name), folded(arguments.last_name), arguments.zip)
    if asked != (folded(user.name.first_name), folded(user.name.last_name), user.address.zip):
        raise unknown_user()
    return {"user_id": user.user_id}


async def get_user_details(call: Call, arguments: OneUser) -> dict[str, Any]:
    """The account with its payment methods and order numbers. Raises: BusinessRefused: `user_not_found`."""
    return (await own_user(call, arguments.user_id)).model_dump(mode="json", exclude_none=True)


def address_of(given: NewAddress) -> Address:
    """The address among the arguments, exactly as it was given."""
    return Address.model_validate(given.model_dump())


def one_line(address: Address) -> str:
    """Write the address on one line, for people."""
    parts = (address.address1, address.address2, address.city, f"{address.state} {address.zip}".strip(), address.country)
    return ", ".join(part for part in parts if part)


async def preview_move(call: Call, arguments: MoveUser) -> Preview:
    """Describe the change before it is made. Raises: BusinessRefused: `user_not_found`."""
    user, after = await own_user(call, arguments.user_id), address_of(arguments)
    return Preview(
        title="Change the customer's default address",
        headline="change default address",
        shown={"New address": one_line(after), "Old address": one_line(user.address), "Customer": user.user_id},
        facts={"leaves_country": after.country != user.address.country},
        asks=asking({"en": "Change the default address of your account to {{address}}."}, address=one_line(after)),
    )


async def modify_user_address(call: Call, arguments: MoveUser) -> dict[str, Any]:
    """Store the default address. Raises: BusinessRefused: `user_not_found`."""
    await locked_user(call)
    user, after = await own_user(call, arguments.user_id), address_of(arguments)
    await queries.execute(call.connection, "set_user_address", user_id=user.user_id, address=json(after))
    return {"user_id": user.user_id, "address": after.model_dump()}
