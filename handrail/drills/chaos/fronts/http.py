"""HTTP as a front: real requests under idempotency keys, each answer kept as it came."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from handrail.api.access.minting import mint
from handrail.api.answering.intake import case_of
from handrail.client.refusals import refused
from handrail.domain.access.principals import BACKEND as BACKENDS
from handrail.domain.access.principals import ApiScope, CallerKind, Principal
from handrail.domain.actions.approvals import DecisionInput
from handrail.domain.case.cases import CaseView
from handrail.domain.case.requests import Receipt
from handrail.domain.errors import HandrailError, Refused
from handrail.domain.http.cases import CaseDetails, CaseSummary
from handrail.drills.chaos.fronts.front import CHANNEL
from handrail.drills.chaos.play.acting import DECIDER, PERSON
from handrail.drills.chaos.seen.outside import GivenHttpAnswer
from handrail.embedded.ports import HOST
from handrail.postgres.access.keys import PostgresApiKeys
from handrail.postgres.pool import Pool
from handrail.temporal.cases.client import TimedOut
from handrail.temporal.connect import Unreachable

BACKEND = "backend"
LOOK = 0.3
SERVERS_FAULT, TOO_MANY = 500, 429
IN_FLIGHT = "RequestInFlight"
BYTES = 20_000


@dataclass(frozen=True)
class FrontDoor:
    """The API behind its network. `keys` are those of the backend and of people, by name; `caller` is the backend's id."""

    address: str
    keys: Mapping[str, str]
    caller: str
    heard: list[GivenHttpAnswer] = field(default_factory=list)

    def client(self) -> httpx.AsyncClient:
        """Return a client with connections of its own, which has to be closed."""
        limits = httpx.Limits(max_connections=None)
        return httpx.AsyncClient(base_url=self.address, trust_env=False, limits=limits)

    def headers(self, who: str) -> dict[str, str]:
        """Return what shows that somebody calls."""
        return {"authorization": f"Bearer {self.keys[who]}"}

    def case_id(self, key: str) -> str:
        """Return the id of the case that the backend opens under a key without naming it."""
        return case_of(Principal(kind=CallerKind.KEY, caller=self.caller, scopes=frozenset()), key)


