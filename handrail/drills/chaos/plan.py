"""The plan of a drill by seed: who writes what and when, what dies when, and when a switch is thrown."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from random import Random

from pydantic import Field

from handrail.domain.base import Stored, digest
from handrail.drills.chaos.mutants import Mutant
from handrail.drills.chaos.paths import ALL, ChaosPath, path_of
from handrail.drills.chaos.proxy import NetworkFault

SPACING = 0.7
"""Seconds of the drill for each case."""
BETWEEN_FAULTS = 4.0
LEAST_PAUSE = 1.0
MOST_FOLLOWING = 3
PATIENCES = (0.5, 2.0, 10.0)
WAITS = (0, 2)
FOLLOWS = (0, 1, 3)
KINDS = (4, 2, 1, 1, 1, 1, 0)
"""Weights of the kinds of faults; workers are cut off once, at the end."""
MOSTLY_FIRST = (3, 1, 1)
"""Weights of answers and rulings: what lets an effect happen comes first."""
SWITCHED = "refund"


class Wish(StrEnum):
    """A customer's wish, which their first message says."""

    QUESTION = "order question"
    SMALL = "small refund"
    CANCEL = "cancellation"
    LARGE = "large refund"
    PERSON = "a person"


IN_TURN = (*Wish, Wish.LARGE, Wish.CANCEL, Wish.SMALL)
"""Wishes of which something comes are there twice."""


class CustomersAnswer(StrEnum):
    """A customer's answer to the question before an effect. `RETRACTED` is a yes, and "No, wait!" at once behind it."""

    YES = "yes"
    NO = "no"
    RETRACTED = "yes, then no"


class PlannedRuling(StrEnum):
    """A person's decision on what is held."""

    APPROVE = "approve"
    REJECT = "reject"
    EDIT = "edit"


class Finish(StrEnum):
    """A way in which a person ends what they took over."""

    RESOLVE = "resolve"
    HAND_BACK = "hand back"


class FaultyPart(StrEnum):
    """A part of the stack that faults are about; the values are names of components."""

    WORKER = "worker"
    POSTGRES = "postgres"
    TEMPORAL = "temporal"
    MODEL = "model"
    API = "api"
    RECEIVER = "receiver"
    MAIL = "mail"
    POST = "post"
    EDITED = "edited build"


SERVERS = (FaultyPart.POSTGRES, FaultyPart.TEMPORAL, FaultyPart.MODEL)
"""Parts that every drill has, with a network before them."""
NETWORKED = (*SERVERS, FaultyPart.API, FaultyPart.RECEIVER, FaultyPart.POST)
OF_PATHS = {
    ChaosPath.HTTP: (FaultyPart.API,),
    ChaosPath.WEBHOOKS: (FaultyPart.RECEIVER,),
    ChaosPath.MAIL: (FaultyPart.POST, FaultyPart.MAIL),
    ChaosPath.BUILDS: (FaultyPart.EDITED,),
}
"""Parts that a path brings along."""


STORING = (FaultyPart.POSTGRES, FaultyPart.TEMPORAL)
"""Parts that keep data: their disk may be full, and workers may be cut off from them."""


class FaultKind(StrEnum):
    """A kind of fault: a signal to the part, what happens to the network before it, or to the disk under it."""

    KILL = "SIGKILL"
    PAUSE = "SIGSTOP"
    LATENCY = NetworkFault.LATENCY.value
    RESET = NetworkFault.RESET.value
    SILENCE = NetworkFault.SILENCE.value
    FULL = "full disk"
    CUT = "cut off"


class PlannedCase(Stored):
    """A customer and their case. `at` in seconds from the start; `following` is how many messages come after the answer.

    `patience` is how many seconds a try waits for its answer: the impatient often do not know. `waits` is for how many
    seconds a call over HTTP asks to be kept waiting for the reply; `follows`: somebody reads the case's events as a stream,
    and is cut off each so many of them; `again`: what opened the case is sent again at its end.
    """

    number: int
    at: float
    wish: Wish
    answer: CustomersAnswer
    ruling: PlannedRuling
    finish: Finish
    reply: bool
    following: int
    patience: float
    path: ChaosPath = ChaosPath.CLIENT
    waits: int = 0
    follows: int = 0
    again: bool = False


class PlannedFault(Stored):
    """A fault. `at` in seconds from the start, or later where the one before is not over; a kill lasts no `seconds`."""

    number: int
    at: float
    part: FaultyPart
    kind: FaultKind
    seconds: float = 0.0


