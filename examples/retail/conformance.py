"""tau2-bench's tasks as plays: `handrail conformance retail --tasks FILE`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from examples.retail.data import source
from examples.retail.data.document import Database
from examples.retail.data.loading import snapshot
from examples.retail.tasks.reading import TRANSFER, Action, Case, customer_of, read_tasks
from examples.retail.tasks.reference import Reference, ToolRefused
from examples.retail.tasks.worse import Worse, all_worse
from handrail.conformance.plays import Play, PlayedCall, PlayedTurn

# The topic that has the tool, and how a customer asks for it in words that the topic knows; another way each time, because
# who asks the same thing twice is given to a person.
TOPICS = {
    "cancel_pending_order": "cancel_order",
    "modify_pending_order_items": "modify_order",
    "modify_pending_order_address": "modify_order",
    "modify_pending_order_payment": "modify_order",
    "modify_user_address": "account_address",
    "return_delivered_order_items": "return_items",
    "exchange_delivered_order_items": "exchange_items",
}
ASKING = {
    "cancel_order": (
        "Please cancel my pending order {order}.",
        "Could you call off {order} as well? It was a mistake, cancel it.",
        "One more thing: stop {order} before it ships, I don't need the order any more, cancel it please.",
    ),
    "modify_order": (
        "Please change my pending order {order} before it is sent.",
        "I would like to modify {order}, too; it is a pending order that has not shipped.",
        "And could you amend one more of my pending orders, {order}, please change it?",
    ),
    "account_address": (
        "Please change the default address of my account.",
        "My profile needs another default address again, could you update the address you have on file for me?",
        "Sorry, please correct the address saved in my user profile once more.",
    ),
    "return_items": (
        "I would like to return items from my delivered order {order}.",
        "Next I want to send something of {order} back and get a refund, it was delivered.",
        "There is another return: please take back what I got with {order}, I want my money back.",
    ),
    "exchange_items": (
        "I would like to exchange items in my delivered order {order}.",
        "Can I also swap what was delivered with {order} for another variant? It is for an exchange.",
        "And please start an exchange for {order}, I received the wrong option.",
    ),
}
LOOKING = (
    "Hello, I have a question about my account and my orders.",
    "Could you look up one more of my recent orders and tell me what is in it?",
    "What is the status of my other order right now, please?",
)


class Tasks:
    """The tasks of `file` over the data in `folder`, as `handrail.conformance.plays.Suite` wants them."""

    def __init__(self, file: Path, folder: Path | None) -> None:
        """Raises: InvalidInput: a file is absent or cannot be used."""
        shop = source.read(folder).plain()
        self._db = json.dumps(shop)
        self._cases = {task.id: Case(task, customer_of(task, shop)) for task in read_tasks(file)}
        self._used: Counter[str] = Counter()
        self.tasks: Sequence[str] = tuple(self._cases)
        self.people = ("sol", "rosa")
        self.environment: Mapping[str, str] = {source.SETTING: str(source.folder(folder).resolve())}

    def play(self, task: str) -> Play:
        """The task as it stands."""
        case = self._cases[task]
        return Play(task, case.customer_id, turns((action, False) for action in case.task.actions))

    def worse(self, task: str, *, every: bool) -> list[Play]:
        """The task made worse; without `every` by the applicable kind that was used least so far."""
        case = self._cases[task]
        found = all_worse(case, json.loads(self._db))
        if not every:
            found = sorted(found, key=lambda one: self._used[one.kind])[:1]
        self._used.update(one.kind for one in found)
        return [Play(task, case.customer_id, turns(marked(one)), one.kind) for one in found]

    def expected(self, calls: Sequence[PlayedCall]) -> Any:
        """The shop after the calls; what a tool refuses changes nothing."""
        reference = Reference(json.loads(self._db))
        for call in calls:
            try:
                reference.apply(call.tool, dict(call.arguments))
            except ToolRefused:
                continue
        return Database.model_validate(reference.db).plain()

    async def state(self, connection: Any) -> Any:
        """The shop as PostgreSQL has it."""
        return (await snapshot(connection)).plain()


def suite(tasks: Path, folder: Path | None) -> Tasks:
    """Build the suite for `handrail conformance`. Raises: InvalidInput."""
    return Tasks(tasks, folder)


def marked(worse: Worse) -> Iterable[tuple[Action, bool]]:
    """Every action, and whether it is the one that was changed."""
    return ((action, place == worse.place) for place, action in enumerate(worse.actions))


def turns(actions: Iterable[tuple[Action, bool]]) -> tuple[PlayedTurn, ...]:
    """A turn for each stretch of actions within one topic. What is looked up first belongs to what it is looked up for."""
    found: list[PlayedTurn] = []
    asked: Counter[str] = Counter()
    looked_up: list[PlayedCall] = []
    topic = ""

    def ask(about: str, order: object = "") -> str:
        """The next way to ask for it."""
        ways = ASKING.get(about, LOOKING)
        asked[about] += 1
        return ways[(asked[about] - 1) % len(ways)].format(order=order)

    for action, worse in actions:
        if action.name == TRANSFER:
            before = found.pop() if topic else PlayedTurn(ask(""))
            found.append(PlayedTurn(before.message, (*before.calls, *looked_up), hands_over=True))
            looked_up, topic = [], ""
            continue
        call = PlayedCall(action.name, action.arguments, worse)
        wanted = TOPICS.get(action.name, topic)
        if not wanted:
            looked_up.append(call)
        elif wanted == topic:
            found[-1] = PlayedTurn(found[-1].message, (*found[-1].calls, call))
        else:
            found.append(PlayedTurn(ask(wanted, action.arguments.get("order_id", "")), (*looked_up, call)))
            looked_up, topic = [], wanted
    if looked_up or not found:
        found.append(PlayedTurn(ask(""), tuple(looked_up)))
    return tuple(found)
