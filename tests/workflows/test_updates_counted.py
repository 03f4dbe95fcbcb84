"""Updates that change nothing come again and again: the case goes on in a fresh run ahead of the server's bound on them."""

from __future__ import annotations

from tests.support.house import House, quiet, wait_for
from tests.workflows.people.test_desk import with_a_person


async def run_of(home: House, case_id: str) -> str:
    return str((await home.temporal.get_workflow_handle(f"case-{case_id}").describe()).run_id)


async def test_a_case_that_waits_for_nothing_but_a_person_goes_on_in_a_fresh_run(home: House, short_runs: None) -> None:
    case = await with_a_person(home)
    await home.cases.claim(case.case_id, "ann")
    await home.cases.reply(case.case_id, "ann", "I am looking into it.", message_id="r-1")
    await home.cases.say(case.case_id, "Thank you.", message_id="m-2")
    await home.cases.reply(case.case_id, "ann", "Done.", message_id="r-2")
    assert (await home.until(case.case_id, lambda view: view.due_at is None)).status == "WithHuman"
    await wait_for(lambda: quiet(home.temporal, case.case_id))
    before = await run_of(home, case.case_id)
    for _ in range(4):
        assert (await home.cases.say(case.case_id, "Thank you.", message_id="m-2")).duplicate

    async def goes_on() -> bool:
        return await run_of(home, case.case_id) != before

    await wait_for(goes_on)
    assert (await home.cases.reply(case.case_id, "ann", "Done.", message_id="r-2")).duplicate
    assert (await home.cases.resolve(case.case_id, "ann")).status == "Resolved"
