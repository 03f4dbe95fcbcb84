"""How much money a case is about, as far as that is known before anybody has looked at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphs.sheet import REFUSED
from graphs.views import EndView
from handrail.domain.figures import claims, clean
from handrail.domain.proposals import ProposalKind, Verdict
from handrail.domain.text.mail import own_words


def at_stake(view: EndView) -> float | None:
    """The largest amount in the case, whatever its currency; None where there is none.

    Amounts are those that the customer named, in this turn or before, and those of the effects that were proposed: arguments
    and facts with `amount` in their names. A call that was refused, as malformed ones are, proposes nothing.
    """
    words = [*(one.text for one in view.incoming), *(one.text for one in (view.handoff.said if view.handoff else []))]
    named = [amount for text in words for amount in _named(own_words(text))]
    effects = [one for one in view.ruled if one.proposal.kind is ProposalKind.EFFECT and not _refused(one.verdict)]
    proposed = [amount for one in effects for amount in _amounts(one.proposal.arguments, one.verdict.facts)]
    return max([*named, *proposed], default=None)


def _refused(verdict: Verdict) -> bool:
    return any(hit.rule == REFUSED for hit in verdict.hits)


def _named(text: str) -> Iterator[float]:
    for claim in claims(clean(text)):
        if claim.kind == "amount" and claim.amount is not None:
            yield float(claim.amount)


def _amounts(*given: Mapping[str, Any]) -> Iterator[float]:
    for name, value in _items(given):
        if "amount" in name and isinstance(value, int | float) and not isinstance(value, bool):
            yield float(value)


def _items(given: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for one in given:
        yield from one.items()
