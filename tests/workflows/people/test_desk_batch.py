"""Several at once at the desk: of one tool, under the policies' ceilings, each a decision of its own."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import yaml
from starlette.types import ASGIApp

from handrail.domain.access.principals import ApiScope
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from handrail.shop import business
from tests.support.deskside import OWN, AtDesk, at_desk, key_of, with_desk
from tests.support.house import House

FIELD = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')
GIVEN = re.compile(r"ann, refund_order: (\d+) in (\d+) batches")
BATCH = {"field": "refund_amount_usd", "unit": "USD", "each": 300, "sum": 500, "rows": 3}


def definitions(folder: Path, batch: dict[str, object] | None) -> Path:
    """The folder of a shop in which the policy about amounts has this ceiling."""
    shutil.copytree(business.folder, folder, dirs_exist_ok=True)
    file = folder / "policies/refund_amount.yaml"
    document = {name: one for name, one in yaml.safe_load(file.read_text()).items() if name != "batch"}
    file.write_text(yaml.safe_dump({**document, **({"batch": batch} if batch else {})}))
    return folder


async def desk_with(home: House, folder: Path, batch: dict[str, object] | None) -> ASGIApp:
    """The desk of such a shop."""
    return await with_desk(home, definitions=definitions(folder, batch))


async def held(home: House, over: int = 110, under: int = 160) -> CaseView:
    """A refund that waits for approval for its amount alone."""
    needs = {"status": "delivered", "refunded": False, "delivered_within_days": 25}
    order = await home.strangers_order(**needs, refundable_over=over, refundable_under=under)
    case = await home.open(order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD.")
    assert case.status == "AwaitingApproval", case
    return case


def name_of(case: CaseView) -> str:
    return f"{case.case_id}/{case.approvals[0].approval_id}/{case.approvals[0].revision}"


def amount_of(case: CaseView) -> float:
    return float(case.approvals[0].request.facts["refund_amount_usd"])


def address(*cases: CaseView) -> str:
    return "/desk/batch?" + urlencode([("tool", "refund_order"), *(("row", name_of(one)) for one in cases)])


async def approve(person: AtDesk, page: str, **changes: str) -> httpx.Response:
    """Send the form of the page."""
    form = page[page.index('<form method="post" action="/desk/batch"') :]
    fields = {name: unescape(value) for name, value in FIELD.findall(form[: form.index("</form>")])}
    return await person.post("/desk/batch", data={**fields, **changes})


async def given_by_ann(person: AtDesk) -> tuple[int, int]:
    """How many ann has approved with others, and in how many batches, as the owner's page counts them."""
    found = GIVEN.search(await person.look("/desk/owner"))
    return (int(found[1]), int(found[2])) if found else (0, 0)


async def test_each_is_shown_in_full_and_a_stale_one_is_refused_alone(home: House, tmp_path: Path) -> None:
    desk = await desk_with(home, tmp_path, BATCH)
    cases = [await held(home) for _ in range(3)]
    async with at_desk(desk, await key_of(home, "ann", *OWN, ApiScope.CONTROLS_READ)) as ann:
        rows, batches = await given_by_ann(ann)
        assert 'href="/desk/batch?tool=refund_order"' in await ann.look("/desk/")
        choosing = await ann.look("/desk/batch?tool=refund_order")
        assert all(name_of(one) in choosing for one in cases)
        page = await ann.look(address(*cases))
        for one in cases:
            assert all(str(part) in page for part in (one.case_id, one.customer_id, one.approvals[0].request.title))
            assert all(str(value) in page for value in one.approvals[0].request.arguments.values())
        total = sum(amount_of(one) for one in cases)
        assert f"Approve these 3: {total:g} USD" in page
        stale = cases[1].approvals[0]
        by_bob = DecisionInput(
            decision=DecisionKind.REJECT, approval_id=stale.approval_id, revision=stale.revision, reviewer="bob"
        )
        await home.cases.decide(cases[1].case_id, by_bob)
        sent = await approve(ann, page, note="all three looked at")
        assert (sent.status_code, sent.headers["location"].startswith("/desk/batch/")) == (303, True), sent.text
        done = await ann.look(sent.headers["location"])
        assert done.count("Approved.") == 2
        assert "was already rejected by bob" in done
        for one in (cases[0], cases[2]):
            ended = await home.until(one.case_id, lambda view: bool(view.effects))
            decision = ended.approvals[0].decision
            assert decision is not None
            assert (decision.reviewer, decision.note, decision.identity) == ("ann", "all three looked at", "verified")
        assert not (await home.settled(cases[1].case_id)).effects
        again = await approve(ann, page, note="all three looked at")
        assert again.headers["location"] == sent.headers["location"]
        assert await given_by_ann(ann) == (rows + 3, batches + 1)
    counted = "select seconds, amount::float from handrail.desk_batches where batch_id = %(b)s"
    ((seconds, amount),) = await home.rows(counted, b=sent.headers["location"].rpartition("/")[2])
    assert 0 < seconds < 120
    assert abs(amount - total) < 0.001


async def test_what_may_not_be_given_together_is_refused_as_a_whole(home: House, tmp_path: Path) -> None:
    desk = await desk_with(home, tmp_path, {**BATCH, "sum": 300})
    cases = [await held(home) for _ in range(3)]
    dear = await held(home, 310, 480)
    async with at_desk(desk, await key_of(home, "ann")) as ann:
        over = await ann.look(address(*cases))
        assert "several at once are for up to 3 and 300" in over
        assert "Approve these" not in over
        assert "up to 300 each" in await ann.look(address(cases[0], dear))
        assert "at least 2" in await ann.look(address(cases[0]))
        page = await ann.look(address(*cases[:2]))
        assert "Approve these 2" in page
        # What was not shown is never approved: the rows are sealed with the page.
        more = await approve(ann, page, rows=" ".join(name_of(one) for one in [*cases[:2], dear]))
        assert (more.status_code, "This form is not whole" in more.text) == (422, True)
    for one in (*cases, dear):
        assert (await home.cases.status(one.case_id)).approvals[0].status == "open"


async def test_without_a_ceiling_and_for_whom_may_not_decide_there_is_no_button(home: House, tmp_path: Path) -> None:
    bare, terms = tmp_path / "bare", tmp_path / "terms"
    cases = [await held(home, 130, 160) for _ in range(2)]
    async with at_desk(await desk_with(home, bare, None), await key_of(home, "ann")) as ann:
        assert "/desk/batch" not in await ann.look("/desk/")
        page = await ann.look(address(*cases))
        assert "no ceiling for several at once" in page
        assert "Approve these" not in page
    async with at_desk(await desk_with(home, terms, BATCH), await key_of(home, "trainee")) as trainee:
        page = await trainee.look(address(*cases))
        sent = await approve(trainee, page)
        done = await trainee.look(sent.headers["location"])
        assert done.count("the limit of trainee") == 2
    for one in cases:
        assert (await home.cases.status(one.case_id)).approvals[0].status == "open"
