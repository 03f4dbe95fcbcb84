"""Deeds that were done, by effects and by what records say: kind, objects, amounts, and whether it was all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.plain import compact

STEMS: Mapping[str, tuple[str, ...]] = {
    "refund": ("refund", "reimburse"),
    "cancel": ("cancel",),
    "address": ("address",),
    "reset": ("reset", "password"),
    "replace": ("replac", "exchang", "swap", "reship", "resend"),
    "label": ("label", "return"),
    "message": ("mail", "notif", "messag", "sms", "send", "reset"),
    "invoice": ("invoice", "receipt", "mail", "notif", "messag", "send", "forward", "reset"),
    "end": ("subscri", "renew", "member", "newsletter", "plan"),
    "delete": ("delet", "eras", "remove_account", "remove_data", "close", "anonym", "forget"),
    "discount": ("voucher", "coupon", "discount", "credit", "goodwill", "waive", "promo", "gift", "compensat"),
    "arrange": (
        "callback",
        "call_back",
        "appoint",
        "schedul",
        "pickup",
        "collect",
        "book",
        "ticket",
        "investig",
        "claim",
        "complain",
        "trace",
    ),
}
"""Parts of action names, by the kind of deed that an action with such a name does."""

_STATES: Mapping[str, frozenset[str]] = {
    "refund": frozenset({"refunded", "refunds", "reimbursed"}),
    "cancel": frozenset({"cancelled", "canceled"}),
    "invoice": frozenset({"emailed", "mailed"}),
    "end": frozenset({"ended", "terminated", "inactive", "cancelled", "canceled", "expired"}),
    "delete": frozenset({"deleted", "erased", "closed", "anonymized"}),
    "discount": frozenset({"discount", "discounts", "discounted", "voucher", "coupon"}),
    "arrange": frozenset({"appointment", "callback", "pickup", "scheduled", "booked", "ticket"}),
}
_BESIDE = frozenset({"partially", "partly", "fully", "order", "payment", "status"})
_SUBSCRIBED = re.compile(r"subscri|renew|member|plan")
_PERSONS = re.compile(r"customer|user|account|member|client|profile")
_PAID = re.compile(r"refund|reimburs|credit|paid_back|returned|payback")
_NOT_PAID = re.compile(r"left|remain|before|refundable|limit|max|balance|total|30d|days|price")
_TOTAL = re.compile(r"(?:^|_)(?:total|paid|captured|charged|amount|price)(?:_|$)")
_LEFT = re.compile(r"left|remaining|refundable|outstanding")
_ITEMS = re.compile(r"items?$|lines?$|products?$|articles?$|positions?$")
_WORD = re.compile(r"[^\W_]+(?:[-_/.][^\W_]+)*")
_LONG = 40
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping in data: its own identifiers, those of what holds it, all inside of it, and its own numbers by name."""

    own: frozenset[str]
    around: frozenset[str]
    inside: frozenset[str]
    numbers: Mapping[str, Decimal]
    states: Mapping[str, frozenset[Decimal]]
    items: int
    whole: bool

    @property
    def totals(self) -> set[Decimal]:
        """The sums that the thing cost or that were paid for it."""
        return {value for name, value in self.numbers.items() if _TOTAL.search(name) and not _PAID.search(name)}


@dataclass(frozen=True, slots=True)
class Done:
    """A deed: an effect, or a state that a record shows. `main` names its object; `amounts` moved; `paid` is their key's sum.

    `whole` is True or False where data says whether all of the money went back, None where nothing says so.
    """

    kinds: frozenset[str]
    main: str
    objects: frozenset[str]
    amounts: frozenset[Decimal]
    currency: str = ""
    effect: bool = True
    names: frozenset[str] = frozenset()
    many: int = 1
    whole: bool | None = None


def effects_done(effects: Iterable[EffectResult], stems: Mapping[str, tuple[str, ...]]) -> list[Done]:
    """The applied effects."""
    return [_effect(one, stems) for one in effects if one.status is EffectStatus.APPLIED]