class HttpFront:
    """A customer's backend and people over HTTP. A try waits `patience` seconds; `waits` is what it asks the server for."""

    def __init__(self, http: httpx.AsyncClient, door: FrontDoor, patience: float, waits: int) -> None:
        self._http, self._door, self._patience, self._waits = http, door, patience, waits

    def recorded(self, message_id: str, text: str) -> str:
        """See `Front`: the key is the message's id."""
        return message_id

    async def open_case(self, case_id: str, customer_id: str, text: str, *, message_id: str) -> Receipt:
        """See `Front`. Where nothing is waited for, the id of the case comes from the key."""
        body = {"customer_id": customer_id, "text": text, "channel": CHANNEL, **({"case_id": case_id} if self._waits else {})}
        return _receipt(await self._post(BACKEND, case_id, "/v1/cases", body, message_id))

    async def say(self, case_id: str, text: str, *, message_id: str) -> Receipt:
        """See `Front`."""
        body = {"text": text, "channel": CHANNEL}
        return _receipt(await self._post(BACKEND, case_id, f"/v1/cases/{case_id}/messages", body, message_id))

    async def decide(self, case_id: str, decision: DecisionInput, *, once: str) -> object:
        """See `Front`."""
        path = f"/v1/cases/{case_id}/approvals/{decision.approval_id}/decide"
        body = {"decision": decision.decision, **({"arguments": decision.arguments} if decision.arguments else {})}
        match = {"if-match": f'"{decision.approval_id}.{decision.revision}"'}
        return await self._post(decision.reviewer or "", case_id, path, body, once, match)

    async def claim(self, case_id: str, reviewer: str, *, once: str) -> Receipt:
        """See `Front`."""
        return await self._act(reviewer, case_id, "claim", {}, once)

    async def reply(self, case_id: str, reviewer: str, text: str, *, message_id: str) -> Receipt:
        """See `Front`."""
        return await self._act(reviewer, case_id, "reply", {"text": text}, message_id)

    async def hand_back(self, case_id: str, reviewer: str, note: str, topic: str | None, *, once: str) -> Receipt:
        """See `Front`."""
        body = {"note": note, **({"topic": topic} if topic else {})}
        return await self._act(reviewer, case_id, "hand_back", body, once)

    async def resolve(self, case_id: str, reviewer: str, note: str, *, once: str) -> Receipt:
        """See `Front`."""
        return await self._act(reviewer, case_id, "resolve", {"note": note}, once)

    async def wait(self, case_id: str, *, until: Callable[[CaseView], bool], timeout: float) -> CaseView:
        """See `Front`: the case is looked at again and again."""
        deadline = time.monotonic() + timeout
        while True:
            view = await self._view(case_id)
            if view is not None and until(view):
                return view
            if time.monotonic() > deadline:
                raise TimedOut(f"Case {case_id} does not fit after {timeout:g} s.")
            await asyncio.sleep(LOOK)

    async def _view(self, case_id: str) -> CaseView | None:
        """Return the case; None where it is not recorded yet, or nobody answers."""
        try:
            answer = await self._sent("GET", f"/v1/cases/{case_id}", BACKEND, None, {})
        except HandrailError:
            return None
        found = answer.json()
        return CaseDetails.model_validate(found) if "approvals" in found else None

    async def _act(self, who: str, case_id: str, verb: str, body: Mapping[str, Any], once: str) -> Receipt:
        answer = await self._post(who, case_id, f"/v1/cases/{case_id}/{verb}", body, once)
        return Receipt.model_validate_json(answer.content)

    async def _post(
        self, who: str, case_id: str, path: str, body: Mapping[str, Any], key: str, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        prefer = f"wait={self._waits}" if self._waits else "respond-async"
        answer = await self._sent("POST", path, who, body, {"idempotency-key": key, "prefer": prefer, **(headers or {})})
        kept = GivenHttpAnswer(
            case_id=case_id, caller=who, key=key, status=answer.status_code, body=answer.text[:BYTES], path=path
        )
        self._door.heard.append(kept)
        return answer

    async def _sent(
        self, method: str, path: str, who: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        """Send, and return a good answer. Raises: Refused: it would be again; Unreachable: nobody knows."""
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._http.request(
                    method, path, json=body, headers={**self._door.headers(who), **headers}, timeout=None
                )
        except (httpx.TransportError, TimeoutError) as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
        if answer.is_success:
            return answer
        why = refused(answer)
        if answer.status_code >= SERVERS_FAULT or answer.status_code == TOO_MANY or IN_FLIGHT in answer.text:
            raise Unreachable(f"{method} {path}: {answer.status_code}: {why}")
        raise why if isinstance(why, Refused) else Refused(f"{answer.status_code}: {why}")


async def front_door(pool: Pool, port: int) -> FrontDoor:
    """Return the way to the API behind this port, with keys for a backend and for people."""
    now, keys, caller = datetime.now(UTC), dict[str, str](), ""
    for who in (BACKEND, PERSON, DECIDER):
        scopes = set(ApiScope) - {ApiScope.AGENTS_ACT} if who != BACKEND else BACKENDS
        person = None if who == BACKEND else who
        key, parts = mint(who, scopes, at=now, by="handrail chaos", environment="test", person=person)
        await PostgresApiKeys(pool).add(key)
        keys[who] = parts.text
        caller = key.caller if who == BACKEND else caller
    return FrontDoor(f"http://{HOST}:{port}", keys, caller)


def _receipt(answer: httpx.Response) -> Receipt:
    """Return the answer about a customer's message as a receipt: its turn is the one to wait for."""
    found = CaseSummary.model_validate(json.loads(answer.content))
    return Receipt(case_id=found.case_id, status=found.status, turn=found.turn, duplicate=True)
