"""Calls of the HTTP API as values: what is sent, what comes back, and whether the same may be sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel

from handrail.client.refusals import refused
from handrail.domain.actions.approvals import Approval
from handrail.domain.actions.effects import EffectResult
from handrail.domain.autonomy.controls import Control
from handrail.domain.case.ratings import RateCase, RatingReceipt
from handrail.domain.http.batches import BatchBody, BatchItem, BatchResult
from handrail.domain.http.cases import (
    CaseDetails,
    CaseList,
    CaseSummary,
    CaseTranscript,
    CustomerToken,
    MessageEdit,
    NewCase,
    NewMessage,
    TokenRequest,
)
from handrail.domain.http.customers import MergeBody, UndoMergeBody
from handrail.domain.http.effects import SettleBody, UnsettledList
from handrail.domain.http.people import (
    ClaimBody,
    ClearBody,
    ControlBody,
    ControlList,
    DecisionBody,
    HandBackBody,
    QueuePage,
    RecuseBody,
    ReplyBody,
    ResolveBody,
)
from handrail.domain.personal.kin import CustomerKin
from handrail.domain.team.commands import Receipt

Given = TypeVar("Given", bound=BaseModel)
TRIES = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
AGAIN = (429, 502, 503, 504)
IN_FLIGHT = "RequestInFlight"


@dataclass(frozen=True, slots=True)
class HttpCall(Generic[Given]):
    """One call. `safe`: it may be sent again, because it only reads or goes under an idempotency key."""

    method: str
    path: str
    gives: type[Given]
    body: BaseModel | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    safe: bool = True

    @property
    def request(self) -> dict[str, Any]:
        """The arguments of httpx."""
        body = None if self.body is None else self.body.model_dump(mode="json", exclude_none=True)
        return {"method": self.method, "url": self.path, "json": body, "headers": self.headers, "params": self.params}

    def read(self, answer: httpx.Response) -> Given:
        """Return what came back. Raises: HandrailError: the contract's own, by the problem's code."""
        if not answer.is_success:
            raise refused(answer)
        return self.gives.model_validate_json(answer.content)

    def again(self, answer: httpx.Response | None, tried: int) -> float | None:
        """Return after how many seconds the same is sent again; None where it is not. `answer` is None where none came."""
        if not self.safe or tried >= TRIES:
            return None
        pause = min(FIRST_PAUSE * 2.0 ** (tried - 1), LONGEST_PAUSE)
        if answer is None:
            return pause
        if answer.status_code in AGAIN or (answer.status_code == 409 and IN_FLIGHT in answer.text):
            told = answer.headers.get("retry-after", "")
            return float(told) if told.isdecimal() else pause
        return None


def key_of(given: str | None) -> dict[str, str]:
    """Return the header that makes a call count once; a fresh key where none is given."""
    return {"idempotency-key": given or f"py-{uuid4().hex}"}


def open_case(body: NewCase, key: str | None, wait: float) -> HttpCall[CaseSummary]:
    """Return the call that opens a case."""
    headers = {**key_of(key or body.message_id), "prefer": f"wait={wait:.0f}"}
    return HttpCall("POST", "/v1/cases", CaseSummary, body, headers)


def say(case_id: str, body: NewMessage, key: str | None, wait: float) -> HttpCall[CaseSummary]:
    """Return the call that passes on another message."""
    headers = {**key_of(key or body.message_id), "prefer": f"wait={wait:.0f}"}
    return HttpCall("POST", f"/v1/cases/{case_id}/messages", CaseSummary, body, headers)


def edit_message(case_id: str, message_id: str, body: MessageEdit, key: str | None) -> HttpCall[Receipt]:
    """Return the call that passes on an edit of the customer's."""
    return HttpCall("PATCH", f"/v1/cases/{case_id}/messages/{message_id}", Receipt, body, key_of(key))


def withdraw_message(case_id: str, message_id: str, key: str | None) -> HttpCall[Receipt]:
    """Return the call that passes on that the customer deleted a message."""
    return HttpCall("DELETE", f"/v1/cases/{case_id}/messages/{message_id}", Receipt, None, key_of(key))


def case(case_id: str) -> HttpCall[CaseDetails]:
    """Return the call that looks at a case."""
    return HttpCall("GET", f"/v1/cases/{case_id}", CaseDetails)


