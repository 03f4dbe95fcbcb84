"""A sound record of a drill under faults, and how counter-examples are planted into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from handrail.domain.quality.days import STEPS
from handrail.domain.quality.scores import SCORED_BY
from handrail.drills.chaos.invariants.every import checked
from handrail.drills.chaos.log import Act, Certainty, Operation
from handrail.drills.chaos.seen.days import DrawnRow, LookedAtDay, ScoreRow
from handrail.drills.chaos.seen.evidence import (
    AgentsReply,
    CaseHistory,
    CaseInRecord,
    ChaosEvidence,
    Heal,
    LedgerRow,
    RecordedApproval,
    RecordedMessage,
    ShopTrace,
    ThrownControl,
    ToldEvent,
)
from handrail.drills.chaos.seen.outside import (
    ArrivedWebhook,
    GivenHttpAnswer,
    LetterHandedOver,
    OutboxMessage,
    RecordedDeparture,
    StreamedEvent,
    TakenMail,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SMALL, LARGE, LATER = "k-1", "k-2", "k-3"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def tried(number: int, case_id: str, act: Act, key: str, known: Certainty = Certainty.OK) -> Operation:
    invoked = float(number)
    return Operation(number=number, case_id=case_id, act=act, key=key, invoked=invoked, ended=invoked + 0.5, known=known)


def written(case_id: str, message_id: str, author: str = "customer", turn: int = 1) -> RecordedMessage:
    return RecordedMessage(case_id=case_id, message_id=message_id, author=author, turn=turn)


def answer(key: str, body: str) -> GivenHttpAnswer:
    return GivenHttpAnswer(case_id=SMALL, caller="backend", key=key, status=202, body=body)


def streamed(sequence: int, position: int, kind: str, message_id: str) -> StreamedEvent:
    return StreamedEvent(
        case_id=LATER, number=sequence, kind=kind, sequence=sequence, position=position, message_id=message_id
    )


def sent(event: ToldEvent, *, late: float = 1) -> ArrivedWebhook:
    assert event.at is not None
    about = event.model_dump(include={"kind", "case_id", "sequence", "position", "message_id"})
    return ArrivedWebhook(at=event.at.timestamp() + late, webhook_id=f"msg_{event.position}", **about)


def outbox(event: ToldEvent) -> OutboxMessage:
    return OutboxMessage(message_id=f"msg_{event.position}", case_id=event.case_id, sequence=event.sequence, state="delivered")


def sound() -> ChaosEvidence:
    """A small refund with two messages, a large one that a person approved, and a case under a switch."""
    messages = [
        written(SMALL, "k-1-1"),
        written(SMALL, "k-1-a", "assistant"),
        written(SMALL, "k-1-2", turn=2),
        written(SMALL, "k-1-b", "assistant", 2),
        written(LARGE, "k-2-1"),
        written(LARGE, "k-2-a", "assistant"),
        written(LATER, "k-3-1"),
        written(LATER, "k-3-p", "person"),
    ]
    effects = [(SMALL, "e-1"), (LARGE, "e-2")]
    told = [*said(messages), *done(effects, len(messages))]
    return ChaosEvidence(
        operations=[
            tried(1, SMALL, Act.OPEN, "k-1-1"),
            tried(2, SMALL, Act.SAY, "k-1-2", Certainty.UNKNOWN),
            tried(3, SMALL, Act.SAY, "k-1-2"),
            tried(4, LARGE, Act.OPEN, "k-2-1"),
            tried(5, LARGE, Act.DECIDE, "e-2 r1 approve"),
            tried(6, LATER, Act.OPEN, "k-3-1"),
            tried(7, LATER, Act.REPLY, "k-3-p"),
        ],
        cases=[
            CaseInRecord(case_id=SMALL, status="AwaitingCustomer", topic="refund", turn=2, customer_id="C-1"),
            CaseInRecord(case_id=LARGE, status="AwaitingCustomer", topic="refund", customer_id="C-2"),
            CaseInRecord(case_id=LATER, status="Resolved", topic="refund", customer_id="C-3"),
        ],
        histories=[
            CaseHistory(case_id=SMALL, status="AwaitingCustomer", taken=["k-1-2"]),
            CaseHistory(case_id=LARGE, status="AwaitingCustomer"),
            CaseHistory(case_id=LATER, status="Resolved"),
        ],
        messages=messages,
        told=told,
        called=True,
        webhooks=[*(sent(one) for one in told), sent(told[0], late=5)],
        outbox=[outbox(one) for one in told],
        letters=[LetterHandedOver(case_id=SMALL, message_id="k-1-1")],
        mails=[TakenMail(at=at(2).timestamp(), to="ann@example.net", message_id="hr.1@x")],
        departures=[RecordedDeparture(case_id=SMALL, message_id="k-1-a", state="sent", header_id="hr.1@x", recorded_at=at(1))],
        ledger=[
            LedgerRow(
                case_id=SMALL,
                effect_id="e-1",
                action="refund_order",
                ruling="allow",
                arguments_hash="h-1",
                outcome="applied",
                applied_hash="h-1",
                recorded_at=at(1),
                topic="refund",
                order_id="O-1",
            ),
            LedgerRow(
                case_id=LARGE,
                effect_id="e-2",
                action="refund_order",
                ruling="require_approval",
                arguments_hash="h-2",
                approval_id="e-2",
                approval_revision=1,
                approval_status="approved",
                outcome="applied",
                applied_hash="h-2",
                recorded_at=at(2),
                topic="refund",
                order_id="O-2",
            ),
        ],
        approvals=[
            RecordedApproval(
                case_id=LARGE,
                approval_id="e-2",
                revision=1,
                request_id="e-2",
                status="approved",
                decision="approve",
                reviewer="ann",
                arguments_hash="h-2",
            )
        ],
        shop=[
            ShopTrace(made_id="R-1", action="refund_order", order_id="O-1", effect_id="e-1"),
            ShopTrace(made_id="R-2", action="refund_order", order_id="O-2", effect_id="e-2"),
        ],
        controls=[
            ThrownControl(control_id=1, scope="topic:refund", level="off", hand="drill", asked_at=at(9), set_at=at(10)),
            ThrownControl(control_id=2, scope="topic:refund", level="auto", hand="drill", asked_at=at(20), set_at=at(20)),
        ],
        replies=[
            AgentsReply(case_id=SMALL, message_id="k-1-a", recorded_at=at(1), topic="refund"),
            AgentsReply(case_id=SMALL, message_id="k-1-b", recorded_at=at(21), topic="refund"),
            AgentsReply(case_id=LARGE, message_id="k-2-a", recorded_at=at(3), topic="refund"),
        ],
        audited=9,
        answers=[answer("k-1-1", "Working"), answer("k-1-1", "Working"), answer("k-1-2", "Resolved")],
        streams={LATER: [streamed(1, 7, "message", "k-3-1"), streamed(2, 8, "reply", "k-3-p")]},
        days_ended=2,
        days=[day("2026-02-21", 0, 15, 1), day("2026-02-22", 15, 30, 1)],
        drawn=[
            DrawnRow(day="2026-02-21", case_id=SMALL, ended_at=at(3)),
            DrawnRow(day="2026-02-22", case_id=LATER, ended_at=at(20)),
        ],
        scores=[
            ScoreRow(day=when, case_id=case_id, scorer=scorer)
            for when, case_id in (("2026-02-21", SMALL), ("2026-02-22", LATER))
            for scorer in SCORED_BY
        ],
        came_late=[LATER],
        heals=[Heal(fault=0, part="worker", kind="SIGKILL", case_id="probe-0", away=2.0, progress=1.5)],
    )


def day(name: str, since: float, until: float, cases: int) -> LookedAtDay:
    limits = {"since": at(since), "until": at(until)}
    return LookedAtDay(day=name, **limits, done=list(STEPS), counted=cases, drawn=cases, ended=cases)


def said(messages: list[RecordedMessage]) -> list[ToldEvent]:
    counts: dict[str, int] = {}
    found = []
    for position, one in enumerate(messages, 1):
        counts[one.case_id] = counts.get(one.case_id, 0) + 1
        kind = "message" if one.author == "customer" else "reply"
        number = counts[one.case_id]
        about = {"case_id": one.case_id, "sequence": number, "position": position, "at": at(position)}
        found.append(ToldEvent.model_validate({**about, "kind": kind, "message_id": one.message_id}))
    return found


def done(effects: list[tuple[str, str]], before: int) -> list[ToldEvent]:
    numbers = {SMALL: 5, LARGE: 3}
    return [
        ToldEvent(
            case_id=case_id,
            sequence=numbers[case_id],
            position=position,
            kind="effect",
            effect_id=effect_id,
            at=at(position),
        )
        for position, (case_id, effect_id) in enumerate(effects, before + 1)
    ]


Plant = Callable[[ChaosEvidence], dict[str, Any]]


def replaced(things: list[Any], number: int, /, **update: Any) -> list[Any]:
    return [one.model_copy(update=update) if place == number else one for place, one in enumerate(things)]


def without(things: list[Any], number: int) -> list[Any]:
    return [one for place, one in enumerate(things) if place != number]


Planted = tuple[str, str, str, Plant]
"""An invariant's name, the case and words of its counter-example, and what is planted."""


def check_named(planted: Planted) -> None:
    name, case_id, words, plant = planted
    seen = sound()
    found = {one.name: one.broken for one in checked(seen.model_copy(update=plant(seen)))}
    assert any(one.case_id == case_id and words in one.seen for one in found[name]), found
