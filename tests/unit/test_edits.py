"""What a reviewer may change, and what may not have changed behind the reviewer's back."""

from __future__ import annotations

from typing import Any, cast

import pytest

from activities.cases import CaseActivities
from handrail.domain.approvals import Edit
from handrail.domain.cases import Terms
from handrail.domain.errors import ApprovalRefused, InvalidInput
from handrail.domain.proposals import SEND_REPLY
from handrail.domain.replies import LONGEST
from handrail.postgres.record import CheckedProposal, PostgresRecord
from handrail.shop import business

ASKED = {"order_id": "O-10021", "amount": 120.0, "reason": "late", "refunded_before": 0.0}


class Shop:
    """The shop's real tools; `pins` is what its preview finds now."""

    def __init__(self, **pins: Any) -> None:
        self.pins = pins
        self.specs = PostgresRecord(cast(Any, None), business, cast(Any, None)).specs

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> CheckedProposal:
        normal = business.by_name[tool].arguments.model_validate(arguments).model_dump(mode="json")
        return CheckedProposal({**normal, **self.pins}, tool, tool)


async def edited(changes: dict[str, Any], *, action: str = "refund_order", **pins: Any) -> dict[str, Any]:
    """What comes of the edit of `ASKED`, or of a reply."""
    shop = cast(Any, Shop(**{"refunded_before": 0.0, **pins}))
    unused = cast(Any, None)
    people = CaseActivities(unused, shop, unused, unused, cast(Terms, None))
    asked = {"text": "All is wel."} if action == SEND_REPLY else ASKED
    edit = Edit(case_id="c-1", customer_id="C-1", action=action, arguments={**asked, **changes})
    return await people.check_edit(edit, sorted(changes))


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
