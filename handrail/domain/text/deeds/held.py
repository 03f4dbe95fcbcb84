"""Claims of deeds, held against effects and records by kind, object, amount and count."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, islice
from typing import Any

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.deeds.done import STEMS, Done, effects_done, shape, states_done
from handrail.domain.text.deeds.learned.cover import Repeated
from handrail.domain.text.deeds.learned.suspicion import suspected
from handrail.domain.text.deeds.listed.claim import ANY, CHANGE, Claim
from handrail.domain.text.deeds.listed.claims import claimed
from handrail.domain.text.deeds.listed.clauses import Mark
from handrail.domain.text.deeds.records import Record, records
from handrail.domain.text.deeds.unlisted.excuses import excused
from handrail.domain.text.deeds.unlisted.loose import Loose, others_claimed, why_not

_FEW = 8
_ENOUGH = 3
"""Sentences that speak like claims, of which a model is told at a time."""
_QUOTE = 120
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A claim that nothing covers; `message` tells a model what is so and what to write instead."""

    claim: Claim
    message: str


def held(
    text: str,
    effects: Sequence[EffectResult],
    facts: Iterable[Any],
    *,
    stems: Mapping[str, tuple[str, ...]] = STEMS,
    language: str | None = None,
    customer: Collection[str] = (),
    person: Collection[str] = (),
    quoted: Collection[str] = (),
    known: Callable[[], Sequence[Record]] | None = None,
) -> list[Uncovered]:
    """Find the claims in `text` that were not done, or not so.

    `customer` and `person` are words of the customer and of people of the business, in compact form; `quoted` are texts
    of people and of the business that a reply may repeat; `known` gives the records in the facts where they are read already.
    """
    claims = _unexcused(every := claimed(text, language), language)
    others = others_claimed(text, language, claims)
    judged = {one.sentence.strip() for one in (*every, *others)}
    alike = list(suspected(text, language, judged))
    if not claims and not others and not alike:
        return []
    facts = list(facts)
    holding = _Holding(effects_done(effects, {**STEMS, **stems}), known() if known else records(facts), frozenset(customer))
    loose = Loose.gather(holding.done, holding.states, effects, facts, person) if others or alike else None
    repeated = Repeated.gather(facts, quoted, holding.done, _given(effects)) if alike else None
    unshown = (one for one in alike if loose and repeated and not loose.covers(one) and not repeated.covers(one))
    return [
        *holding.held(claims),
        *(Uncovered(one, why_not(one)) for one in others if loose and not loose.covers(one)),
        *(Uncovered(one, _unshown(one)) for one in islice(unshown, _ENOUGH)),
    ]


def _unshown(claim: Claim) -> str:
    return (
        f"{claim.sentence.strip()[:_QUOTE]!r} reads as if something was done or is about to happen, which nothing here shows. "
        "Say what is so, do it first, or ask for a person."
    )


def _given(effects: Sequence[EffectResult]) -> list[Any]:
    return [value for one in effects if one.status is EffectStatus.APPLIED for value in (one.arguments, one.result)]


def _unexcused(claims: Sequence[Claim], language: str | None) -> list[Claim]:
    """Leave out the claims of sentences that only tell what the customer did or what the rule is."""
    fine = {one for one in {claim.sentence for claim in claims} if excused(one, language)}
    return [one for one in claims if one.kind == ANY or one.sentence not in fine]


