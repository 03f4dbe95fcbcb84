"""Evidence: everything that a reply may be held against, each piece with the source it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.accounting.known import Known
from handrail.domain.text.deeds.records import Record, records


@dataclass(frozen=True, slots=True)
class Evidence:
    """Facts, effects and words by source; built once a turn with `gather`.

    `record` holds facts of systems of record and what effects did, `person` what people wrote in the case, `terms` texts of
    the business (a topic's description and prompt); `ours` are these three, which may be stated as ours. `customer` is
    repeated as theirs only. `quotable` are the texts of people and of the business, as they are.
    """

    facts: tuple[Any, ...] = ()
    effects: tuple[EffectResult, ...] = ()
    record: Known = field(default_factory=Known)
    person: Known = field(default_factory=Known)
    terms: Known = field(default_factory=Known)
    customer: Known = field(default_factory=Known)
    ours: Known = field(default_factory=Known)
    quotable: tuple[str, ...] = ()
    _records: list[Record] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def gather(
        cls,
        facts: Iterable[Any] = (),
        *,
        effects: Sequence[EffectResult] = (),
        person: Iterable[str] = (),
        customer: Iterable[str] = (),
        terms: Iterable[str] = (),
    ) -> Evidence:
        """Read everything once. `facts` is JSON-like data; the other three are texts, this turn's and earlier ones."""
        facts, person, terms = tuple(facts), tuple(person), tuple(terms)
        record = Known()
        for fact in facts:
            record.learn(fact)
        for one in effects:
            if one.status is EffectStatus.APPLIED:
                record.learn([one.arguments, one.result, one.applied_at])
        people, business = _heard(person), Known() | _stated(terms)
        ours = record | people | business
        # 'Open Monday to Friday' and a prompt's 'today' say nothing of this customer's order.
        ours.weekdays, ours.relatives = record.weekdays | people.weekdays, record.relatives | people.relatives
        return cls(facts, tuple(effects), record, people, business, _heard(customer), ours, (*person, *terms))

    def records(self) -> Sequence[Record]:
        """The records in the facts; read once, when first asked."""
        if not self._records:
            self._records.extend(records(self.facts))
        return self._records


def _heard(texts: Iterable[str]) -> Known:
    known = Known()
    for text in texts:
        known.hear(text)
    return known


@lru_cache(maxsize=256)
def _stated(terms: tuple[str, ...]) -> Known:
    """Return what texts of the business state, which are the same in many cases. A caller who adds to it takes a copy."""
    return _heard(terms)
