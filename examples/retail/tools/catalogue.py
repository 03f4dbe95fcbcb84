"""Products and their variants, which are the same for every customer."""

from __future__ import annotations

from typing import Any

from examples.retail import queries
from examples.retail.data.document import Product, Variant
from examples.retail.tools.arguments import NoArguments, OneItem, OneProduct
from handrail.business import Call
from handrail.domain.errors import BusinessRefused


async def variant(call: Call, item_id: str, product_id: str | None = None) -> Variant:
    """One item; with `product_id` only among that product's.

    Raises:
        BusinessRefused: `no_such_item`, `other_product`.
    """
    found = await queries.row(call.connection, "item", Variant, item_id=item_id, product_id=product_id)
    if found is not None:
        return found
    if product_id is not None and await queries.row(call.connection, "item", Variant, item_id=item_id, product_id=None):
        raise BusinessRefused("other_product", f"Item {item_id} is another product; take a variant of the same one.")
    raise BusinessRefused("no_such_item", f"There is no item {item_id}.")


async def get_product_details(call: Call, arguments: OneProduct) -> dict[str, Any]:
    """A product with all its variants.

    Raises:
        BusinessRefused: `no_such_product`.
    """
    found = await queries.row(call.connection, "products", Product, product_id=arguments.product_id)
    if found is None:
        raise BusinessRefused("no_such_product", f"There is no product {arguments.product_id}; product and item ids differ.")
    return found.model_dump(mode="json")


async def get_item_details(call: Call, arguments: OneItem) -> dict[str, Any]:
    """One variant. Raises: BusinessRefused: `no_such_item`."""
    return (await variant(call, arguments.item_id)).model_dump(mode="json")


async def list_all_product_types(call: Call, _: NoArguments) -> dict[str, Any]:
    """Name to product id, by name."""
    found = await queries.rows(call.connection, "products", Product, product_id=None)
    return {"products": {one.name: one.product_id for one in sorted(found, key=lambda one: one.name)}}
