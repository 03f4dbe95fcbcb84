"""The desk, wired: the adapters behind its pages, over what the HTTP API has already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp

from handrail.api.access.limits import CallLimits
from handrail.api.services import ApiServices
from handrail.business import Business, load_business
from handrail.desk.app import create_desk
from handrail.desk.services import DeskServices
from handrail.domain.access.limits import CallLimit
from handrail.domain.team.reviewers import FILE as REVIEWERS
from handrail.domain.team.staff import HORIZON, Roster
from handrail.people.loader import FilePeople
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.desk.record import PostgresDesk
from handrail.postgres.pool import Pool
from handrail.postgres.queue import PostgresQueue
from handrail.reviewers.loader import FileReviewers
from handrail.settings import Settings
from handrail.wiring.dialling import definitions_of

PEOPLE = "people.yaml"
LOOK_SECONDS = 1.0
"""How often files of definitions are looked at."""
ATTEMPTS = CallLimit(name="sign-in", calls=10, seconds=60)


def desk_of(settings: Settings, pool: Pool, api: ApiServices) -> ASGIApp:
    """Return the pages. Raises: DefinitionInvalid: the reviewers or the people cannot be read."""
    business = load_business(settings.business)
    folder = settings.definitions or business.folder
    people, queue = FilePeople(folder / PEOPLE, every=LOOK_SECONDS), PostgresQueue(pool)

    topics, _ = definitions_of(folder, business, LOOK_SECONDS)

    async def roster() -> Roster:
        now = datetime.now(UTC)
        return people.roster(await queue.windows((now, now + HORIZON)))

    return create_desk(
        DeskServices(
            cases=api.cases,
            stored=PostgresCases(pool, business),
            record=PostgresDesk(pool),
            keys=PostgresApiKeys(pool),
            authenticate=api.authenticate,
            attempts=CallLimits(ATTEMPTS, ATTEMPTS),
            reviewers=FileReviewers(
                folder / REVIEWERS,
                facts=business.facts,
                tools=business.by_name,
                strict=settings.reviewers_strict,
                every=LOOK_SECONDS,
            ),
            roster=roster,
            topics=lambda: [one.name for one in topics.all() if not one.people_only],
            schema=schema_of(business),
            ui=lambda case_id: f"{settings.temporal_ui}/namespaces/{settings.temporal_namespace}/workflows/case-{case_id}",
        )
    )


def schema_of(business: Business) -> Callable[[str], dict[str, Any] | None]:
    """Return the function that gives the JSON schema of a tool's arguments; None where there is no such tool."""

    def schema(action: str) -> dict[str, Any] | None:
        tool = business.by_name.get(action)
        return tool.arguments.model_json_schema() if tool else None

    return schema
