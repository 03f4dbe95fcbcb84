"""Deeds that were done, by effects and by what records say: kind, objects, amounts, and whether it was all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.deeds.data import LONG, identifiers, key, number, numbers, paid, states
from handrail.domain.text.deeds.records import Record, main
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


def states_done(found: Sequence[Record]) -> list[Done]:
    """List the deeds that the records say were done, whoever did them."""
    return [
        Done(frozenset({kind}), main(one), one.own | one.around | one.inside, amounts, effect=False, whole=one.whole)
        for one in found
        for kind, amounts in one.states.items()
    ]


def shape(identifier: str) -> str:
    """Return the common shape of identifiers of one kind: O-10021 and O-7 are both `o9`."""
    return re.sub(r"\d+", "9", identifier)


def _effect(effect: EffectResult, stems: Mapping[str, tuple[str, ...]]) -> Done:
    given = identifiers(effect.arguments)
    shapes = {shape(one) for one in given}
    made = frozenset(one for one in identifiers(_scalars(effect.result)) if one not in given)
    listed = frozenset(one for one in identifiers(effect.result) if shape(one) not in shapes)
    kinds = {kind for kind, parts in stems.items() if any(part in effect.action.lower() for part in parts)}
    sums = paid(effect.result) or paid(effect.arguments)
    return Done(
        kinds=frozenset(kinds | set(states(effect.result))),
        main=_first(effect.arguments) or _first(effect.result) or effect.effect_id,
        objects=given | made | listed,
        amounts=frozenset(sums),
        currency=_currency(effect.result) or _currency(effect.arguments),
        names=given,
        many=max((len(one) for one in effect.arguments.values() if isinstance(one, list)), default=1),
        whole=_whole(dict(numbers(effect.result))),
    )


def _first(data: Mapping[str, Any]) -> str:
    for name, value in data.items():
        if isinstance(value, str | int) and not isinstance(value, bool) and not key(name).person:
            found = identifiers(value)
            if found and (isinstance(value, str) and len(value) <= LONG) and not number(value):
                return compact(value)
    return ""


def _scalars(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data without its lists: what a result says of itself."""
    return {
        name: _scalars(value) if isinstance(value, Mapping) else value
        for name, value in data.items()
        if not isinstance(value, list | tuple)
    }


def _currency(data: Any) -> str:
    for name, value in data.items() if isinstance(data, Mapping) else ():
        if "currency" in str(name).lower() and isinstance(value, str):
            return value.upper()
        code = str(name).rpartition("_")[2].upper()
        if len(code) == 3 and code.isalpha() and number(value) is not None and code in _CODES:
            return code
    return ""


_CODES = frozenset(
    ("USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BRL", "CAD", "AUD", "NZD", "JPY")
)


def _whole(named: Mapping[str, Decimal]) -> bool | None:
    left = [value for name, value in named.items() if key(name).left]
    return all(value == 0 for value in left) if left else None
