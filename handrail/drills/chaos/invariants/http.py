"""Invariants of HTTP: answers under a key, and what streams told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from handrail.drills.chaos.invariants.examples import CounterExample, by_case
from handrail.drills.chaos.seen.evidence import ChaosEvidence
from handrail.drills.chaos.seen.outside import GivenHttpAnswer

SHOWN = 160


def changed_answers(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield idempotency keys under which the same request got another good answer than before."""
    given: dict[tuple[str, str, str], list[GivenHttpAnswer]] = defaultdict(list)
    for answer in evidence.answers:
        given[answer.caller, answer.path, answer.key].append(answer)
    for (_, _, key), answers in given.items():
        first = answers[0]
        for other in answers[1:]:
            if (other.status, other.body) != (first.status, first.body):
                yield CounterExample(
                    case_id=first.case_id, seen=f"{key} was answered {_shown(first)}, and then {_shown(other)}"
                )
                break


def _shown(answer: GivenHttpAnswer) -> str:
    return f"{answer.status} {answer.body[:SHOWN]}"


def unfounded_answers(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield good answers about cases that the record does not have."""
    recorded = {one.case_id for one in evidence.cases}
    for answer in evidence.answers:
        if answer.case_id not in recorded:
            yield CounterExample(
                case_id=answer.case_id, seen=f"{answer.key} was answered {_shown(answer)}, and the record has no such case"
            )


def mistold_streams(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield streams that, put together over all connections, are not what the record told."""
    told = by_case(evidence.told, lambda one: one.case_id)
    for case_id, events in evidence.streams.items():
        heard = [(one.sequence, one.position, one.kind, one.message_id) for one in events]
        stands = [(one.sequence, one.position, one.kind, one.message_id) for one in told.get(case_id, [])]
        if any(one.number != one.sequence for one in events):
            yield CounterExample(case_id=case_id, seen="an event came under another id than its number")
        if heard != stands:
            yield CounterExample(
                case_id=case_id,
                seen=f"its stream told events {[one[0] for one in heard]}, and the record has {[one[0] for one in stands]}",
            )