@dataclass(slots=True)
class _Holding:
    done: list[Done]
    records: Sequence[Record]
    customer: frozenset[str]
    states: list[Done] = field(init=False)

    def __post_init__(self) -> None:
        self.states = states_done(self.records)

    def held(self, claims: Sequence[Claim]) -> list[Uncovered]:
        found: list[Uncovered] = []
        before: list[Claim] = []
        for claim in claims:
            reason = self._why_not(claim, before)
            if reason:
                found.append(Uncovered(claim, f"{claim.sentence.strip()[:_QUOTE]!r} {reason} {self._so(claim)}"))
            before.append(claim)
        return found

    def _why_not(self, claim: Claim, before: Sequence[Claim]) -> str:
        matching = self._matching(claim)
        if not matching:
            return f"says that something was done ({claim.kind}), which was not done here."
        strange = [one for one in claim.objects if not any(self._is_of(one.value, deed) for deed in matching)]
        if strange:
            names = ", ".join(dict.fromkeys(one.shown for one in strange))
            return f"says that something was done ({claim.kind}) for {names}, which was not done."
        about = [one for one in matching if self._about(claim, one)]
        if claim.pointed and not about:
            return f"says that something was done ({claim.kind}) for what was named before, which was not done."
        about = about or matching
        return (
            self._count(claim, about if claim.objects else matching, before)
            or self._amounts(claim, about)
            or self._whole(claim, about)
        )

    def _matching(self, claim: Claim) -> list[Done]:
        if claim.kind == ANY:
            # 'This is done' is no news of some record; 'order A is done' may be.
            return [*self.done, *(self.states if claim.objects and not claim.own else [])]
        if claim.kind == CHANGE:
            return self.done
        found = [one for one in self.done if claim.kind in one.kinds]
        if not claim.own or claim.implied:
            named = {one.main for one in found}
            found += [one for one in self.states if claim.kind in one.kinds and one.main not in named]
        return found

    def _about(self, claim: Claim, deed: Done) -> bool:
        named = {one.value for one in claim.objects} or claim.pointed
        return not named or any(self._is_of(one, deed) for one in named)

    def _is_of(self, identifier: str, deed: Done) -> bool:
        """Return whether the deed was done on it, or on what a record names together with it, as an order with its payment."""
        if identifier in deed.objects:
            return True
        if not deed.objects and not deed.effect:
            return not any(identifier in one.own for one in self.records)
        for record in self.records:
            shared = record.own & (deed.names or deed.objects)
            if shared and identifier in record.inside and shape(identifier) not in {shape(one) for one in shared}:
                return True
        return False

    def _count(self, claim: Claim, matching: Sequence[Done], before: Sequence[Claim]) -> str:
        quantity = claim.quantity
        if any(one.effect for one in matching):
            # What a record says of something that nobody spoke of is not what 'both' means.
            spoken = self.customer | {one.value for other in (*before, claim) for one in other.objects}
            matching = [one for one in matching if one.effect or one.main in spoken]
        objects = {one.main for one in matching}
        many = len(matching) if quantity.noun == "deed" else len(objects)
        if quantity.noun in ("item", ""):
            many = max(many, *(one.many for one in matching), *(self._items(one) for one in matching) if quantity.noun else ())
        if quantity.count and many < quantity.count:
            return f"speaks of {quantity.count}; {many} {'was' if many == 1 else 'were'} done ({claim.kind})."
        if quantity.every and not quantity.spared and not claim.objects and quantity.noun != "item":
            covered = {name for one in self._matching(claim) for name in one.objects}
            if self._asked_for(objects, everything=quantity.noun == "object" and not quantity.count) - covered:
                return f"says that all was done ({claim.kind}); not all was."
        told = {one.value for other in before if other.kind == claim.kind for one in other.objects}
        if quantity.another and not claim.objects:
            others = [one for one in matching if not (one.objects & told)] if told else matching
            everywhere = {one.main for one in (*self.done, *self.states)}
            if not others or (not told and len(objects if quantity.more else everywhere) < 2):
                return f"speaks of another one; no other was done ({claim.kind})."
        if claim.adrift and not before and len(self.done) < 2:
            return f"speaks of one more; only one was done ({claim.kind})."
        again = any(other.kind == claim.kind for other in before)
        if quantity.more and again and not claim.objects and len(matching) < 2:
            return f"speaks of one more; only one was done ({claim.kind})."
        return ""

    def _items(self, deed: Done) -> int:
        return max((one.items for one in self.records if one.own & deed.objects), default=0)

    def _asked_for(self, objects: set[str], *, everything: bool) -> set[str]:
        """Return the objects of these shapes that the customer named; where they named none, those that the records hold."""
        shapes = {shape(one) for one in objects if one}
        known = {name for one in self.records for name in one.own if shape(name) in shapes}
        return (known & self.customer) or (known if everything else set())

    def _amounts(self, claim: Claim, matching: Sequence[Done]) -> str:
        if claim.kind not in ("refund", ANY) or not claim.amounts:
            return ""
        paying = [one for one in matching if self._sums(one)]
        if claim.kind == ANY and not paying:
            return ""
        wrong = self._paired(claim, paying)
        if wrong is None:
            allowed = self._allowed(claim, paying)
            wrong = [one for one in claim.amounts if not allowed & set(one.readings) or not _same_currency(one, paying)]
            many = Decimal(len({one.main for one in matching}))
            wrong = [one for one in wrong if one.value != "few" or one.readings[0] > many]
        if not wrong:
            return ""
        sums = ", ".join(sorted({str(amount) for one in paying for amount in self._sums(one)})) or "none"
        return f"names {wrong[0].shown}, which is not the amount of what was done ({sums}). State the amount of the effect."

    def _paired(self, claim: Claim, paying: Sequence[Done]) -> list[Mark] | None:
        """The amounts that are not those of the objects that they stand with, where each object has one; else None."""
        marks = [one for one in claim.order if (one.kind == "amount" and one in claim.amounts) or one.kind == "id"]
        objects = [one for one in marks if one.kind == "id"]
        if len(objects) < 2 or len(objects) != len(claim.amounts):
            return None
        pairs = zip(objects, claim.amounts, strict=True)
        return [
            amount
            for name, amount in pairs
            if not any(self._sums(one) & set(amount.readings) for one in paying if self._is_of(name.value, one))
        ]

    def _allowed(self, claim: Claim, paying: Sequence[Done]) -> set[Decimal]:
        sums = [self._sums(one) for one in paying]
        every = {amount for one in sums for amount in one}
        if claim.quantity.each:
            return set.intersection(*sums) if sums else set()
        totals: set[Decimal] = set()
        if len(paying) <= _FEW:
            counted = claim.quantity.count
            sizes = [counted] if counted else [len(paying)]
            for size in sizes:
                totals |= {sum(map(max, some), Decimal()) for some in combinations(sums, size) if some}
        several = len(claim.objects) > 1 or (claim.quantity.count or 1) > 1
        if several and len(claim.amounts) == 1:
            return totals if len(paying) > 1 else every | totals
        return every | totals

    def _sums(self, deed: Done) -> set[Decimal]:
        """Return the sums that moved with the deed; where it says none, what the record of its object says was paid."""
        if deed.amounts:
            return set(deed.amounts)
        return self._totals(deed)

    def _totals(self, deed: Done) -> set[Decimal]:
        """Return what the deed's object cost; a deed that names no object may be about any."""
        return {total for one in self.records if not deed.objects or one.own & deed.objects for total in one.totals}

    def _whole(self, claim: Claim, matching: Sequence[Done]) -> str:
        quantity = claim.quantity
        if claim.kind not in ("refund", ANY) or not (quantity.whole or quantity.share):
            return ""
        for deed in matching:
            if quantity.whole and self._is_whole(deed) is False:
                return "says that all of it was refunded; it was not, or nothing shows that it was."
            if quantity.share and not quantity.whole and not self._is_share(deed, quantity.share):
                return f"says that {quantity.share} % were refunded, which nothing shows."
        return ""

    def _is_whole(self, deed: Done) -> bool | None:
        """Return whether all of the money went back. An effect without an amount takes all of it by its nature."""
        if deed.whole is not None and (deed.effect or deed.whole):
            return deed.whole
        if deed.effect and not deed.amounts:
            return None
        totals = self._totals(deed)
        refunded = sum((max(one.amounts) for one in self.done if one.main == deed.main and one.amounts), Decimal())
        return bool(totals) and max(deed.amounts | {refunded}, default=refunded) >= max(totals)

    def _is_share(self, deed: Done, percent: Decimal) -> bool:
        parts = {(total * percent / 100).quantize(_CENT) for total in self._totals(deed)}
        return any(amount.quantize(_CENT) in parts for amount in deed.amounts)

    def _so(self, claim: Claim) -> str:
        """Tell the model what is so, for it to say."""
        found = [one for one in self.done if claim.kind in (ANY, CHANGE) or claim.kind in one.kinds]
        if not found:
            return "Say what is so, or do it first."
        names = {value: one.shown for one in claim.objects for value in (one.value,)}
        said = "; ".join(
            f"{names.get(one.main, one.main.upper()) or 'it'}: {', '.join(sorted(map(str, one.amounts))) or 'done'}"
            for one in found[:_FEW]
        )
        missing = [one.shown for one in claim.objects if not any(self._is_of(one.value, deed) for deed in found)]
        without = f"; not done: {', '.join(dict.fromkeys(missing))}" if missing else ""
        return f"Say only what was done ({claim.kind}: {said}{without}), or do it first."


def _same_currency(mark: Mark, paying: Sequence[Done]) -> bool:
    used = {one.currency for one in paying if one.currency}
    return not used or not mark.currencies or bool(used & mark.currencies)