class PlannedSwitch(Stored):
    """A topic that is switched off for a while, in seconds from the start.

    The cases of these numbers are opened while it is off, and it is not lifted before they were worked on.
    """

    topic: str
    off: float
    on: float
    cases: list[int] = Field(default_factory=list)


class ChaosPlan(Stored):
    """Everything that is up to chance. The same numbers and seed give the same plan, and `hash` says so."""

    seed: int
    cases: list[PlannedCase]
    faults: list[PlannedFault]
    switch: PlannedSwitch
    days: list[float] = Field(default_factory=list, description="when a day of the business ends, in seconds from the start")
    paths: list[ChaosPath] = Field(default_factory=lambda: [ChaosPath.CLIENT])
    mutants: list[Mutant] = Field(default_factory=list)

    @property
    def hash(self) -> str:
        """The start of the hash of load and faults; mutants do not change it."""
        return digest(self.model_dump(mode="json", exclude={"mutants"}))[:16]


def planned(
    cases: int,
    kills: int,
    seed: int,
    *,
    longest_pause: float = 5.0,
    mutants: Collection[Mutant] = (),
    paths: Collection[ChaosPath] = ALL,
) -> ChaosPlan:
    """Return the plan of so many cases and faults, on these paths."""
    chance = Random(seed)  # noqa: S311 - a plan that can be repeated, no secret
    length = max(cases * SPACING, kills * BETWEEN_FAULTS)
    people = [_case(chance, number, cases, length, paths) for number in range(cases)]
    small = [one.number for one in people if one.wish is Wish.SMALL]
    off = round(length * chance.uniform(0.3, 0.4), 3)
    on = round(off + length * chance.uniform(0.1, 0.2), 3)
    return ChaosPlan(
        seed=seed,
        cases=people,
        faults=_faults(chance, kills, length, max(LEAST_PAUSE, longest_pause), paths),
        switch=PlannedSwitch(topic=SWITCHED, off=off, on=on, cases=small[1::3] or small[:1]),
        days=[round(length * chance.uniform(0.4, 0.7), 3)] if ChaosPath.SCORING in paths else [],
        paths=sorted(paths),
        mutants=list(mutants),
    )


def parts_of(paths: Collection[ChaosPath]) -> list[FaultyPart]:
    """Return the parts that faults may be about, in their order."""
    absent = {part for path, parts in OF_PATHS.items() if path not in paths for part in parts}
    return [part for part in FaultyPart if part not in absent]


def _case(chance: Random, number: int, cases: int, length: float, paths: Collection[ChaosPath]) -> PlannedCase:
    """Wishes come in turn, so that a few cases hold them all; chance has the rest."""
    return PlannedCase(
        number=number,
        at=round(min(length, max(0.0, (number + chance.uniform(-0.5, 0.5)) * length / cases)), 3),
        wish=IN_TURN[number % len(IN_TURN)],
        answer=chance.choices(list(CustomersAnswer), MOSTLY_FIRST)[0],
        ruling=chance.choices(list(PlannedRuling), MOSTLY_FIRST)[0],
        finish=chance.choice(list(Finish)),
        reply=chance.random() < 0.7,
        following=chance.choices(range(MOST_FOLLOWING + 1), (5, 3, 1, 1))[0],
        patience=chance.choice(PATIENCES),
        path=path_of(number, paths),
        waits=chance.choice(WAITS),
        follows=chance.choice(FOLLOWS),
        again=chance.random() < 0.5,
    )


def _faults(
    chance: Random, kills: int, length: float, longest_pause: float, paths: Collection[ChaosPath]
) -> list[PlannedFault]:
    moments = sorted(round(chance.uniform(0.05, 0.95) * length, 3) for _ in range(kills))
    there, full = parts_of(paths), int(ChaosPath.DISK in paths)
    found = []
    for number, moment in enumerate(moments):
        kind = chance.choices(list(FaultKind), (*KINDS[:-2], KINDS[-2] * full, KINDS[-1]))[0]
        seconds = 0.0 if kind is FaultKind.KILL else round(chance.uniform(LEAST_PAUSE, longest_pause), 3)
        part = chance.choice([one for one in there if may_have(one, kind)])
        found.append(PlannedFault(number=number, at=moment, part=part, kind=kind, seconds=seconds))
    if ChaosPath.CUT in paths:
        found.append(PlannedFault(number=kills, at=length, part=FaultyPart.WORKER, kind=FaultKind.CUT))
    return found


def may_have(part: FaultyPart, kind: FaultKind) -> bool:
    """Return whether the part may have a fault of the kind."""
    if kind is FaultKind.FULL:
        return part in STORING
    return kind in (FaultKind.KILL, FaultKind.PAUSE) or part in NETWORKED
