"""Ports of the desk: its board, the people at it, and what they began to write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from handrail.domain.access.principals import Principal
from handrail.domain.case.cases import CaseView
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Message
from handrail.domain.quality.judge.labels import GivenLabel, LabelVerdict, NextLabel
from handrail.domain.quality.watch.drift import DriftAlarm
from handrail.domain.quality.watch.trends import IndicatorTrend
from handrail.domain.team.desk import (
    BatchCandidate,
    BatchKept,
    BatchOutcome,
    BatchVigilance,
    BoardRow,
    BoardWanted,
    CaseReader,
    DeskSession,
    Draft,
    DraftKind,
    HeldReply,
    TopicStanding,
)


class DeskCases(Protocol):
    """Cases as the record holds them."""

    async def show(self, case_id: str) -> CaseView:
        """Raises: UnknownCase."""
        ...

    async def handoff(self, case_id: str) -> Handoff | None: ...

    async def transcript(self, case_id: str) -> list[Message]: ...


class DeskRecord(Protocol):
    """Rows of the board, sessions, readers and drafts."""

    async def board(self, wanted: BoardWanted) -> list[BoardRow]:
        """Return the rows in the order in which they are due."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """Count `approvals` and `cases` that wait, and those `pressing`: late, or due within the hour."""
        ...

    async def sign_in(self, token_hash: str, session: DeskSession) -> None: ...

    async def session(self, token_hash: str) -> DeskSession | None:
        """Return the session; None where it has ended."""
        ...

    async def sign_out(self, token_hash: str) -> None: ...

    async def read(self, case_id: str, person: str) -> list[CaseReader]:
        """Note that the person opens the page, and return who else has it open."""
        ...

    async def keep(self, case_id: str, person: str, kind: DraftKind, text: str) -> None:
        """Keep the draft in the place of an earlier one; an empty one is dropped."""
        ...

    async def drafts(self, case_id: str) -> list[Draft]:
        """Return everybody's drafts, the newest first."""
        ...


class Labelling(Protocol):
    """Cases that people say of whether they meet a criterion. Methods raise InvalidInput where the person may not."""

    async def next(self, reviewer: str) -> NextLabel | None:
        """Return what this person labels next, None where nothing waits."""
        ...

    async def give(self, case_id: str, criterion: str, reviewer: str, verdict: LabelVerdict, note: str) -> GivenLabel:
        """Keep a label; given again by the same person it replaces theirs."""
        ...


class HeldReplies(Protocol):
    """Replies of people that can be taken back for a moment."""

    async def hold(self, reply: HeldReply, pause: timedelta) -> bool:
        """Hold the reply so long; the same again changes nothing. Return False where another one is on its way."""
        ...

    async def of(self, case_id: str) -> HeldReply | None:
        """Return the reply of the case that has not left; behind it one that was refused."""
        ...

    async def take_back(self, case_id: str, person: str) -> bool:
        """Make the person's reply a draft again; return False where it has left, or is leaving."""
        ...

    async def due(self, most: int, lease: timedelta) -> list[HeldReply]:
        """Take what is due: for so long nobody else gets it, and nobody takes it back any more."""
        ...

    async def left(self, reply: HeldReply) -> None:
        """Note that the case has it."""
        ...

    async def later(self, reply: HeldReply, pause: timedelta) -> None:
        """Make it due again after a pause."""
        ...

    async def refused(self, reply: HeldReply, words: str, code: str) -> None:
        """Make it a draft again, and keep why."""
        ...


class DeskBatches(Protocol):
    """Approvals that are given several at once."""

    async def waiting(self, action: str, limit: int) -> list[BatchCandidate]:
        """Return the open approvals of this tool, the first due first."""
        ...

    async def named(self, names: Sequence[str]) -> list[BatchCandidate]:
        """Return the approvals of these names, whatever became of them."""
        ...

    async def keep(self, batch: BatchKept) -> None:
        """Keep a batch; the same again changes nothing."""
        ...

    async def outcome(self, batch_id: str, person: str) -> list[BatchOutcome]:
        """Return what became of each row; nothing where the batch is not this person's."""
        ...

    async def vigilance(self) -> list[BatchVigilance]:
        """Return how long people looked at each row, the shortest first."""
        ...


class OwnersHouse(Protocol):
    """Topics as they stand now, indicators, and alarms: an owner looks after all three."""

    async def topics(self) -> list[TopicStanding]: ...

    async def trends(self) -> list[IndicatorTrend]:
        """Return the last four weeks of every indicator that is watched."""
        ...

    def titles(self) -> Mapping[str, str]:
        """Return what the business calls its outcomes, by their names."""
        ...

    async def alarms(self) -> list[DriftAlarm]:
        """Return the alarms that nobody has acknowledged, the newest first."""
        ...

    async def acknowledge(self, alarm_id: int, by: str, *, real: bool, note: str) -> None:
        """Raises: InvalidInput: there is none, or it was acknowledged before."""
        ...


class FederatedSignIn(Protocol):
    """An identity provider that people sign in by. Methods raise Unreachable where it does not answer."""

    async def begin(self, state: str, nonce: str, verifier: str) -> str:
        """Return the provider's address to send a browser to."""
        ...

    async def finish(self, code: str, nonce: str, verifier: str) -> Principal:
        """Return who came back with the code. Raises: NotAuthenticated."""
        ...
