"""The shop's connection as a simulation has it: the shop's own tools ask it their own queries, and memory answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from types import TracebackType
from typing import Any

from handrail.shop import queries
from handrail.shop.records.customers import CustomerStanding
from handrail.shop.records.rows import AddressId, Customer, RefundId, Resets, Sum
from handrail.simulation.world.clock import SimulatedClock
from handrail.simulation.world.goods import Refund, ShopAccount, StoredOrder

MONTHS_3 = timedelta(days=90)
Parameters = Mapping[str, Any]
Answer = Callable[[Parameters], list[Any] | int]


class Shelves:
    """The accounts of a simulation, and an answer for each of the shop's queries. A query without one is a KeyError."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.accounts: dict[str, ShopAccount] = {}
        self._clock = clock
        self._orders_by_id: dict[str, StoredOrder] = {}
        self._addresses: list[Parameters] = []
        answers: dict[str, Answer] = {
            "customer": self._customer,
            "customer_facts": self._standing,
            "orders": self._orders,
            "payments": self._payments,
            "refunded_since": self._refunded_since,
            "resets": self._resets,
            "lock_customer": lambda given: 1,
            "lock_order": lambda given: 1,
            "cancel_order": self._cancel,
            "void_payments": lambda given: 0,
            "insert_refund": self._refund,
            "insert_reset": self._reset,
            "insert_address": self._address,
            "set_address": self._send_to,
            "redirect_shipment": self._redirect,
        }
        self._answers = {queries.sql(name): answer for name, answer in answers.items()}

    def cursor(self, **_: Any) -> ShelfCursor:
        """A cursor, as `shop.queries` asks for one."""
        return ShelfCursor(self._answers)

    def become(self, accounts: dict[str, ShopAccount]) -> None:
        """Hold these accounts, and no others."""
        self.accounts, self._addresses = accounts, []
        self._orders_by_id = {one.order_id: one for account in accounts.values() for one in account.orders}

    def put(self, order: StoredOrder) -> None:
        """Put an order on its customer's account."""
        self._orders_by_id[order.order_id] = order
        self.accounts[order.customer_id].orders.append(order)

    def order(self, order_id: str) -> StoredOrder:
        """The order. Raises: KeyError."""
        return self._orders_by_id[order_id]

    def forget(self, before: datetime) -> None:
        """Forget orders that were placed before then, and the refunds on them."""
        for account in self.accounts.values():
            account.orders = [one for one in account.orders if one.placed_at >= before]
            account.resets = [at for at in account.resets if at >= before]
        self._orders_by_id = {name: one for name, one in self._orders_by_id.items() if one.placed_at >= before}

    def _account(self, given: Parameters) -> ShopAccount | None:
        return self.accounts.get(given["customer_id"])

    def _customer(self, given: Parameters) -> list[Any]:
        found = self._account(given)
        if found is None:
            return []
        about = {"name": found.name, "email": found.email, "language": found.language, "created_at": found.created_at}
        return [Customer(customer_id=found.customer_id, orders=len(found.orders), **about)]

    def _standing(self, given: Parameters) -> list[Any]:
        found = self._account(given)
        if found is None:
            return []
        since: datetime = given["now"] - MONTHS_3
        return [
            CustomerStanding.model_construct(
                created_at=found.created_at,
                orders=len(found.orders),
                cancelled=sum(one.cancelled_at is not None for one in found.orders),
                spent=sum((one.total for one in found.orders), Decimal(0)),
                refunded=sum((one.refunded for one in found.orders), Decimal(0)),
                refunds_90d=sum(one.at >= since for one in found.refunds()),
            )
        ]

    def _chosen(self, given: Parameters) -> list[StoredOrder]:
        found, now, status = self._account(given), self._clock.now(), given.get("status")
        orders = [
            one
            for one in (found.orders if found else [])
            if given["order_id"] in (None, one.order_id) and status in (None, one.status(now))
        ]
        return sorted(orders, key=lambda one: (-one.placed_at.timestamp(), one.order_id))[: given["limit"]]

    def _orders(self, given: Parameters) -> list[Any]:
        return [one.row(self._clock.now()) for one in self._chosen(given)]

    def _payments(self, given: Parameters) -> list[Any]:
        return [one.payment() for one in self._chosen(given)]

    def _refunded_since(self, given: Parameters) -> list[Any]:
        found, since = self._account(given), given["since"]
        refunds = found.refunds() if found else []
        return [Sum(amount=sum((one.amount for one in refunds if one.at > since), Decimal(0)))]

    def _resets(self, given: Parameters) -> list[Any]:
        found = self._account(given)
        sent = found.resets if found else []
        return [Resets(last_day=sum(at > given["day_ago"] for at in sent), latest=max(sent, default=None))]

    def _cancel(self, given: Parameters) -> int:
        self.order(given["order_id"]).cancelled_at = given["now"]
        return 1

    def _refund(self, given: Parameters) -> list[Any]:
        order = self.order(given["order_id"])
        refund_id = f"R-{order.order_id[2:]}-{len(order.refunds) + 1}"
        order.refunds.append(Refund(refund_id, given["amount"], given["origin"], given["now"]))
        return [RefundId(refund_id=refund_id)]

    def _reset(self, given: Parameters) -> int:
        self.accounts[given["customer_id"]].resets.append(given["now"])
        return 1

    def _address(self, given: Parameters) -> list[Any]:
        self._addresses.append(given)
        return [AddressId(address_id=len(self._addresses))]

    def _send_to(self, given: Parameters) -> int:
        order, address = self.order(given["order_id"]), self._addresses[given["address_id"] - 1]
        for name in ("recipient", "street", "city", "postal_code", "country"):
            setattr(order, name, address[name])
        return 1

    def _redirect(self, given: Parameters) -> int:
        self.order(given["order_id"]).redirected_at = given["now"]
        return 1


class ShelfCursor:
    """A cursor over the answers."""

    def __init__(self, answers: Mapping[bytes, Answer]) -> None:
        self._answers = answers
        self._rows: list[Any] = []
        self.rowcount = 0

    async def __aenter__(self) -> ShelfCursor:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return None

    async def execute(self, statement: bytes, given: Parameters) -> None:
        """Answer a query of the shop's. Raises: KeyError: it has a query that a simulation does not know."""
        found = self._answers[statement](given)
        self._rows = found if isinstance(found, list) else []
        self.rowcount = len(found) if isinstance(found, list) else found

    async def fetchall(self) -> list[Any]:
        """The rows, in the shop's own models."""
        return self._rows
