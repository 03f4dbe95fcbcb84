"""The business's tools on PostgreSQL: checked and read without any chance to write, applied at most once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from psycopg import OperationalError
from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from handrail.business import Business, Call, Kind, Tool
from handrail.domain.actions.effects import EFFECT_SECONDS, Effect, EffectResult, EffectStatus
from handrail.domain.case.turns import TurnHalted, TurnSuperseded
from handrail.domain.errors import (
    BusinessRefused,
    DefinitionInvalid,
    EffectConflict,
    HandrailError,
    InvalidInput,
    NotReached,
    OutcomeUnknown,
    SwitchedOff,
    ToolChanged,
)
from handrail.domain.llm.agent import ToolSpec
from handrail.ports import Clock
from handrail.postgres.autonomy import controls
from handrail.postgres.business import ledger
from handrail.postgres.business.asking import failed, inquire, look
from handrail.postgres.business.attempts import EffectAttempt, UnknownOutcomes, sent_or_halted
from handrail.postgres.business.history import Past
from handrail.postgres.pool import Connection, Pool, alone, writing

Answer = TypeVar("Answer")
Changed = Callable[[ToolChanged], Awaitable[None]]


@dataclass(slots=True)
class CheckedProposal:
    """Arguments as the tool's model normalises them (JSON-ready); for an effect, also its preview."""

    arguments: dict[str, Any]
    title: str
    headline: str
    shown: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    asks: dict[str, str] = field(default_factory=dict)
    by_person: str = ""
    """Why a person approves it whatever the policies say; empty where there is no reason."""


