"""Invariants of effects, decisions, switches and the audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from handrail.domain.case.cases import CaseStatus
from handrail.drills.chaos.invariants.examples import CounterExample, by_case, tries
from handrail.drills.chaos.log import Act, Certainty, together
from handrail.drills.chaos.seen.evidence import ChaosEvidence, LedgerRow, RecordedApproval, ThrownControl

FOREVER = datetime.max.replace(tzinfo=UTC)
YES = ("approved", "edited")
TAKEN = (CaseStatus.WITH_HUMAN, CaseStatus.RESOLVED, CaseStatus.CLOSED)
"""Statuses in which no turn has the case."""
IN_THE_SHOP = ("refund_order", "cancel_order", "send_password_reset")
"""Effects that leave a row in the shop."""
Approvals = dict[tuple[str, str, int], RecordedApproval]


def doubled_effects(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield effects that were made twice: by their key, or as a second refund of the same order."""
    cases = {one.effect_id: one.case_id for one in evidence.ledger}
    orders = {one.order_id: one.case_id for one in evidence.ledger if one.order_id}
    keys = Counter(one.effect_id for one in evidence.shop if one.effect_id)
    for effect_id, count in keys.items():
        if count > 1:
            yield CounterExample(case_id=cases.get(effect_id, ""), seen=f"effect {effect_id} stands {count} times in the shop")
    for order_id, count in Counter(one.order_id for one in evidence.shop if one.order_id).items():
        if count > 1:
            made = ", ".join(str(one.effect_id) for one in evidence.shop if one.order_id == order_id)
            yield CounterExample(
                case_id=orders.get(order_id, ""), seen=f"money of order {order_id} went back {count} times: {made}"
            )


def unmade_effects(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield effects that the ledger calls applied, and that did not happen in the shop."""
    made = {one.effect_id for one in evidence.shop}
    for row in evidence.ledger:
        if row.applied and row.action in IN_THE_SHOP and row.effect_id not in made:
            # Cancelling what was not paid leaves no row; the drill's orders are all paid.
            yield CounterExample(
                case_id=row.case_id, seen=f"{row.action} {row.effect_id} is applied, and the shop has nothing"
            )


def unallowed_effects(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield effects without an allowing verdict on, or an approval of, exactly what was done."""
    approvals: Approvals = {(one.case_id, one.approval_id, one.revision): one for one in evidence.approvals}
    applied = {one.effect_id: one for one in evidence.ledger if one.applied}
    for row in applied.values():
        if (why := _unallowed(row, approvals)) is not None:
            yield CounterExample(case_id=row.case_id, seen=f"{row.action} {row.effect_id} was applied: {why}")
    orders = {one.order_id: one.case_id for one in evidence.ledger if one.order_id}
    for made in evidence.shop:
        if made.effect_id not in applied:
            yield CounterExample(
                case_id=orders.get(made.order_id, ""),
                seen=f"{made.action} {made.made_id} of order {made.order_id} is in the shop, and no ledger row allows it "
                f"(effect {made.effect_id})",
            )


def _unallowed(row: LedgerRow, approvals: Approvals) -> str | None:
    """Return why nothing allows what was done, or None where something does."""
    if row.ruling in ("block", "confirm"):
        return f"the verdict is {row.ruling}"
    if row.approval_id is None or row.approval_revision is None:
        if row.ruling != "allow":
            return f"the verdict is {row.ruling}, and nobody was asked"
        return None if row.applied_hash == row.arguments_hash else "other arguments than the verdict is about"
    approval = approvals.get((row.case_id, row.approval_id, row.approval_revision))
    if approval is None:
        return f"approval {row.approval_id} r{row.approval_revision} does not stand"
    if approval.status not in YES:
        return f"approval {row.approval_id} r{row.approval_revision} is {approval.status}"
    if row.applied_hash == approval.arguments_hash or (row.ruling == "allow" and row.applied_hash == row.arguments_hash):
        return None
    return f"approval {row.approval_id} r{row.approval_revision} is of other arguments"


def effects_of_lost_turns(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield effects that were made, in the order of commits, while a person had the case or it was over."""
    applied = {one.effect_id: one for one in evidence.ledger if one.applied}
    for case_id, events in by_case(evidence.told, lambda one: one.case_id).items():
        status: str | None = None
        for event in events:
            status = event.status or status
            row = applied.get(event.effect_id or "")
            if row is not None and event.kind == "effect" and status in TAKEN:
                yield CounterExample(
                    case_id=case_id, seen=f"{row.action} {row.effect_id} was made while the case was {status}: no turn had it"
                )


def lost_decisions(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield decisions that were acknowledged and do not stand, and approvals that nothing came of."""
    stand = {f"{one.case_id} {one.approval_id} r{one.revision} {one.decision}" for one in evidence.approvals if one.decision}
    for (case_id, key), operations in tries(evidence, Act.DECIDE).items():
        known = together(operations)
        if known is Certainty.OK and f"{case_id} {key}" not in stand:
            yield CounterExample(case_id=case_id, seen=f"the decision {key} was acknowledged and does not stand")
        elif known is Certainty.FAIL and f"{case_id} {key}" in stand:
            yield CounterExample(case_id=case_id, seen=f"the decision {key} was refused and stands")
    outcomes = {one.effect_id: one for one in evidence.ledger}
    for approval in evidence.approvals:
        row = outcomes.get(approval.request_id or "")
        if approval.status in YES and row and row.outcome is None and row.case_id not in evidence.switched_off:
            yield CounterExample(
                case_id=approval.case_id,
                seen=f"approval {approval.approval_id} r{approval.revision} is {approval.status}, and {row.action} "
                f"{row.effect_id} was neither made nor refused",
            )


def after_the_switch(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield effects and replies of the agent that were recorded while a switch held them off."""
    for control in evidence.controls:
        if control.level != "off" or not control.waited:
            continue
        until = _lifted(control, evidence.controls)
        for row in evidence.ledger:
            concerned = _concerns(control.scope, row.topic, row.action)
            if row.applied and concerned and row.recorded_at and control.set_at < row.recorded_at < until:
                late = (row.recorded_at - control.set_at).total_seconds()
                yield CounterExample(
                    case_id=row.case_id, seen=f"{row.action} {row.effect_id} came {late:.3f} s after {control.scope} was off"
                )
        for reply in evidence.replies:
            if _concerns(control.scope, reply.topic, None) and control.set_at < reply.recorded_at < until:
                late = (reply.recorded_at - control.set_at).total_seconds()
                yield CounterExample(
                    case_id=reply.case_id, seen=f"the reply {reply.message_id} came {late:.3f} s after {control.scope} was off"
                )


def _lifted(control: ThrownControl, controls: list[ThrownControl]) -> datetime:
    """Return when its own hand asked to lift it, or when it ends by itself."""
    later = [
        one.asked_at
        for one in controls
        if one.control_id > control.control_id and (one.scope, one.hand) == (control.scope, control.hand)
    ]
    return min([*later, control.expires_at or FOREVER])


def _concerns(scope: str, topic: str | None, action: str | None) -> bool:
    kind, _, name = scope.partition(":")
    return kind == "global" or (kind == "topic" and name == topic) or (kind == "tool" and name == action)


def broken_audit(evidence: ChaosEvidence) -> Iterator[CounterExample]:
    """Yield the first break of the audit's chain."""
    if evidence.audit_broken:
        yield CounterExample(case_id="", seen=evidence.audit_broken)
