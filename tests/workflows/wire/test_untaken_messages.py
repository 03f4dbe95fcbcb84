"""A message that its case cannot take by signal is lost to nobody: it waits for somebody, with the starts that are no case."""

from __future__ import annotations

import asyncio

import pytest

from handrail.domain.case.cases import CaseStatus, Commit
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.case.openings import PostgresOpenings, RefusedOpening
from tests.support.house import House, wait_for
from tests.support.odd import answered_case
from tests.support.raw import Wire, healthy, plain

LATE = {"message_id": "m-late", "text": "And where is my other parcel?"}


async def untaken(home: House, case_id: str) -> list[RefusedOpening]:
    return [one for one in await PostgresOpenings(home.pool).refused(1_000) if one.workflow_id == f"case-{case_id}"]


async def closed(home: House, case_id: str) -> None:
    result = await asyncio.wait_for(home.temporal.get_workflow_handle(f"case-{case_id}").result(), 60)
    assert result["status"] == "Closed"


class Closing:
    """The record, which does not hear that a case is closed until it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.go = asyncio.Event(), asyncio.Event()
        commit = PostgresCases.commit

        async def held(cases: PostgresCases, wanted: Commit) -> None:
            if wanted.row.status is CaseStatus.CLOSED:
                self.reached.set()
                await self.go.wait()
            await commit(cases, wanted)

        monkeypatch.setattr(PostgresCases, "commit", held)


async def test_a_message_that_comes_while_the_case_ends_waits_for_somebody(
    home: House, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _ = await answered_case(home)
    await home.cases.say(case.case_id, "Thanks!", message_id="m-thanks")
    await home.settled(case.case_id)
    closing = Closing(monkeypatch)
    await wire.signal(case.case_id, "close_case")
    await asyncio.wait_for(closing.reached.wait(), 60)
    for message in (LATE, LATE, {**LATE, "message_id": "m-later"}, {"message_id": "m-thanks", "text": "Thanks!"}):
        await wire.signal(case.case_id, "message", plain(message))
    await wait_for(lambda: _both(home, case.case_id))
    closing.go.set()
    await closed(home, case.case_id)
    found = await untaken(home, case.case_id)
    assert ['"m-late"' in one.input for one in found] == [True, False], "each once, and none that was taken before"
    assert all("And where is my other parcel?" in one.input for one in found)
    assert found[0].words == "A message came that the case could not take: the case is closed; open a new one."
    (settled, _) = await PostgresOpenings(home.pool).settle(f"case-{case.case_id}", "bea", case.opened_at)
    assert settled in found
    assert await untaken(home, case.case_id) == []
    await healthy(home, case.case_id)


async def _both(home: House, case_id: str) -> bool:
    return len(await untaken(home, case_id)) == 2


async def test_what_a_case_does_not_take_any_more_waits_for_somebody(
    home: House, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _ = await answered_case(home)
    monkeypatch.setattr("workflows.memory.transcript.MESSAGES_TAKEN", 1)
    await wire.signal(case.case_id, "message", plain(LATE))
    (one,) = await wait_for(lambda: untaken(home, case.case_id))
    assert LATE["text"] in one.input
    assert "Open a new case." in one.words
    monkeypatch.undo()
    await wire.signal(case.case_id, "message", plain(LATE))

    async def taken() -> bool:
        return LATE["text"] in [said.text for said in await home.world.cases.transcript(case.case_id)]

    await wait_for(taken)
    await healthy(home, case.case_id)


async def test_other_words_under_a_known_id_wait_for_somebody(home: House, wire: Wire) -> None:
    case, _ = await answered_case(home)
    await home.cases.say(case.case_id, "Thanks!", message_id="m-1")
    await wire.signal(case.case_id, "message", plain({**LATE, "message_id": "m-1"}))
    (one,) = await wait_for(lambda: untaken(home, case.case_id))
    assert "'m-1' was sent before with other text" in one.words
    await healthy(home, case.case_id)
