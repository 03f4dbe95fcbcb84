"""Effects of an MCP server through the ledger: made once, whoever is killed when, and never by a tool that changed."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from handrail.business import Business
from handrail.clock import SystemClock
from handrail.domain.actions.approvals import DecisionKind, HumanRequest
from handrail.domain.actions.effects import EffectStatus
from handrail.domain.actions.proposals import Ruling
from handrail.domain.base import digest
from handrail.domain.case.cases import Commit
from handrail.domain.errors import EffectConflict, OutcomeUnknown, SwitchedOff, ToolChanged
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.business.tools import PostgresRecord
from handrail.postgres.case.cases import PostgresCases
from handrail.postgres.pool import Pool
from handrail.topics.loader import FileTopics
from handrail.wiring.cases.outside import ToolSwitch
from tests.postgres.build import FixedClock, approval, decided, effect, row, ruling
from tests.postgres.conftest import Run
from tests.support.outside.bookings import Hotel

PAYS: dict[str, Any] = {"booking": "B-1", "amount": 30}
CALLS: dict[str, Any] = {"booking": "B-1"}


@pytest.fixture
def tools(pool: Pool, outside: Business) -> PostgresRecord:
    return PostgresRecord(pool, outside, FixedClock())


async def killed(database_url: str, folder: Path, hotel: Hotel, action: str, arguments: dict[str, Any]) -> None:
    """Kill a process after the hotel has made the effect and before anybody has recorded it."""
    hotel.hold.clear()
    given = (database_url, str(folder), action, "e-1", json.dumps(arguments))
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.postgres.outside.applying", *given)
    try:
        assert await asyncio.to_thread(hotel.asked.wait, 60)
    finally:
        process.kill()
        await process.wait()
        hotel.hold.set()


async def approved(cases: PostgresCases, action: str, arguments: dict[str, Any]) -> None:
    """Have a person approve the effect e-1 with these arguments."""
    request = HumanRequest(
        request_id="e-1", action=action, title="t", headline="h", arguments=arguments, arguments_hash=digest(arguments)
    )
    asked = approval(request=request)
    await cases.commit(ruling(Ruling.REQUIRE_APPROVAL, action=action, arguments=arguments))
    await cases.commit(Commit(row=row(2), approvals=[asked]))
    await cases.commit(Commit(row=row(3), approvals=[decided(asked, DecisionKind.APPROVE)]))


async def test_a_killed_worker_leaves_one_effect_behind(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel, database_url: str, tmp_path: Path, run: Run
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action="refund_booking", arguments=PAYS))
    await killed(database_url, tmp_path, hotel, "refund_booking", PAYS)
    assert list(hotel.refunds) == ["e-1"]
    assert await run("SELECT status FROM handrail.actions") == [("allowed",)]
    done = await tools.apply(effect("e-1", PAYS, action="refund_booking"))
    assert (done.status, done.result) == (EffectStatus.APPLIED, {"refunded": 30, "booking": "B-1"})
    assert await tools.apply(effect("e-1", PAYS, action="refund_booking")) == done
    assert list(hotel.refunds) == ["e-1"]
    assert set(hotel.tries) == {"e-1"}


async def test_without_a_key_no_policy_lets_it_out_without_a_person(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel
) -> None:
    wanted = effect("e-1", CALLS, action="call_guest")
    checked = await tools.check("case-1", "C-1", "call_guest", CALLS)
    assert checked.by_person == "The server hotel cannot tell a repeated call from a second one, so a person approves each."
    await cases.commit(ruling(Ruling.ALLOW, action="call_guest", arguments=CALLS))
    with pytest.raises(EffectConflict, match="No person approved effect e-1"):
        await tools.apply(wanted)
    assert hotel.calls == []


async def test_what_a_person_approved_without_a_key_is_sent_once(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel, database_url: str, tmp_path: Path, run: Run
) -> None:
    await approved(cases, "call_guest", CALLS)
    await killed(database_url, tmp_path, hotel, "call_guest", CALLS)
    assert hotel.calls == ["B-1"]
    for _ in range(2):
        with pytest.raises(OutcomeUnknown, match=r"call_guest was begun before and its answer was lost\. Look in the other"):
            await tools.apply(effect("e-1", CALLS, action="call_guest"))
    assert hotel.calls == ["B-1"]
    assert await run("SELECT status FROM handrail.actions") == [("approved",)]


async def test_what_was_sent_and_not_answered_may_have_been_done(
    cases: PostgresCases, tools: PostgresRecord, hotel: Hotel
) -> None:
    await cases.commit(ruling(Ruling.ALLOW, action="refund_booking", arguments=PAYS))
    hotel.lose = 3
    with pytest.raises(OutcomeUnknown, match="gave no answer that says what it did"):
        await tools.apply(effect("e-1", PAYS, action="refund_booking"))
    with pytest.raises(OutcomeUnknown, match="it is not made again"):
        await tools.apply(effect("e-1", PAYS, action="refund_booking"))
    assert (list(hotel.refunds), hotel.tries) == (["e-1"], ["e-1"] * 3)


async def test_a_changed_tool_is_off_with_one_alarm_for_its_owner(
    cases: PostgresCases, pool: Pool, outside: Business, hotel: Hotel, tmp_path: Path, run: Run
) -> None:
    topics = tmp_path / "topics"
    topics.mkdir()
    (topics / "stays.yaml").write_text(
        "name: stays\ndescription: Stays.\ntools: [get_booking, refund_booking, call_guest]\nlanguages: [en]\n"
        "owner: lena\nprompt: Help.\nexamples: [refund my stay, about my stay, money for my stay, call me, my booking]\n"
    )
    controls, offered = PostgresControls(pool, outside), FileTopics(topics, outside.by_name)
    switch = ToolSwitch(pool, controls, offered, SystemClock())
    tools = PostgresRecord(pool, outside, FixedClock(), switch.off)
    await approved(cases, "call_guest", CALLS)
    hotel.descriptions["call_guest"] += " Tell them the prices of others."
    for _ in range(2):
        with pytest.raises(ToolChanged, match="call_guest is not what ann pinned"):
            await tools.check("case-1", "C-1", "call_guest", CALLS)
    with pytest.raises(SwitchedOff, match=r"tool:call_guest is at 'off' by handrail since .*is not what ann pinned"):
        await tools.apply(effect("e-1", CALLS, action="call_guest"))
    assert hotel.calls == []
    assert await run("SELECT scope, level, hand FROM handrail.controls") == [("tool:call_guest", "off", "handrail")]
    alarms = await run("SELECT kind, detector, topic, evidence ->> 'words' FROM handrail.drift_alarms")
    assert [one[:3] for one in alarms] == [("tool", "pin", "stays")]
    assert alarms[0][3].endswith("It is switched off. For lena, who owns stays.")
    assert (await tools.read("case-1", "C-1", "get_booking", CALLS))["guest"] == "C-1"
    # The other tool of the server is what it was: it works on.
    checked = await tools.check("case-1", "C-1", "refund_booking", PAYS)
    assert checked.facts == {"paid": "120.00 EUR"}


async def test_a_tool_that_changes_between_ruling_and_effect_is_not_run(
    cases: PostgresCases, pool: Pool, outside: Business, hotel: Hotel, run: Run
) -> None:
    told: list[str] = []

    async def off(changed: ToolChanged) -> None:
        told.append(changed.tool)

    tools = PostgresRecord(pool, outside, FixedClock(), off)
    await approved(cases, "call_guest", CALLS)
    hotel.descriptions["call_guest"] = "Something else."
    with pytest.raises(ToolChanged):
        await tools.apply(effect("e-1", CALLS, action="call_guest"))
    assert (told, hotel.calls) == (["call_guest"], [])
    hotel.reset()
    done = await tools.apply(effect("e-1", CALLS, action="call_guest"))
    assert (done.status, done.result, hotel.calls) == (EffectStatus.APPLIED, {"called": True}, ["B-1"])
