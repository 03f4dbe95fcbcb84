"""What a reviewer may change, and what may not have changed behind the reviewer's back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from activities.people import PeopleActivities
from handrail.domain.actions.approvals import Approval, Attempt, Decision, DecisionKind, HumanRequest, Identity, Permit, Source
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.base import digest
from handrail.domain.errors import ApprovalRefused, InvalidInput
from handrail.domain.team.reviewers import ReviewerEntry, Reviewers, Role
from handrail.domain.team.reviewers import ReviewerFile as Sheet
from handrail.domain.text.reply.replies import LONGEST
from handrail.postgres.business.tools import CheckedProposal, PostgresRecord
from handrail.shop import business
from tests.support.fakes import FakeControls, FakeTopics, Silent

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERYBODY = Reviewers()
ASKED = {"order_id": "O-10021", "amount": 120.0, "reason": "late", "refunded_before": 0.0}


class Shop:
    """The shop's real tools; `pins` is what its preview finds now."""

    def __init__(self, **pins: Any) -> None:
        self.pins = pins
        self.specs = PostgresRecord(cast(Any, None), business, cast(Any, None)).specs

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> CheckedProposal:
        normal = business.by_name[tool].arguments.model_validate(arguments).model_dump(mode="json")
        return CheckedProposal({**normal, **self.pins}, tool, tool, facts={"refund_amount_usd": normal["amount"]})


class Unknown:
    """Nothing is known of who sent it."""

    async def of_event(self, source: Source, decision: Decision) -> tuple[str, Identity]:
        return "", Identity.SELF_DECLARED


class Roster:
    """Reviewers as they are now; everybody, where nothing is said."""

    def __init__(self, reviewers: Reviewers) -> None:
        self._reviewers = reviewers

    def now(self) -> Reviewers:
        return self._reviewers


async def attempted(
    changes: dict[str, Any], *, action: str = "refund_order", reviewers: Reviewers = EVERYBODY, **pins: Any
) -> Permit:
    """What comes of the edit of `ASKED`, or of a reply."""
    shop = cast(Any, Shop(**{"refunded_before": 0.0, **pins}))
    people = PeopleActivities(shop, Unknown(), Roster(reviewers), FakeControls(), FakeTopics([]), Silent())
    asked: dict[str, Any] = {"text": "All is wel."} if action == SEND_REPLY else ASKED
    request = HumanRequest(request_id="a1", action=action, title="Refund", headline="refund", arguments=asked)
    approval = Approval(approval_id="a1", case_id="c-1", revision=1, request=request, opened_at=NOW, due_at=NOW)
    edit = Decision(
        approval_id="a1",
        revision=1,
        decision=DecisionKind.EDIT,
        arguments={**asked, **changes},
        reviewer="ann",
        decided_at=NOW,
    )
    source = Source(workflow_id="case-c-1", run_id="r", update_id="u")
    attempt = Attempt(
        case_id="c-1", customer_id="C-1", approval=approval, decision=edit, changed=sorted(changes), source=source
    )
    return await people.permit(attempt)


async def edited(changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The arguments that the edit comes to."""
    permit = await attempted(changes, **more)
    assert permit.refused is None
    assert permit.decision.arguments_hash == digest(permit.decision.arguments)
    return permit.decision.arguments


async def test_the_limit_is_over_what_the_edit_makes_of_it() -> None:
    limited = Reviewers(
        Sheet(
            roles={"support": Role(limits={"refund_amount_usd": Decimal(110)})},
            people=[ReviewerEntry(name="ann", roles=["support"])],
        )
    )
    assert (await attempted({"amount": 110}, reviewers=limited)).refused is None
    above = await attempted({"amount": 111}, reviewers=limited)
    assert (
        above.refused == "reviewer: refund_amount_usd is 111.0, above 110, the limit of ann. "
        "Nobody in reviewers.yaml may; have somebody added."
    )


async def test_what_the_reviewer_names_is_taken() -> None:
    assert await edited({"amount": 110}) == {**ASKED, "amount": 110.0}


async def test_an_edit_does_not_bind_to_what_nobody_saw() -> None:
    with pytest.raises(ApprovalRefused, match=r"^refunded_before: was 0\.0 when this was asked and is 20\.0 with this edit"):
        await edited({"amount": 110}, refunded_before=20.0)


@pytest.mark.parametrize("value", [0, 0.0, 20, None])
async def test_a_pinned_field_is_nobodys_to_edit(value: Any) -> None:
    with pytest.raises(InvalidInput, match=r"refunded_before is worked out .* Fields: amount, order_id, reason\."):
        await edited({"refunded_before": value}, refunded_before=20.0)


@pytest.mark.parametrize("text", ["", "   ", "\u200b", 5, None, {"a": 1}, ["x"], "x" * (LONGEST + 1), "bell \x07"])
async def test_an_edited_reply_must_be_words_that_can_be_sent(text: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^text: "):
        await edited({"text": text}, action=SEND_REPLY)


async def test_an_edited_reply_has_no_other_field() -> None:
    with pytest.raises(InvalidInput, match="only field"):
        await edited({"text": "All is well.", "to": "everybody"}, action=SEND_REPLY)


async def test_an_edited_reply_comes_back_clean() -> None:
    assert await edited({"text": "  All is well. "}, action=SEND_REPLY) == {"text": "All is well."}


@pytest.mark.parametrize(
    ("level", "scope", "decision", "refused"),
    [
        (Autonomy.OFF, "global", DecisionKind.APPROVE, True),
        (Autonomy.DRAFT, "topic:refund", DecisionKind.APPROVE, True),
        (Autonomy.OFF, "tool:refund_order", DecisionKind.APPROVE, True),
        (Autonomy.OFF, "tool:cancel_order", DecisionKind.APPROVE, False),
        (Autonomy.REVIEW, "global", DecisionKind.APPROVE, False),
        (Autonomy.OFF, "global", DecisionKind.REJECT, False),
    ],
)
async def test_no_yes_is_taken_to_what_a_control_keeps_in(
    level: Autonomy, scope: str, decision: DecisionKind, refused: bool
) -> None:
    controls = FakeControls()
    controls.put(level, scope)
    people = PeopleActivities(cast(Any, None), Unknown(), Roster(EVERYBODY), controls, FakeTopics([]), Silent())
    request = HumanRequest(request_id="a1", action="refund_order", title="Refund", headline="refund", arguments=ASKED)
    approval = Approval(approval_id="a1", case_id="c-1", revision=1, request=request, opened_at=NOW, due_at=NOW)
    taken = Decision(approval_id="a1", revision=1, decision=decision, arguments=ASKED, reviewer="ann", decided_at=NOW)
    source = Source(workflow_id="case-c-1", run_id="r", update_id="u")
    attempt = Attempt(case_id="c-1", customer_id="C-1", topic="refund", approval=approval, decision=taken, source=source)
    permit = await people.permit(attempt)
    assert bool(permit.refused) is refused
    if permit.refused:
        assert f"Control {scope} is at '{level}' by ann" in permit.refused
        assert "Reject it, or take the case" in permit.refused
