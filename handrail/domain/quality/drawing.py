"""Draws the sample of a day: the same cases whenever it is drawn, for the order is that of hashes of day and case.

Stratified random sampling as in Cochran, Sampling Techniques, chapter 5: within a stratum every case is as likely as every
other, so that the weight of a case is one by its probability (Horvitz and Thompson, 1952).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

from handrail.domain.quality.samples import DrawnCase, EndedCase, QualitySettings

SAMPLE, PEOPLE = "sample", "people"


def draw(day: date, cases: Sequence[EndedCase], settings: QualitySettings) -> list[DrawnCase]:
    """Return the sample in the order of strata and places. No stratum that has cases goes without."""
    strata: dict[str, list[EndedCase]] = {}
    for case in cases:
        strata.setdefault(case.stratum, []).append(case)
    sizes = {name: len(strata[name]) for name in sorted(strata)}
    weights = {name: settings.oversampling.of(strata[name][0].risk) for name in sizes}
    drawn = allocate(sizes, weights, settings.per_day, settings.minimum_per_stratum)
    chosen: list[tuple[EndedCase, int]] = []
    for name in sizes:
        ranked = sorted(strata[name], key=lambda case: place_of(SAMPLE, day, case.case_id))
        chosen += [(case, place) for place, case in enumerate(ranked[: drawn[name]], start=1)]
    wanted = min(len(chosen), max(settings.people_minimum, round(settings.people_share * len(chosen))))
    ranked_for_people = sorted(chosen, key=lambda pair: place_of(PEOPLE, day, pair[0].case_id))
    people = {case.case_id for case, _ in ranked_for_people[:wanted]}
    found = []
    for case, place in chosen:
        probability = drawn[case.stratum] / sizes[case.stratum]
        found.append(
            DrawnCase(
                day=day,
                case_id=case.case_id,
                topic=case.topic,
                risk=case.risk,
                stratum_cases=sizes[case.stratum],
                stratum_drawn=drawn[case.stratum],
                place=place,
                probability=probability,
                for_people=case.case_id in people,
                people_probability=probability * wanted / len(chosen),
            )
        )
    return found


def allocate(sizes: Mapping[str, int], weights: Mapping[str, float], wanted: int, minimum: int) -> dict[str, int]:
    """Share `wanted` cases out among strata: first the minimum of each, then by size and weight, none above its size.

    Where the minima alone are more than wanted, they are lowered together, but never below one: there may be more strata than
    wanted cases.
    """
    floor = next((each for each in range(minimum, 1, -1) if sum(min(each, size) for size in sizes.values()) <= wanted), 1)
    given = {name: min(floor, size) for name, size in sizes.items()}
    left = min(wanted, sum(sizes.values())) - sum(given.values())
    while left > 0:
        open_names = [name for name in given if given[name] < sizes[name]]
        total = sum(weights[name] * (sizes[name] - given[name]) for name in open_names)
        shares = {name: left * weights[name] * (sizes[name] - given[name]) / total for name in open_names}
        more = {name: min(sizes[name] - given[name], int(shares[name])) for name in open_names}
        if not any(more.values()):
            # Less than one for each: to those with the largest remainders, in the order of their names where these are equal.
            ranked = sorted(open_names, key=lambda name: (-shares[name], name))
            more = dict.fromkeys(ranked[:left], 1)
        for name, number in more.items():
            given[name] += number
        left -= sum(more.values())
    return given


def place_of(purpose: str, day: date, case_id: str) -> str:
    """Return what orders cases: a hash, so that neither ids nor time decide who is drawn."""
    return hashlib.sha256(f"{purpose}/{day.isoformat()}/{case_id}".encode()).hexdigest()