def transcript(case_id: str) -> HttpCall[CaseTranscript]:
    """Return the call that reads what was said."""
    return HttpCall("GET", f"/v1/cases/{case_id}/messages", CaseTranscript)


def cases(filters: Mapping[str, str | None]) -> HttpCall[CaseList]:
    """Return the call that lists a page of cases."""
    return HttpCall("GET", "/v1/cases", CaseList, params={name: value for name, value in filters.items() if value})


def decide(approval: Approval, body: DecisionBody, key: str | None) -> HttpCall[Approval]:
    """Return the call that decides exactly the approval that was seen."""
    path = f"/v1/cases/{approval.case_id}/approvals/{approval.approval_id}/decide"
    match = {"if-match": f'"{approval.approval_id}.{approval.revision}"'}
    return HttpCall("POST", path, Approval, body, {**key_of(key), **match})


def approve_together(approvals: Sequence[Approval], note: str | None, key: str | None) -> HttpCall[BatchResult]:
    """Return the call that approves several, each exactly as it was seen."""
    items = [
        BatchItem(case_id=one.case_id, approval_id=one.approval_id, etag=f'"{one.approval_id}.{one.revision}"')
        for one in approvals
    ]
    return HttpCall("POST", "/v1/approvals/batch", BatchResult, BatchBody(items=items, note=note), key_of(key))


def unsettled(case_id: str) -> HttpCall[UnsettledList]:
    """Return the call that lists a case's effects of unknown outcome."""
    return HttpCall("GET", f"/v1/cases/{case_id}/effects/unsettled", UnsettledList)


def settle(case_id: str, effect_id: str, body: SettleBody, key: str | None) -> HttpCall[EffectResult]:
    """Return the call that says what became of an effect."""
    return HttpCall("POST", f"/v1/cases/{case_id}/effects/{effect_id}/settle", EffectResult, body, key_of(key))


def act(
    case_id: str, verb: str, body: ClaimBody | RecuseBody | ReplyBody | HandBackBody | ResolveBody | None, key: str | None
) -> HttpCall[Receipt]:
    """Return the call with which a person works on a case: claim, release, recuse, reply, hand_back or resolve."""
    return HttpCall("POST", f"/v1/cases/{case_id}/{verb}", Receipt, body, key_of(key))


def rate(case_id: str, body: RateCase, key: str | None) -> HttpCall[RatingReceipt]:
    """Return the call that passes on a rating."""
    return HttpCall("POST", f"/v1/cases/{case_id}/rate", RatingReceipt, body, key_of(key))


def queue(name: str | None, limit: int) -> HttpCall[QueuePage]:
    """Return the call that lists what waits for people."""
    return HttpCall("GET", "/v1/queue", QueuePage, params={"limit": str(limit), **({"queue": name} if name else {})})


def controls() -> HttpCall[ControlList]:
    """Return the call that lists the controls in force."""
    return HttpCall("GET", "/v1/controls", ControlList)


def set_control(body: ControlBody) -> HttpCall[Control]:
    """Return the call that sets a control; it is not sent again, since somebody may have set another one meanwhile."""
    return HttpCall("POST", "/v1/controls", Control, body, safe=False)


def clear_controls(body: ClearBody) -> HttpCall[ControlList]:
    """Return the call that lifts what is set on a scope; it is not sent again, either."""
    return HttpCall("POST", "/v1/controls/clear", ControlList, body, safe=False)


def token(body: TokenRequest) -> HttpCall[CustomerToken]:
    """Return the call that mints a token; each try mints another, so it is not sent again."""
    return HttpCall("POST", "/v1/tokens", CustomerToken, body, safe=False)


def kin(customer_id: str) -> HttpCall[CustomerKin]:
    """Return the call that reads which ids are one person."""
    return HttpCall("GET", f"/v1/customers/{customer_id}/kin", CustomerKin)


def merge(customer_id: str, body: MergeBody) -> HttpCall[CustomerKin]:
    """Return the call that merges an id into another; the same again changes nothing."""
    return HttpCall("POST", f"/v1/customers/{customer_id}/merge", CustomerKin, body)


def undo_merge(customer_id: str, body: UndoMergeBody) -> HttpCall[CustomerKin]:
    """Return the call that parts an id again; the same again changes nothing."""
    return HttpCall("POST", f"/v1/customers/{customer_id}/merge/undo", CustomerKin, body)
