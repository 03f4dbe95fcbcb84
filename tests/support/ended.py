"""Generated cases written into the record as they would stand there had they ended on a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from handrail.domain.case.messages import Author
from handrail.domain.quality.scores import CaseScore, ScoredRecord, ScoringTerms
from handrail.postgres.pool import Pool
from handrail.quality.scoring.generated import START
from handrail.quality.scoring.scorers import score


def moved(record: ScoredRecord, prefix: str, start: datetime) -> ScoredRecord:
    """The same case under another id, begun at another time."""

    def later(at: datetime | None) -> datetime | None:
        return at and start + (at - START)

    messages = [each.model_copy(update={"at": later(each.at)}) for each in record.messages]
    effects = [
        each.model_copy(update={"applied_at": later(each.applied_at), "effect_id": f"{prefix}{each.effect_id}"})
        for each in record.effects
    ]
    actions = [
        each.model_copy(update={"applied_at": later(each.applied_at), "effect_id": f"{prefix}{each.effect_id}"})
        for each in record.actions
    ]
    fresh = {"case_id": f"{prefix}{record.case_id}", "customer_id": f"{prefix}{record.customer_id}"}
    return record.model_copy(update={**fresh, "messages": messages, "effects": effects, "actions": actions})


async def write(pool: Pool, records: Iterable[ScoredRecord], *, channel: str = "api", people: bool = False) -> None:
    """Write the cases behind the repositories' backs; with `people` they were handed to people first."""
    found = list(records)
    async with pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
        await cursor.executemany(CASE, [_case(each, channel) for each in found])
        await cursor.executemany(MESSAGE, [_message(each, n) for each in found for n in range(len(each.messages))])
        await cursor.executemany(ACTION, [_action(each, n) for each in found for n in range(len(each.actions))])
        await cursor.executemany(TURN, [_turn(each) for each in found])
        ends = [(each.case_id, each.messages[-1].at, "turn:Resolved") for each in found]
        ends += [(each.case_id, each.messages[0].at, "turn:WithHuman") for each in found if people]
        await cursor.executemany(AUDIT, ends)


def _case(record: ScoredRecord, channel: str) -> dict[str, Any]:
    last = record.messages[-1].at
    about = {"opened": record.messages[0].at, "updated": last + timedelta(seconds=1), "channel": channel}
    return {**record.model_dump(include={"case_id", "customer_id", "topic", "language"}), **about}


def _message(record: ScoredRecord, n: int) -> dict[str, Any]:
    return {**record.messages[n].model_dump(), "case_id": record.case_id, "n": n, "author": record.messages[n].author.value}


def _action(record: ScoredRecord, n: int) -> dict[str, Any]:
    action = record.actions[n]
    about = {"case_id": record.case_id, "arguments": Jsonb(action.arguments), "ruled": record.messages[0].at}
    return {**action.model_dump(), **about, "result": Jsonb({}) if action.outcome else None}


def _turn(record: ScoredRecord) -> dict[str, Any]:
    facts = [
        {"name": f"f{n}", "value": value, "source": "read", "at": "2026-05-04"} for n, value in enumerate(record.facts or [])
    ]
    last = [each for each in record.messages if each.message_id in record.last_replies and each.author is Author.ASSISTANT]
    learned = {"facts": facts, "outcome": {"messages": [each.model_dump(mode="json") for each in last]}}
    return {"case_id": record.case_id, "at": record.messages[-1].at, "result": Jsonb({"learned": learned})}


class ScoringHere:
    """Scores in this process, a few cases at a time."""

    async def score(
        self,
        terms: ScoringTerms,
        batches: AsyncIterator[Sequence[ScoredRecord]],
        take: Callable[[Sequence[CaseScore]], Awaitable[None]],
    ) -> None:
        async for batch in batches:
            for place in range(0, len(batch), 10):
                found = [
                    each for record in batch[place : place + 10] for each in await asyncio.to_thread(score, record, terms)
                ]
                await take(found)


CASE = b"""
INSERT INTO handrail.cases (
    case_id, customer_id, channel, status, topic, tier, turn, language, confidence, opened_at, updated_at, version,
    content_digest
) VALUES (
    %(case_id)s, %(customer_id)s, %(channel)s, 'Resolved', %(topic)s, 0, 1, %(language)s, 0.9, %(opened)s, %(updated)s, 1, ''
)
"""
MESSAGE = b"""
INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence, language, recorded_at)
VALUES (%(case_id)s, %(message_id)s, %(author)s, %(text)s, %(at)s, %(turn)s, %(n)s, %(language)s, %(at)s)
"""
ACTION = b"""
INSERT INTO handrail.actions (
    effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version, outcome,
    applied_hash, applied_at, result, ruled_at
) VALUES (
    %(effect_id)s, %(case_id)s, %(kind)s, %(action)s, 1, 1, %(arguments)s, %(arguments_hash)s, %(ruling)s, '{}', 'v1',
    %(outcome)s, %(applied_hash)s, %(applied_at)s, %(result)s, %(ruled)s
)
"""
TURN = b"""
INSERT INTO handrail.turns (case_id, token, asked_at, attempt, result)
VALUES (%(case_id)s, 't', %(at)s, 1, %(result)s)
"""
AUDIT = b"""
INSERT INTO handrail.audit (case_id, entry_id, at, actor, action, details)
VALUES (%s, gen_random_uuid()::text, %s, 'agent', %s, '{}')
"""