def records(facts: Iterable[Any]) -> list[Record]:
    """Every mapping in the data that names something or states something."""
    return [record for fact in facts for record in _records(fact, frozenset())]


def states_done(found: Sequence[Record]) -> list[Done]:
    """List the deeds that the records say were done, whoever did them."""
    return [
        Done(frozenset({kind}), main(one), one.own | one.around | one.inside, amounts, effect=False, whole=one.whole)
        for one in found
        for kind, amounts in one.states.items()
    ]


def main(record: Record) -> str:
    """The identifier that the record goes by; the first of its own, else of what holds it."""
    return min(record.own or record.around or {""})


def shape(identifier: str) -> str:
    """Return the common shape of identifiers of one kind: O-10021 and O-7 are both `o9`."""
    return re.sub(r"\d+", "9", identifier)


def identifiers(value: Any) -> frozenset[str]:
    """Every word with digits in the data, in compact form."""
    return frozenset(_identifiers(value))


def _identifiers(value: Any) -> Iterator[str]:
    match value:
        case str():
            found = [value] if len(value) <= _LONG else []
            for word in (*found, *_WORD.findall(value)):
                if any(map(str.isdigit, word)):
                    yield compact(word)
        case bool() | float() | None:
            return
        case int():
            if len(str(abs(value))) >= _DIGITS:
                yield str(abs(value))
        case Mapping():
            for name, inner in value.items():
                if not _PERSONS.search(str(name).lower()):
                    yield from _identifiers(inner)
        case list() | tuple():
            for inner in value:
                yield from _identifiers(inner)


def _effect(effect: EffectResult, stems: Mapping[str, tuple[str, ...]]) -> Done:
    given = identifiers(effect.arguments)
    shapes = {shape(one) for one in given}
    made = frozenset(one for one in identifiers(_scalars(effect.result)) if one not in given)
    listed = frozenset(one for one in identifiers(effect.result) if shape(one) not in shapes)
    kinds = {kind for kind, parts in stems.items() if any(part in effect.action.lower() for part in parts)}
    paid = _paid(effect.result) or _paid(effect.arguments)
    return Done(
        kinds=frozenset(kinds | set(_states_of(effect.result))),
        main=_first(effect.arguments) or _first(effect.result) or effect.effect_id,
        objects=given | made | listed,
        amounts=frozenset(paid),
        currency=_currency(effect.result) or _currency(effect.arguments),
        names=given,
        many=max((len(one) for one in effect.arguments.values() if isinstance(one, list)), default=1),
        whole=_whole(dict(_numbers(effect.result))),
    )


def _first(data: Mapping[str, Any]) -> str:
    for name, value in data.items():
        if isinstance(value, str | int) and not isinstance(value, bool) and not _PERSONS.search(name.lower()):
            found = identifiers(value)
            if found and (isinstance(value, str) and len(value) <= _LONG) and not _number(value):
                return compact(value)
    return ""


