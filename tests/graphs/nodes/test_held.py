"""Effects of one answer that are held: each is asked once, with the figures of that moment, and an outdated yes says why."""

from __future__ import annotations

from typing import Any

import pytest

from handrail.domain.actions.approvals import DecisionKind
from tests.support.fakes import Looked, Stage, calls, says

APPROVE, REJECT = DecisionKind.APPROVE, DecisionKind.REJECT


class Counting(Stage):
    """A bank that pins what it paid before, as a business with a limit over many payments does."""

    def nodes(self) -> Any:
        look = self.bank.check

        async def pinned(case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> Looked:
            before = sum(self.amounts)
            found = await look(case_id, customer_id, tool, {**arguments, "paid_before": before})
            found.shown = {"Paid before": str(before)}
            return found

        self.bank.check = pinned  # type: ignore[method-assign]
        return super().nodes()


async def asked(stage: Stage, *decisions: DecisionKind) -> list[tuple[str, dict[str, str]]]:
    """What was asked, in order, with what was shown; the last of `decisions` holds for all that follow."""
    await stage.run()
    seen = []
    while stage.asked:
        seen.append((stage.asked.title, stage.asked.shown))
        await stage.decide(decisions[min(len(seen), len(decisions)) - 1])
    return seen


@pytest.mark.parametrize("count", [2, 3, 5])
async def test_each_is_asked_once_with_the_figures_of_now(count: int) -> None:
    amounts = [110 + number for number in range(count)]
    stage = Counting(calls(*(("pay", {"amount": amount}) for amount in amounts)), says("All were paid."))

    seen = await asked(stage, APPROVE)

    assert seen == [(f"Pay {one}", {"Paid before": str(sum(amounts[:place]))}) for place, one in enumerate(amounts)]
    assert stage.amounts == amounts


async def test_what_was_declined_is_in_no_later_figure() -> None:
    stage = Counting(calls(*(("pay", {"amount": amount}) for amount in (110, 120, 130))), says("Two were paid."))

    seen = await asked(stage, APPROVE, REJECT, APPROVE)

    assert [shown["Paid before"] for _, shown in seen] == ["0", "110", "110"]
    assert stage.amounts == [110, 130]


async def test_what_is_allowed_is_done_before_the_first_is_asked() -> None:
    stage = Counting(calls(("pay", {"amount": 180}), ("pay", {"amount": 20})), says("Both were paid."))

    assert await asked(stage, APPROVE) == [("Pay 180", {"Paid before": "20"})]


async def test_a_read_beside_it_asks_for_no_second_look() -> None:
    stage = Counting(calls(("balance", {}), ("pay", {"amount": 180})), says("It was paid."))

    await stage.run()

    assert stage.way == ["classify", "agent", "guardrail", "act"]
    assert stage.asked is not None


async def test_a_yes_that_no_longer_holds_says_why() -> None:
    stage = Counting(calls(("pay", {"amount": 180})), says("It was paid."))
    await stage.run()
    stage.bank.paid["elsewhere"] = next(iter((await paid(50)).values()))

    await stage.decide(APPROVE)

    assert stage.asked is not None
    assert stage.asked.reasons[0] == (
        "ann approved this, but meanwhile it has changed (paid before was 0, is 50), so that yes does not count."
    )
    assert stage.asked.shown == {"Paid before": "50"}
    await stage.decide(APPROVE)
    assert stage.amounts == [50, 180]


async def paid(amount: float) -> dict[str, Any]:
    """What another bank has in its books after one payment."""
    other = Stage(calls(("pay", {"amount": amount})), says("It was paid."))
    await other.run()
    return other.bank.paid
