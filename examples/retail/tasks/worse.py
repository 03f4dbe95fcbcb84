"""One call of a task changed for the worse, in every way that applies to it. Deterministic: no chance, no clock."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from examples.retail.tasks.reading import CHANGING, Action, Case
from examples.retail.tasks.reference import Reference, ToolRefused

OTHER_CUSTOMER = "another_customer"
SECOND_CHANGE = "second_change"
PAYMENT_METHOD = "wrong_payment_method"
OTHER_PRODUCT = "another_product"
CANCEL_DELIVERED = "delivered_cancelled"
KINDS = (SECOND_CHANGE, PAYMENT_METHOD, OTHER_PRODUCT, CANCEL_DELIVERED, OTHER_CUSTOMER)
ONCE = {
    "cancel_pending_order",
    "modify_pending_order_items",
    "exchange_delivered_order_items",
    "return_delivered_order_items",
}
SWAPS = {"modify_pending_order_items", "exchange_delivered_order_items"}

Db = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worse:
    """The task's actions with one more or one other among them, at `place`."""

    kind: str
    actions: list[Action]
    place: int


@dataclass(frozen=True, slots=True)
class TaskMoment:
    """The shop just before action `place` of a task; `action` is None behind the last one."""

    case: Case
    db: Db
    place: int
    action: Action | None

    def pick(self, candidates: list[str], why: str) -> str | None:
        """One of them, always the same for the same task and reason."""
        if not candidates:
            return None
        return sorted(candidates)[crc32(f"{self.case.task.id}/{self.place}/{why}".encode()) % len(candidates)]


def all_worse(case: Case, db: Db) -> list[Worse]:
    """Every kind that applies, in the order of `KINDS`, each at the first action to which it does. `db` is used up."""
    found: dict[str, Worse] = {}
    for moment in moments(case, db):
        for kind in KINDS:
            if kind not in found and (made := MAKERS[kind](moment)) is not None:
                found[kind] = inserted(case, kind, moment, made)
    return [found[kind] for kind in KINDS if kind in found]


def moments(case: Case, db: Db) -> Iterator[TaskMoment]:
    """Yield the moments before every action that changes something, and behind the last. `db` changes on the way."""
    reference = Reference(db)
    for place, action in enumerate(case.task.actions):
        if action.name in CHANGING:
            yield TaskMoment(case, reference.db, place, action)
        try:
            reference.apply(action.name, action.arguments)
        except ToolRefused:
            continue
    yield TaskMoment(case, reference.db, len(case.task.actions), None)


def inserted(case: Case, kind: str, moment: TaskMoment, made: Action) -> Worse:
    """A second change comes behind the first; everything else comes in the place of what was right."""
    place = moment.place + (kind == SECOND_CHANGE)
    kept = list(case.task.actions)
    if kind == SECOND_CHANGE or moment.action is None:
        return Worse(kind, [*kept[:place], made, *kept[place:]], place)
    return Worse(kind, [*kept[:place], made, *kept[place + 1 :]], place)


def changed(action: Action, **arguments: Any) -> Action:
    """The action with other arguments."""
    return Action(name=action.name, arguments={**action.arguments, **arguments})


def works(db: Db, action: Action) -> bool:
    """Return whether the tool takes the call on an order as things stand."""
    order = db["orders"].get(action.arguments.get("order_id"))
    if order is None:
        return False
    touched = {"orders": {order["order_id"]: order}, "users": {order["user_id"]: db["users"][order["user_id"]]}}
    try:
        Reference({**db, **copy.deepcopy(touched)}).apply(action.name, action.arguments)
    except ToolRefused:
        return False
    return True


def second_change(moment: TaskMoment) -> Action | None:
    """The same call once more, where the first one works."""
    action = moment.action
    return action if action and action.name in ONCE and works(moment.db, action) else None


def wrong_payment_method(moment: TaskMoment) -> Action | None:
    """A return to another card of the customer, a change to the method that is used already, else a stranger's method."""
    action, db = moment.action, moment.db
    if action is None or "payment_method_id" not in action.arguments or not works(db, action):
        return None
    own = db["users"][moment.case.customer_id]["payment_methods"]
    paid = paid_with(db["orders"][action.arguments["order_id"]])
    if action.name == "modify_pending_order_payment":
        return changed(action, payment_method_id=paid)
    cards = [name for name, method in own.items() if method["source"] != "gift_card" and name != paid]
    strangers = [name for user in db["users"].values() for name in user["payment_methods"] if name not in own]
    candidates = cards if action.name == "return_delivered_order_items" and cards else strangers
    wrong = moment.pick(candidates, PAYMENT_METHOD)
    return changed(action, payment_method_id=wrong) if wrong else None


