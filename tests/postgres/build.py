"""Domain objects for these tests, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from handrail.domain.actions.approvals import Approval, DecisionInput, DecisionKind, HumanRequest
from handrail.domain.actions.decisions import draft, settle
from handrail.domain.actions.effects import Effect
from handrail.domain.actions.proposals import Proposal, ProposalKind, RuleHit, Ruling, Verdict
from handrail.domain.base import digest
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseRow, Commit, RuledProposal
from handrail.domain.case.messages import IncomingMessage

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAY_100: dict[str, Any] = {"amount": 100, "receiver": "ann"}


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


class FixedClock:
    def now(self) -> datetime:
        return NOON


def opening(case_id: str = "case-1", text: str = "Hello", customer_id: str = "C-1") -> CaseOpen:
    return CaseOpen(case_id=case_id, customer_id=customer_id, message=IncomingMessage(message_id="m-1", text=text))


def row(version: int = 1, case_id: str = "case-1", **changes: Any) -> CaseRow:
    base: dict[str, Any] = {
        "case_id": case_id,
        "customer_id": "C-1",
        "version": version,
        "opened_at": NOON,
        "updated_at": at(version),
    }
    return CaseRow(**{**base, **changes})


def proposal(effect_id: str = "e-1", arguments: dict[str, Any] | None = None, **changes: Any) -> Proposal:
    wanted = PAY_100 if arguments is None else arguments
    base: dict[str, Any] = {
        "proposal_id": effect_id,
        "kind": ProposalKind.EFFECT,
        "action": "pay",
        "arguments": wanted,
        "arguments_hash": digest(wanted),
    }
    return Proposal(**{**base, **changes})


def ruled(wanted: Proposal, ruling: Ruling) -> RuledProposal:
    verdict = Verdict(
        proposal_id=wanted.proposal_id,
        revision=wanted.revision,
        arguments_hash=wanted.arguments_hash,
        ruling=ruling,
        hits=[RuleHit(policy="p", rule="r", ruling=ruling, message="because")],
        policy_version="v1",
    )
    return RuledProposal(proposal=wanted, verdict=verdict)


def ruling(given: Ruling, version: int = 1, case_id: str = "case-1", **changes: Any) -> Commit:
    return Commit(row=row(version, case_id), rulings=[ruled(proposal(**changes), given)])


def approval(revision: int = 1, request_id: str = "e-1", case_id: str = "case-1", **changes: Any) -> Approval:
    request = HumanRequest(
        request_id=request_id,
        action="pay",
        title="Pay",
        headline="pay",
        arguments=PAY_100,
        arguments_hash=digest(PAY_100),
    )
    base: dict[str, Any] = {
        "approval_id": request_id,
        "case_id": case_id,
        "revision": revision,
        "request": request,
        "opened_at": NOON,
        "due_at": at(240),
        "update_names": ["1 · Approve pay · r1", "2 · Reject pay · r1"],
    }
    return Approval(**{**base, **changes})


def decided(wanted: Approval, kind: DecisionKind, *, by: str = "rita", **changes: Any) -> Approval:
    given = DecisionInput(decision=kind, reviewer=by, arguments=changes or None)
    return settle(wanted, draft(wanted, given, at(5), "update"))


def effect(effect_id: str = "e-1", arguments: dict[str, Any] | None = None, **changes: Any) -> Effect:
    wanted = PAY_100 if arguments is None else arguments
    base: dict[str, Any] = {
        "effect_id": effect_id,
        "case_id": "case-1",
        "customer_id": "C-1",
        "action": "pay",
        "arguments": wanted,
        "arguments_hash": digest(wanted),
    }
    return Effect(**{**base, **changes})


def audit(entry_id: str) -> AuditEntry:
    return AuditEntry(entry_id=entry_id, at=NOON, actor="agent", action="turn", details={"n": 1})
