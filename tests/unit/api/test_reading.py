"""Requests that cannot be taken, and answers that pass: refused in words, and never kept where they would end otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from handrail.api.access.limits import CallLimits
from handrail.api.app import create_app
from handrail.domain.access.answers import ClaimedAnswer, ClaimState
from handrail.domain.access.limits import CallLimit, RateLimited
from handrail.domain.access.principals import AGENTS, CUSTOMERS, ApiScope, CallerKind, Principal
from handrail.domain.case.cases import CaseStatus, CaseView
from handrail.domain.errors import CaseConflict, HandrailError, IllegalTransition, InvalidInput, SwitchedOff, UnknownCase
from handrail.domain.http.paging import CasePage

DECIDE, RELEASE = "/v1/cases/c-1/approvals/a-1/decide", "/v1/cases/c-1/release"
JSON = {"content-type": "application/json"}


class Keeper:
    """Answers that are written down: fingerprints that were claimed, and whether an answer was kept."""

    def __init__(self) -> None:
        self.claimed: list[str] = []
        self.kept: list[int] = []
        self.dropped = 0

    async def claim(self, caller: str, key: str, fingerprint: str, hold: object) -> ClaimedAnswer:
        self.claimed.append(fingerprint)
        return ClaimedAnswer(state=ClaimState.OURS, claim="1")

    async def keep(self, caller: str, key: str, claim: str, answer: Any) -> None:
        self.kept.append(answer.status)

    async def drop(self, caller: str, key: str, claim: str) -> None:
        self.dropped += 1


class Raising:
    """A record that refuses."""

    error: HandrailError = UnknownCase("case_id: there is no case.")

    async def show(self, case_id: str) -> None:
        raise self.error

    async def customer(self, case_id: str) -> str:
        return "C-1"


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def record() -> Raising:
    return Raising()


@pytest.fixture
def client(keeper: Keeper, record: Raising) -> Iterator[TestClient]:
    async def authenticate(token: str) -> Principal:
        if token == "customer":
            return Principal(kind=CallerKind.CUSTOMER, caller="customer:C-1", scopes=CUSTOMERS, customer_id="C-1")
        return Principal(kind=CallerKind.KEY, caller="key:x", scopes=frozenset(ApiScope) - AGENTS, person="ann")

    limit = CallLimit(name="caller", calls=1000, seconds=60)
    limits = CallLimits(limit, limit)
    services: Any = SimpleNamespace(authenticate=authenticate, limits=limits, answers=keeper, record=record, links=None)
    with TestClient(create_app(services), raise_server_exceptions=False, headers={"authorization": "Bearer x"}) as found:
        yield found


REFUSALS = [
    (UnknownCase("case_id: none."), 404, False),
    (IllegalTransition("It is closed."), 409, False),
    (SwitchedOff("off", "It is off."), 409, False),
    (RateLimited("Too many.", 3.0), 429, False),
    (CaseConflict("It stands with other content."), 409, True),
    (InvalidInput("note: is wrong."), 422, True),
]


@pytest.mark.parametrize(("error", "status", "kept"), REFUSALS, ids=lambda one: type(one).__name__)
def test_only_a_refusal_that_lasts_is_kept(
    client: TestClient, keeper: Keeper, record: Raising, error: HandrailError, status: int, kept: bool
) -> None:
    record.error = error
    assert client.post(RELEASE, headers={"idempotency-key": "k-1"}).status_code == status
    assert (keeper.kept, keeper.dropped) == (([status], 0) if kept else ([], 1))


def test_what_was_seen_belongs_to_the_request(client: TestClient, keeper: Keeper) -> None:
    for match in ('"a-1.1"', '"a-1.2"', '"a-1.2"'):
        client.post(DECIDE, json={"decision": "approve"}, headers={"idempotency-key": "k-1", "if-match": match})
    first, second, third = keeper.claimed
    assert first != second == third


def test_too_many_calls_may_be_tried_again_later(client: TestClient) -> None:
    page = client.get("/problems/RateLimited").text
    assert "`Retry-After`" in page
    assert "later" in page
    assert "would end the same way" not in page


def test_a_key_in_a_path_is_refused_as_one_in_a_query_is(client: TestClient) -> None:
    key = "hr_live_ab12cd34ef56_" + "S" * 43
    for address in (f"/v1/cases/{key}", f"/v1/cases?x={key}", f"/v1/cases?x={key.replace('_', '%5F')}"):
        found = client.get(address)
        assert (found.status_code, found.json()["code"]) == (400, "BadRequest"), address
    assert client.get("/v1/cases/hrc_" + "S" * 43).status_code == 400


def test_a_query_is_bounded_before_anybody_reads_it(client: TestClient) -> None:
    found = client.get("/v1/cases", params={"topic": "x" * 5_000})
    assert (found.status_code, found.json()["code"]) == (400, "BadRequest")
    assert "4,096 bytes" in found.json()["detail"]


def test_every_method_of_a_path_is_allowed(client: TestClient) -> None:
    found = client.put("/v1/cases", json={})
    assert (found.status_code, found.headers["allow"]) == (405, "GET, POST")


def test_release_refuses_fields_that_nobody_knows(client: TestClient) -> None:
    found = client.post(RELEASE, json={"reson": "typo"})
    assert (found.status_code, found.json()["errors"][0]["pointer"]) == (422, "/reson")


@pytest.mark.parametrize(
    ("content", "headers", "status", "words"),
    [
        (b'{"decision": "approve"}', {}, 422, "Content-Type: is missing. Send `Content-Type: application/json`"),
        (b'{"decision": "approve"}', {"content-type": "text/plain"}, 422, "Content-Type: is 'text/plain'."),
        (b'{"note": "\xff"}', JSON, 400, "UTF-8"),
        (b"[" * 100_000, JSON, 400, "nested too deeply"),
        (
            b'{"decision": "edit", "arguments": ' + b'{"a": ' * 900 + b"1" + b"}" * 901,
            JSON,
            422,
            "/arguments: is nested deeper than 64 levels",
        ),
    ],
    ids=["no kind", "another kind", "no UTF-8", "too deep to read", "too deep to take"],
)
def test_a_body_that_cannot_be_read_is_told_why(
    client: TestClient, content: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    found = client.post(DECIDE, content=content, headers={"if-match": '"a-1.1"', **headers})
    assert (found.status_code, words in found.json()["detail"]) == (status, True), found.text


@pytest.mark.parametrize(("token", "assignee", "queue"), [("backend", "ann", "q"), ("customer", None, None)])
def test_a_customer_does_not_see_who_works_on_the_case(
    client: TestClient, record: Raising, monkeypatch: pytest.MonkeyPatch, token: str, assignee: str | None, queue: str | None
) -> None:
    now = datetime.now(UTC)
    view = CaseView(
        case_id="c-1",
        customer_id="C-1",
        status=CaseStatus.WITH_HUMAN,
        opened_at=now,
        updated_at=now,
        assignee="ann",
        queue="q",
    )

    async def show(case_id: str) -> CaseView:
        return view

    async def page(wanted: object) -> CasePage:
        return CasePage(cases=[view], more=False)

    monkeypatch.setattr(record, "show", show)
    monkeypatch.setattr(record, "page", page, raising=False)
    headers = {"authorization": f"Bearer {token}"}
    one = client.get("/v1/cases/c-1", headers=headers).json()
    (listed,) = client.get("/v1/cases", headers=headers).json()["cases"]
    for found in (one, listed):
        assert (found["assignee"], found["queue"], found["status"]) == (assignee, queue, view.status)
    assert ("approvals" in one) == (token == "backend")
