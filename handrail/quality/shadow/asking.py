"""The ports of a shadow's process: each asks whoever started it, and none can change anything."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

from handrail.business import Business
from handrail.domain.actions.asked import AskedEffect
from handrail.domain.actions.earlier import EarlierEffect
from handrail.domain.actions.effects import Effect, EffectResult, EffectStatus
from handrail.domain.case.cases import AuditEntry, CaseRow, Commit
from handrail.domain.case.messages import Message
from handrail.domain.case.patience import Contact
from handrail.domain.errors import (
    BusinessFailed,
    BusinessRefused,
    HandrailError,
    InvalidInput,
    ModelRejected,
)
from handrail.domain.llm.agent import ModelAnswer, ModelRequest, ToolSpec
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.frames import frame, put
from handrail.postgres.business.tools import CheckedProposal, specification
from handrail.quality.shadow.wire import Asked, ShadowHeard, ShadowTold

NOT_RUN = "Nothing is carried out in a shadow."
KINDS: dict[str, type[HandrailError]] = {kind.__name__: kind for kind in (BusinessFailed, InvalidInput, ModelRejected)}


class ShadowStopped(HandrailError):
    """The end of a play: no more of this case is wanted."""


class AskedHouse:
    """The house as a shadow's process knows it. `stopped` says why it must stop, once it must."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self.stopped = ""
        self.looked_up: list[str] = []
        self.refused: list[str] = []

    def begin(self) -> None:
        """Begin another case."""
        self.stopped, self.looked_up, self.refused = "", [], []

    def ask(self, what: Asked, **body: Any) -> Any:
        """Put a question, and wait for its answer.

        Raises:
            ShadowStopped: no more of this case is wanted.
            BusinessRefused, BusinessFailed, InvalidInput, ModelRejected: what was asked was refused so.
        """
        if self.stopped:
            raise ShadowStopped(self.stopped)
        put(self._sink, ShadowHeard(ask=what, body=body).model_dump_json().encode())
        given = frame(self._source)
        if given is None:
            raise SystemExit(0)
        told = ShadowTold.model_validate_json(given)
        if told.stop:
            self.stopped = told.stop
            raise ShadowStopped(told.stop)
        if told.refused:
            raise _error(told)
        return told.body


def _error(told: ShadowTold) -> HandrailError:
    if told.refused == BusinessRefused.__name__:
        return BusinessRefused(told.code, told.words)
    return KINDS.get(told.refused, InvalidInput)(told.words)


class ShadowModel:
    """The ports `LanguageModel` and `Consultant`: the candidate's model, which the house asks within a budget."""

    def __init__(self, house: AskedHouse) -> None:
        self._house = house

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """See `ports.LanguageModel`."""
        return ModelAnswer.model_validate(self._house.ask(Asked.COMPLETE, **request.model_dump(mode="json")))

    async def consult(self, question: ConsultQuestion) -> ModelOpinion:
        """See `ports.Consultant`."""
        return ModelOpinion.model_validate(self._house.ask(Asked.CONSULT, **question.model_dump(mode="json")))


class ShadowSystems:
    """The ports `SystemOfRecord`, `Customers`, `History` and `Contacts`. An effect that is tried is put down as refused."""

    def __init__(self, house: AskedHouse, business: Business) -> None:
        self._house, self._business = house, business

    def specs(self, names: list[str]) -> list[ToolSpec]:
        """See `ports.SystemOfRecord`."""
        return [specification(self._business.by_name[name]) for name in names if name in self._business.by_name]

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> CheckedProposal:
        """See `ports.SystemOfRecord`."""
        return CheckedProposal(**self._house.ask(Asked.CHECK, tool=tool, arguments=_plain(arguments)))

    async def read(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """See `ports.SystemOfRecord`."""
        self._house.looked_up.append(tool)
        found: dict[str, Any] = self._house.ask(Asked.READ, tool=tool, arguments=_plain(arguments))
        return found

    async def apply(self, effect: Effect) -> EffectResult:
        """Carry out nothing."""
        self._house.refused.append(effect.action)
        about = effect.model_dump(include={"effect_id", "action", "arguments"})
        told = {"status": EffectStatus.REFUSED, "code": "shadow", "message": NOT_RUN, "applied_at": datetime.now(UTC)}
        return EffectResult.model_validate({**about, **told})

    async def facts(self, customer_id: str) -> dict[str, Any]:
        """See `ports.Customers`."""
        return dict(self._house.ask(Asked.FACTS))

    async def of(self, case_id: str, customer_id: str, leaving_out: Collection[str]) -> dict[str, Any]:
        """See `ports.History`."""
        return dict(self._house.ask(Asked.HISTORY, leaving_out=list(leaving_out)))

    async def answered(self, row: CaseRow, topic: str, since: datetime) -> list[Contact]:
        """See `ports.Contacts`."""
        found = self._house.ask(Asked.CONTACTS, topic=topic, since=since.isoformat())
        return [Contact.model_validate(one) for one in found]


class ShadowCases:
    """The port `Cases` over one case's first words. What is committed is forgotten."""

    def __init__(self, house: AskedHouse, messages: Sequence[Message]) -> None:
        self._house, self._messages = house, list(messages)

    async def known_customer(self, customer_id: str) -> bool:
        """Ask the house."""
        return bool(self._house.ask(Asked.KNOWN))

    async def commit(self, commit: Commit) -> None:
        """Write nothing."""

    async def transcript(self, case_id: str) -> list[Message]:
        """The first words."""
        return list(self._messages)

    async def transcript_ends(self, case_id: str, first: int, newest: int) -> list[Message]:
        """The first and the newest of them."""
        said = self._messages
        return list(said) if len(said) <= first + newest else [*said[:first], *said[len(said) - newest :]]

    async def spoken(self, case_id: str) -> list[Message]:
        """The same, newest first."""
        return self._messages[::-1]

    async def effects(self, case_id: str) -> list[EffectResult]:
        """Nothing was done yet."""
        return []

    async def earlier(self, case_id: str) -> list[EarlierEffect]:
        """Nothing was proposed yet."""
        return []

    async def asked(self, case_id: str) -> list[AskedEffect]:
        """Nothing was asked yet."""
        return []

    async def take_back(self, case_id: str, effect_ids: Sequence[str], at: datetime, entry: AuditEntry) -> list[str]:
        """Take back nothing: nothing is ever made."""
        return []

    async def halt(self, case_id: str, token: str) -> None:
        """Halt nothing: nothing is ever made."""


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as JSON has them, whatever a candidate's graph made of them."""
    found: dict[str, Any] = json.loads(json.dumps(arguments, default=str))
    return found
