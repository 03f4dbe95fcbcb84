"""Several approvals at once by command: under the policies' ceilings or none at all, and of each what became of it."""

from __future__ import annotations

from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.cases import CaseView
from tests.support.commands import command
from tests.support.house import House
from tests.workflows.people.test_desk_batch import held, name_of

COMMAND = ("approve-together", "--reviewer", "ann", "--yes")


async def small(home: House, count: int) -> list[CaseView]:
    return [await held(home, 105, 148) for _ in range(count)]


async def test_each_is_approved_as_it_was_seen_and_a_refused_one_is_told(home: House) -> None:
    cases = await small(home, 3)
    stale = cases[1].approvals[0]
    by_bob = DecisionInput(
        decision=DecisionKind.REJECT, approval_id=stale.approval_id, revision=stale.revision, reviewer="bob"
    )
    await home.cases.decide(cases[1].case_id, by_bob)
    code, found = await command(home, *COMMAND, *(name_of(one) for one in cases), "--note", "looked at")
    assert (code, found["taken"], found["refused"], found["unit"]) == (3, 2, 1, "USD"), found
    assert [one["case_id"] for one in found["items"]] == [one.case_id for one in cases]
    assert [one["status"] for one in found["items"]] == ["approved", None, "approved"]
    assert (found["items"][1]["code"], "bob" in found["items"][1]["detail"]) == ("ApprovalRefused", True)
    for one in (cases[0], cases[2]):
        decision = (await home.until(one.case_id, lambda view: bool(view.effects))).approvals[0].decision
        assert decision is not None
        assert (decision.reviewer, decision.note) == ("ann", "looked at")
    assert not (await home.settled(cases[1].case_id)).effects
    kept = await home.rows("select person, seconds from handrail.desk_batches where batch_id = %(b)s", b=found["batch_id"])
    assert kept == [("ann", None)]


async def test_what_may_not_be_given_together_is_refused_as_a_whole(home: House) -> None:
    one, two = await small(home, 2)
    dear = await held(home, 160, 480)
    unknown = f"{two.case_id}/{two.approvals[0].approval_id}/77"
    for names, kind, words in (
        ([name_of(one)], "ApprovalRefused", "at least 2"),
        ([name_of(one), name_of(one)], "InvalidInput", "is there twice"),
        ([name_of(one), unknown], "UnknownApproval", "Nothing was decided"),
        ([name_of(one), two.case_id], "InvalidInput", "CASE/APPROVAL/REVISION"),
        ([name_of(one), name_of(dear)], "ApprovalRefused", "up to 150 each"),
    ):
        code, found = await command(home, *COMMAND, *names)
        assert (code, found["error"]["type"]) == (3, kind), found
        assert words in found["error"]["message"]
    code, found = await command(home, "approve-together", "--reviewer", "ann", name_of(one), name_of(two))
    assert (code, "--yes" in found["error"]["message"]) == (3, True)
    for case in (one, two, dear):
        assert (await home.cases.status(case.case_id)).status == "AwaitingApproval"
