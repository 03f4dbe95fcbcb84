"""Ports of the graph and the activities to the world. Adapters implement these; `wiring.py` wires them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from handrail.domain.actions.approvals import Approval, Decision, Identity, Source
from handrail.domain.actions.effects import Effect, EffectResult
from handrail.domain.actions.proposals import Proposal, Verdict
from handrail.domain.autonomy.controls import Control, ControlsInForce
from handrail.domain.autonomy.review_gates import GateProgress
from handrail.domain.autonomy.topics import Dialled, LeverSettings, Topic, TopicAutonomy
from handrail.domain.case.cases import CaseOpen, CaseRow, CaseView, Commit
from handrail.domain.case.classification import Classification
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.handoffs import MessageExtract as Saying
from handrail.domain.case.messages import Message
from handrail.domain.case.openings import Incoming
from handrail.domain.case.patience import Contact
from handrail.domain.case.reconciling import Rebuilt, RecordedCase, Remains
from handrail.domain.case.routes import Route
from handrail.domain.case.turns import JournalEntry, TurnKey
from handrail.domain.llm.agent import ModelAnswer, ModelRequest, ToolSpec
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.domain.llm.health import CallOutcome, CallTally
from handrail.domain.llm.names import AcceptedName, Notice
from handrail.domain.money import Money
from handrail.domain.team.reviewers import Reviewers
from handrail.domain.team.staff import Expectation, Need


class Clock(Protocol):
    """Time in UTC."""

    def now(self) -> datetime: ...


class Router(Protocol):
    """Classification before any language model."""

    async def classify(
        self, text: str, *, topic_before: str | None, flags: Sequence[str] = (), language: str | None = None
    ) -> Classification:
        """Routing's view of `text`; `flags` are those of the customer's account, as the business names them.

        `language` is the case's so far, where it is known: it changes only where a sentence is in another.
        """
        ...


class Topics(Protocol):
    """The topics in force now; files are read again when they change and the last good version stays."""

    def get(self, name: str) -> Topic | None: ...

    def all(self) -> list[Topic]: ...


class ReviewGates(Protocol):
    """The progress of the human-review gates, as PostgreSQL counts it."""

    async def progress(self, topic: str, version: str, *, begin: bool) -> GateProgress | None:
        """Count people's decisions since the gate of this version began; the first call with `begin` begins it.

        None where it has not begun.
        """
        ...


class Languages(Protocol):
    """A guess at the language of a text."""

    async def language_of(self, text: str) -> tuple[str, float]:
        """Return the text's ISO 639-1 code, and how sure that is, 0 to 1; low where the text does not tell."""
        ...


class Lever(Protocol):
    """A source that can lower a topic's autonomy, besides the topic's own file: a review gate, a live control."""

    async def settings(self, topic: Topic, row: CaseRow | None, tools: Sequence[str] = ()) -> LeverSettings:
        """Return the lever's settings, in one look: of the topic, of this case where there is one, and of each tool.

        An error stops the turn.
        """
        ...


class Dial(Protocol):
    """The agent's freedom now. Asked before every model call and every ruling, never remembered."""

    async def autonomy(self, topic: Topic, row: CaseRow | None = None) -> Dialled:
        """The strictest of the topic's file and every lever, with the words of each."""
        ...

    async def over(self, topic: Topic, row: CaseRow | None, tools: Sequence[str]) -> TopicAutonomy:
        """The same, of one moment, for the topic and for each of the tools."""
        ...


class Contacts(Protocol):
    """Earlier cases of a customer."""

    async def answered(self, row: CaseRow, topic: str, since: datetime) -> list[Contact]:
        """The customer's other cases on `topic` that were answered after `since` and before this case was opened.

        The last answered comes first. Cases of rehearsed channels are none.
        """
        ...


class Policies(Protocol):
    """The policies in force now."""

    def rule(self, proposal: Proposal, facts: dict[str, Any]) -> Verdict:
        """The strictest ruling of every policy's rules over `facts`, which the verdict records; fails closed.

        Facts have their whole names, see `handrail.domain.policy.facts`.
        """
        ...

    def names_action(self, action: str) -> bool:
        """Return whether a policy names the action: a reply is ruled on only then."""
        ...

    def names(self) -> list[str]:
        """Ids of policies and rules: internal words that no reply may hold."""
        ...