class PostgresRecord:
    """The port `SystemOfRecord` over a business. Any method that connects raises `psycopg.OperationalError` while the
    server is away; try it again."""

    def __init__(self, pool: Pool, business: Business, clock: Clock, changed: Changed | None = None) -> None:
        """`changed` is told of a tool from outside that is not what was pinned, before its caller hears of it."""
        self._pool = pool
        self._changed = changed
        self._business = business
        self._past = Past(business)
        self._clock = clock
        self._unknown = UnknownOutcomes(pool)
        self._specs = {tool.name: specification(tool) for tool in business.tools}

    def specs(self, names: list[str]) -> list[ToolSpec]:
        """The tools of these names as a model sees them; names that the business does not have are left out."""
        return [self._specs[name] for name in names if name in self._specs]

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> CheckedProposal:
        """Validate and normalise arguments; for an effect also its preview. Writes nothing.

        Raises:
            InvalidInput: unknown tool or arguments that do not validate; names field and remedy.
            BusinessRefused: the business's rules say no already.
            BusinessFailed: the preview raises, or does not answer.
            DefinitionInvalid: the preview gives a fact that the business does not declare.
            ToolChanged: it comes from outside and is not what was pinned.
        """
        known = self._tool(tool)
        valid = validated(known, arguments)
        normal = valid.model_dump(mode="json")
        if known.preview is None:
            return CheckedProposal(arguments=normal, title=known.name, headline=known.name)
        preview = await self._read(f"The preview of {tool}", known, known.preview, case_id, customer_id, valid)
        undeclared = sorted(set(preview.facts) - set(self._business.facts))
        if undeclared:
            raise DefinitionInvalid(
                f"business {self._business.name}: the preview of {tool} gives {', '.join(undeclared)}; declare it in `facts`."
            )
        pinned = {**normal, **preview.pins}
        shown, facts, asks = dict(preview.shown), dict(preview.facts), dict(preview.asks)
        return CheckedProposal(pinned, preview.title, preview.headline, shown, facts, asks, known.by_person)

    async def read(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run a read tool where nothing can be written.

        Raises:
            InvalidInput: see `check`; also where the tool is an effect.
            BusinessRefused: for example another customer's order.
        """
        known = self._tool(tool)
        if known.kind is not Kind.READ:
            raise InvalidInput(f"tool: {tool} writes; propose it and have it ruled on. Reads: {self._names(Kind.READ)}.")
        return jsonable(await self._read(tool, known, known.run, case_id, customer_id, validated(known, arguments)))

    async def apply(self, effect: Effect) -> EffectResult:
        """Run an effect at most once, in one transaction with its ledger row; a repeated call gives the first answer.

        Raises:
            EffectConflict: no allowing verdict or approval stands in the ledger for exactly these arguments.
            SwitchedOff: a live control says no; nothing was written, and it may be tried again when it is lifted.
            TurnSuperseded, TurnHalted: its turn has lost its case, or words that it goes by; nothing was written, nor sent.
            InvalidInput: the tool is gone, or its model no longer takes the arguments.
            OutcomeUnknown: it may have been made in another system, which cannot be asked. Until that is settled it counts as
                made wherever policies look at the past. Where its tool says so, it is never made again by itself.
        """
        try:
            async with sent_or_halted(self._pool, effect), writing(self._pool) as connection:
                stands = await ledger.begin(connection, effect, controls.ADVISORY_LOCK)
                if stands.answer is not None:
                    return stands.answer
                await controls.gate(connection, self._business, stands.controls, effect, approved=stands.approved)
                return await self._run(connection, effect, stands)
        except ToolChanged as changed:
            await self._tell(changed)
            raise

    async def _run(self, connection: Connection, effect: Effect, stands: ledger.Stands) -> EffectResult:
        known = self._tool(effect.action)
        if known.kind is not Kind.EFFECT:
            raise InvalidInput(f"tool: {known.name} writes nothing; use `read`. Effects: {self._names(Kind.EFFECT)}.")
        valid = validated(known, effect.arguments)
        once = known.outside is not None and known.outside.once
        if once and not stands.approved:
            raise EffectConflict(f"{known.name}: {known.by_person} No person approved effect {effect.effect_id}.")
        attempt = EffectAttempt(self._pool, effect, once=once)
        if stands.unknown or self._unknown.holds(effect.effect_id):
            raise attempt.lost("it is not made again.")
        now, key = self._clock.now(), effect.effect_id
        call = Call(effect.case_id, effect.customer_id, connection, now, key, attempt.begin, stands.ids)
        outcome = await self._outcome(call, known, valid, attempt, effect, stands.watched)
        return await ledger.settle(connection, effect, {**outcome, "applied_at": self._clock.now()})

    async def _outcome(
        self, call: Call, tool: Tool, arguments: BaseModel, attempt: EffectAttempt, effect: Effect, watched: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Make the effect; what went wrong before it was sent again says nothing of an attempt that stands."""
        try:
            async with call.connection.transaction():
                await self._past.refuse_more(call.connection, call.now, effect, watched)
                result = jsonable(await self._made(tool, call, arguments, attempt))
            return {"status": EffectStatus.APPLIED, "result": result}
        except (OutcomeUnknown, SwitchedOff, TurnSuperseded, TurnHalted, OperationalError):
            raise
        except Exception as error:
            answered = isinstance(error, BusinessRefused) and attempt.first
            if not answered and await attempt.stands(call.connection):
                raise attempt.lost(error if isinstance(error, HandrailError) else failed(tool.name, error)) from error
            if not isinstance(error, BusinessRefused):
                raise
            return {"status": EffectStatus.REFUSED, "code": error.code, "message": str(error)}

    async def _made(self, tool: Tool, call: Call, arguments: BaseModel, attempt: EffectAttempt) -> Any:
        """Run the effect, in time. What another system was sent is not undone with our transaction.

        Raises:
            OutcomeUnknown: it may have been made there, by this attempt or by one before it. That is noted while the ledger's
                row is held: whoever waits for it, to run the turn again, reads it.
        """
        try:
            async with asyncio.timeout(EFFECT_SECONDS):
                return await tool.run(call, arguments)
        except OutcomeUnknown:
            await self._unknown.note(attempt.effect_id)
            raise
        except (NotReached, ToolChanged):
            await attempt.unsent()
            raise
        except TimeoutError as error:
            if attempt.begun:
                raise OutcomeUnknown(f"{tool.name} was sent, and no answer came in time.") from error
            raise failed(tool.name, error) from error

    async def _tell(self, changed: ToolChanged) -> None:
        if self._changed is not None:
            await self._changed(changed)

    async def _read(
        self,
        what: str,
        tool: Tool,
        run: Callable[[Call, Any], Awaitable[Answer]],
        case_id: str,
        customer_id: str,
        arguments: BaseModel,
    ) -> Answer:
        def call(connection: Connection | None) -> Call:
            return Call(case_id, customer_id, connection, self._clock.now(), kin=lambda: self._kin(customer_id))

        if tool.outside is not None:
            try:
                return await inquire(what, lambda: run(call(None), arguments), tool.outside.seconds)
            except ToolChanged as changed:
                await self._tell(changed)
                raise
        return await look(self._pool, what, lambda connection: run(call(connection), arguments))

    async def _kin(self, customer_id: str) -> list[str]:
        return list((await alone(self._pool, "kin", customer_id=customer_id))[0]["customer_ids"])

    def _tool(self, name: str) -> Tool:
        if name not in self._business.by_name:
            raise InvalidInput(f"tool: there is no {name[:60]!r}. Known: {self._names(*Kind)}.")
        return self._business.by_name[name]

    def _names(self, *kinds: Kind) -> str:
        return ", ".join(sorted(tool.name for tool in self._business.tools if tool.kind in kinds)) or "none"


def specification(tool: Tool) -> ToolSpec:
    """The tool as a model sees it."""
    return ToolSpec(name=tool.name, description=tool.description, parameters=tool.schema, effect=tool.kind is Kind.EFFECT)


def validated(tool: Tool, arguments: dict[str, Any]) -> BaseModel:
    """The arguments as the tool's model.

    Raises:
        InvalidInput: names every field that is wrong and what would be right; never repeats a value.
    """
    try:
        return tool.arguments.model_validate(arguments)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(str(part) for part in one['loc']) or 'arguments'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        fields = ", ".join(tool.schema.get("properties", {})) or "none"
        raise InvalidInput(f"{tool.name}: {'; '.join(wrong)}. Fields of {tool.name}: {fields}.") from None


def jsonable(result: Any) -> dict[str, Any]:
    """A tool's answer as JSON-ready data: dates and decimals as strings, as pydantic writes them."""
    ready: dict[str, Any] = to_jsonable_python(result)
    return ready
