"""Sums that facts tie to one thing: the total of an order is not that of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from handrail.domain.actions.effects import EffectStatus
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.deeds.done import shape
from handrail.domain.text.deeds.records import records


@dataclass(frozen=True, slots=True)
class Ties:
    """The owners of each sum, by the identifiers that stand around it in data; read once, when first asked."""

    evidence: Evidence
    _owners: dict[Decimal, list[frozenset[str]]] = field(default_factory=dict)

    def strange(self, value: Decimal, named: Collection[str]) -> bool:
        """Tell whether `value` is tied to things like the `named` ones, and to none of these (in compact form)."""
        if not self._owners:
            self._owners.update(_owners(self.evidence))
        owners = self._owners.get(value, [])
        if not owners or not all(owners) or value in self.evidence.person.amounts or value in self.evidence.terms.amounts:
            return False
        if any(owned & set(named) for owned in owners):
            return False
        shapes = {shape(one) for one in named}
        return all(shapes & {shape(one) for one in owned} for owned in owners)


def _owners(evidence: Evidence) -> Mapping[Decimal, list[frozenset[str]]]:
    found: dict[Decimal, list[frozenset[str]]] = defaultdict(list)
    for value, owned in _tied(evidence):
        found[value].append(owned)
    return found


def _tied(evidence: Evidence) -> Iterator[tuple[Decimal, frozenset[str]]]:
    done = [one for one in evidence.effects if one.status is EffectStatus.APPLIED]
    merged = [{**one.arguments, **one.result} for one in done if isinstance(one.result, Mapping)]
    for record in (*evidence.records(), *records([*(one.arguments for one in done), *merged])):
        owned = record.own | record.around | record.inside
        for value in (*record.numbers.values(), *(value for values in record.states.values() for value in values)):
            yield value, owned
