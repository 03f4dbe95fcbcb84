"""Reading of JSON-like data for deeds: identifiers, numbers by name, and what a mapping says was done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from handrail.domain.text.plain import compact

_STATES: Mapping[str, frozenset[str]] = {
    "refund": frozenset({"refunded", "refunds", "reimbursed"}),
    "cancel": frozenset({"cancelled", "canceled"}),
    "invoice": frozenset({"emailed", "mailed"}),
    "end": frozenset({"ended", "terminated", "inactive", "cancelled", "canceled", "expired"}),
    "delete": frozenset({"deleted", "erased", "closed", "anonymized"}),
    "discount": frozenset({"discount", "discounts", "discounted", "voucher", "coupon"}),
    "arrange": frozenset({"appointment", "callback", "pickup", "scheduled", "booked", "ticket"}),
}
_DONE: Mapping[str, tuple[str, ...]] = {
    word: tuple(kind for kind, done in _STATES.items() if word in done) for word in frozenset().union(*_STATES.values())
}
_BESIDE = frozenset({"partially", "partly", "fully", "order", "payment", "status"})
_MAY_STATE = re.compile("|".join(sorted({*_DONE, *_BESIDE})))
"""How a status begins, which holds such words alone."""
_SUBSCRIBED = re.compile(r"subscri|renew|member|plan")
_PERSONS = re.compile(r"customer|user|account|member|client|profile")
_PAID = re.compile(r"refund|reimburs|credit|paid_back|returned|payback")
_NOT_PAID = re.compile(r"left|remain|before|refundable|limit|max|balance|total|30d|days|price")
_TOTAL = re.compile(r"(?:^|_)(?:total|paid|captured|charged|amount|price)(?:_|$)")
_LEFT = re.compile(r"left|remaining|refundable|outstanding")
_ITEMS = re.compile(r"items?$|lines?$|products?$|articles?$|positions?$")
_NAMED = re.compile(r"(?:^|_)(?:id|ids|code|number|quantity|count|zip|postal|version|year|month|day)(?:_|$)")
_WORD = re.compile(r"[^\W_]+(?:[-_/.][^\W_]+)*")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_NO_WORD = re.compile(r"[\W_]+")
_NAUGHT = re.compile(r"-?[0.]+")
_DIGITS = 3
_NOTHING = frozenset[str]()
LONG = 40
"""Characters of the longest text that may be an identifier or a status."""


@dataclass(frozen=True, slots=True)
class KeyReading:
    """The meaning of a name in data: whose it is, which sum stands under it, what it says was done."""

    name: str
    person: bool
    subscribed: bool
    paid: bool
    not_paid: bool
    total: bool
    left: bool
    items: bool
    named: bool
    minor: bool
    refunds: bool
    kinds: frozenset[str]


@lru_cache(maxsize=4_096)
def key(name: str) -> KeyReading:
    """Read the name of a field."""
    lower = name.lower()
    paid = bool(_PAID.search(lower))
    return KeyReading(
        name=lower,
        person=bool(_PERSONS.search(lower)),
        subscribed=bool(_SUBSCRIBED.search(lower)),
        paid=paid,
        not_paid=bool(_NOT_PAID.search(lower)),
        total=bool(_TOTAL.search(lower)) and not paid,
        left=bool(_LEFT.search(lower)),
        items=bool(_ITEMS.search(lower)),
        named=bool(_NAMED.search(lower)),
        minor=lower.endswith(("_cents", "_minor")),
        refunds="refund" in lower,
        kinds=frozenset(kind for word in words(lower) for kind in _DONE.get(word, ())),
    )


def identifiers(value: Any) -> frozenset[str]:
    """Return every word with digits in the data, in compact form; what stands under a person's name is left out."""
    match value:
        case str():
            return frozenset(_numbered(value)) if _DIGIT.search(value) else _NOTHING
        case bool() | float() | None:
            return _NOTHING
        case int():
            return frozenset({str(abs(value))}) if abs(value) >= 10 ** (_DIGITS - 1) else _NOTHING
        case list() | tuple():
            return _NOTHING.union(*map(identifiers, value))
        case Mapping():
            return _NOTHING.union(*(identifiers(inner) for name, inner in value.items() if not key(str(name)).person))
    return _NOTHING


def identified(value: Any) -> bool:
    """Tell whether a text or a whole number holds an identifier."""
    if isinstance(value, str):
        return _DIGIT.search(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10 ** (_DIGITS - 1)


def _numbered(text: str) -> Iterator[str]:
    if len(text) <= LONG:
        yield compact(text)
        if _WORD.fullmatch(text):
            return
    yield from (compact(word) for word in _WORD.findall(text) if not word.isalpha() and _DIGIT.search(word))


def number(value: Any) -> Decimal | None:
    """Return the value as a number without its sign, where it is one."""
    if isinstance(value, str):
        return abs(Decimal(value)) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        found = abs(Decimal(str(value)))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def numbers(data: Any) -> Iterator[tuple[str, Decimal]]:
    """Yield the numbers of a mapping, and of mappings in it, by name, in whole units."""
    if not isinstance(data, Mapping):
        return
    for name, value in data.items():
        found = number(value)
        if found is not None:
            read = key(str(name))
            yield read.name, found / 100 if read.minor else found
        elif isinstance(value, Mapping):
            yield from numbers(value)


def paid(data: Mapping[str, Any]) -> set[Decimal]:
    """Return the sums that went back: under a name that says so, else under any that does not say otherwise."""
    read = [(key(name), value) for name, value in numbers(data)]
    sums = {name.name: (name, value) for name, value in read if not name.not_paid and not name.named}
    said = {value for name, value in sums.values() if name.paid}
    return said or {value for _, value in sums.values()}


def states(value: Any) -> Iterator[str]:
    """Yield the kinds of deeds that a mapping itself says were done: a status, a `refunded_at`, an amount refunded."""
    if isinstance(value, Mapping):
        yield from stated([(key(str(name)), inner) for name, inner in value.items()])


def stated(fields: Sequence[tuple[KeyReading, Any]]) -> Iterator[str]:
    """Yield the kinds of deeds that the fields of a mapping say were done; see `states`."""
    for name, inner in fields:
        kinds = {*(name.kinds if name.kinds and _says_yes(inner) else ()), *_status(inner)}
        if kinds:
            subscribed = any(other.subscribed for other, _ in fields)
            yield from (kind for kind in _STATES if kind in kinds and (kind != "end" or subscribed))


def _status(value: Any) -> Sequence[str]:
    """The kinds that a short text states, which may be a status."""
    if not isinstance(value, str) or len(value) > LONG or not _MAY_STATE.match(lower := value.strip().lower()):
        return ()
    said = words(lower) - _BESIDE
    return [kind for kind, done in _STATES.items() if said and said <= done]


def words(text: str) -> frozenset[str]:
    """Return the words of a text in lower case."""
    return frozenset(_NO_WORD.split(text))


def _says_yes(value: Any) -> bool:
    if isinstance(value, str):
        lower = value.strip().lower()
        return lower not in ("", "no", "false", "none", "never") and not _NAUGHT.fullmatch(lower)
    return bool(value)
