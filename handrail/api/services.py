"""Services behind the routes: ports and clients, wired outside; a route gets them as `Services`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request

from handrail.api.access.limits import CallLimits
from handrail.api.agents.links import ConfirmLinks
from handrail.domain.access.principals import Principal
from handrail.domain.policy.batching import BatchTerms
from handrail.ports import Ratings
from handrail.ports.front.access import (
    CaseRecord,
    ControlRoom,
    CustomerTokens,
    KeptAnswers,
    RatingLinks,
    Vouchers,
    WaitingCases,
)
from handrail.ports.front.agents import AgentTasks
from handrail.ports.front.channels import Channels
from handrail.ports.front.desk import DeskBatches
from handrail.ports.front.effects import EffectsFound
from handrail.ports.front.starts import CaseStarts
from handrail.ports.personal import KinRecord
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.cases.starting import CaseStarter
from handrail.webhooks.managing import WebhookOffice

Readiness = Callable[[], Awaitable[dict[str, str]]]
Authenticate = Callable[[str], Awaitable[Principal]]


@dataclass(frozen=True, slots=True)
class ApiServices:
    """Everything that routes reach. `away` tells what does not answer now, by its name; empty when all is ready."""

    cases: Callable[[Principal], DoorwayClient]
    starts: CaseStarts
    """Cases that were answered for, until the record has them."""
    starter: CaseStarter
    record: CaseRecord
    answers: KeptAnswers
    vouchers: Vouchers
    tokens: CustomerTokens
    kin: KinRecord
    ratings: Ratings
    channels: Channels
    rating_links: RatingLinks
    queue: WaitingCases
    controls: ControlRoom
    webhooks: WebhookOffice
    batches: DeskBatches
    effects: EffectsFound
    ceilings: Callable[[], Mapping[str, BatchTerms]]
    """The policies' own for several at once."""
    authenticate: Authenticate
    limits: CallLimits
    away: Readiness
    root: str
    """The address under which customers reach the house."""
    kept: timedelta
    """How long answers are kept."""
    tasks: AgentTasks
    house: str
    """The name under which other people's agents know the house."""
    links: ConfirmLinks | None = None
    """Makes links for the humans behind agents; None where no key signs them."""


async def services(request: Request) -> ApiServices:
    """Return what the application was made with."""
    return services_of(request)


def services_of(request: Request) -> ApiServices:
    """Return what the application of the request was made with."""
    found: ApiServices = request.app.state.services
    return found


Services = Annotated[ApiServices, Depends(services)]
