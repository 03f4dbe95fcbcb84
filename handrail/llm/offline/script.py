"""Scripted behaviour: what a test wants the next matching requests to meet, and what was asked so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

KEPT_REQUESTS = 500


class Strict(BaseModel):
    """A field nobody knows is an error: a mistyped behaviour would make a test prove nothing."""

    model_config = ConfigDict(extra="forbid")


class ScriptedCall(Strict):
    """A call as the model shall make it, whatever the tools allow."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Behaviour(Strict):
    """A behaviour. `latency_seconds`, `headers`, `model` and `fingerprint` go with any; of the rest, one is chosen."""

    latency_seconds: float = Field(default=0.0, ge=0, le=600)
    headers: dict[str, str] = Field(default_factory=dict, description="of a failure or a whole body")
    model: str | None = None
    fingerprint: str | None = None

    status: int | None = Field(default=None, ge=400, le=599)
    retry_after: int | None = Field(default=None, ge=0)
    code: str | None = None
    message: str | None = Field(default=None, description="the words of the failure, for example with a key in them")
    hang: bool = False
    drop: bool = False
    page: bool = Field(default=False, description="an HTML page with status 200, as a proxy in trouble sends it")
    body: Any = Field(default=None, description="the whole answer as JSON, of whatever shape; text is sent as it is")
    malformed: bool = False
    empty: bool = False
    refusal: str | None = None
    finish_reason: Literal["length", "content_filter"] | None = None
    content: str | None = Field(default=None, description="plain content instead of a call")
    calls: list[ScriptedCall] | None = None
    reply: str | None = None
    confidence: float = 0.95
    disposition: str = "resolved"
    obey_injection: bool = False

    @model_validator(mode="after")
    def _chosen(self) -> Behaviour:
        if not self.model_fields_set:
            raise ValueError('names no behaviour; give one, for example {"status": 500} or {"reply": "…"}')
        chosen = [name for name in EXCLUSIVE if getattr(self, name) not in (None, False)]
        if len(chosen) > 1:
            raise ValueError(f"{' and '.join(chosen)} exclude each other; give one")
        return self


EXCLUSIVE = (
    *("status", "hang", "drop", "page", "body", "malformed", "empty", "refusal", "finish_reason"),
    *("content", "calls", "reply", "obey_injection"),
)


class Entry(Strict):
    """Requests that hold `match` (in the customer's last words, or anywhere) meet `behaviour`, `times` times or for good.

    With `case` only those of that case do, which name it as their client request id.

    With `steady` a request that comes again meets what it met before, and uses nothing up: whoever had no answer in time, or
    was killed before it counted, asks again.
    """

    match: str = ""
    case: str = ""
    anywhere: bool = False
    times: int | None = Field(default=1, ge=1)
    steady: bool = False
    behaviour: Behaviour


class RecordedRequest(BaseModel):
    """A request as it was: `customer` is the customer's last words, `text` all messages, `behaviour` what the script did."""

    number: int
    model: str
    client_request_id: str | None
    customer: str
    text: str
    tools: list[str]
    stream: bool
    behaviour: dict[str, Any] | None


class Script:
    """Entries in order of arrival; the first that matches is used. Keeps the last `KEPT_REQUESTS` requests."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._met: dict[Hashable, Behaviour] = {}
        self.requests: deque[RecordedRequest] = deque(maxlen=KEPT_REQUESTS)
        self.total = 0

    def add(self, entry: Entry) -> None:
        """Behind those that stand."""
        self.entries.append(entry)

    def clear(self) -> None:
        """Forget entries; requests stay."""
        self.entries.clear()

    def forget(self) -> None:
        """Forget requests; entries stay."""
        self.requests.clear()
        self._met.clear()
        self.total = 0

    def take(self, customer: str, text: str, step: Hashable = None, case: str | None = None) -> Behaviour | None:
        """The behaviour for a request, used up by one; `step` tells the same request from another, where anything does."""
        if step is not None and step in self._met:
            return self._met[step]
        for index, entry in enumerate(self.entries):
            if entry.case and entry.case != case:
                continue
            if entry.match.casefold() not in (text if entry.anywhere else customer).casefold():
                continue
            if entry.times == 1:
                del self.entries[index]
            elif entry.times is not None:
                self.entries[index] = entry.model_copy(update={"times": entry.times - 1})
            if entry.steady and step is not None:
                self._met[step] = entry.behaviour
                self._met = dict(list(self._met.items())[-KEPT_REQUESTS:])
            return entry.behaviour
        return None

    def record(self, **fields: Any) -> None:
        """Note a request."""
        self.total += 1
        self.requests.append(RecordedRequest(number=self.total, **fields))
