"""Between the document and PostgreSQL: filling an empty shop with COPY, and reading the whole of it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examples.retail import queries
from examples.retail.data import source
from examples.retail.data.document import Database, Product, RetailOrder, User
from examples.retail.queries import Connection, json

Rows = Iterator[tuple[Any, ...]]


async def seed(connection: Any) -> None:
    """The shop's data, from where the setting says; a shop that is filled already stays as it is.

    Raises:
        InvalidInput: the data is not there, or has another shape.
    """
    async with connection.transaction():
        if await queries.execute(connection, "insert_load"):
            await copy(connection, source.read())


async def copy(connection: Connection, shop: Database) -> None:
    """Every table, parents first."""
    tables = {
        "products": products(shop),
        "items": items(shop),
        "users": users(shop),
        "payment_methods": methods(shop),
        "orders": orders(shop),
        "order_items": lines(shop),
        "fulfillments": fulfillments(shop),
        "payments": payments(shop),
    }
    async with connection.cursor() as cursor:
        for table, values in tables.items():
            async with cursor.copy(queries.sql(f"copy_{table}")) as copying:
                for one in values:
                    await copying.write_row(one)


async def snapshot(connection: Connection) -> Database:
    """Everything that the database holds, as the document."""
    return Database(
        products={one.product_id: one for one in await queries.rows(connection, "products", Product, product_id=None)},
        users={one.user_id: one for one in await queries.rows(connection, "users", User, user_id=None)},
        orders={
            one.order_id: one for one in await queries.rows(connection, "orders", RetailOrder, order_id=None, user_id=None)
        },
    )


def products(shop: Database) -> Rows:
    return ((one.product_id, place, one.name) for place, one in enumerate(shop.products.values()))


def items(shop: Database) -> Rows:
    for product in shop.products.values():
        for place, one in enumerate(product.variants.values()):
            yield product.product_id, one.item_id, place, json(one.options), one.available, one.price


def users(shop: Database) -> Rows:
    for place, one in enumerate(shop.users.values()):
        yield one.user_id, place, one.name.first_name, one.name.last_name, one.email, json(one.address), one.orders


def methods(shop: Database) -> Rows:
    for user in shop.users.values():
        for place, one in enumerate(user.payment_methods.values()):
            yield user.user_id, one.id, place, one.source, one.balance, one.brand, one.last_four


def orders(shop: Database) -> Rows:
    for place, one in enumerate(shop.orders.values()):
        changes = (one.cancel_reason, one.exchange_items, one.exchange_new_items, one.exchange_payment_method_id)
        rest = (one.exchange_price_difference, one.return_items, one.return_payment_method_id)
        yield one.order_id, place, one.user_id, json(one.address), one.status, *changes, *rest


def lines(shop: Database) -> Rows:
    for order in shop.orders.values():
        for line, one in enumerate(order.items):
            yield order.order_id, line, one.product_id, one.item_id, one.name, one.price, json(one.options)


def fulfillments(shop: Database) -> Rows:
    for order in shop.orders.values():
        for place, one in enumerate(order.fulfillments):
            yield order.order_id, place, one.tracking_id, one.item_ids


def payments(shop: Database) -> Rows:
    for order in shop.orders.values():
        for place, one in enumerate(order.payment_history):
            yield order.order_id, place, one.transaction_type, one.amount, one.payment_method_id
