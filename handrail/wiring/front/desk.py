"""The desk, wired: the adapters behind its pages, over what the HTTP API has already."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from handrail.api.access.limits import CallLimits
from handrail.api.services import ApiServices
from handrail.business import Business
from handrail.clock import SystemClock
from handrail.definitions import Live
from handrail.desk.app import create_desk
from handrail.desk.services import DeskServices
from handrail.domain.access.limits import CallLimit
from handrail.domain.outcomes import OutcomeDefinitions
from handrail.domain.policy.policies import Policy, Rule
from handrail.domain.quality.watch.drift import DriftAlarm
from handrail.domain.quality.watch.trends import IndicatorTrend
from handrail.domain.team.desk import TopicStanding
from handrail.domain.team.staff import HORIZON, Roster
from handrail.outside.loading import brought
from handrail.people.loader import FilePeople
from handrail.ports import Dial, Topics
from handrail.ports.front.desk import FederatedSignIn
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.channels.mail import PostgresMail
from handrail.postgres.desk.record import PostgresDesk
from handrail.postgres.desk.replies import PostgresHeldReplies
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.drift import PostgresDrift
from handrail.postgres.queue import PostgresQueue
from handrail.quality.outcomes.loader import outcomes_file, read_outcomes
from handrail.settings import Settings
from handrail.wiring.cases.dialling import DialSources, definitions_of, reviewers_of
from handrail.wiring.days.labelling import labelling_of
from handrail.wiring.redacting import redaction_of

PEOPLE = "people.yaml"
TREND_DAYS = 28
LOOK_SECONDS = 1.0
"""How often files of definitions are looked at."""
ATTEMPTS = CallLimit(name="sign-in", calls=10, seconds=60)


def desk_of(settings: Settings, pool: Pool, api: ApiServices, federated: FederatedSignIn | None = None) -> ASGIApp:
    """Return the pages. Raises: DefinitionInvalid: the reviewers or the people cannot be read."""
    business = brought(settings.business, settings.definitions)
    folder = settings.definitions or business.folder
    people, queue = FilePeople(folder / PEOPLE, every=LOOK_SECONDS), PostgresQueue(pool)
    topics, policies = definitions_of(folder, business, LOOK_SECONDS)
    clock, controls = SystemClock(), PostgresControls(pool, business)
    dial = DialSources(settings, pool, folder, topics, policies, controls, clock, LOOK_SECONDS).dial()

    return create_desk(
        DeskServices(
            cases=api.cases,
            stored=PostgresCases(pool, business),
            record=PostgresDesk(pool),
            redaction=redaction_of(settings),
            keys=PostgresApiKeys(pool),
            authenticate=api.authenticate,
            attempts=CallLimits(ATTEMPTS, ATTEMPTS),
            vouchers=api.vouchers,
            controls=api.controls,
            house=DeskHouse(topics, dial, PostgresAlarms(pool), PostgresDrift(pool), folder),
            batches=api.batches,
            effects=api.effects,
            replies=PostgresHeldReplies(pool),
            kin=api.kin,
            undo=timedelta(seconds=settings.desk_undo_seconds),
            rules=lambda: rules_of(policies.all()),
            ceilings=api.ceilings,
            batched=lambda: batched_by(policies.all()),
            labelling=labelling_of(settings, business, pool),
            reviewers=reviewers_of(settings, folder, business, LOOK_SECONDS),
            roster=roster_of(people, queue),
            topics=lambda: [one.name for one in topics.all() if not one.people_only],
            schema=schema_of(business),
            mail=lambda case_id: PostgresMail(pool).entries(case_id=case_id),
            ui=lambda case_id: f"{settings.temporal_ui}/namespaces/{settings.temporal_namespace}/workflows/case-{case_id}",
            away=api.away,
            federated=federated,
        )
    )


def roster_of(people: FilePeople, queue: PostgresQueue) -> Callable[[], Awaitable[Roster]]:
    """Return the function that gives everybody as of now, with their on-call windows."""

    async def roster() -> Roster:
        now = datetime.now(UTC)
        return people.roster(await queue.windows((now, now + HORIZON)))

    return roster


def rules_of(policies: Sequence[Policy]) -> Mapping[str, Rule]:
    """Return every rule by the name under which it holds something: policy/rule."""
    return {f"{policy.id}/{rule.id}": rule for policy in policies for rule in policy.rules.rules}


def batched_by(policies: Sequence[Policy]) -> list[str]:
    """Return the tools that policies with a ceiling rule on."""
    return sorted({tool for one in policies if one.batch for tool in one.applies_to or ()})


class DeskHouse:
    """The port `OwnersHouse`, over what holds now."""

    def __init__(self, topics: Topics, dial: Dial, alarms: PostgresAlarms, drift: PostgresDrift, folder: Path) -> None:
        self._topics, self._dial, self._alarms, self._drift, self._folder = topics, dial, alarms, drift, folder
        self._outcomes: dict[Path, Live[OutcomeDefinitions]] = {}

    async def topics(self) -> list[TopicStanding]:
        """Return every topic as it stands now. Looking begins no review gate."""
        found = self._topics.all()
        # Side by side: whoever asks for the controls at the same moment shares one reading of them.
        dialled = await asyncio.gather(*(self._dial.autonomy(topic) for topic in found))
        return [
            TopicStanding(name=topic.name, owner=topic.owner, people_only=topic.people_only, now=now.autonomy, why=now.why)
            for topic, now in zip(found, dialled, strict=True)
        ]

    async def trends(self) -> list[IndicatorTrend]:
        """Return the last four weeks of every indicator that is watched."""
        return await self._drift.trends(TREND_DAYS)

    def titles(self) -> Mapping[str, str]:
        """Return what the business calls its outcomes, by their names; the file is read again when it changes."""
        file = outcomes_file(self._folder)
        if file not in self._outcomes:
            self._outcomes[file] = Live(file, read_outcomes, every=LOOK_SECONDS)
        return {name: one.title for name, one in self._outcomes[file].now().value.indicators.items()}

    async def alarms(self) -> list[DriftAlarm]:
        """Return the alarms that nobody has acknowledged, the newest first."""
        return await self._alarms.open()

    async def acknowledge(self, alarm_id: int, by: str, *, real: bool, note: str) -> None:
        """Write down a person's word on an alarm. Raises: InvalidInput: there is none, or it was said before."""
        await self._alarms.acknowledge(alarm_id, by, real=real, note=note)


def schema_of(business: Business) -> Callable[[str], dict[str, Any] | None]:
    """Return the function that gives the JSON schema of a tool's arguments; None where there is no such tool."""

    def schema(action: str) -> dict[str, Any] | None:
        tool = business.by_name.get(action)
        return tool.arguments.model_json_schema() if tool else None

    return schema
