"""Every invariant by name, in the order of the report."""

from __future__ import annotations

from handrail.domain.base import Stored
from handrail.drills.chaos.invariants import cases, days, effects, http, mail, webhooks
from handrail.drills.chaos.invariants.examples import CounterExample, Invariant
from handrail.drills.chaos.log import Act
from handrail.drills.chaos.seen.evidence import ChaosEvidence


class CheckedInvariant(Stored):
    """An invariant held against the evidence: how many things it was held against, and where it does not hold."""

    name: str
    looked_at: int
    broken: list[CounterExample]


def sent(evidence: ChaosEvidence) -> int:
    """Count the messages that customers and people sent."""
    return len({(one.case_id, one.key) for one in evidence.operations if one.act in (Act.OPEN, Act.SAY, Act.REPLY)})


def decisions(evidence: ChaosEvidence) -> int:
    """Count the decisions that people sent."""
    return len({(one.case_id, one.key) for one in evidence.operations if one.act is Act.DECIDE})


def switched(evidence: ChaosEvidence) -> int:
    """Count the switches that were thrown."""
    return len([one for one in evidence.controls if one.level == "off"])


def streamed(evidence: ChaosEvidence) -> int:
    """Count the events that readers of streams got."""
    return sum(len(one) for one in evidence.streams.values())


def sent_out(evidence: ChaosEvidence) -> int:
    """Count the events that had to be sent."""
    return len(evidence.told) if evidence.called else 0


def arrived(evidence: ChaosEvidence) -> int:
    """Count the webhooks that came."""
    return len(evidence.webhooks)


INVARIANTS = (
    Invariant("no case lost", cases.lost_cases, lambda evidence: len({one.case_id for one in evidence.operations})),
    Invariant("no case doubled", cases.doubled_cases, lambda evidence: len(evidence.cases)),
    Invariant("no message lost", cases.lost_messages, sent),
    Invariant("no message doubled", cases.doubled_messages, lambda evidence: len(evidence.messages)),
    Invariant("no message reordered", cases.reordered_messages, sent),
    Invariant("nothing refused and kept", cases.refused_messages, sent),
    Invariant("everything told once", cases.mistold, lambda evidence: len(evidence.told)),
    Invariant("no effect twice", effects.doubled_effects, lambda evidence: len(evidence.shop)),
    Invariant("no effect without permission", effects.unallowed_effects, lambda evidence: len(evidence.shop)),
    Invariant("no effect of a lost turn", effects.effects_of_lost_turns, lambda evidence: len(evidence.came_late)),
    Invariant("no effect claimed and not made", effects.unmade_effects, lambda evidence: len(evidence.ledger)),
    Invariant("no decision lost", effects.lost_decisions, decisions),
    Invariant("nothing after the switch", effects.after_the_switch, switched),
    Invariant("the audit is whole", effects.broken_audit, lambda evidence: evidence.audited),
    Invariant("a key is answered once", http.changed_answers, lambda evidence: len(evidence.answers)),
    Invariant("what was answered is there", http.unfounded_answers, lambda evidence: len(evidence.answers)),
    Invariant("streams tell what is recorded", http.mistold_streams, streamed),
    Invariant("every event is sent", webhooks.unsent_webhooks, sent_out),
    Invariant("nothing uncommitted is sent", webhooks.uncommitted_webhooks, arrived),
    Invariant("webhooks keep id and order", webhooks.disordered_webhooks, arrived),
    Invariant("webhooks are signed", webhooks.unsigned_webhooks, arrived),
    Invariant("no mail lost", mail.lost_letters, lambda evidence: len(evidence.letters)),
    Invariant("a reply by mail leaves once", mail.unsent_mails, lambda evidence: len(evidence.departures)),
    Invariant("nothing uncommitted is mailed", mail.uncommitted_mails, lambda evidence: len(evidence.mails)),
    Invariant("every day is looked at", days.unfinished_days, lambda evidence: len(evidence.days)),
    Invariant("a case is drawn once, and has ended", days.misdrawn_cases, lambda evidence: len(evidence.drawn)),
    Invariant("what is drawn is scored", days.misscored_cases, lambda evidence: len(evidence.drawn)),
    Invariant("no case stuck", cases.stuck_cases, lambda evidence: len(evidence.cases)),
    Invariant("progress after every fault", cases.without_progress, lambda evidence: len(evidence.heals)),
)


def checked(evidence: ChaosEvidence) -> list[CheckedInvariant]:
    """Hold every invariant against the evidence."""
    return [
        CheckedInvariant(name=one.name, looked_at=one.looked_at(evidence), broken=list(one.check(evidence)))
        for one in INVARIANTS
    ]
