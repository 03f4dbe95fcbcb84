"""Invariants of mail: what came in counts, and what is said leaves once, as far as anybody can know.

SMTP has no exactly once: where the process, the mail server or PostgreSQL dies between the server's word and its note, the
mail goes out again under the same Message-ID. A second mail that such a fault explains is unknown, and no counter-example.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from handrail.drills.chaos.invariants.examples import CounterExample
from handrail.drills.chaos.seen.evidence import ChaosEvidence, Heal
from handrail.drills.chaos.seen.outside import TakenMail

BETWEEN = ("mail", "post", "postgres", "temporal")
"""Parts whose fault may come between a mail and the note that it left."""
SLACK = 15.0


def lost_letters(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield mails that were delivered into the mailbox and stand in no case."""
    recorded = {(one.case_id, one.message_id) for one in evidence.messages}
    for letter in {(one.case_id, one.message_id): one for one in evidence.letters}.values():
        if (letter.case_id, letter.message_id) not in recorded:
            yield CounterExample(
                case_id=letter.case_id, seen=f"{letter.message_id} was delivered into the mailbox and is not in the record"
            )


def unsent_mails(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield replies that never left, though they are called sent or still wait, and those that left twice for no reason."""
    taken = _taken(evidence)
    for one in evidence.departures:
        mails = taken.get(one.header_id or "", [])
        if one.state == "waiting":
            yield CounterExample(case_id=one.case_id, seen=f"{one.message_id} still waits for its departure: {one.words}")
        elif one.state == "sent" and not mails:
            yield CounterExample(case_id=one.case_id, seen=f"{one.message_id} is called sent, and no server took it")
        elif one.state == "failed" and not one.words:
            yield CounterExample(case_id=one.case_id, seen=f"{one.message_id} was given up without a word")
        for first, second in pairwise(mails):
            if not any(_between(first, heal) for heal in evidence.heals):
                late = second.at - first.at
                yield CounterExample(
                    case_id=one.case_id, seen=f"{one.message_id} left again after {late:.1f} s, and no fault was between"
                )


def uncommitted_mails(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield mails of which the record holds no reply, or only a later one."""
    departures = {one.header_id: one for one in evidence.departures if one.header_id}
    for mail in evidence.mails:
        found = departures.get(mail.message_id)
        if found is None:
            yield CounterExample(case_id="", seen=f"a mail {mail.message_id} left, and no reply of the record is in it")
        elif found.recorded_at is not None and mail.at < found.recorded_at.timestamp():
            early = found.recorded_at.timestamp() - mail.at
            yield CounterExample(case_id=found.case_id, seen=f"{found.message_id} left {early:.3f} s before it was recorded")


def _taken(evidence: ChaosEvidence) -> dict[str, list[TakenMail]]:
    found: dict[str, list[TakenMail]] = defaultdict(list)
    for mail in evidence.mails:
        found[mail.message_id].append(mail)
    return found


def _between(mail: TakenMail, heal: Heal) -> bool:
    return heal.part in BETWEEN and heal.began - SLACK <= mail.at <= heal.began + heal.away + SLACK
