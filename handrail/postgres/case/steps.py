"""The parts of one commit, as the one statement that writes them takes them; every part may come again and in any order."""

from __future__ import annotations

import json
from collections.abc import Sequence

from psycopg import DatabaseError

from handrail.domain.case.cases import Commit, RuledProposal
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.turns import TurnSuperseded
from handrail.domain.errors import CaseConflict, EffectConflict, HandrailError
from handrail.domain.text.message.thanks import only_thanks
from handrail.postgres.adaptation import as_json, dumps
from handrail.postgres.pool import Connection
from handrail.postgres.queries import QUERIES


def step_of(commit: Commit) -> str:
    """Return the commit as JSON, with the customer's messages read for thanks: a thank-you is no new contact.

    Raises:
        EffectConflict: a ruling that is not about its proposal.
    """
    for ruled in commit.rulings:
        _check(ruled)
    written = as_json(commit)
    thanks = {one.message_id for one in commit.messages if one.author is Author.CUSTOMER and only_thanks(one.text)}
    if not thanks:
        return written
    step = json.loads(written)
    for message in step["messages"]:
        message["thanks"] = message["message_id"] in thanks
    return dumps(step)


def refusal(error: DatabaseError, case_id: str) -> HandrailError | None:
    """Return what a refused step raises, None for any other error of PostgreSQL's.

    `handrail.commit_step` refuses with these states.
    """
    match error.sqlstate:
        case "HR001":
            return other_content(case_id)
        case "HR002":
            return TurnSuperseded("This turn has ended already, or a later one of the case has begun.")
        case "HR003":
            effect_id = error.diag.message_primary
            return EffectConflict(f"proposal_id: {effect_id} belongs to another case; every proposal needs an id of its own.")
        case _:
            return None


def other_content(case_id: str) -> CaseConflict:
    """Return the error for a case id that stands with other content."""
    return CaseConflict(
        f"case_id: {case_id[:120]!r} stands with other content. Open the new case under an id of its own; "
        "what belongs to the standing case goes to it with `send_message`."
    )


async def save_messages(connection: Connection, case_id: str, messages: Sequence[Message]) -> None:
    """Write messages that do not stand yet."""
    if messages:
        async with connection.cursor() as cursor:
            rows = [{**one.model_dump(mode="json"), "case_id": case_id} for one in messages]
            await cursor.executemany(QUERIES["save_message"], rows)


def _check(ruled: RuledProposal) -> None:
    proposal, verdict = ruled.proposal, ruled.verdict
    about = (verdict.proposal_id, verdict.revision, verdict.arguments_hash)
    if about != (proposal.proposal_id, proposal.revision, proposal.arguments_hash):
        raise EffectConflict(
            f"verdict: is on {verdict.proposal_id} r{verdict.revision}, the proposal is {proposal.proposal_id} "
            f"r{proposal.revision}, or their arguments differ; have exactly this revision ruled on."
        )
