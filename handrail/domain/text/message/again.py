"""Words with which a customer asks for the same once more: they name the object or the amount again, and do not only ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from handrail.domain.text.figures.mentions import Mention, mentions
from handrail.domain.text.message.answers import READ, unquoted
from handrail.domain.text.message.changes import ASKS, SENTENCES
from handrail.domain.text.plain import clean

SHORTEST_NUMBER = 3
"""Digits of an identifier by which it is known without the letters around them."""
LEAST_BARE = 10
"""A smaller number without a currency counts days and pieces."""


def names_again(
    texts: Iterable[str],
    language: str,
    objects: Collection[str],
    amounts: Collection[Decimal],
    ours: Sequence[str] = (),
) -> bool:
    """Return whether the customer's `texts` name one of the objects or the amounts.

    What they quote of `ours` names nothing, nor does a question: whoever asks for news of an order does not ask for it again.
    """
    told = (sentence for text in texts for sentence in SENTENCES.split(unquoted(clean(text[:READ]), ours)))
    found = (one for sentence in told if not ASKS.search(sentence) for one in mentions(sentence, language))
    wanted = {one.casefold() for one in objects}
    numbers = {digits for one in wanted if len(digits := _digits(one)) >= SHORTEST_NUMBER}
    return any(
        one.shown.casefold().strip("#") in wanted or _digits(one.shown) in numbers
        if one.kind == "identifier"
        else _states(one, amounts)
        for one in found
    )


def _states(one: Mention, amounts: Collection[Decimal]) -> bool:
    bare = one.kind == "number" and not one.currencies
    return (one.kind == "amount" or bare) and any(
        stated == amount for stated in one.readings for amount in amounts if not bare or amount >= LEAST_BARE
    )


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())
