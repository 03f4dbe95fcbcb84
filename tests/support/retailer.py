"""A small invented retailer in the shape of the example's data, and tasks over it that take every path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Plain = dict[str, Any]


def variant(item_id: str, price: float, *, available: bool = True, **options: str) -> Plain:
    return {"item_id": item_id, "options": options, "available": available, "price": price}


def product(product_id: str, name: str, *variants: Plain) -> Plain:
    return {"name": name, "product_id": product_id, "variants": {one["item_id"]: one for one in variants}}


PRODUCTS = [
    product(
        "p-mug",
        "Mug",
        variant("mug-s", 8.1, size="S"),
        variant("mug-m", 9.2, size="M"),
        variant("mug-l", 12.35, size="L"),
        variant("mug-xl", 15.0, available=False, size="XL"),
    ),
    product(
        "p-lamp",
        "Lamp",
        variant("lamp-red", 40.4, color="red"),
        variant("lamp-blue", 35.15, color="blue"),
        variant("lamp-gold", 99.99, color="gold"),
    ),
    product("p-sled", "Sled", variant("sled-1", 60.0, seats="1"), variant("sled-2", 80.5, seats="2")),
]
ITEMS = {item_id: (one, item) for one in PRODUCTS for item_id, item in one["variants"].items()}
ADDRESS = {"address1": "1 Quay Row", "address2": "", "city": "Northquay", "state": "NQ", "country": "USA", "zip": "10001"}
ELSEWHERE = {"address1": "7 Hill St", "address2": "Flat 3", "city": "Elm", "state": "EL", "country": "USA", "zip": "20002"}


def user(user_id: str, first: str, last: str, zip_code: str, orders: list[str], *methods: Plain) -> Plain:
    return {
        "user_id": user_id,
        "name": {"first_name": first, "last_name": last},
        "address": {**ADDRESS, "zip": zip_code},
        "email": f"{user_id}@example.com",
        "payment_methods": {one["id"]: one for one in methods},
        "orders": orders,
    }


def line(item_id: str) -> Plain:
    one, item = ITEMS[item_id]
    names = {"name": one["name"], "product_id": one["product_id"], "item_id": item_id}
    return {**names, "price": item["price"], "options": item["options"]}


def order(order_id: str, user_id: str, status: str, paid_with: str, *item_ids: str) -> Plain:
    lines = [line(item_id) for item_id in item_ids]
    total = round(sum(one["price"] for one in lines), 2)
    paid = {"transaction_type": "payment", "amount": total, "payment_method_id": paid_with}
    parcels = [] if status == "pending" else [{"tracking_id": [f"t{order_id}"], "item_ids": list(item_ids)}]
    refunds = [{**paid, "transaction_type": "refund"}] if status == "cancelled" else []
    return {
        "order_id": order_id,
        "user_id": user_id,
        "address": dict(ADDRESS),
        "items": lines,
        "status": status,
        "fulfillments": parcels,
        "payment_history": [paid, *refunds],
    }


def gift_card(name: str, balance: float) -> Plain:
    return {"source": "gift_card", "id": name, "balance": balance}


def paypal(name: str) -> Plain:
    return {"source": "paypal", "id": name}


def card(name: str) -> Plain:
    return {"source": "credit_card", "id": name, "brand": "visa", "last_four": "0042"}


def shop() -> Plain:
    """The whole of it, anew."""
    orders = [
        order("#A1", "ada_lark_1", "pending", "card_ada", "mug-s", "lamp-red"),
        order("#A2", "ada_lark_1", "pending", "gift_ada", "mug-m", "mug-m"),
        order("#A3", "ada_lark_1", "delivered", "card_ada", "lamp-blue", "sled-1", "mug-s"),
        order("#A4", "ada_lark_1", "delivered", "paypal_ada", "mug-l"),
        order("#A5", "ada_lark_1", "processed", "paypal_ada", "sled-2"),
        order("#A6", "ada_lark_1", "cancelled", "gift_ada", "mug-s"),
        order("#B1", "ben_moss_2", "pending", "card_ben", "lamp-gold"),
        order("#B2", "ben_moss_2", "delivered", "card_ben", "lamp-red", "mug-s"),
        order("#C1", "cy_fenn_3", "delivered", "gift_cy", "mug-m"),
    ]
    users = [
        user(
            "ada_lark_1", "Ada", "Lark", "10001", ["#A1", "#A2", "#A3", "#A4", "#A5", "#A6"],
            card("card_ada"), gift_card("gift_ada", 20), paypal("paypal_ada"),
        ),
        user("ben_moss_2", "Ben", "Moss", "10002", ["#B1", "#B2"], card("card_ben"), gift_card("gift_ben", 5.5)),
        user("cy_fenn_3", "Cy", "Fenn", "10003", ["#C1"], gift_card("gift_cy", 0)),
    ]  # fmt: skip
    plain: Plain = {
        "products": {one["product_id"]: one for one in PRODUCTS},
        "users": {one["user_id"]: one for one in users},
        "orders": {one["order_id"]: one for one in orders},
    }
    copied: Plain = json.loads(json.dumps(plain))
    return copied


def action(name: str, **arguments: Any) -> Plain:
    return {"action_id": "x", "name": name, "arguments": arguments, "info": None}


def task(name: str, *actions: Plain, known: str = "") -> Plain:
    return {
        "id": name,
        "description": {"purpose": None},
        "user_scenario": {"persona": None, "instructions": {"domain": "retail", "known_info": known}},
        "initial_state": None,
        "evaluation_criteria": {"actions": list(actions), "communicate_info": []},
    }


def tasks() -> list[Plain]:
    """Every effect; several topics; a call that the tool refuses; a hand-over with something after it; nothing at all."""
    ada = action("find_user_id_by_name_zip", first_name="Ada", last_name="Lark", zip="10001")
    return [
        task(
            "swaps",
            ada,
            action("get_order_details", order_id="#A3"),
            action(
                "exchange_delivered_order_items",
                order_id="#A3",
                item_ids=["lamp-blue", "mug-s"],
                new_item_ids=["lamp-gold", "mug-l"],
                payment_method_id="card_ada",
            ),
            action("calculate", expression="(99.99 - 35.15) + 4.25"),
            action(
                "modify_pending_order_items",
                order_id="#A1",
                item_ids=["mug-s", "lamp-red"],
                new_item_ids=["mug-m", "lamp-blue"],
                payment_method_id="gift_ada",
            ),
        ),
        task(
            "people",
            action("get_user_details", user_id="ada_lark_1"),
            action("transfer_to_human_agents", summary="wants a discount"),
            action("modify_user_address", user_id="ada_lark_1", **ELSEWHERE),
            action("modify_pending_order_address", order_id="#A2", **ELSEWHERE),
        ),
        task(
            "money",
            action("modify_pending_order_payment", order_id="#B1", payment_method_id="gift_ben"),
            action("return_delivered_order_items", order_id="#B2", item_ids=["mug-s"], payment_method_id="gift_ben"),
            action("cancel_pending_order", order_id="#B1", reason="ordered by mistake"),
        ),
        task("nothing", known="You are Cy Fenn in zip code 10003."),
    ]


def write(folder: Path) -> Path:
    """The data in `folder`, and the file of tasks, which it gives."""
    (folder / "db.json").write_text(json.dumps(shop()))
    file = folder / "tasks.json"
    file.write_text(json.dumps(tasks()))
    return file
