"""The money at stake in a case, as far as it is known before anybody has looked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from graphs.ruling.ruling_pass import REFUSED
from graphs.views import EndView
from handrail.domain.actions.proposals import ProposalKind, Verdict
from handrail.domain.money import Money, named
from handrail.domain.text.figures.cldr import currencies_in_use
from handrail.domain.text.message.mail import own_words
from handrail.domain.text.plain import clean


def at_stake(view: EndView) -> list[Money]:
    """Gather the amounts of the case: those that the customer named, and those of the effects that were proposed.

    Of effects, arguments and facts with `amount` in their names count, in the currency that stands in the name's end
    (`refund_amount_usd`) or beside them as `currency`. A call that was refused, as malformed ones are, proposes nothing.
    """
    words = [*(one.text for one in view.incoming), *(one.text for one in (view.handoff.said if view.handoff else []))]
    found = [money for text in words for money in named(clean(own_words(text)), view.row.language)]
    effects = [one for one in view.ruled if one.proposal.kind is ProposalKind.EFFECT and not _refused(one.verdict)]
    return [*found, *(money for one in effects for money in _amounts(one.proposal.arguments, one.verdict.facts))]


def _refused(verdict: Verdict) -> bool:
    return any(hit.rule == REFUSED for hit in verdict.hits)


def _amounts(*given: Mapping[str, Any]) -> Iterator[Money]:
    for values in given:
        beside = {str(value).upper() for name, value in values.items() if name.split(".")[-1].endswith("currency")}
        for name, value in values.items():
            if "amount" in name and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                yield Money(Decimal(str(value)), _currency(name) or frozenset(beside))


def _currency(name: str) -> frozenset[str]:
    code = name.rpartition("_")[2].upper()
    return frozenset({code}) & currencies_in_use()
