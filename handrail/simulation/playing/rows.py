"""Rows of the record, as `COPY` takes them, of what changed in a day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handrail.domain.actions.approvals import Approval
from handrail.domain.actions.decisions import approvers
from handrail.domain.case.messages import Author
from handrail.domain.text.message.thanks import only_thanks
from handrail.simulation.world.record import GRANTED, CaseFile, Changed, LedgerEntry

Row = tuple[Any, ...]


def rows_of(changed: Changed, ratings: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows by table; of a case, an approval and an action the newest state."""
    return {
        "cases": [_case(one) for one in changed.cases.values()],
        "messages": [
            (
                *(case_id, one.message_id, one.author.value, one.text, one.at, one.turn, one.sequence, one.language, one.by),
                (one.author is Author.CUSTOMER and only_thanks(one.text)) or None,
            )
            for case_id, one in changed.messages
        ],
        "audit": [
            (case_id, one.entry_id, one.at, one.actor, one.action, json.dumps(one.details, default=str))
            for case_id, one in changed.audit
        ],
        "approvals": [_approval(one) for one in changed.approvals.values()],
        "actions": [_action(one) for one in changed.ledger.values()],
        "ratings": list(ratings),
    }


def _case(file: CaseFile) -> Row:
    row = file.row
    return (
        *(row.case_id, row.customer_id, row.channel, row.status.value, row.topic, int(row.tier), row.queue, row.priority),
        *(row.risk, row.reason, row.language, row.reply, row.confidence, row.assignee, row.turn, row.due_at, row.opened_at),
        *(row.updated_at, row.version, row.content_digest, file.usage.model_dump_json(), row.version),
    )


def _approval(one: Approval) -> Row:
    decision = one.decision.model_dump_json() if one.decision else None
    return (
        *(one.case_id, one.approval_id, one.revision, one.request.model_dump_json(), one.status.value, one.opened_at),
        *(one.due_at, one.update_names, decision, one.revision),
        json.dumps([yes.model_dump(mode="json") for yes in one.yes]),
    )


def _action(one: LedgerEntry) -> Row:
    proposal, verdict, asked, made = one.ruled.proposal, one.ruled.verdict, one.approval, one.result
    decision = asked.decision if asked else None
    by = ", ".join(yes.reviewer for yes in approvers(decision)) if asked and decision and asked.status in GRANTED else None
    outcome: tuple[str | None, str | None, datetime | None, str | None, str | None, str | None] = (None,) * 6
    if made is not None:
        result = json.dumps(made.result, default=str)
        outcome = (made.status.value, one.applied_hash, made.applied_at, result, made.code, made.message)
    return (
        *(proposal.proposal_id, one.case_id, proposal.kind.value, proposal.action, proposal.call_id, proposal.confidence),
        *(proposal.revision, one.version, json.dumps(proposal.arguments, default=str), proposal.arguments_hash),
        *(verdict.ruling.value, verdict.model_dump_json(), verdict.policy_version),
        *((asked.approval_id, asked.status.value, asked.revision) if asked else (None, None, None)),
        *(
            by,
            json.dumps(decision.arguments, default=str) if decision else None,
            decision.arguments_hash if decision else None,
        ),
        *outcome,
        one.at,
    )
