"""The tools once more, on the plain document: what a task's actions do where nobody stands between.

A straightforward rendition of tau2-bench's published retail tools, for comparison only; it shares no code with the tools that
cases use. In one place the published code does something else than it says: of several items modified in one call, all get the
price and options of the last. Here each gets its own, as the call's own description has it.
"""

from __future__ import annotations

from typing import Any

REASONS = ("no longer needed", "ordered by mistake")
ADDRESS = ("address1", "address2", "city", "state", "country", "zip")


class ToolRefused(Exception):
    """The tool says no; nothing was changed."""


class Reference:
    """The tools over `db`, which they change. Amounts are floats to the cent."""

    def __init__(self, db: dict[str, Any]) -> None:
        self.db = db

    def apply(self, tool: str, arguments: dict[str, Any]) -> Any:
        """Call a tool by its name; a tool that only reads or talks gives what it found, or None.

        Raises:
            Refused: the tool says no, is unknown, or does not take these arguments.
        """
        run = getattr(self, f"do_{tool}", None)
        if run is None:
            raise ToolRefused(f"there is no tool {tool}")
        try:
            return run(**arguments)
        except TypeError as error:
            raise ToolRefused(f"{tool}: {error}") from error

    def order(self, order_id: str) -> dict[str, Any]:
        """Raises: Refused."""
        if order_id not in self.db["orders"]:
            raise ToolRefused("Order not found")
        found: dict[str, Any] = self.db["orders"][order_id]
        return found

    def method(self, user_id: str, method_id: str) -> dict[str, Any]:
        """Raises: Refused."""
        methods = self.db["users"][user_id]["payment_methods"]
        if method_id not in methods:
            raise ToolRefused("Payment method not found")
        found: dict[str, Any] = methods[method_id]
        return found

    def do_find_user_id_by_email(self, email: str) -> str:
        for user_id, user in self.db["users"].items():
            if user["email"].lower() == email.lower():
                return str(user_id)
        raise ToolRefused("User not found")

    def do_find_user_id_by_name_zip(self, first_name: str, last_name: str, zip: str) -> str:
        for user_id, user in self.db["users"].items():
            name = user["name"]
            wanted = (first_name.lower(), last_name.lower(), zip)
            if (name["first_name"].lower(), name["last_name"].lower(), user["address"]["zip"]) == wanted:
                return str(user_id)
        raise ToolRefused("User not found")

    def do_get_user_details(self, user_id: str) -> Any:
        if user_id not in self.db["users"]:
            raise ToolRefused("User not found")
        return self.db["users"][user_id]

    def do_get_order_details(self, order_id: str) -> Any:
        return self.order(order_id)

    def do_get_product_details(self, product_id: str) -> Any:
        if product_id not in self.db["products"]:
            raise ToolRefused("Product not found")
        return self.db["products"][product_id]

    def do_get_item_details(self, item_id: str) -> Any:
        for product in self.db["products"].values():
            if item_id in product["variants"]:
                return product["variants"][item_id]
        raise ToolRefused("Item not found")

    def do_list_all_product_types(self) -> None: ...

    def do_calculate(self, expression: str) -> None: ...

    def do_transfer_to_human_agents(self, summary: str) -> None: ...

    def do_cancel_pending_order(self, order_id: str, reason: str) -> None:
        order = self.order(order_id)
        if order["status"] != "pending":
            raise ToolRefused("Non-pending order cannot be cancelled")
        if reason not in REASONS:
            raise ToolRefused("Invalid reason")
        refunds = []
        for payment in order["payment_history"]:
            self.method(order["user_id"], payment["payment_method_id"])
        for payment in order["payment_history"]:
            refunds.append({**payment, "transaction_type": "refund"})
            self.add(order["user_id"], payment["payment_method_id"], payment["amount"])
        order["status"] = "cancelled"
        order["cancel_reason"] = reason
        order["payment_history"] += refunds

    def do_modify_pending_order_address(self, order_id: str, **address: str) -> None:
        order = self.order(order_id)
        if "pending" not in order["status"]:
            raise ToolRefused("Non-pending order cannot be modified")
        order["address"] = whole(address)

    def do_modify_user_address(self, user_id: str, **address: str) -> None:
        if user_id not in self.db["users"]:
            raise ToolRefused("User not found")
        self.db["users"][user_id]["address"] = whole(address)

    def do_modify_pending_order_payment(self, order_id: str, payment_method_id: str) -> None:
        order = self.order(order_id)
        if "pending" not in order["status"]:
            raise ToolRefused("Non-pending order cannot be modified")
        method = self.method(order["user_id"], payment_method_id)
        history = order["payment_history"]
        if len(history) != 1 or history[0]["transaction_type"] != "payment":
            raise ToolRefused("There should be exactly one payment for a pending order")
        old, amount = history[0]["payment_method_id"], history[0]["amount"]
        self.method(order["user_id"], old)
        if old == payment_method_id:
            raise ToolRefused("The new payment method should be different from the current one")
        if method["source"] == "gift_card" and method["balance"] < amount:
            raise ToolRefused("Insufficient gift card balance to pay for the order")
        history.append({"transaction_type": "payment", "amount": amount, "payment_method_id": payment_method_id})
        history.append({"transaction_type": "refund", "amount": amount, "payment_method_id": old})
        self.add(order["user_id"], payment_method_id, -amount)
        self.add(order["user_id"], old, amount)

    def do_modify_pending_order_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> None:
        order = self.order(order_id)
        if order["status"] != "pending":
            raise ToolRefused("Non-pending order cannot be modified")
        if any(old == new for old, new in zip(item_ids, new_item_ids, strict=False)):
            raise ToolRefused("The new item id should be different from the old item id")
        difference = self.swap_difference(order, item_ids, new_item_ids)
        self.covers(order, payment_method_id, difference)
        kind = "payment" if difference > 0 else "refund"
        order["payment_history"].append(
            {"transaction_type": kind, "amount": abs(difference), "payment_method_id": payment_method_id}
        )
        self.add(order["user_id"], payment_method_id, -difference)
        for old, new in zip(item_ids, new_item_ids, strict=True):
            item = next(item for item in order["items"] if item["item_id"] == old)
            variant = self.db["products"][item["product_id"]]["variants"][new]
            item.update(item_id=new, price=variant["price"], options=variant["options"])
        order["status"] = "pending (item modified)"

    def do_exchange_delivered_order_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str
    ) -> None:
        order = self.order(order_id)
        if order["status"] != "delivered":
            raise ToolRefused("Non-delivered order cannot be exchanged")
        difference = self.swap_difference(order, item_ids, new_item_ids)
        self.covers(order, payment_method_id, difference)
        order["status"] = "exchange requested"
        order["exchange_items"] = sorted(item_ids)
        order["exchange_new_items"] = sorted(new_item_ids)
        order["exchange_payment_method_id"] = payment_method_id
        order["exchange_price_difference"] = difference

    def do_return_delivered_order_items(self, order_id: str, item_ids: list[str], payment_method_id: str) -> None:
        order = self.order(order_id)
        if order["status"] != "delivered":
            raise ToolRefused("Non-delivered order cannot be returned")
        method = self.method(order["user_id"], payment_method_id)
        paid_with = [payment["payment_method_id"] for payment in order["payment_history"]][:1]
        if method["source"] != "gift_card" and [payment_method_id] != paid_with:
            raise ToolRefused("Payment method should be the original payment method")
        self.holds(order, item_ids)
        order["status"] = "return requested"
        order["return_items"] = sorted(item_ids)
        order["return_payment_method_id"] = payment_method_id

    def holds(self, order: dict[str, Any], item_ids: list[str]) -> None:
        """Raises: Refused where the order has fewer of an item."""
        held = [item["item_id"] for item in order["items"]]
        if any(item_ids.count(item_id) > held.count(item_id) for item_id in item_ids):
            raise ToolRefused("Some item not found")

    def swap_difference(self, order: dict[str, Any], item_ids: list[str], new_item_ids: list[str]) -> float:
        """Return how much more the new items cost. Raises: Refused."""
        self.holds(order, item_ids)
        if len(item_ids) != len(new_item_ids):
            raise ToolRefused("The number of items to be exchanged should match")
        difference = 0.0
        for old, new in zip(item_ids, new_item_ids, strict=True):
            item = next(item for item in order["items"] if item["item_id"] == old)
            variant = self.db["products"].get(item["product_id"], {"variants": {}})["variants"].get(new)
            if variant is None or not variant["available"]:
                raise ToolRefused(f"New item {new} not found or available")
            difference += variant["price"] - item["price"]
        return round(difference, 2)

    def covers(self, order: dict[str, Any], method_id: str, amount: float) -> None:
        """Raises: Refused where a gift card holds less than `amount`, or the method is not the customer's."""
        method = self.method(order["user_id"], method_id)
        if method["source"] == "gift_card" and method["balance"] < amount:
            raise ToolRefused("Insufficient gift card balance to pay for the price difference")

    def add(self, user_id: str, method_id: str, amount: float) -> None:
        """A gift card is charged or filled at once. Raises: Refused."""
        method = self.method(user_id, method_id)
        if method["source"] == "gift_card":
            method["balance"] = round(method["balance"] + amount, 2)


def whole(address: dict[str, str]) -> dict[str, str]:
    """Raises: TypeError where a part is missing or too much."""
    if set(address) != set(ADDRESS):
        raise TypeError(f"an address has {', '.join(ADDRESS)}")
    return dict(address)
