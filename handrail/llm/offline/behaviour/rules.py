"""Rules for the next move: deterministic, over what is on the wire."""

from __future__ import annotations

from dataclasses import dataclass, replace

from handrail.llm.offline.behaviour.choosing import REASONS, argument, currency, foreign, meant, named, possible
from handrail.llm.offline.behaviour.delivery import CallTool, Move
from handrail.llm.offline.behaviour.extract import address, orders
from handrail.llm.offline.behaviour.facts import Record, asked, empty, is_read, lister, needed, reader, records
from handrail.llm.offline.behaviour.lexicon import actions, says
from handrail.llm.offline.behaviour.telling import (
    AWAITING,
    ESCALATE,
    FAIR,
    RESOLVED,
    SURE,
    UNSURE,
    tell,
    told_done,
    told_order,
    told_payments,
)
from handrail.llm.offline.reading import Conversation, MadeCall
from handrail.llm.offline.wire import ToolFunction

KEY = "order_id"
ADDRESS = frozenset(("street", "postal_code", "city"))
NEVER_AN_INQUIRY = "password"
UNCONFIRMED, ALREADY_DONE = "not_confirmed", "already_done"
"""The names, on the wire, of what the customer did not say yes to, and of the first answer of what was done before."""
CHOICES = 5


@dataclass(frozen=True, slots=True)
class CustomerWish:
    """A customer's wish; `tool` is None where no tool here fulfils it."""

    action: str
    tool: ToolFunction | None


def decide(conversation: Conversation) -> Move:
    """The next move."""
    wish = wished(conversation)
    if conversation.feedback:
        return _corrected(conversation, wish)
    if unconfirmed(conversation):
        return _left(conversation)
    if conversation.done and not conversation.done[-1].ok:
        return _refused(conversation, wish)
    if wish:
        return _effect(conversation, wish)
    if says(conversation.last, "thanks") and not asks(conversation.last):
        return tell(conversation, "welcome", SURE, RESOLVED)
    return _informed(conversation)


def wished(conversation: Conversation) -> CustomerWish | None:
    """The action that the customer asks for, in this message or, where it answers a question, in an earlier one."""
    texts = conversation.said[::-1] if conversation.asked.rstrip().endswith(("?", ".")) else conversation.said[-1:]
    for index, text in enumerate(texts):
        inquiry = says(text, "inquiry")
        words = [one for one in actions() if says(text, "actions", one) and (one == NEVER_AN_INQUIRY or not inquiry)]
        wishes = [CustomerWish(action, effect_tool(conversation, action)) for action in words]
        if wishes:  # of several the one that can be done here: "cancel my purchase and refund me"
            return next((one for one in wishes if one.tool), wishes[0])
        if index == 0 and (inquiry or says(text, "thanks")):
            return None
    return None


def asks(text: str) -> bool:
    """Return whether the text wants to know something, however it begins."""
    return bool("?" in text or says(text, "inquiry") or orders(text))


def effect_tool(conversation: Conversation, action: str) -> ToolFunction | None:
    """The tool that does it: the action is a word of its name, and the name does not say that it only reads."""
    return next(
        (tool for name, tool in conversation.tools.items() if action in name.split("_") and not is_read(name)),
        None,
    )


def _effect(conversation: Conversation, wish: CustomerWish) -> Move:
    tool = wish.tool
    if tool is None:
        return tell(conversation, "outside", UNSURE, ESCALATE)
    if any(one.tool == tool.name for one in conversation.unknown):
        return tell(conversation, "refused", UNSURE, ESCALATE)
    done = [one for one in (*conversation.earlier, *conversation.done) if one.tool == tool.name]
    if KEY not in needed(tool):
        return told_done(conversation, wish.action, done) if done else _call(conversation, wish, tool, {})
    wanted = [one for one in named(conversation) if not asked(conversation, tool.name, KEY, one)]
    if done and not (named(conversation) and wanted):
        return told_done(conversation, wish.action, done)
    known = records(conversation, KEY)
    identity = wanted[0] if wanted else _choose(conversation, wish, known)
    if isinstance(identity, str):
        return _about(conversation, wish, tool, {KEY: identity, **known.get(identity, {})})
    return identity


def _choose(conversation: Conversation, wish: CustomerWish, known: dict[str, Record]) -> str | Move:
    """The one order that fits, or the move that finds out."""
    if not known:
        orders = lister(conversation, "order")
        return CallTool(orders.name, empty(orders)) if orders else tell(conversation, "ask_order", FAIR, AWAITING)
    candidates = meant(conversation, known)
    if len(candidates) == 1:
        return candidates[0]
    fitting = [one for one in candidates if possible(wish.action, known[one])]
    if len(fitting) == 1:
        return fitting[0]
    if not 1 < len(fitting) <= CHOICES:
        return tell(conversation, "ask_order", FAIR, AWAITING)
    return tell(conversation, "ask_which", FAIR, AWAITING, choices=", ".join(fitting))


def _about(conversation: Conversation, wish: CustomerWish, tool: ToolFunction, record: Record) -> Move:
    """The effect on one order, after its facts are known."""
    identity = str(record[KEY])
    source = reader(conversation, KEY, wish.action)
    unknown = len(record) == 1 or not possible(wish.action, record)
    if unknown and source and not asked(conversation, source.name, KEY, identity):
        return CallTool(source.name, {**empty(source), KEY: identity})
    if not possible(wish.action, record):
        return _impossible(conversation, wish, record)
    return _call(conversation, wish, tool, record)


