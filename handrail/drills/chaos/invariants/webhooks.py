"""Invariants of webhooks: every committed event, once and in its order, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from handrail.drills.chaos.invariants.examples import CounterExample, by_case
from handrail.drills.chaos.seen.evidence import ChaosEvidence


def unsent_webhooks(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield committed events that neither arrived nor were given up, and messages that were delivered to nobody."""
    if not evidence.called:
        return
    arrived = {(one.case_id, one.sequence) for one in evidence.webhooks}
    states = {(one.case_id, one.sequence): one.state for one in evidence.outbox}
    for event in evidence.told:
        state = states.get((event.case_id, event.sequence))
        if state == "dead" or (state == "delivered" and (event.case_id, event.sequence) in arrived):
            continue
        seen = f"event {event.sequence} ({event.kind}) is {state or 'not in the outbox'}"
        came = "arrived" if (event.case_id, event.sequence) in arrived else "never arrived"
        yield CounterExample(case_id=event.case_id, seen=f"{seen}, and {came}")


def uncommitted_webhooks(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield webhooks of events that the record does not have, has otherwise, or had only later."""
    told = {(one.case_id, one.sequence): one for one in evidence.told}
    for came in evidence.webhooks:
        event = told.get((came.case_id, came.sequence))
        named = f"{came.webhook_id} told event {came.sequence} ({came.kind})"
        if event is None:
            yield CounterExample(case_id=came.case_id, seen=f"{named}, and the record has none of it")
            continue
        if (came.kind, came.position, came.message_id) != (event.kind, event.position, event.message_id):
            yield CounterExample(case_id=came.case_id, seen=f"{named}, and the record has {event.kind} there")
        elif event.at is not None and came.at < event.at.timestamp():
            early = event.at.timestamp() - came.at
            yield CounterExample(case_id=came.case_id, seen=f"{named} {early:.3f} s before it was committed")


def disordered_webhooks(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield events that came under several ids, ids of several events, and events that came before an earlier one."""
    names: dict[tuple[str, int], list[str]] = defaultdict(list)
    events: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for came in evidence.webhooks:
        event = (came.case_id, came.sequence)
        if came.webhook_id not in names[event]:
            names[event].append(came.webhook_id)
        events[came.webhook_id].add(event)
    for (case_id, sequence), ids in names.items():
        if len(ids) > 1:
            yield CounterExample(case_id=case_id, seen=f"event {sequence} came under {len(ids)} ids: {', '.join(ids)}")
    for webhook_id, about in events.items():
        if len(about) > 1:
            yield CounterExample(case_id=min(about)[0], seen=f"{webhook_id} stood for {len(about)} events")
    for case_id, webhooks in by_case(evidence.webhooks, lambda one: one.case_id).items():
        first = list(dict.fromkeys(one.sequence for one in webhooks))
        if first != sorted(first):
            yield CounterExample(case_id=case_id, seen=f"its events came in the order {first}")


def unsigned_webhooks(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield webhooks whose signature does not hold."""
    for came in evidence.webhooks:
        if came.unsigned:
            yield CounterExample(case_id=came.case_id, seen=f"{came.webhook_id}: {came.unsigned}")
