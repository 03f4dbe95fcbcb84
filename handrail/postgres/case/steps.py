"""What one commit writes besides the case's own row. Every statement may run again and in any order of commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.actions.approvals import Approval
from handrail.domain.case.cases import CaseStatus, Commit, Ruled
from handrail.domain.case.messages import Message
from handrail.domain.errors import EffectConflict
from handrail.postgres.case.journal import end_turn
from handrail.postgres.pool import Connection
from handrail.postgres.queries import QUERIES


async def save(connection: Connection, commit: Commit) -> None:
    """Write everything of `commit` but the row; the case's row must stand and be locked.

    Raises:
        EffectConflict: a ruling that is not about its proposal, or a proposal's id that another case uses.
        TurnSuperseded: another attempt has ended the turn that it ends.
    """
    key = {"case_id": commit.row.case_id, "version": commit.row.version}
    if commit.turn is not None:
        await end_turn(connection, commit.row.case_id, commit.turn)
    elif commit.row.status is CaseStatus.CLOSED:
        await connection.execute(QUERIES["forget_turn"], key)
    await save_messages(connection, commit.row.case_id, commit.messages)
    if commit.classification is not None:
        body = commit.classification.model_dump(mode="json")
        await connection.execute(QUERIES["save_classification"], {**key, "body": body, "at": commit.row.updated_at})
    if commit.handoff is not None:
        body = commit.handoff.model_dump(mode="json")
        await connection.execute(QUERIES["save_handoff"], {**key, "body": body, "at": commit.handoff.at})
    if commit.usage is not None:
        await connection.execute(QUERIES["save_usage"], {**key, "usage": commit.usage.model_dump(mode="json")})
    await _many(connection, "save_approval", [{**_approval(one), **key} for one in commit.approvals])
    if commit.begun_again:
        await connection.execute(QUERIES["withdraw_left_behind"], key)
    await _save_rulings(connection, commit)
    if commit.rulings or commit.approvals or commit.begun_again:
        await connection.execute(QUERIES["bind_approvals"], {"case_id": commit.row.case_id})
    await _many(connection, "save_audit", [{**one.model_dump(mode="json"), **key} for one in commit.audit])


def _approval(approval: Approval) -> dict[str, Any]:
    fields = approval.model_dump(mode="json")
    return {**fields, "yes": Jsonb(fields["yes"])}


async def save_messages(connection: Connection, case_id: str, messages: Sequence[Message]) -> None:
    """Write messages that do not stand yet."""
    await _many(connection, "save_message", [{**one.model_dump(mode="json"), "case_id": case_id} for one in messages])


async def _save_rulings(connection: Connection, commit: Commit) -> None:
    case_id, version = commit.row.case_id, commit.row.version
    await _many(connection, "save_ruling", [_action(ruled, case_id, version) for ruled in commit.rulings])
    if commit.rulings:
        effect_ids = [ruled.proposal.proposal_id for ruled in commit.rulings]
        cursor = await connection.execute(QUERIES["actions_of_other_cases"], {"effect_ids": effect_ids, "case_id": case_id})
        for (effect_id,) in await cursor.fetchall():
            raise EffectConflict(f"proposal_id: {effect_id} belongs to another case; every proposal needs an id of its own.")


def _action(ruled: Ruled, case_id: str, version: int) -> dict[str, Any]:
    proposal, verdict = ruled.proposal, ruled.verdict
    about = (verdict.proposal_id, verdict.revision, verdict.arguments_hash)
    if about != (proposal.proposal_id, proposal.revision, proposal.arguments_hash):
        raise EffectConflict(
            f"verdict: is on {verdict.proposal_id} r{verdict.revision}, the proposal is {proposal.proposal_id} "
            f"r{proposal.revision}, or their arguments differ; have exactly this revision ruled on."
        )
    return {
        **proposal.model_dump(mode="json", exclude={"proposal_id"}),
        "effect_id": proposal.proposal_id,
        "case_id": case_id,
        "version": version,
        "ruling": verdict.ruling.value,
        "verdict": verdict.model_dump(mode="json"),
        "policy_version": verdict.policy_version,
    }


async def _many(connection: Connection, query: str, parameters: list[dict[str, Any]]) -> None:
    if parameters:
        async with connection.cursor() as cursor:
            await cursor.executemany(QUERIES[query], parameters)
