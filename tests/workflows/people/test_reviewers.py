"""Who may decide, on a real server: nothing that the wrong person sends has an effect, and everything says why."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.client import Client, WorkflowUpdateFailedError

from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.cases import CaseView, Commit
from handrail.domain.errors import ApprovalRefused
from handrail.embedded.temporal import Temporal
from handrail.postgres.case.cases import PostgresCases
from handrail.shop import business
from handrail.temporal.connect import connect
from tests.support.commands import command
from tests.support.house import House, house, wait_for
from tests.support.raw import fresh_order
from tests.workflows.conftest import ScriptedModel
from tests.workflows.test_paths import ENDED, HELD, decision, refunds

ROSTER: dict[str, Any] = {
    "version": 1,
    "roles": {"support": {"limits": {"refund_amount_usd": 500}}, "specialist": {}, "manager": {}},
    "people": [
        {"name": "ann", "identities": ["ann@corp"], "roles": ["support"]},
        {"name": "bob", "roles": ["support"]},
        {"name": "bea", "identities": ["bea@corp"], "roles": ["specialist"]},
        {"name": "low", "identities": ["low@corp"], "roles": ["support"], "limits": {"refund_amount_usd": 50}},
        {"name": "eve", "roles": ["warehouse"]},
    ],
}
ROSTER["roles"]["warehouse"] = {}


@dataclass(frozen=True)
class Desk:
    """A house whose reviewers and policies a test may change."""

    home: House
    folder: Path

    def roster(self, **changes: Any) -> None:
        (self.folder / "reviewers.yaml").write_text(yaml.safe_dump({**ROSTER, **changes}))

    def demand(self, **demands: Any) -> None:
        """What the rule that holds a refund demands."""
        file = self.folder / "policies" / "refund_amount.yaml"
        policy = yaml.safe_load((business.folder / "policies" / "refund_amount.yaml").read_text())
        policy["rules"]["rules"][0] |= demands
        file.write_text(yaml.safe_dump(policy))

    async def held(self) -> CaseView:
        order = await fresh_order(self.home, **HELD)
        case = await self.home.open(
            order.customer_id, f"Please refund order {order.order_id}, that is {order.refundable} USD."
        )
        assert case.status == "AwaitingApproval", case
        return case

    async def ended(self, case: CaseView) -> CaseView:
        return await self.home.until(case.case_id, lambda view: view.status in ENDED)

    async def decide(self, case: CaseView, by: str, kind: DecisionKind = DecisionKind.APPROVE, **fields: Any) -> Any:
        return await self.home.cases.decide(case.case_id, decision(case, kind, reviewer=by, **fields))

    async def open_now(self, case: CaseView, revision: int) -> CaseView:
        """The case once exactly this revision is open."""

        def fits(view: CaseView) -> bool:
            return [one.revision for one in view.approvals if one.status == "open"] == [revision]

        return await self.home.until(case.case_id, fits)

    async def click(self, address: str, who: str, case: CaseView, entry: int = 0) -> None:
        client = await connect(address, identity=who)
        await client.get_workflow_handle(f"case-{case.case_id}").signal(case.approvals[0].update_names[entry])

    async def nothing_happened(self, case: CaseView) -> None:
        async def held() -> bool:
            statuses = [row[1] for row in await refunds(self.home, case.case_id)]
            assert "applied" not in statuses
            return statuses == ["held"]

        await wait_for(held)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("definitions")
    shutil.copytree(business.folder, where, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__", "sql"))
    return where


@pytest.fixture(scope="module")
async def offices(
    temporal_client: Client, shop_url: str, scripted_model: ScriptedModel, folder: Path
) -> AsyncIterator[dict[bool, Desk]]:
    """One behind a proxy that stamps identities, and one where names are only given."""
    Desk(None, folder).roster()  # type: ignore[arg-type]
    async with (
        house(temporal_client, shop_url, scripted_model.root, definitions=folder) as given,
        house(temporal_client, shop_url, scripted_model.root, definitions=folder, trusted_identity=True) as stamped,
    ):
        yield {False: Desk(given, folder), True: Desk(stamped, folder)}


@pytest.fixture
def desk(offices: dict[bool, Desk]) -> Desk:
    offices[False].roster()
    offices[False].demand()
    return offices[False]


@pytest.fixture
def stamped(offices: dict[bool, Desk]) -> Desk:
    offices[True].roster()
    offices[True].demand()
    return offices[True]


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("mallory", r"'mallory' is not named in reviewers\.yaml\. Who may: ann, bob, bea\."),
        ("low", r"refund_amount_usd is [\d.]+, above 50, the limit of low\. Who may: ann, bob, bea\."),
        ("eve", r"eve is warehouse; this takes support or higher\. Who may: ann, bob, bea\."),
    ],
)
@pytest.mark.parametrize("kind", [DecisionKind.APPROVE, DecisionKind.REJECT])
async def test_whoever_may_not_settles_nothing(desk: Desk, by: str, words: str, kind: DecisionKind) -> None:
    case = await desk.held()
    with pytest.raises(ApprovalRefused, match=words):
        await desk.decide(case, by, kind)
    now = await desk.home.cases.status(case.case_id)
    assert (now.status, now.approvals[0].status, now.approvals[0].revision) == ("AwaitingApproval", "open", 1)
    await desk.decide(case, "ann")
    case = await desk.ended(case)
    assert [row[1:] for row in await refunds(desk.home, case.case_id)] == [("applied", "ann")]
    told = await desk.home.rows(
        "select actor, action, details ->> 'refused' is not null from handrail.audit"
        " where case_id = %(c)s and action ~ '^(refused|decision):' order by at",
        c=case.case_id,
    )
    assert told == [(by, f"refused:{kind}", True), ("ann", "decision:approve", False)]


async def test_a_click_that_may_not_is_asked_again_under_new_names(stamped: Desk, temporal_server: Temporal) -> None:
    case = await stamped.held()
    first = case.approvals[0]
    await stamped.click(temporal_server.address, "low@corp", case)
    case = await stamped.open_now(case, 2)
    assert case.notice is not None
    assert "‘approve’ by low does not count" in case.notice
    assert "above 50" in case.notice
    assert not set(case.approvals[0].update_names) & set(first.update_names)
    await stamped.nothing_happened(case)
    await stamped.click(temporal_server.address, "mallory@corp", case, entry=1)
    case = await stamped.open_now(case, 3)
    await stamped.click(temporal_server.address, "ann@corp", case)
    case = await stamped.ended(case)
    assert [row[1:] for row in await refunds(stamped.home, case.case_id)] == [("applied", "ann")]
    decided = case.approvals[0].decision
    assert decided is not None
    assert (decided.reviewer, decided.identity, decided.sender) == ("ann", "verified", "ann@corp")


async def test_a_typed_name_is_not_believed_where_the_sender_is_known(stamped: Desk, temporal_server: Temporal) -> None:
    case = await stamped.held()
    seen = {"approval_id": case.approvals[0].approval_id, "revision": 1, "reviewer": "ann"}
    client = await connect(temporal_server.address, identity="low@corp")
    handle = client.get_workflow_handle(f"case-{case.case_id}")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("decide", {"decision": "approve", **seen})
    assert "the limit of low" in str(refused.value.cause)
    await handle.signal("approve", seen)
    case = await stamped.open_now(case, 2)
    await stamped.nothing_happened(case)


async def test_two_people_approve_and_the_first_is_shown(desk: Desk) -> None:
    desk.demand(quorum=2)
    case = await desk.held()
    assert case.approvals[0].request.quorum == 2
    first = await desk.decide(case, "ann")
    assert (first.status, [one.reviewer for one in first.yes]) == ("open", ["ann"])
    assert (
        await desk.home.cases.status(case.case_id)
    ).notice == "Approved, 1 of 2, by ann. It needs another person's approval."
    await desk.nothing_happened(case)
    with pytest.raises(ApprovalRefused, match=r"ann has approved this already \(1 of 2, by ann\)"):
        await desk.decide(case, "Ann")
    await desk.nothing_happened(case)
    await desk.decide(case, "bob")
    case = await desk.ended(case)
    assert [row[1:] for row in await refunds(desk.home, case.case_id)] == [("applied", "ann, bob")]


async def test_any_reject_ends_it_also_after_a_yes(desk: Desk) -> None:
    desk.demand(quorum=2)
    case = await desk.held()
    await desk.decide(case, "ann")
    assert (await desk.decide(case, "bob", DecisionKind.REJECT)).status == "rejected"
    case = await desk.home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    assert [row[1] for row in await refunds(desk.home, case.case_id)] == ["rejected"]


async def test_two_clicks_under_one_identity_are_one_person(stamped: Desk, temporal_server: Temporal) -> None:
    stamped.demand(quorum=2)
    case = await stamped.held()
    for _ in range(2):
        await stamped.click(temporal_server.address, "ann@corp", case)
    case = await stamped.open_now(case, 2)
    assert [one.reviewer for one in case.approvals[0].yes] == ["ann"]
    await stamped.nothing_happened(case)
    await stamped.click(temporal_server.address, "bea@corp", case)
    case = await stamped.ended(case)
    assert [row[1:] for row in await refunds(stamped.home, case.case_id)] == [("applied", "ann, bea")]


async def test_two_click_at_one_moment_and_both_count(stamped: Desk, temporal_server: Temporal) -> None:
    stamped.demand(quorum=2)
    case = await stamped.held()
    for who in ("ann@corp", "bea@corp"):
        await stamped.click(temporal_server.address, who, case)
    case = await stamped.ended(case)
    assert [row[1] for row in await refunds(stamped.home, case.case_id)] == ["applied"]


async def test_an_editor_does_not_approve_the_edit_where_two_are_asked(desk: Desk) -> None:
    desk.demand(quorum=2)
    case = await desk.held()
    await desk.decide(case, "ann")
    revised = await desk.decide(case, "bob", DecisionKind.EDIT, arguments={"amount": "101.00"})
    assert revised.status == "revised"
    case = await desk.open_now(case, 2)
    asked = case.approvals[0]
    assert (asked.request.arguments["amount"], asked.yes, asked.request.proposed_by) == (101.0, [], ["bob"])
    with pytest.raises(ApprovalRefused, match="bob asked for this, and nobody approves what they proposed"):
        await desk.decide(case, "bob")
    await desk.nothing_happened(case)
    await desk.decide(case, "ann")
    await desk.decide(case, "bea")
    case = await desk.ended(case)
    assert [one.arguments["amount"] for one in case.effects] == [101.0]


async def test_nobody_approves_their_own_edit_where_the_file_says_so(desk: Desk) -> None:
    desk.roster(no_self_approval=True)
    case = await desk.held()
    assert (await desk.decide(case, "ann", DecisionKind.EDIT, arguments={"amount": "101.00"})).status == "revised"
    case = await desk.open_now(case, 2)
    with pytest.raises(ApprovalRefused, match="ann asked for this"):
        await desk.decide(case, "ann")
    await desk.decide(case, "bob")
    assert [one.arguments["amount"] for one in (await desk.ended(case)).effects] == [101.0]


@pytest.mark.parametrize("why", ["quorum", "no_self_approval"])
async def test_an_edit_below_every_rule_still_takes_somebody_else(desk: Desk, why: str) -> None:
    if why == "quorum":
        desk.demand(quorum=2)
    else:
        desk.roster(no_self_approval=True)
    case = await desk.held()
    assert (await desk.decide(case, "ann", DecisionKind.EDIT, arguments={"amount": "40.00"})).status == "revised"
    case = await desk.open_now(case, 2)
    asked = case.approvals[0].request
    assert (asked.arguments["amount"], asked.proposed_by, asked.quorum) == (40.0, ["ann"], 1)
    assert "ann changed it, so somebody else has to approve it." in asked.reasons
    with pytest.raises(ApprovalRefused, match="ann asked for this, and nobody approves what they proposed"):
        await desk.decide(case, "ann")
    await desk.nothing_happened(case)
    await desk.decide(case, "bob")
    case = await desk.ended(case)
    assert [one.arguments["amount"] for one in case.effects] == [40.0]
    assert [row[1:] for row in await refunds(desk.home, case.case_id)] == [("applied", "bob")]


async def test_an_edit_beyond_a_rule_is_ruled_on_again(desk: Desk) -> None:
    order = await fresh_order(desk.home, status="delivered", refunded=False, refundable_over=600)
    case = await desk.home.open(order.customer_id, f"Please refund 120.00 USD of my order {order.order_id}, two items broke.")
    assert case.status == "AwaitingApproval", case
    await desk.decide(case, "bea", DecisionKind.EDIT, arguments={"amount": "501.00"})
    case = await desk.home.until(case.case_id, lambda view: view.status == "WithHuman")
    assert (case.reason, case.effects) == ("policy_block", [])


@pytest.mark.parametrize("change", ["role", "rule"])
async def test_what_was_withdrawn_between_yes_and_deed_is_asked_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    case = await desk.held()
    written = PostgresCases.commit

    async def meanwhile(self: PostgresCases, commit: Commit) -> None:
        # The approval is recorded between the yes and the deed: the moment at which the world has moved on.
        if any(one.status == "approved" for one in commit.approvals):
            desk.roster(
                people=[one for one in ROSTER["people"] if one["name"] != "ann"] if change == "role" else ROSTER["people"]
            )
            desk.demand(**({"quorum": 2} if change == "rule" else {}))
        await written(self, commit)

    monkeypatch.setattr(PostgresCases, "commit", meanwhile)
    await desk.decide(case, "ann")
    case = await desk.open_now(case, 2)
    await desk.nothing_happened(case)
    reasons = " ".join(case.approvals[0].request.reasons)
    assert ("does not count any more" if change == "role" else "ask for more by now") in reasons


async def test_several_are_decided_as_they_were_shown_and_the_audit_holds_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HANDRAIL_DEFINITIONS", str(desk.folder))
    both = await asyncio.gather(desk.held(), desk.held())
    first, second = sorted(both, key=lambda case: (case.approvals[0].due_at, case.case_id))
    these = ("--case", first.case_id, "--case", second.case_id)

    async def cli(*words: str) -> tuple[int, Any]:
        return await command(desk.home, *words)

    listing = ("approvals", "list", "--mine", *these, "--reviewer")
    (_, anns), (_, lows) = await asyncio.gather(cli(*listing, "ann"), cli(*listing, "low"))
    assert {one["case_id"] for one in anns} == {first.case_id, second.case_id}
    assert lows == {"error": ""}, "an empty list"
    decide = ("approvals", "decide", "approve", "--yes", *these, "--reviewer")
    code, found = await cli(*decide, "ann", "--limit", "1")
    assert (code, [(one["case_id"], one["ok"], one["status"]) for one in found]) == (0, [(first.case_id, True, "approved")])
    await desk.ended(first)
    assert (await desk.home.cases.status(second.case_id)).status == "AwaitingApproval"

    out = tmp_path / "audit.jsonl"
    export = ("audit", "export", "--out", str(out), "--case", first.case_id, "--with-history")
    (_, report), (code, _) = await asyncio.gather(cli("audit", "verify"), cli(*export))
    assert (code, report["ok"], report["broken"]) == (0, True, None)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    (decided,) = [one for one in lines if one.get("action") == "decision:approve"]
    assert decided["details"]["update_id"] == decided["history"][0]["update_id"]
    assert (decided["actor"], decided["history"][0]["identity"], decided["details"]["identity"]) == (
        "ann",
        "ann",
        "self-declared",
    )
    out.write_text(out.read_text().replace('"actor": "ann"', '"actor": "eve"'))
    code, report = await cli("audit", "verify", "--file", str(out))
    assert (code, report["ok"], report["broken"]["problem"]) == (
        5,
        False,
        "the entry or its link was changed; its hash is another",
    )
