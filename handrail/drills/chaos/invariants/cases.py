"""Invariants of cases and their messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from handrail.drills.chaos.invariants.examples import CounterExample, by_case, tries
from handrail.drills.chaos.log import Act, Certainty, Operation, together
from handrail.drills.chaos.seen.evidence import ChaosEvidence

CUSTOMER = "customer"


def lost_cases(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield cases that were acknowledged, or stand in one place, and are missing in another."""
    recorded = {one.case_id for one in evidence.cases}
    running = {one.case_id for one in evidence.histories}
    for (case_id, _), operations in tries(evidence, Act.OPEN).items():
        known, places = together(operations), (case_id in recorded, case_id in running)
        where = f"in the record: {places[0]}, in Temporal: {places[1]}"
        if known is Certainty.OK and not all(places):
            yield CounterExample(case_id=case_id, seen=f"its opening was acknowledged; {where}")
        elif known is Certainty.UNKNOWN and len(set(places)) > 1:
            yield CounterExample(case_id=case_id, seen=f"its opening is unknown, and it is half there; {where}")
        elif known is Certainty.FAIL and any(places):
            yield CounterExample(case_id=case_id, seen=f"its opening was refused; {where}")


def doubled_cases(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield customers of whom more cases stand than they opened: each opens one, however often it is sent."""
    opened = {case_id for case_id, _ in tries(evidence, Act.OPEN)}
    for customer_id, cases in by_case(evidence.cases, lambda one: one.customer_id or one.case_id).items():
        mine = [one.case_id for one in cases]
        if len(mine) > 1:
            yield CounterExample(case_id=mine[0], seen=f"{customer_id} opened one case, and there are {', '.join(mine)}")
    for case in evidence.cases:
        if case.case_id not in opened:
            yield CounterExample(case_id=case.case_id, seen="it stands, and nobody opened it")


def lost_messages(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield messages that were acknowledged, or taken by their case, and are not in the record."""
    recorded = {(one.case_id, one.message_id) for one in evidence.messages}
    for (case_id, message_id), operations in tries(evidence, Act.OPEN, Act.SAY, Act.REPLY).items():
        if together(operations) is Certainty.OK and (case_id, message_id) not in recorded:
            yield CounterExample(case_id=case_id, seen=f"{message_id} was acknowledged and is not in the record")
    for history in evidence.histories:
        for message_id in history.taken:
            if (history.case_id, message_id) not in recorded:
                yield CounterExample(
                    case_id=history.case_id, seen=f"{message_id} stands in the case's history and not in the record"
                )


def doubled_messages(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield messages that stand or were told more than once, that nobody sent, and turns with two answers."""
    sent = tries(evidence, Act.OPEN, Act.SAY, Act.REPLY)
    counts = Counter((one.case_id, one.message_id) for one in evidence.messages)
    for (case_id, message_id), count in counts.items():
        if count > 1:
            yield CounterExample(case_id=case_id, seen=f"{message_id} stands {count} times in the record")
    for message in evidence.messages:
        if message.author == CUSTOMER and (message.case_id, message.message_id) not in sent:
            yield CounterExample(case_id=message.case_id, seen=f"{message.message_id} is the customer's, and nobody sent it")
    answers = Counter((one.case_id, one.turn) for one in evidence.messages if one.author == "assistant")
    for (case_id, turn), count in answers.items():
        if count > 1:
            yield CounterExample(case_id=case_id, seen=f"the agent answered {count} times in turn {turn}")


def refused_messages(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield messages whose every try was refused, and which stand in the record."""
    recorded = {(one.case_id, one.message_id) for one in evidence.messages}
    for (case_id, message_id), operations in tries(evidence, Act.SAY, Act.REPLY).items():
        if together(operations) is Certainty.FAIL and (case_id, message_id) in recorded:
            words = operations[-1].words
            yield CounterExample(case_id=case_id, seen=f"{message_id} was refused ({words}) and is in the record")


def reordered_messages(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield pairs of a customer's messages of which the later was sent after the earlier was acknowledged."""
    places = {(one.case_id, one.message_id): place for place, one in enumerate(evidence.messages)}
    sent = by_case(tries(evidence, Act.OPEN, Act.SAY).items(), lambda one: one[0][0])
    for case_id, messages in sent.items():
        for (earlier, first), (later, second) in combinations(messages, 2):
            if earlier not in places or later not in places or not _before(first, second):
                continue
            if places[earlier] > places[later]:
                yield CounterExample(
                    case_id=case_id,
                    seen=f"{later[1]} stands before {earlier[1]}, which was acknowledged before it was sent",
                )


def _before(first: list[Operation], second: list[Operation]) -> bool:
    ended = min((one.ended for one in first if one.known is Certainty.OK and one.ended is not None), default=float("inf"))
    return ended < min(one.invoked for one in second)


def mistold(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield messages and effects that were not told exactly once, and events with a gap before them."""
    told = Counter((one.case_id, one.message_id) for one in evidence.told if one.kind in ("message", "reply"))
    for message in evidence.messages:
        if (count := told[message.case_id, message.message_id]) != 1:
            yield CounterExample(case_id=message.case_id, seen=f"{message.message_id} was told {count} times")
    effects = Counter((one.case_id, one.effect_id) for one in evidence.told if one.kind == "effect")
    for row in evidence.ledger:
        if row.outcome is not None and (count := effects[row.case_id, row.effect_id]) != 1:
            yield CounterExample(case_id=row.case_id, seen=f"effect {row.effect_id} was told {count} times")
    for case_id, events in by_case(evidence.told, lambda one: one.case_id).items():
        numbers = sorted(one.sequence for one in events)
        if numbers != list(range(1, len(numbers) + 1)):
            yield CounterExample(case_id=case_id, seen=f"its events are numbered {numbers}")
    positions = sorted(one.position for one in evidence.told)
    if positions and positions != list(range(1, len(positions) + 1)):
        yield CounterExample(case_id="", seen=f"{len(positions)} events of all cases end at position {positions[-1]}")


def stuck_cases(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield cases that are worked on, hang, or stand otherwise in Temporal than in the record, with nobody at work."""
    recorded = {one.case_id: one.status for one in evidence.cases}
    for case in evidence.cases:
        if case.status == "Working":
            yield CounterExample(case_id=case.case_id, seen="it is Working, and everything has been quiet for long")
    for history in evidence.histories:
        status = recorded.get(history.case_id)
        if history.trouble:
            yield CounterExample(case_id=history.case_id, seen=history.trouble)
        elif history.open and status is not None and history.status != status:
            yield CounterExample(
                case_id=history.case_id, seen=f"it is {history.status} in Temporal and {status} in the record"
            )
    for case_id in evidence.late:
        yield CounterExample(case_id=case_id, seen="it did not settle while somebody waited for it")


def without_progress(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield faults after whose end a new case was not worked on."""
    for heal in evidence.heals:
        if heal.progress is None:
            yield CounterExample(
                case_id=heal.case_id, seen=f"opened after {heal.kind} of {heal.part} was over; never answered"
            )