def _impossible(conversation: Conversation, wish: CustomerWish, record: Record) -> Move:
    if wish.action == "refund":
        return tell(conversation, "not_possible", FAIR, RESOLVED, **record)
    if wish.action == "cancel":
        return tell(conversation, "not_cancellable", FAIR, RESOLVED, **record)
    return told_order(conversation, record, UNSURE)


def _call(conversation: Conversation, wish: CustomerWish, tool: ToolFunction, record: Record) -> Move:
    """The call with all its arguments, or the question for what is missing."""
    arguments = empty(tool)
    for name in tool.parameters.get("properties", {}):
        value = argument(conversation, name, tool, record)
        if value is not None:
            arguments[name] = value
    missing = needed(tool) - {name for name, value in arguments.items() if value is not None}
    if not missing:
        return CallTool(tool.name, arguments)
    source = reader(conversation, KEY, wish.action)
    if "amount" in missing and source and not asked(conversation, source.name, KEY, str(record.get(KEY))):
        return CallTool(source.name, {**empty(source), KEY: record[KEY]})
    if "amount" in missing and foreign(conversation, record):
        return tell(conversation, "ask_currency", FAIR, AWAITING, order_id=record[KEY], currency=currency(record))
    question = "ask_amount" if "amount" in missing else "ask_address" if missing & ADDRESS else "ask_more"
    return tell(conversation, question, FAIR, AWAITING)


def _informed(conversation: Conversation) -> Move:
    """An answer from the facts, or the call that fetches them."""
    text = conversation.last
    ids = named(conversation)
    known = records(conversation, KEY)
    source = reader(conversation, KEY, "get")
    for identity in ids:
        if identity not in known and source and not asked(conversation, source.name, KEY, identity):
            return CallTool(source.name, {**empty(source), KEY: identity})
    if says(text, "payment"):
        payments = [one for one in records(conversation, "payment_id").values() if not ids or one.get(KEY) in ids]
        if payments:
            return told_payments(conversation, payments, FAIR)
        if tool := lister(conversation, "payment"):
            return CallTool(tool.name, empty(tool))
    clear = bool(ids) or any(says(text, word) for word in ("inquiry", "order", "payment"))
    if clear and not known and (tool := lister(conversation, "order")):
        return CallTool(tool.name, empty(tool))
    candidates = [one for one in meant(conversation, known) if one in known and "status" in known[one]]
    if not candidates:
        return tell(conversation, "nothing" if clear else "ask_more", 0.6, AWAITING)
    confidence = (SURE if len(candidates) == 1 else FAIR) if clear else UNSURE
    return told_order(conversation, known[candidates[0]], confidence)


def unconfirmed(conversation: Conversation) -> list[MadeCall]:
    """The calls to which the customer did not say yes."""
    return [one for one in conversation.done if isinstance(one.result, dict) and UNCONFIRMED in one.result]


def _left(conversation: Conversation) -> Move:
    """Do what the customer wants in place of what they did not say yes to, else leave everything as it is."""
    dropped = unconfirmed(conversation)
    rest = replace(conversation, done=[one for one in conversation.done if one not in dropped])
    if address(conversation.last) or asks(conversation.last):
        move = decide(rest)
        before = [CallTool(one.tool, one.arguments) for one in dropped]
        if not (isinstance(move, CallTool) and any(same(move, one) for one in before)):
            return move
    return tell(conversation, "left", SURE, RESOLVED)


def same(call: CallTool, other: CallTool) -> bool:
    """Return whether both calls ask for the same, whatever reason they give."""
    given = [{name: value for name, value in one.arguments.items() if name not in REASONS} for one in (call, other)]
    return call.tool == other.tool and given[0].items() <= given[1].items()


def _corrected(conversation: Conversation, wish: CustomerWish | None) -> Move:
    """Answer after the guardrail's word: with nothing but what a result says, in as few words as possible."""
    done = [one for one in conversation.done if one.ok and wish and wish.tool and one.tool == wish.tool.name]
    if wish and done:
        return told_done(conversation, wish.action, done)
    known = records(conversation, KEY)
    candidates = [one for one in named(conversation) or list(known)[:1] if "status" in known.get(one, {})]
    if candidates and not wish:
        return told_order(conversation, known[candidates[0]], FAIR, brief=True)
    return tell(conversation, "checked", UNSURE, ESCALATE)


def _refused(conversation: Conversation, wish: CustomerWish | None) -> Move:
    """A look-up that found nothing is worth a question once; what was done before is told; what refuses to act goes to a
    person."""
    refusals = [one for one in conversation.done if not one.ok]
    made = refusals[-1].result.get(ALREADY_DONE) if isinstance(refusals[-1].result, dict) else None
    if made and wish:
        return told_done(conversation, wish.action, [replace(refusals[-1], result=made)])
    if is_read(refusals[-1].tool) and len(refusals) == 1:
        return tell(conversation, "not_found", FAIR, AWAITING)
    return tell(conversation, "refused", UNSURE, ESCALATE)
