"""Rulings on their way into the record: before anything comes of them, or with the reply that goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from graphs.ruling.ruling_pass import BY_AUTONOMY, RulingPass
from graphs.state import identity
from handrail.domain.actions.proposals import ProposalKind, Ruling, Verdict
from handrail.domain.case.cases import AuditEntry, CaseRow, RuledProposal, Unrecorded


def noted(sheet: RulingPass, ledger: Sequence[RuledProposal], now: datetime) -> Unrecorded:
    """Return the rulings of this pass and those that were left unwritten before, with an entry in the audit for each."""
    row, before = sheet.view.row, sheet.view.unrecorded
    known = {entry.entry_id for entry in before.audit}
    fresh = [entry for entry in (entry_of(row, ruled, now) for ruled in ledger) if entry.entry_id not in known]
    return Unrecorded(rulings=[*before.rulings, *ledger], audit=[*before.audit, *fresh])


def entry_of(row: CaseRow, ruled: RuledProposal, now: datetime) -> AuditEntry:
    """Return the audit's entry of a ruling."""
    proposal, verdict = ruled.proposal, ruled.verdict
    lowered = sorted({hit.policy for hit in verdict.hits if hit.rule == BY_AUTONOMY})
    stopped = stopping(verdict)
    return AuditEntry(
        entry_id=ruled_id(row, ruled),
        at=now,
        actor="guardrail",
        action=f"ruled:{verdict.ruling}",
        details={
            "proposal_id": proposal.proposal_id,
            "action": proposal.action,
            "policy_version": verdict.policy_version,
            "rules": [hit.rule for hit in verdict.hits],
            "files": {hit.policy: hit.version for hit in verdict.hits if hit.version},
            **({"lowered_by": lowered} if lowered else {}),
            **({"stopped_by": stopped} if stopped else {}),
        },
    )


def stopping(verdict: Verdict) -> list[str]:
    """Return the rules, as policy/rule, by which a proposal does not go out at once; what the dial alone holds has none."""
    if verdict.ruling is Ruling.ALLOW:
        return []
    found = {f"{hit.policy}/{hit.rule}" for hit in verdict.hits if hit.ruling is not Ruling.ALLOW and hit.rule != BY_AUTONOMY}
    return sorted(found)


def ruled_id(row: CaseRow, ruled: RuledProposal) -> str:
    """One entry for each ruling: the same revision may be ruled on again with other arguments, or at another time."""
    verdict = ruled.verdict
    about = (verdict.proposal_id, verdict.revision, verdict.arguments_hash, verdict.ruling)
    return identity(row.case_id, row.version, *about, "ruled")


def only_a_reply(sheet: RulingPass) -> bool:
    """Return whether an allowed reply is all there is: the end of the turn is next, in one commit with the ruling."""
    if sheet.escalation or len(sheet.kept) != 1 or sheet.kept[0].kind is not ProposalKind.REPLY:
        return False
    return sheet.rulings[-1].proposal == sheet.kept[0] and sheet.rulings[-1].verdict.ruling is Ruling.ALLOW
