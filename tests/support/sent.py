"""An effect that was sent to another system and never answered for."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb

from handrail.domain.base import digest
from tests.support.house import House

ROW = """
insert into handrail.actions (
    effect_id, case_id, kind, action, revision, version, arguments, arguments_hash, ruling, verdict, policy_version
) select %(effect)s, case_id, 'effect', %(action)s, 1, version, %(arguments)s, %(hash)s, 'allow', %(verdict)s, ''
from handrail.cases where case_id = %(case)s returning 1
"""
ATTEMPT = """
insert into handrail.effect_attempts (effect_id, begun_at)
values (%(effect)s, now() - %(seconds)s * interval '1 second') returning 1
"""


async def sent(home: House, case_id: str, action: str, arguments: dict[str, Any], seconds: int = 120) -> str:
    """The id of an effect of the case that was allowed and sent so many seconds ago, and of which nobody has heard since."""
    effect, hashed = f"e-{uuid4().hex}", digest(arguments)
    verdict = {"proposal_id": effect, "revision": 1, "arguments_hash": hashed, "ruling": "allow", "hits": []}
    about = {"effect": effect, "action": action, "case": case_id, "hash": hashed}
    assert await home.rows(ROW, **about, arguments=Jsonb(arguments), verdict=Jsonb(verdict)) == [(1,)]
    assert await home.rows(ATTEMPT, effect=effect, seconds=seconds) == [(1,)]
    return effect
