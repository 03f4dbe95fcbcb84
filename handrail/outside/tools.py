"""A tool from outside as one of the business: filled in from the case, held to its pin, tried again only where safe."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Any

from pydantic import ValidationError

from handrail.business import Call, Kind, OutsideTerms, Preview, Shape, Tool
from handrail.domain.actions.effects import EFFECT_SECONDS
from handrail.domain.errors import (
    BusinessFailed,
    BusinessRefused,
    InvalidInput,
    NotReached,
    OutcomeUnknown,
    ToolChanged,
)
from handrail.domain.money import Money
from handrail.domain.policy.shapes import Amount, FactType, read
from handrail.domain.text.asking import AskedValue, asking
from handrail.outside.answers import OutsideAnswer, at
from handrail.outside.arguments import OutsideArguments, arguments_of
from handrail.outside.definitions import LookFirst, OutsideTool
from handrail.outside.fitting import fits
from handrail.outside.pinning import SHOWN, Pin, ToolDefinition
from handrail.outside.systems import OutsideCall, OutsideSystem
from handrail.outside.validating import SchemaCheck

UNKNOWN = "There is no such thing in this account."
"""The same words for what is not there and for what is somebody else's."""
PAUSES = (0.3, 1.5)
SPARE_SECONDS = 1.0
"""Left behind the last try at an effect, to say what came of it before it is cut off."""
Read = Callable[[Call, Any], Awaitable[dict[str, Any]]]


