"""Services behind the desk: ports and clients, wired outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from handrail.api.access.limits import CallLimits
from handrail.domain.access.principals import Principal
from handrail.domain.mail import MailEntry
from handrail.domain.policy.batching import BatchTerms
from handrail.domain.policy.policies import Rule
from handrail.domain.team.staff import Roster
from handrail.ports.front.access import ApiKeys, ControlRoom, Vouchers
from handrail.ports.front.desk import DeskBatches, DeskCases, DeskRecord, FederatedSignIn, HeldReplies, Labelling, OwnersHouse
from handrail.ports.front.effects import EffectsFound
from handrail.ports.people import ReviewersInForce
from handrail.ports.personal import KinRecord
from handrail.redaction.values import Redaction
from handrail.temporal.cases.doorway import DoorwayClient


@dataclass(frozen=True, slots=True)
class DeskServices:
    """Everything that pages reach.

    `rules` are the policies' rules in force, as policy/rule. `undo` is how long a reply can be taken back. `ceilings` are
    the policies' own for several at once, and `batched` the tools that these rule on. `topics` are those that the agent
    handles, `schema` is the JSON schema of a tool's arguments, `ui` a case in the Temporal Web UI, `mail` what came and went
    by mail in a case, `away` what does not answer now. `federated` is the identity provider that people may sign in by.
    """

    cases: Callable[[Principal], DoorwayClient]
    stored: DeskCases
    record: DeskRecord
    redaction: Redaction
    keys: ApiKeys
    authenticate: Callable[[str], Awaitable[Principal]]
    attempts: CallLimits
    vouchers: Vouchers
    controls: ControlRoom
    house: OwnersHouse
    batches: DeskBatches
    effects: EffectsFound
    replies: HeldReplies
    kin: KinRecord
    undo: timedelta
    rules: Callable[[], Mapping[str, Rule]]
    ceilings: Callable[[], Mapping[str, BatchTerms]]
    batched: Callable[[], list[str]]
    labelling: Labelling
    reviewers: ReviewersInForce
    roster: Callable[[], Awaitable[Roster]]
    topics: Callable[[], list[str]]
    schema: Callable[[str], dict[str, Any] | None]
    ui: Callable[[str], str]
    mail: Callable[[str], Awaitable[list[MailEntry]]]
    away: Callable[[], Awaitable[Mapping[str, str]]]
    federated: FederatedSignIn | None = None