class Reader(Protocol):
    """Reads long texts aside, where it is nobody else's time."""

    async def hear(self, messages: Sequence[Message], known: Sequence[Any]) -> Saying | None:
        """Read what the customer's `messages` say; None where nothing can read them now: the caller has to.

        One call at a time; one that is cancelled is given up. Raises: RuntimeError: reading failed.
        """
        ...


class Matrix(Protocol):
    """The escalation matrix in force now; the first matching row wins."""

    def route(
        self,
        *,
        reason: str,
        topic: str,
        risk: str,
        language: str,
        amounts: Collection[Money] = (),
        customer: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Route:
        """`amounts` are those at stake, `customer` what the business tells of them, `at` the time."""
        ...

    def fallback(self) -> Route:
        """The route of the last row, which takes what no other takes."""
        ...


class Staff(Protocol):
    """The people who take cases, and when they work."""

    async def expect(self, need: Need, now: datetime, minutes: int) -> Expectation:
        """Return the time after `minutes` of the working time of those who can take it."""
        ...

    def say(self, moment: datetime, now: datetime, language: str) -> str:
        """The moment as a customer reads it, on the clock of the house."""
        ...


class LanguageModel(Protocol):
    """A language model behind the OpenAI wire protocol.

    Raises:
        ModelUnavailable: transient.
        ModelRejected: permanent, or an answer that cannot be used.
    """

    async def complete(self, request: ModelRequest) -> ModelAnswer: ...


class Controls(Protocol):
    """The live switches. Read anew before every model call, effect and outgoing reply."""

    async def over(self, topic: str, customer_id: str) -> ControlsInForce:
        """The controls in force now that concern a case of this topic and customer; all is off where they cannot be read."""
        ...


class Consultant(Protocol):
    """A language model that is asked once what a message is about, where the local classifier cannot tell.

    Raises:
        ModelFailed: no answer, or one that cannot be used. It is not asked again.
    """

    async def consult(self, question: ConsultQuestion) -> ModelOpinion: ...


class ModelTroubles(Protocol):
    """The consequences of trouble with the model."""

    async def step_down(self, reason: str, *, pause: timedelta, lasting: timedelta, urgent: bool = False) -> Control | None:
        """One step down the ladder for everything, by Handrail's own hand.

        None where that hand has moved within `pause` (with `urgent`: only where it holds something), and at the last step.
        """
        ...


class ModelRecord(Protocol):
    """The workers' common knowledge of a model on its server, which `served` names."""

    async def note(self, served: str, heard: Sequence[CallOutcome], window: timedelta) -> CallTally:
        """Put down how cases' latest calls went; gives how those of all workers went within the window."""
        ...

    async def latest(self, served: str, limit: int) -> list[str]:
        """The names under which the latest cases were answered, a name for each case, the newest first."""
        ...

    async def pause(self, served: str, seconds: float) -> None:
        """Leave the model alone for so long, unless it is to be for longer already."""
        ...

    async def paused(self, served: str) -> float:
        """Seconds for which the model is still to be left alone."""
        ...

    async def known(self, served: str) -> list[AcceptedName]:
        """The names that count, the first seen first."""
        ...

    async def learn(self, served: str, judge: Callable[[list[AcceptedName]], Notice | None]) -> Notice | None:
        """Put down what `judge` makes of the names that count; None where nothing is new."""
        ...


class Checked(Protocol):
    """A proposal whose arguments were checked against the tool's model, with what the effect would do."""

    arguments: dict[str, Any]
    title: str
    headline: str
    shown: dict[str, str]
    facts: dict[str, Any]
    asks: dict[str, str]


class SystemOfRecord(Protocol):
    """The business's tools, always for the case's own customer."""

    def specs(self, names: list[str]) -> list[ToolSpec]: ...

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Checked:
        """Validate and normalise arguments; for an effect also its preview. Writes nothing.

        Raises:
            InvalidInput: unknown tool or arguments that do not validate; names field and remedy.
            BusinessRefused: the business's rules say no already.
        """
        ...

    async def read(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run a read tool in a read-only transaction.

        Raises:
            InvalidInput: see `check`; also where the tool is an effect.
            BusinessRefused: for example another customer's order.
        """
        ...

    async def apply(self, effect: Effect) -> EffectResult:
        """Run an effect at most once; a repeated call gives the first answer.

        Raises:
            EffectConflict: no allowing verdict or approval stands in the ledger for exactly these arguments.
        """
        ...


class Customers(Protocol):
    """The business's knowledge of its customers."""

    async def facts(self, customer_id: str) -> dict[str, Any]:
        """Read the business's `customer_facts`: value, flags, segments. Empty where the business tells nothing.

        Raises:
            DefinitionInvalid: the business gives what it does not declare.
        """
        ...


class History(Protocol):
    """The past of a customer's cases."""

    async def of(self, case_id: str, customer_id: str, leaving_out: Collection[str]) -> dict[str, Any]:
        """Every count and sum that policies may name, by name, without the effects of these ids."""
        ...


class Journal(Protocol):
    """The progress of a turn, for the attempt that goes on with it. Its end is kept by `Cases.commit`."""

    async def left(self, case_id: str, token: str) -> JournalEntry | None:
        """Return what earlier attempts at the turn left, None where they left nothing."""
        ...

    async def claim(self, case_id: str, key: TurnKey, lost: str) -> tuple[str, JournalEntry]:
        """Shut the `lost` turn out, and tell what it or earlier attempts at this one left, and which of them did.

        What the lost one left has no node: it is taken over, not gone on with.

        Raises:
            TurnSuperseded: a later attempt writes, or a later turn does.
        """
        ...

    async def note(self, case_id: str, key: TurnKey, entry: JournalEntry) -> None:
        """Keep the state behind an answered node.

        Raises:
            TurnSuperseded: the turn has ended, a later attempt writes, or a later turn does.
        """
        ...


class Cases(Protocol):
    """Cases as people and reports read them. Every write is idempotent on the ids within."""

    async def known_customer(self, customer_id: str) -> bool: ...

    async def open(self, case: CaseOpen, at: datetime, content_digest: str = "") -> bool:
        """Record the case and its first message; true where the case stood there before the moment `at`.

        The digest is of its whole content, where the message was cut.

        Raises:
            CaseConflict: the case id stands with other content.
        """
        ...

    async def commit(self, commit: Commit) -> None: ...

    async def transcript(self, case_id: str) -> list[Message]: ...

    async def transcript_ends(self, case_id: str, first: int, newest: int) -> list[Message]:
        """The first and the newest messages, in order: a case may hold very many."""
        ...

    async def spoken(self, case_id: str) -> list[Message]:
        """Read the last words of the customer and of people, newest first and bounded.

        These are messages, notes with which people handed the case back, and replies that people approved.
        """
        ...

    async def effects(self, case_id: str) -> list[EffectResult]: ...

    async def show(self, case_id: str) -> CaseView:
        """Raises: UnknownCase."""
        ...

    async def handoff(self, case_id: str) -> Handoff | None: ...

    async def search(self, *, status: str | None, topic: str | None, reason: str | None, limit: int) -> list[CaseView]: ...

    async def open_approvals(self) -> list[tuple[CaseView, Approval]]: ...


class Openings(Protocol):
    """Starts that were not plain, as they came."""

    async def keep(self, incoming: Incoming) -> None: ...


class ReviewersInForce(Protocol):
    """The reviewers and what they may decide now; the file is read again when it changes and the last good version stays."""

    def now(self) -> Reviewers: ...


class Identities(Protocol):
    """The senders of updates and signals, as the case's own history tells."""

    async def of_event(self, source: Source, decision: Decision) -> tuple[str, Identity]:
        """The identity of the event that brought the decision, and how sure it is.

        ('', self-declared) where the sender gave none, or where no event is beyond doubt the one that settled it.
        """
        ...


class Remainders(Protocol):
    """Runs that Temporal ended before their case was over."""

    async def of(self, case_id: str) -> Remains:
        """Read what the history of the case's lost runs still tells."""
        ...


class Standings(Protocol):
    """The record as a whole, to be held against Temporal."""

    async def recorded(self) -> list[RecordedCase]:
        """Every case that is not closed."""
        ...

    async def those_of(self, case_ids: Sequence[str]) -> dict[str, RecordedCase]:
        """Return those of the cases that the record holds, closed ones too."""
        ...

    async def effects(self, case_id: str) -> list[EffectResult]:
        """Read the effects that the ledger holds as applied or refused."""
        ...

    async def restore(self, case: Rebuilt) -> None:
        """Write what the record lacks of the case; what stands there in a newer version stays."""
        ...

    def alone(self) -> AbstractAsyncContextManager[bool]:
        """True for at most one holder among all processes that use this record."""
        ...