def _scalars(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data without its lists: what a result says of itself."""
    return {
        name: _scalars(value) if isinstance(value, Mapping) else value
        for name, value in data.items()
        if not isinstance(value, list | tuple)
    }


def _numbers(data: Any) -> Iterator[tuple[str, Decimal]]:
    """The numbers of a mapping by name, in whole units."""
    if not isinstance(data, Mapping):
        return
    for name, value in data.items():
        number = _number(value)
        if number is not None:
            key = str(name).lower()
            yield key, number / 100 if key.endswith(("_cents", "_minor")) else number
        elif isinstance(value, Mapping):
            yield from _numbers(value)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,12}(?:\.\d{1,6})?", value):
        return None
    try:
        number = abs(Decimal(str(value)))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _paid(data: Mapping[str, Any]) -> set[Decimal]:
    """The sums that went back: under a name that says so, else under any that does not say otherwise."""
    numbers = {name: value for name, value in _numbers(data) if not _NOT_PAID.search(name) and not _named(name)}
    told = {value for name, value in numbers.items() if _PAID.search(name)}
    return told or set(numbers.values())


def _named(name: str) -> bool:
    return bool(re.search(r"(?:^|_)(?:id|ids|code|number|quantity|count|zip|postal|version|year|month|day)(?:_|$)", name))


def _currency(data: Any) -> str:
    for name, value in data.items() if isinstance(data, Mapping) else ():
        if "currency" in str(name).lower() and isinstance(value, str):
            return value.upper()
        code = str(name).rpartition("_")[2].upper()
        if len(code) == 3 and code.isalpha() and _number(value) is not None and code in _CODES:
            return code
    return ""


_CODES = frozenset(
    ("USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BRL", "CAD", "AUD", "NZD", "JPY")
)


def _whole(numbers: Mapping[str, Decimal]) -> bool | None:
    left = [value for name, value in numbers.items() if _LEFT.search(name)]
    return all(value == 0 for value in left) if left else None


def _records(value: Any, around: frozenset[str]) -> Iterator[Record]:
    if isinstance(value, Mapping):
        own = frozenset(_identifiers({name: inner for name, inner in value.items() if isinstance(inner, str | int)}))
        states = {kind: frozenset(_stated(value, kind)) for kind in _states_of(value)}
        numbers = dict(_numbers({name: inner for name, inner in value.items() if not isinstance(inner, Mapping)}))
        if own or states:
            items = [inner for name, inner in value.items() if isinstance(inner, list) and _ITEMS.search(str(name).lower())]
            count = sum(_quantity(one) for listed in items for one in listed)
            inside = identifiers(value)
            yield Record(own, around, inside, numbers, states, count, _refunded_whole(value, numbers))
        for inner in value.values():
            yield from _records(inner, around | own)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _records(inner, around)


def _quantity(item: Any) -> int:
    number = _number(item.get("quantity")) if isinstance(item, Mapping) else None
    return int(number) if number else 1


def _stated(value: Mapping[str, Any], kind: str) -> Iterator[Decimal]:
    """The sums of what a record says went back."""
    if kind != "refund":
        return
    told = [number for name, number in _numbers(value) if _PAID.search(name) and not _NOT_PAID.search(name)]
    yield from told
    for name, inner in value.items():
        if isinstance(inner, list) and "refund" in str(name).lower():
            sums = [number for one in inner for number in _paid(one) if isinstance(one, Mapping)]
            yield from [*sums, *([sum(sums, Decimal())] if sums else [])]


def _refunded_whole(value: Mapping[str, Any], numbers: Mapping[str, Decimal]) -> bool:
    if str(value.get("status", "")).lower() in ("refunded", "fully_refunded", "fully refunded"):
        return True
    refunded = [number for name, number in numbers.items() if _PAID.search(name) and not _NOT_PAID.search(name)]
    totals = [number for name, number in numbers.items() if _TOTAL.search(name) and not _PAID.search(name)]
    return bool(refunded and totals and max(refunded) == max(totals))


def _states_of(value: Any) -> Iterator[str]:
    """The kinds of deeds that a mapping itself says were done: a status, a `refunded_at`, an amount refunded."""
    if not isinstance(value, Mapping):
        return
    subscribed = any(_SUBSCRIBED.search(str(name).lower()) for name in value)
    for name, inner in value.items():
        words, said = _words(str(name).lower()), _state(inner)
        for kind, done in _STATES.items():
            if kind == "end" and not subscribed:
                continue
            if (words & done and _says_yes(inner)) or (said and said <= done):
                yield kind


def _state(value: Any) -> frozenset[str]:
    """The words of a short text, which may be a status."""
    return _words(value.strip().lower()) - _BESIDE if isinstance(value, str) and len(value) <= _LONG else frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(re.split(r"[\W_]+", text))


def _says_yes(value: Any) -> bool:
    if isinstance(value, str):
        words = value.strip().lower()
        return words not in ("", "no", "false", "none", "never") and not re.fullmatch(r"-?[0.]+", words)
    return bool(value)