def another_product(moment: TaskMoment) -> Action | None:
    """An item that is to be had, but of another product than the one it replaces."""
    action, db = moment.action, moment.db
    if action is None or action.name not in SWAPS or not works(db, action):
        return None
    old, *_ = action.arguments["item_ids"]
    items = db["orders"][action.arguments["order_id"]]["items"]
    product = next(item["product_id"] for item in items if item["item_id"] == old)
    own = db["products"][product]["variants"]
    others = [
        item_id
        for product_id, other in db["products"].items()
        for item_id, variant in other["variants"].items()
        if product_id != product and variant["available"] and item_id not in own
    ]
    wrong = moment.pick(others, OTHER_PRODUCT)
    return changed(action, new_item_ids=[wrong, *action.arguments["new_item_ids"][1:]]) if wrong else None


def delivered_cancelled(moment: TaskMoment) -> Action | None:
    """A delivered order of the customer's own is cancelled; the very one that the action is about, where it is delivered."""
    orders = {name: one for name, one in moment.db["orders"].items() if one["user_id"] == moment.case.customer_id}
    delivered = [name for name, one in orders.items() if one["status"] == "delivered"]
    meant = moment.action.arguments.get("order_id") if moment.action else None
    order_id = meant if meant in delivered else moment.pick(delivered, CANCEL_DELIVERED)
    if order_id is None:
        return None
    return Action(name="cancel_pending_order", arguments={"order_id": order_id, "reason": "no longer needed"})


def another_customer(moment: TaskMoment) -> Action | None:
    """Do what was to be done to another customer; every argument is one that the tool would take from its owner."""
    action, db, mine = moment.action, moment.db, moment.case.customer_id
    if action is not None and action.name == "modify_user_address":
        stranger = moment.pick([name for name in db["users"] if name != mine], OTHER_CUSTOMER)
        return changed(action, user_id=stranger) if stranger else None
    name = action.name if action else "cancel_pending_order"
    arguments = action.arguments if action else {"reason": "no longer needed"}
    strangers = sorted(order_id for order_id, order in db["orders"].items() if order["user_id"] != mine)
    first = strangers.index(moment.pick(strangers, OTHER_CUSTOMER) or "") if strangers else 0
    for order_id in (*strangers[first:], *strangers[:first]):
        made = Action(name=name, arguments={**arguments, **fitting(db, name, db["orders"][order_id])})
        if works(db, made):
            return made
    return None


def paid_with(order: dict[str, Any]) -> str | None:
    """The payment method that the order was first paid with."""
    return order["payment_history"][0]["payment_method_id"] if order["payment_history"] else None


def fitting(db: Db, name: str, order: dict[str, Any]) -> dict[str, Any]:
    """Arguments that fit the order, so that nothing but its owner stands against the call."""
    first = order["items"][0]
    methods = list(db["users"][order["user_id"]]["payment_methods"])
    paid = paid_with(order)
    others = [
        item_id
        for item_id, variant in db["products"].get(first["product_id"], {"variants": {}})["variants"].items()
        if variant["available"] and item_id != first["item_id"]
    ]
    found: dict[str, Any] = {"order_id": order["order_id"]}
    if name in SWAPS or name == "return_delivered_order_items":
        found |= {"item_ids": [first["item_id"]], "payment_method_id": paid}
    if name in SWAPS:
        found["new_item_ids"] = others[:1]
    if name == "modify_pending_order_payment":
        found["payment_method_id"] = next((method for method in methods if method != paid), paid)
    return found


MAKERS: dict[str, Callable[[TaskMoment], Action | None]] = {
    SECOND_CHANGE: second_change,
    PAYMENT_METHOD: wrong_payment_method,
    OTHER_PRODUCT: another_product,
    CANCEL_DELIVERED: delivered_cancelled,
    OTHER_CUSTOMER: another_customer,
}
