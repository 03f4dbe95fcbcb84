"""What a call costs, in statements: counts that need no clock."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.support.costs import grouped, statements
from tests.support.house import House, wait_for
from tests.workflows.api.conftest import Backend, fresh
from tests.workflows.api.test_cases import opening

LOOKS = ("case_version", "show_case", "asked_of_case", "customer_of_case")
"""Statements that look at a case."""
BESIDE = ("claim_answer", "keep_answer", "standing_answer", "standing_case", "note_arrival", "keep_case_start")
"""Statements of ways that are not so short."""


async def test_a_case_that_is_not_waited_for_costs_two_statements_and_no_look(
    home: House, api: Backend, postgres_url: str, servers: Path
) -> None:
    first = await api.post("/v1/cases", json=await opening(home), headers={"idempotency-key": fresh()})
    assert first.status_code == httpx.codes.CREATED
    body, key = await opening(home), {"idempotency-key": fresh(), "prefer": "respond-async"}
    database = home.settings.database_url.get_secret_value().rpartition("/")[2]
    async with statements(postgres_url, database, servers / "postgres.log") as heard:
        answer = await api.post("/v1/cases", json=body, headers=key)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    case = answer.json()
    assert (case["status"], case["waits_for"], case["customer_id"]) == ("Working", "agent", body["customer_id"])
    counts = dict(grouped(heard))
    assert (counts.get("accept_case"), counts.get("case_begun")) == (1, 1)
    assert not [name for name in (*LOOKS, *BESIDE) if name in counts]
    assert not [one for one in heard if one.upper().startswith("BEGIN") and "READ ONLY" not in one.upper()]

    async def replied() -> bool:
        return bool((await api.get(answer.headers["location"])).json()["status"] == "Resolved")

    await wait_for(replied)
    again = await api.post("/v1/cases", json=body, headers=key)
    assert (again.status_code, again.content) == (answer.status_code, answer.content)
