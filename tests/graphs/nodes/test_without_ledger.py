"""A packet that was made without reading the ledger says what it does not know, and not that nothing happened."""

from __future__ import annotations

import pytest

from graphs.handover.handoff import plain
from graphs.turn import Learned
from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.actions.proposals import Ruling
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.routes import SOMEBODY
from tests.graphs.nodes.test_escalation import MONDAY, House, approved_refund

NOT_LOOKED = "Refund 20: approved by ann; nobody has looked whether it was done (ledger e-1)"


def test_a_packet_without_the_ledger_says_what_nobody_has_looked_for() -> None:
    view = House(MONDAY).view.model_copy(update=approved_refund())
    made = plain(view, Escalation(reason="graph_error", words="It failed."), SOMEBODY, MONDAY, sure=False)
    assert made.next_step == f"{NOT_LOOKED}. Look there first; then tell the customer."
    assert NOT_LOOKED in made.tried
    assert not any("NOT carried out" in line for line in made.tried), "it may have been"
    done = EffectResult(effect_id="e-1", action="refund", arguments={}, status=EffectStatus.APPLIED, applied_at=MONDAY)
    known = plain(view.model_copy(update={"effects": [done]}), made.escalation, SOMEBODY, MONDAY, sure=False)
    assert not any("Refund 20: approved" in line for line in [*known.tried, known.next_step])


@pytest.mark.parametrize(("ruling", "told"), [(Ruling.ALLOW, True), (Ruling.REQUIRE_APPROVAL, False), (Ruling.BLOCK, False)])
def test_without_the_ledger_what_a_policy_allowed_may_have_been_done_and_nothing_else(ruling: Ruling, told: bool) -> None:
    (one,) = approved_refund()["ruled"]
    ruled = one.model_copy(update={"verdict": one.verdict.model_copy(update={"ruling": ruling})})
    view = House(MONDAY).view.model_copy(update={"ruled": [ruled]})
    made = plain(view, Escalation(reason="graph_error", words="It failed."), SOMEBODY, MONDAY, sure=False)
    assert ("Refund 20: allowed; nobody has looked whether it was done (ledger e-1)" in made.tried) is told


def test_a_turn_that_was_cut_off_leaves_no_word_of_what_it_has_not_done() -> None:
    """What the packets after it say would be held against what the ledger says then."""
    view = House(MONDAY).view.model_copy(update=approved_refund())
    assert any("NOT carried out" in line for line in Learned.of(view).trail.tried)
    assert not any("carried out" in line for line in Learned.of(view, sure=False).trail.tried)
