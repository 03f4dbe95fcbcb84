"""The desk: rows of what waits for people, who is signed in, what somebody began to write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import Field

from handrail.domain.access.principals import Principal
from handrail.domain.actions.approvals import Approval, ApprovalStatus
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.base import Stored

SESSION = timedelta(hours=12)
READING = timedelta(seconds=60)
"""Whoever opened a page within this time is said to be reading it."""
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The place of what has no deadline: behind everything that has one."""


class WaitingKind(StrEnum):
    """A decision on an approval, or a whole case."""

    APPROVAL = "approval"
    CASE = "case"


class BoardScope(StrEnum):
    """The part of the board that somebody looks at: what they hold, what they can do, or everything."""

    MINE = "mine"
    SKILLS = "skills"
    ALL = "all"


class BoardKey(Stored):
    """The place of a row on the board: what is due first comes first."""

    due_at: datetime
    case_id: str
    approval_id: str = ""


class BoardWanted(Stored):
    """The rows that are asked for. `roles`, `queues`, `languages` and `tier` are the person's own, for their skills."""

    scope: BoardScope = BoardScope.ALL
    person: str
    roles: list[str] = Field(default_factory=list)
    queues: list[str] = Field(default_factory=list)
    languages: list[str] = Field(default_factory=list)
    tier: int = 0
    topic: str | None = None
    queue: str | None = None
    after: BoardKey | None = None
    limit: int = 50


class BoardRow(Stored):
    """A line of the board. `headline` says what is asked and holds no personal data; `holder` has the case now."""

    kind: WaitingKind
    case_id: str
    approval_id: str = ""
    revision: int = 0
    headline: str
    topic: str | None = None
    queue: str | None = None
    tier: int
    reason: str | None = None
    language: str | None = None
    since: datetime
    due_at: datetime | None = None
    holder: str | None = None

    @property
    def key(self) -> BoardKey:
        """The row's place."""
        return BoardKey(due_at=self.due_at or NEVER, case_id=self.case_id, approval_id=self.approval_id)


class DeskSession(Stored):
    """Somebody who signed in: with their own key, with which the session ends, or as `principal` by an identity provider."""

    person: str
    key_id: str | None = None
    principal: Principal | None = None
    expires_at: datetime


class DraftKind(StrEnum):
    """A draft's place on the page of a case."""

    REPLY = "reply"
    NOTE = "note"
    ANSWER = "answer"


class Draft(Stored):
    """Words that somebody began and has not sent."""

    person: str
    kind: DraftKind
    text: str
    saved_at: datetime


class CaseReader(Stored):
    """Somebody who looks at the page of a case now."""

    person: str
    seen_at: datetime


class FormField(Stored):
    """A field of the form by which an action is edited. `kind` is text, lines, number, whole, yes (a box), choice or json."""

    name: str
    title: str
    kind: str
    value: Any
    choices: list[str] = Field(default_factory=list)
    required: bool = False
    nullable: bool = False


class HeldReply(Stored):
    """A reply of a person that has not left: `held` for `seconds` more, `leaving`, or `refused` in these `words`.

    `principal` is whom the case's history will name, `resolves` that the case ends with it, under the `note`.
    """

    case_id: str
    message_id: str
    person: str
    principal: Principal
    text: str
    note: str = ""
    resolves: bool = False
    state: str = "held"
    seconds: float = 0.0
    words: str = ""
    code: str = ""


class BatchCandidate(Stored):
    """An approval that may be decided with others, and whose it is."""

    case_id: str
    customer_id: str
    topic: str | None = None
    recused: list[str] = Field(default_factory=list)
    approval: Approval

    @property
    def name(self) -> str:
        """Return what names exactly this: case, approval and revision."""
        return f"{self.case_id}/{self.approval.approval_id}/{self.approval.revision}"


class BatchOutcome(Stored):
    """The outcome of a row of a batch: its approval's status, or why it was `refused`, of the kind `code`."""

    case_id: str
    approval_id: str
    revision: int
    title: str
    status: ApprovalStatus | None = None
    refused: str = ""
    code: str = ""


class BatchKept(Stored):
    """A batch as it is kept: who decided what, how long the page had been shown, and what became of each row.

    `seconds` is None where no page was shown: it came over HTTP.
    """

    batch_id: str
    person: str
    action: str
    amount: Decimal
    unit: str
    seconds: float | None = None
    rows: list[BatchOutcome]


class BatchVigilance(Stored):
    """A person's care with batches: how long they looked at each row, as a median over four weeks."""

    person: str
    action: str
    batches: int
    rows: int
    seconds_per_row: float


class TopicStanding(Stored):
    """A topic as it stands now: `now` is the strictest of its file, its gates and controls, `why` in their words."""

    name: str
    owner: str | None
    people_only: bool
    now: Autonomy
    why: str
