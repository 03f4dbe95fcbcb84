"""Very many and very long messages, and what the command line refuses."""

from __future__ import annotations

import asyncio

from handrail.domain.actions.approvals import ApprovalStatus, DecisionInput, DecisionKind
from tests.support.commands import command
from tests.support.house import House, wait_for
from tests.support.odd import still_decides, waiting, with_person
from tests.support.raw import Wire, healthy, histories, plain


async def newest_input(home: House, case_id: str) -> int:
    """Bytes with which the newest run began."""
    events = (await histories(home, f"case-{case_id}"))[0]
    return sum(len(one.data) for one in events[0].workflow_execution_started_event_attributes.input.payloads)


async def test_a_case_lives_through_500_messages_and_300_signals(home: House, wire: Wire) -> None:
    case = await with_person(home)
    gate = asyncio.Semaphore(8)

    async def say(number: int) -> None:
        async with gate:
            await home.cases.say(case.case_id, f"Are you there? {number}", message_id=f"m-{number}")

    await asyncio.gather(*(say(number) for number in range(500)))
    for number in range(300):
        await wire.signal(case.case_id, "message" if number % 2 else "approve", plain(f"Hello? {number}"))
    kept = "select count(*) from handrail.messages where case_id = %(c)s and author = 'customer'"

    async def recorded() -> bool:
        return await home.rows(kept, c=case.case_id) == [(651,)]

    await wait_for(recorded)
    await home.cases.hand_back(case.case_id, "bea", "Nothing more to do.", topic="order_status")
    await home.until(case.case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert await newest_input(home, case.case_id) < 500_000
    await healthy(home, case.case_id)


async def test_a_waiting_case_takes_long_messages_and_parks_small(home: House, wire: Wire) -> None:
    """None is refused and none is lost: the record has them all, and the case carries the newest."""
    case = await waiting(home)
    for number in range(50):
        await home.cases.say(case.case_id, "é" * 7_990 + f" {number}", message_id=f"m-{number}")
    for number in range(30):
        await wire.signal(case.case_id, "message", plain("é" * 7_990 + f" and {number}"))
    count = "select count(*) from handrail.messages where case_id = %(c)s and author = 'customer'"

    async def recorded() -> bool:
        return await home.rows(count, c=case.case_id) == [(81,)]

    await wait_for(recorded, 60)
    taken = [one.message_id for one in await home.cases.transcript(case.case_id)]
    assert len(taken) > 5
    case = await home.until(case.case_id, lambda view: view.approvals[0].status is ApprovalStatus.OPEN)
    wanted = DecisionInput(decision=DecisionKind.REJECT, approval_id=case.approvals[0].approval_id, reviewer="ann")
    await home.cases.decide(case.case_id, wanted)
    after = await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    assert after.effects == []
    assert await newest_input(home, case.case_id) < 1_500_000
    await healthy(home, case.case_id)


async def test_the_command_line_refuses_with_a_code_and_words(home: House) -> None:
    case = await waiting(home)
    opened = ("case", "open", "--customer", case.customer_id)
    decided = ("decide", case.case_id, "reject", "--reviewer", "ann")
    calls: list[tuple[tuple[str | bytes, ...], int, str]] = [
        ((*opened, "--message", ""), 3, "text: is empty"),
        ((*opened, "--message", "\u200b\u202e"), 3, "text: is empty"),
        ((*opened, "--message", "a" * 8_001), 3, "text: has 8,001 characters"),
        ((*opened, "--message", b"caf\xe9"), 3, "text"),
        ((*opened, "--message", "\x1b[1m"), 3, "text: holds the character U+001B"),
        ((*opened, "--message", "Else", "--case-id", case.case_id), 5, "case_id: "),
        ((*opened, "--message", "Hi", "--case-id", "a b"), 3, "case_id: "),
        (("case", "say", "no-such-case", "--message", "Hi"), 4, "no-such-case"),
        (("case", "say", case.case_id, "--message", "Hi", "--message-id", "a b"), 3, "message_id: "),
        ((*decided, "--approval", "nothing"), 3, "approval_id: 'nothing' is not known here"),
        ((*decided, "--revision", "99"), 3, "revision: 99"),
        (("decide", case.case_id, "edit", "--reviewer", "ann", "--set", "amount=NaN"), 3, "amount"),
        (("decide", case.case_id, "edit", "--reviewer", "ann", "--set", "colour=red"), 3, "arguments: colour"),
        (("decide", case.case_id, "approve", "--reviewer", " "), 3, "reviewer: is empty"),
        (("claim", case.case_id, "--reviewer", "ann"), 3, "WithHuman"),
    ]
    for batch in (calls[at : at + 3] for at in range(0, len(calls), 3)):
        for (arguments, code, words), (given, document) in zip(
            batch, await asyncio.gather(*(command(home, *one[0]) for one in batch)), strict=True
        ):
            assert given == code, (arguments, document)
            assert words in document["error"]["message"], (arguments, document)
    await still_decides(home, case)