class ToolFromOutside:
    """One tool on its operator's terms, over the system that offers it."""

    def __init__(self, terms: OutsideTool, pin: Pin, system: OutsideSystem, reads: Mapping[str, ToolFromOutside]) -> None:
        """Raises: DefinitionInvalid: the terms do not fit what was pinned."""
        self.terms, self._pin, self._system, self._reads = terms, pin, system, reads
        definition = pin.definition
        fits(terms, definition)
        self._arguments = arguments_of(terms.name, definition.input_schema, terms.filled)
        self._answers = SchemaCheck(definition.output_schema) if definition.output_schema is not None else None

    @property
    def arguments(self) -> type[OutsideArguments]:
        """Return the model of the arguments."""
        return self._arguments

    def tool(self) -> Tool:
        """Return it as the business's tool."""
        terms, effect = self.terms, self.terms.kind is Kind.EFFECT
        looks = sum(self._reads[one.read].terms.timeout_seconds for one in terms.first)
        return Tool(
            terms.name,
            terms.kind,
            self._pin.definition.description or terms.name.replace("_", " "),
            self._arguments,
            self.run,
            self.preview if effect else None,
            tuple(terms.sums),
            OutsideTerms(
                f"The server {terms.server}", looks + terms.timeout_seconds + 1, terms.once, frozenset(facts_of(terms))
            ),
        )

    async def run(self, call: Call, arguments: OutsideArguments) -> dict[str, Any]:
        """Call it for the case's customer.

        Raises:
            BusinessRefused: the system says no, or it is about somebody else.
            BusinessFailed: it does not answer, or not as it should.
            OutcomeUnknown: an effect may have been made.
            ToolChanged: it is not what was pinned.
        """
        if self.terms.kind is Kind.READ:
            try:
                return self._own(call, await self._answer(call, arguments))
            except OutcomeUnknown as error:
                raise BusinessFailed(str(error)) from error
        until = monotonic() + EFFECT_SECONDS
        for one in self.terms.first:
            await self._look(call, one, arguments.root)
        if not self._in_time(until):
            raise NotReached(f"{self.terms.name} was not sent: what is looked up before it took too long.")
        await call.sending()
        return await self._sent(call, arguments, until)

    def _in_time(self, until: float, pause: float = 0.0) -> bool:
        """Return whether one more try after the pause ends before the effect is cut off, whatever the system does."""
        return monotonic() + pause + self.terms.timeout_seconds + SPARE_SECONDS <= until

    async def _sent(self, call: Call, arguments: OutsideArguments, until: float) -> dict[str, Any]:
        """Send it, again where that is safe: with the same key it is the same effect, without one what was never sent."""
        lost: OutcomeUnknown | None = None
        for pause in (*PAUSES, None):
            try:
                return await self._answer(call, arguments)
            except ToolChanged as changed:
                if lost is None:
                    raise
                raise lost from changed
            except BusinessRefused as refused:
                # Of a try before this one, whose answer was lost, it says nothing: a key may have been changed since.
                if lost is None:
                    raise
                raise lost from refused
            except OutcomeUnknown as error:
                failure: BusinessFailed = error
                lost = error
            except NotReached as error:
                # Of a try before this one it says nothing.
                failure = lost or error
            if pause is None or (lost and self.terms.once) or not self._in_time(until, pause):
                raise failure
            await asyncio.sleep(pause)
        raise AssertionError("the last try returns or raises")

    async def preview(self, call: Call, arguments: OutsideArguments) -> Preview:
        """Say what it would do, with the facts of what is looked up first. Nothing is called that writes.

        Raises: see `run`.
        """
        terms, given = self.terms, arguments.root
        self._accept((await self._system.definitions()).get(terms.there))
        facts: dict[str, Any] = {}
        for one in terms.first:
            facts |= await self._look(call, one, given)
        types = {name: fact.type for one in terms.first for name, fact in one.facts.items()}
        values = {name: _asked(value, types.get(name)) for name, value in {**given, **facts}.items() if value is not None}
        written = {**{name: str(value) for name, value in given.items() if value is not None}, **facts}
        listed = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in given.items() if value is not None)
        name = terms.name.replace("_", " ")
        title = asking({"en": terms.title}, **values)["en"] if terms.title else f"{name.capitalize()}: {listed or 'nothing'}"
        return Preview(
            title=title[:300],
            headline=asking({"en": terms.headline}, **values)["en"][:120] if terms.headline else name,
            shown={name.replace("_", " ").capitalize(): str(value)[:500] for name, value in written.items()},
            asks=asking(terms.asks, **values),
            facts=facts,
        )

    async def check(self) -> None:
        """Hold what its server says now against the pin. Raises: ToolChanged, NotReached."""
        self._accept((await self._system.definitions()).get(self.terms.there))

    def _accept(self, now: ToolDefinition | None) -> None:
        pinned, name = self._pin.hash, self.terms.name
        if now is not None and now.hash == pinned:
            return
        words = "is not offered any more" if now is None else f"is not what {self._pin.pinned_by} pinned"
        found = now.hash[:SHOWN] if now else ""
        raise ToolChanged(name, found, f"{name} {words}; look at it with `handrail tools check {name}`.")

    async def _answer(self, call: Call, arguments: OutsideArguments) -> dict[str, Any]:
        terms = self.terms
        given = {**arguments.root, **terms.fixed}
        if terms.customer_argument:
            given[terms.customer_argument] = call.customer_id
        if terms.key_argument:
            given[terms.key_argument] = call.idempotency_key
        wanted = OutsideCall(
            terms.there, given, self._accept, terms.timeout_seconds, terms.answer_bytes, call.idempotency_key, terms.key_header
        )
        return self._taken(await self._system.call(wanted))

    def _taken(self, answer: OutsideAnswer) -> dict[str, Any]:
        terms = self.terms
        if answer.refused:
            words = f"{terms.server} refuses: {answer.refused}"
            if terms.kind is Kind.READ or terms.error_is_refusal:
                raise BusinessRefused("refused_outside", words)
            raise OutcomeUnknown(f"{terms.name} ended with an error, and may have been done all the same. {words}")
        if self._answers is not None and (wrong := self._answers.misfits(answer.value)):
            raise OutcomeUnknown(f"{terms.server} answered something else than it says of {terms.name}: {'; '.join(wrong)}.")
        return answer.value

    def _own(self, call: Call, value: dict[str, Any]) -> dict[str, Any]:
        """Return the answer where it is about the case's customer. Raises: BusinessRefused."""
        owner = self.terms.owner
        if owner is not None and not _same(at(value, owner), call.customer_id):
            raise BusinessRefused("unknown", UNKNOWN)
        return value

    async def _look(self, call: Call, one: LookFirst, given: Mapping[str, Any]) -> dict[str, Any]:
        """Look something up before an effect and return its facts. Raises: BusinessRefused: it is not this customer's."""
        look = self._reads[one.read]
        wanted = {theirs: given[ours] for theirs, ours in one.arguments.items() if given.get(ours) is not None}
        try:
            arguments = look.arguments.model_validate(wanted)
        except ValidationError:
            raise BusinessRefused("unknown", UNKNOWN) from None
        try:
            found = await look.run(call, arguments)
        except BusinessRefused:
            raise BusinessRefused("unknown", UNKNOWN) from None
        facts: dict[str, Any] = {}
        for name, fact in one.facts.items():
            value = at(found, fact.at)
            if value is None:
                continue
            try:
                read(fact.type, value, name)
            except InvalidInput as error:
                raise BusinessFailed(f"{one.read} answers something else than tools.yaml says: {error}.") from None
            facts[name] = value
        return facts


def facts_of(terms: OutsideTool) -> dict[str, Shape]:
    """Return the facts that its preview gives, for `Business.facts`."""
    return {name: fact.type for one in terms.first for name, fact in one.facts.items()}


def _same(value: Any, customer_id: str) -> bool:
    return not isinstance(value, bool) and isinstance(value, str | int) and str(value) == customer_id


def _asked(value: Any, kind: FactType | None = None) -> AskedValue:
    """Return the value for a sentence: sums, days and numbers as each language writes them, everything else as it stands."""
    exact = read(kind, value, "fact") if kind else None
    if isinstance(exact, Amount):
        return Money.of(exact.number, exact.currency)
    if isinstance(exact, date):
        return exact
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return str(value)
    return Decimal(repr(value)) if isinstance(value, float) else value
