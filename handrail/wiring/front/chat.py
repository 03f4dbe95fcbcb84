"""The chat, wired: its pages over what the HTTP API has already."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from starlette.types import ASGIApp

from handrail.api.access.limits import CallLimits
from handrail.api.services import ApiServices
from handrail.business import load_business
from handrail.chat.app import create_chat
from handrail.chat.services import ChatServices
from handrail.domain.access.limits import CallLimit
from handrail.domain.team.staff import Need
from handrail.matrix.loader import FileMatrix
from handrail.people.loader import FilePeople
from handrail.people.staff import PeopleAtWork
from handrail.postgres.channels.transcripts import PostgresTranscripts
from handrail.postgres.pool import Pool
from handrail.postgres.queue import PostgresQueue
from handrail.settings import Settings

SENDING = "HANDRAIL_MAIL_SMTP"
"""Where it is set, mail can leave, and with it transcripts."""
PEOPLE, MATRIX = "people.yaml", "matrix.yaml"
LOOK_SECONDS = 1.0
"""How often these files are looked at."""
COMING = CallLimit(name="visitor", calls=20, seconds=60)
RATING = CallLimit(name="rating", calls=60, seconds=60)
"""Visitors that come, and links that are opened, a minute from one address."""


def chat_of(settings: Settings, pool: Pool, api: ApiServices) -> ASGIApp:
    """Return the pages. Raises: DefinitionInvalid: the people or the matrix cannot be read."""
    business = load_business(settings.business)
    folder = settings.definitions or business.folder
    staff = PeopleAtWork(FilePeople(folder / PEOPLE, every=LOOK_SECONDS), PostgresQueue(pool))
    matrix = FileMatrix(folder / MATRIX, facts=business.customer_facts, every=LOOK_SECONDS)

    async def hours(language: str) -> str:
        now, route = datetime.now(UTC), matrix.fallback()
        need = Need(queue=route.queue, tier=route.tier, language=language)
        expected = await staff.expect(need, now, route.respond_within_minutes)
        return staff.say(expected.opens_at, now, language) if expected.opens_at else ""

    return create_chat(
        ChatServices(
            api=api,
            letters=PostgresTranscripts(pool, business) if os.environ.get(SENDING) else None,
            disclosure=business.disclosure,
            hours=hours,
            visits=CallLimits(COMING, RATING),
            origins=tuple(settings.chat_origins.split()),
            visitors=settings.chat_visitors,
            sample=settings.chat_sample,
        )
    )
