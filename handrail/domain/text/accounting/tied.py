"""Sums that facts tie to one thing: the total of an order is not that of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from handrail.domain.actions.effects import EffectStatus
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.deeds.done import shape
from handrail.domain.text.deeds.records import Record, records


@dataclass(frozen=True, slots=True)
class Ties:
    """The records of each sum, whose identifiers own it; sought once, when first asked."""

    evidence: Evidence
    _records: dict[Decimal, list[Record]] = field(default_factory=dict)

    def strange(self, value: Decimal, named: Collection[str]) -> bool:
        """Tell whether `value` is tied to things like the `named` ones, and to none of these (in compact form)."""
        if not self._records:
            self._records.update(_tied(self.evidence))
        owners = [one.own | one.around | one.inside for one in self._records.get(value, ())]
        if not owners or not all(owners) or value in self.evidence.person.amounts or value in self.evidence.terms.amounts:
            return False
        if any(owned & set(named) for owned in owners):
            return False
        shapes = {shape(one) for one in named}
        return all(shapes & {shape(one) for one in owned} for owned in owners)


def _tied(evidence: Evidence) -> Mapping[Decimal, list[Record]]:
    done = [one for one in evidence.effects if one.status is EffectStatus.APPLIED]
    merged = [{**one.arguments, **one.result} for one in done if isinstance(one.result, Mapping)]
    found: dict[Decimal, list[Record]] = defaultdict(list)
    for record in (*evidence.records(), *records([*(one.arguments for one in done), *merged])):
        for value in {*record.numbers.values()}.union(*record.states.values()):
            found[value].append(record)
    return found
