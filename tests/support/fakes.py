"""The ports as ten-line fakes, and a small bank to play with: what the graph decides is seen without a database or a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from langgraph.types import Command

from graphs.case import CaseNodes, build_case_graph
from graphs.engine.unserialised import in_memory
from graphs.nodes.act import ActNode
from graphs.nodes.agent import AgentNode
from graphs.nodes.approval import ApprovalNode as Ask
from graphs.nodes.classify import ClassifyNode
from graphs.nodes.confirm import ConfirmNode
from graphs.nodes.consult import ConsultNode
from graphs.nodes.escalate import EscalateNode
from graphs.nodes.guardrail import GuardrailNode
from graphs.nodes.resolve import ResolveNode
from graphs.screening import Screen
from graphs.state import CaseState
from handrail.domain.actions.approvals import Approval, Decision, DecisionKind, HumanRequest
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.earlier import EarlierEffect
from handrail.domain.actions.effects import Effect, EffectResult, EffectStatus
from handrail.domain.actions.proposals import Proposal, RuleHit, Ruling, Verdict
from handrail.domain.autonomy.controls import Control, ControlsInForce, Hand, concerning
from handrail.domain.autonomy.topics import Autonomy, LeverSettings, Topic
from handrail.domain.base import digest
from handrail.domain.case.cases import AuditEntry, CaseOpen, CaseRow, CaseView, Commit
from handrail.domain.case.classification import Classification, Risk
from handrail.domain.case.handoffs import Handoff
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.patience import Contact
from handrail.domain.case.routes import Route
from handrail.domain.errors import BusinessRefused, InvalidInput, ModelFailed
from handrail.domain.llm.agent import Disposition, ModelAnswer, ModelRequest, ToolCall, ToolSpec, Usage
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.domain.team.speaking import AgentSpeaker
from handrail.domain.team.staff import Expectation, Need, Roster
from handrail.topics.dial import TopicDial

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DISCLOSURE = {"en": "An assistant is answering.", "de": "Ein Assistent antwortet."}
SENTENCES = ["pay me", "send money", "transfer it", "money please", "a payout"]


class Noon:
    def now(self) -> datetime:
        return NOON


@dataclass
class FakeRouter:
    found: Classification = field(default_factory=lambda: Classification(topic="payout", confidence=0.9))

    async def classify(
        self, text: str, *, topic_before: str | None, flags: Sequence[str] = (), language: str | None = None
    ) -> Classification:
        return self.found


@dataclass
class FakeTopics:
    topics: list[Topic]

    def get(self, name: str) -> Topic | None:
        return next((topic for topic in self.topics if topic.name == name), None)

    def all(self) -> list[Topic]:
        return self.topics


class Silent:
    """No agent spoke in any case."""

    async def speakers(self, case_id: str) -> list[AgentSpeaker]:
        return []


@dataclass
class FakeControls:
    """What is set, and a lever of the dial like the real ones."""

    controls: list[Control] = field(default_factory=list)

    def put(self, level: Autonomy, scope: str = "global", hand: Hand = Hand.PERSON) -> None:
        number = len(self.controls)
        made = Control(
            control_id=number, scope=scope, level=level, hand=hand, reason="a test", actor="ann", asked_at=NOON, set_at=NOON
        )
        self.controls.append(made)

    async def over(self, topic: str, customer_id: str) -> ControlsInForce:
        return concerning(self.controls, topic, [])

    async def settings(self, topic: Topic, row: CaseRow | None, tools: Sequence[str] = ()) -> LeverSettings:
        found = await self.over(topic.name, "")
        return LeverSettings(topic=found.settings(None), tools={tool: found.settings(tool) for tool in tools})


@dataclass
class FakePolicies:
    """Up to `free` is allowed, above `most` is blocked."""

    free: float = 100
    most: float = 500

    def rule(self, proposal: Proposal, facts: dict[str, Any]) -> Verdict:
        amount = facts["amount"]
        ruling = Ruling.BLOCK if amount > self.most else Ruling.REQUIRE_APPROVAL if amount > self.free else Ruling.ALLOW
        hit = RuleHit(policy="limits", rule="amount", ruling=ruling, message=f"{amount} is {ruling}")
        keys = proposal.model_dump(include={"proposal_id", "revision", "arguments_hash"})
        return Verdict(**keys, ruling=ruling, hits=[hit], policy_version="v1")

    def names_action(self, action: str) -> bool:
        return False

    def names(self) -> list[str]:
        return ["limits", "amount-limit"]


class FakeMatrix:
    def route(self, *, reason: str, topic: str, risk: str, language: str, **case: Any) -> Route:
        return Route(
            tier=2 if risk == "high" else 1, queue=reason, respond_within_minutes=60, tell={"en": "A person answers."}
        )

    def fallback(self) -> Route:
        return Route(tier=1, queue="anybody", respond_within_minutes=60, tell={"en": "A person answers."})


class FakeStaff:
    """Everybody works round the clock."""

    async def roster(self, now: datetime) -> Roster:
        return Roster()

    async def expect(self, need: Need, now: datetime, minutes: int) -> Expectation:
        return Roster().expect(need, now, minutes)

    def say(self, moment: datetime, now: datetime, language: str) -> str:
        return f"{moment:%H:%M}"


@dataclass
class FakeModel:
    """Gives its answers in order, the last one for ever."""

    answers: list[ModelAnswer] = field(default_factory=list)
    asked: list[ModelRequest] = field(default_factory=list)

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class FakeConsultant:
    """Gives its opinion, or fails with it."""

    opinion: ModelOpinion | ModelFailed = field(
        default_factory=lambda: ModelOpinion(topic="payout", risk=Risk.LOW, confidence=0.9)
    )
    asked: list[ConsultQuestion] = field(default_factory=list)

    async def consult(self, question: ConsultQuestion) -> ModelOpinion:
        self.asked.append(question)
        if isinstance(self.opinion, ModelFailed):
            raise self.opinion
        return self.opinion


@dataclass
class FakeCustomers:
    told: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    async def facts(self, customer_id: str) -> dict[str, Any]:
        self.asked += 1
        return self.told


@dataclass
class FakeContacts:
    found: list[Contact] = field(default_factory=list)

    async def answered(self, row: CaseRow, topic: str, since: datetime) -> list[Contact]:
        return [one for one in self.found if one.answered_at >= since]


@dataclass
class Looked:
    arguments: dict[str, Any]
    title: str
    headline: str
    shown: dict[str, str]
    facts: dict[str, Any]
    asks: dict[str, str] = field(default_factory=dict)
    by_person: str = ""


@dataclass
class FakeBank:
    """Reads `balance`, pays out with `pay`; `paid` is what really left, by effect id."""

    paid: dict[str, Effect] = field(default_factory=dict)
    read_by: list[str] = field(default_factory=list)

    def specs(self, names: list[str]) -> list[ToolSpec]:
        known = {"balance": False, "pay": True}
        return [ToolSpec(name=name, description=name, parameters={}, effect=known[name]) for name in names if name in known]

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Looked:
        amount = arguments.get("amount", 0)
        if not isinstance(amount, int | float):
            raise InvalidInput("amount: is no number. Send a number.")
        if amount < 0:
            raise BusinessRefused("negative", "Nothing negative is paid.")
        title = f"Pay {amount}"
        return Looked(dict(arguments), title, title.lower(), {"to": customer_id}, {"amount": amount})

    async def read(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self.read_by.append(customer_id)
        if arguments.get("account") == "foreign":
            raise BusinessRefused("not_yours", "There is no such account.")
        return {"balance": 250}

    async def apply(self, effect: Effect) -> EffectResult:
        self.paid.setdefault(effect.effect_id, effect)
        keys = effect.model_dump(include={"effect_id", "action", "arguments"})
        return EffectResult(**keys, status=EffectStatus.APPLIED, result={"paid": effect.arguments["amount"]}, applied_at=NOON)


@dataclass
class FakeCases:
    commits: list[Commit] = field(default_factory=list)
    customers: tuple[str, ...] = ("C-1",)
    said: list[Message] = field(default_factory=list)
    ends_read: int = 0
    past: list[EarlierEffect] = field(default_factory=list)

    async def known_customer(self, customer_id: str) -> bool:
        return customer_id in self.customers

    async def open(self, case: CaseOpen, at: datetime, content_digest: str = "") -> bool:
        raise NotImplementedError

    async def commit(self, commit: Commit) -> None:
        self.commits.append(commit)

    async def transcript(self, case_id: str) -> list[Message]:
        return self.said or [heard("pay me")]

    async def spoken(self, case_id: str) -> list[Message]:
        return [one for one in reversed(self.said) if one.author in (Author.CUSTOMER, Author.PERSON)]

    async def transcript_ends(self, case_id: str, first: int, newest: int) -> list[Message]:
        self.ends_read += 1
        found = await self.transcript(case_id)
        return found if len(found) <= first + newest else [*found[:first], *found[-newest:]]

    async def effects(self, case_id: str) -> list[EffectResult]:
        return []

    async def earlier(self, case_id: str) -> list[EarlierEffect]:
        return self.past

    async def asked(self, case_id: str) -> list[AskedEffect]:
        return []

    async def take_back(self, case_id: str, effect_ids: Sequence[str], at: datetime, entry: AuditEntry) -> list[str]:
        self.commits.append(
            Commit(row=CaseRow(case_id=case_id, customer_id="C-1", opened_at=at, updated_at=at), audit=[entry])
        )
        return []

    async def halt(self, case_id: str, token: str) -> None:
        raise NotImplementedError

    async def show(self, case_id: str) -> CaseView:
        raise NotImplementedError

    async def handoff(self, case_id: str) -> Handoff | None:
        return None

    async def search(self, *, status: str | None, topic: str | None, reason: str | None, limit: int) -> list[CaseView]:
        return []

    async def open_approvals(self) -> list[tuple[CaseView, Approval]]:
        return []


def topic(**changes: Any) -> Topic:
    base: dict[str, Any] = {
        "name": "payout",
        "description": "Payouts",
        "examples": SENTENCES,
        "tools": ["balance", "pay"],
        "owner": "ann",
    }
    return Topic.model_validate({**base, **changes})


def heard(text: str) -> Message:
    return Message(message_id="m-1", author=Author.CUSTOMER, text=text, at=NOON, turn=1)


def calls(*wanted: tuple[str, dict[str, Any]], disposition: Disposition | None = None) -> ModelAnswer:
    made = [ToolCall(call_id=f"call-{i}", tool=tool, arguments=arguments) for i, (tool, arguments) in enumerate(wanted)]
    return ModelAnswer(calls=made, disposition=disposition, usage=Usage(calls=1, cost_usd=0.01))


def says(text: str, confidence: float = 0.9, disposition: Disposition = Disposition.RESOLVED) -> ModelAnswer:
    return ModelAnswer(reply=text, confidence=confidence, disposition=disposition, usage=Usage(calls=1, cost_usd=0.01))


class Stage:
    """The whole graph over the fakes. `run` and `decide` give the state; `asked` is what a person is asked now."""

    def __init__(
        self,
        *answers: ModelAnswer,
        topics: list[Topic] | None = None,
        found: Classification | None = None,
        consulting: bool = True,
    ) -> None:
        self.topics = FakeTopics(topics or [topic()])
        self.controls = FakeControls()
        self.dial = TopicDial(self.controls)
        self.router = FakeRouter(found) if found else FakeRouter()
        self.policies, self.model = FakePolicies(), FakeModel(list(answers))
        self.bank, self.cases, self.contacts = FakeBank(), FakeCases(), FakeContacts()
        self.consultant, self.consulting = FakeConsultant(), consulting
        self.asked: HumanRequest | None = None
        self.way: list[str] = []
        self.app = in_memory(build_case_graph(self.nodes()))
        self._config: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": 400}

    def nodes(self) -> CaseNodes:
        clock = Noon()
        confirming = ConfirmNode(self.cases, clock, DISCLOSURE)
        screen = Screen(self.topics, self.dial, self.cases, self.contacts)
        return CaseNodes(
            classify=ClassifyNode(
                self.router, screen, self.topics, FakeCustomers(), clock, consulting=self.consulting
            ).classify,
            consult=ConsultNode(self.consultant, screen, self.topics, self.dial).consult,
            agent=AgentNode(self.model, self.topics, self.dial, self.bank, self.cases, clock).agent,
            guardrail=GuardrailNode(self.topics, self.dial, self.bank, self.policies, self.cases, clock).guardrail,
            approval=Ask(240).approval,
            answer=confirming.answer,
            confirm=confirming.confirm,
            act=ActNode(self.bank, clock).act,
            resolve=ResolveNode(self.cases, clock, DISCLOSURE).resolve,
            escalate=EscalateNode(self.cases, FakeMatrix(), FakeStaff(), FakeCustomers(), clock).escalate,
        )

    async def run(self, text: str = "pay me", **state: Any) -> CaseState:
        row = CaseRow(case_id="c-1", customer_id=state.pop("customer", "C-1"), opened_at=NOON, updated_at=NOON)
        row = row.model_copy(update=state.pop("row", {}))
        return await self._drive(CaseState(row=row, incoming=state.pop("incoming", [heard(text)]), **state))

    async def decide(self, decision: DecisionKind, **changes: Any) -> CaseState:
        assert self.asked is not None, "nobody is asked anything"
        arguments = {**self.asked.arguments, **changes}
        made = Decision(
            approval_id=self.asked.request_id,
            revision=1,
            decision=decision,
            arguments=arguments,
            arguments_hash=digest(arguments),
            reviewer="ann",
            decided_at=NOON,
        )
        return await self._drive(Command(resume=made.model_dump(mode="json")))

    async def _drive(self, given: Any) -> CaseState:
        self.asked = None
        async for event in self.app.astream(given, self._config, stream_mode="updates"):
            for node, update in event.items():
                if node == "__interrupt__":
                    self.asked = HumanRequest.model_validate(update[0].value)
                else:
                    self.way.append(node)
        return CaseState.model_validate((await self.app.aget_state(self._config)).values)

    @property
    def amounts(self) -> list[float]:
        """What was paid, in order."""
        return [effect.arguments["amount"] for effect in self.bank.paid.values()]
