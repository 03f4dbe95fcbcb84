"""An agent is no consenting customer: what it asks for waits until the human behind it has answered on the page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from handrail.domain.case.cases import CaseView
from handrail.domain.case.messages import PageAnswer
from handrail.temporal.cases.doorway import DoorwayClient
from handrail.temporal.connect import Unreachable
from tests.support.house import House
from tests.workflows.agents.conftest import Doors
from tests.workflows.api.conftest import Backend, fresh

WAITING = {"prefer": "wait=30"}


async def asked(home: House, agent: Backend) -> dict[str, Any]:
    """A case of an agent's that waits for the human behind it."""
    order = await home.strangers_order(status="paid", total_under=90)
    body = {"customer_id": order.customer_id, "text": f"Please cancel order {order.order_id}.", "channel": "chat"}
    opened = await agent.post("/v1/cases", json=body, headers={"idempotency-key": fresh(), **WAITING})
    assert opened.status_code == 201, opened.text
    case: dict[str, Any] = opened.json()
    assert (case["status"], case["waits_for"]) == ("AwaitingCustomer", "customer"), case
    return case


def page_of(case: dict[str, Any]) -> str:
    """The path of the link that the agent has to hand on."""
    return urlsplit(str(case["question"]["link"])).path


async def channel(home: House, case: dict[str, Any]) -> str:
    """The channel under which the record has the case."""
    ((found,),) = await home.rows("select channel from handrail.cases where case_id = %(c)s", c=case["case_id"])
    return str(found)


async def test_the_agents_yes_counts_for_nothing_and_the_humans_once(home: House, doors: Doors, agent: Backend) -> None:
    case = await asked(home, agent)
    path, case_id = page_of(case), str(case["case_id"])
    assert await channel(home, case) == "agent"
    assert "acts for shop" in str(case["reply"])
    shown = await doors.browser.get(path)
    assert shown.status_code == 200, shown.text
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert case["question"]["effects"][0].split()[0] in shown.text

    said = {"text": "Yes, I confirm.", "message_id": fresh("m")}
    again = (await agent.post(f"/v1/cases/{case_id}/messages", json=said, headers=WAITING)).json()
    assert (again["status"], page_of(again)) == ("AwaitingCustomer", path), again
    assert (await home.cases.status(case_id)).effects == []

    for answer in ("perhaps", "y" * 5_000):
        unclear = await doors.browser.post(path, data={"answer": answer})
        assert (unclear.status_code, unclear.headers["content-type"]) == (422, "text/html; charset=utf-8")
        assert unclear.text.count('name="answer"') == 2, "there is nothing to choose"
    head = await doors.browser.head(path)
    assert (head.status_code, head.content) == (200, b"")
    agreed = await doors.browser.post(path, data={"answer": "yes"})
    assert (agreed.status_code, agreed.headers["location"]) == (303, path), agreed.text
    done = await home.until(case_id, lambda view: bool(view.effects))
    assert [one.status for one in done.effects] == ["applied"]
    later = await doors.browser.post(path, data={"answer": "no"})
    assert "You agreed" in later.text, later.text
    assert [one.agreed for one in await answers(home, done)] == [True]


async def answers(home: House, view: CaseView) -> list[PageAnswer]:
    """What came in by the page, as the case holds it."""
    return [one.answer for one in await home.cases.transcript(view.case_id) if one.answer]


async def test_a_human_who_says_no_ends_it_and_forged_links_are_none(home: House, doors: Doors, agent: Backend) -> None:
    case = await asked(home, agent)
    path, case_id = page_of(case), str(case["case_id"])
    head, signature, rest = path.split(".", 2)
    forged = [
        f"{head[:-1]}{'0' if head.endswith('f') else 'f'}.{signature}.{rest}",
        f"{head}.{signature[::-1]}.{rest}",
        f"{head}.{signature}.c-another",
        "/confirm/",
        "/confirm/a.b.c",
        f"{head}.é.{rest}",
    ]
    for one in forged:
        assert (await doors.browser.get(one)).status_code == 404, one
        assert (await doors.browser.post(one, data={"answer": "yes"})).status_code == 404, one
    refused = await doors.browser.post(path, data={"answer": "no"}, follow_redirects=True)
    assert refused.status_code in (200, 410), refused.text
    view = await home.settled(case_id)
    assert view.effects == []
    assert [one.kind for one in view.asked[0].answers] == ["refused"]
    assert "You said no" in (await doors.browser.get(path, headers={"accept-language": "fr, en"})).text
    assert (await doors.browser.get(path, headers={"accept-language": "de"})).text.count("Nein") == 1


async def test_an_answer_that_nobody_took_in_time_may_be_looked_for_and_given_again(
    home: House, doors: Doors, agent: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await asked(home, agent)
    path = page_of(case)

    async def silent(*_: object, **__: object) -> None:
        raise Unreachable("No worker answers.")

    with monkeypatch.context() as patched:
        patched.setattr(DoorwayClient, "answer", silent)
        away = await doors.browser.post(path, data={"answer": "yes"})
    assert (away.status_code, int(away.headers["retry-after"]) > 0) == (503, True)
    assert "may not have been taken" in away.text, "nobody knows whether it was"
    assert f'<a href="{path}">Look again</a>' in away.text
    assert away.text.count('name="answer"') == 2
    assert (await doors.browser.post(path, data={"answer": "yes"})).status_code == 303
    await home.until(str(case["case_id"]), lambda view: bool(view.effects))


async def test_an_agent_speaks_in_no_case_that_a_human_began(home: House, doors: Doors, agent: Backend) -> None:
    order = await home.order(status="paid", total_under=90)
    case = await home.open(order.customer_id, f"Please cancel order {order.order_id}.")
    said = {"text": "Yes.", "message_id": fresh("m")}
    refused = await agent.post(f"/v1/cases/{case.case_id}/messages", json=said)
    assert (refused.status_code, refused.json()["code"]) == (409, "Refused"), refused.text
    assert (await home.cases.status(case.case_id)).effects == []
