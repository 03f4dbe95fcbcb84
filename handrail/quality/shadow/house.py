"""Answers what a shadow's process asks: look-ups of the serving business alone, about the case's customer, within a budget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

from handrail.business import Business, Kind
from handrail.domain.autonomy.controls import ControlsInForce
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.cases import CaseRow
from handrail.domain.errors import (
    BusinessFailed,
    BusinessRefused,
    InvalidInput,
    ModelRejected,
    ModelUnavailable,
    SwitchedOff,
)
from handrail.domain.llm.agent import ModelAnswer, ModelRequest, Usage
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.domain.rollout.shadows import Shadow, ShadowCase, ShadowSpent
from handrail.ports import Contacts, Controls, Customers, History, SystemOfRecord
from handrail.ports.loop.rollout import ShadowRecord
from handrail.quality.releases.serving import AskedModel
from handrail.quality.shadow.wire import Asked, ShadowHeard, ShadowTold

BUDGET = "budget"
SWITCH = "switched off"
MODEL = "model away"
CHECKED = ("arguments", "title", "headline", "shown", "facts", "asks")


class KnownCustomers(Protocol):
    """The customers whom the business knows."""

    async def known_customer(self, customer_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class HouseSystems:
    """The systems that a shadow may look into, on connections of their own that cannot write."""

    business: Business
    record: SystemOfRecord
    customers: Customers
    known: KnownCustomers
    history: History
    contacts: Contacts
    controls: Controls


@dataclass(slots=True)
class ShadowLedger:
    """The use of a day's budget: written down before each call, so that what is lost with a process is counted."""

    record: ShadowRecord
    shadow: Shadow
    day: date
    spent: ShadowSpent

    def reached(self, *kinds: str) -> str:
        """Return what is used up of these kinds, or of any, in words; empty where something is left."""
        return self.spent.reached(self.shadow.budget, *kinds)

    async def use(self, case_id: str, **used: float) -> None:
        """Write down what is used for this answer."""
        fresh = ShadowSpent.model_validate(used)
        await self.record.spend(self.shadow.shadow_id, case_id, fresh)
        total = {name: getattr(self.spent, name) + getattr(fresh, name) for name in ShadowSpent.model_fields}
        self.spent = ShadowSpent.model_validate(total)


@dataclass(slots=True)
class ShadowHouse:
    """Answers the questions about one case. Who the customer is, and which case it is, the process never chooses."""

    case: ShadowCase
    systems: HouseSystems
    model: AskedModel
    ledger: ShadowLedger
    refused: list[str] = field(default_factory=list)
    stopped: str = ""

    async def told(self, heard: ShadowHeard) -> ShadowTold:
        """Answer a question: with what was asked for, a refusal, or that it is enough."""
        if self.stopped or heard.ask is None:
            return ShadowTold(stop=self.stopped or "nothing was asked")
        try:
            return ShadowTold(body=await self._answer(heard.ask, heard.body))
        except (BusinessFailed, InvalidInput, ModelRejected) as refused:
            return ShadowTold(refused=type(refused).__name__, words=str(refused))
        except BusinessRefused as refused:
            return ShadowTold(refused=BusinessRefused.__name__, code=refused.code, words=str(refused))
        except SwitchedOff as off:
            return self._stop(f"{SWITCH}: {off}")
        except ModelUnavailable as away:
            return self._stop(f"{MODEL}: {away}")
        except BudgetSpent as spent:
            return self._stop(f"{BUDGET}: {spent}")

    def _stop(self, words: str) -> ShadowTold:
        self.stopped = words
        return ShadowTold(stop=words)

    async def _answer(self, what: Asked, body: dict[str, Any]) -> Any:
        case, systems = self.case, self.systems
        match what:
            case Asked.COMPLETE:
                return await self._complete(body)
            case Asked.CONSULT:
                return await self._consult(body)
            case Asked.HISTORY:
                leaving_out: Collection[str] = [*map(str, body.get("leaving_out") or ()), *case.own]
                return await systems.history.of(case.case_id, case.customer_id, leaving_out)
            case Asked.CONTACTS:
                since = datetime.fromisoformat(str(body.get("since", ""))).astimezone(UTC)
                found = await systems.contacts.answered(self._row(), str(body.get("topic", "")), since)
                return [one.model_dump(mode="json") for one in found]
            case Asked.FACTS:
                await self._look_up()
                return await systems.customers.facts(case.customer_id)
            case Asked.KNOWN:
                await self._look_up()
                return await systems.known.known_customer(case.customer_id)
            case Asked.CHECK:
                return await self._check(str(body.get("tool", "")), dict(body.get("arguments") or {}))
            case Asked.READ:
                return await self._read(str(body.get("tool", "")), dict(body.get("arguments") or {}))

    async def _check(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Check a proposal as the guardrail does: a preview reads, and writes nothing."""
        known = self.systems.business.by_name.get(tool)
        if known is not None and known.kind is Kind.EFFECT:
            await self._look_up()
        found = await self.systems.record.check(self.case.case_id, self.case.customer_id, tool, arguments)
        return {name: getattr(found, name) for name in CHECKED}

    async def _read(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Look up. What the serving business calls an effect is none, whatever the candidate calls it."""
        known = self.systems.business.by_name.get(tool)
        if known is None or known.kind is not Kind.READ:
            self.refused.append(tool)
            raise InvalidInput(f"tool: {tool[:60]!r} is no look-up of the serving business. A shadow may only look up.")
        await self._look_up()
        return await self.systems.record.read(self.case.case_id, self.case.customer_id, tool, arguments)

    async def _complete(self, body: dict[str, Any]) -> Any:
        own = {"case_id": self.case.case_id, "customer_id": self.case.customer_id}
        request = ModelRequest.model_validate(body).model_copy(update=own)
        answer: ModelAnswer = await self._asked(request.topic, lambda: self.model.complete(request))
        await self._paid(answer.usage)
        return answer.model_dump(mode="json")

    async def _consult(self, body: dict[str, Any]) -> Any:
        own = {"case_id": self.case.case_id, "customer_id": self.case.customer_id}
        question = ConsultQuestion.model_validate(body).model_copy(update=own)
        opinion: ModelOpinion = await self._asked("", lambda: self.model.consult(question))
        await self._paid(opinion.usage)
        return opinion.model_dump(mode="json")

    async def _asked(self, topic: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        if words := self.ledger.reached("calls", "tokens", "usd"):
            raise BudgetSpent(words)
        standing: ControlsInForce = await self.systems.controls.over(topic, self.case.customer_id)
        dialled = standing.dialled()
        if dialled.autonomy is Autonomy.OFF:
            raise SwitchedOff(dialled.autonomy, dialled.why)
        await self.ledger.use(self.case.case_id, calls=1)
        return await ask()

    async def _paid(self, usage: Usage) -> None:
        tokens = usage.prompt_tokens + usage.completion_tokens
        await self.ledger.use(self.case.case_id, calls=max(usage.calls - 1, 0), tokens=tokens, usd=usage.cost_usd)

    async def _look_up(self) -> None:
        if words := self.ledger.reached("lookups"):
            raise BudgetSpent(words)
        await self.ledger.use(self.case.case_id, lookups=1)

    def _row(self) -> CaseRow:
        about = self.case.model_dump(include={"case_id", "customer_id", "channel", "opened_at"})
        return CaseRow(**about, updated_at=self.case.opened_at)


class BudgetSpent(Exception):
    """The day's budget of a shadow is used up."""
