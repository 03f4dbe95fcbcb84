"""Whether a run did what the person did; and that a report of what is held out says counts alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.domain.actions.proposals import SEND_REPLY, Proposal, ProposalKind, Ruling, Verdict
from handrail.domain.case.cases import RuledProposal
from handrail.domain.quality.evaluation.corrections import Correction, CorrectionKind
from handrail.domain.quality.evaluation.evaluations import Bounds, EvaluationReport
from handrail.quality.evaluation.comparing import compared
from handrail.quality.evaluation.judging import failing
from handrail.quality.evaluation.page import html_of
from handrail.quality.playing.course import TurnCourse
from tests.unit.quality.evaluation.figures import variant

WAS = {"order_id": "O-90001", "amount": 180, "reason": "late", "refunded_before": 0}
DONE = {**WAS, "amount": 80}
SAID = "We refund 180.00 USD for O-90001 today. Anything else?"
BETTER = "We refund 80.00 USD for O-90001 today. Anything else?"


def ran(*proposed: tuple[str, dict[str, Any]], ruling: Ruling = Ruling.ALLOW, escalation: str = "") -> TurnCourse:
    played = TurnCourse(escalation=escalation)
    for place, (action, arguments) in enumerate(proposed):
        kind = ProposalKind.REPLY if action == SEND_REPLY else ProposalKind.EFFECT
        about = {"proposal_id": str(place), "arguments_hash": "h"}
        proposal = Proposal(**about, kind=kind, action=action, arguments=arguments)
        played.ruled.append(RuledProposal(proposal=proposal, verdict=Verdict(**about, revision=1, ruling=ruling)))
    return played


def correction(
    kind: CorrectionKind, action: str = "refund_order", reason: str = "edited:amount", **changes: Any
) -> Correction:
    return Correction(kind=kind, topic="refund", action=action, reason=reason, **{"proposed": WAS, "done": DONE, **changes})


EDIT = correction(CorrectionKind.EDIT)
REFUSED = correction(CorrectionKind.REJECTION, done=None)
REPLY = correction(CorrectionKind.EDIT, SEND_REPLY, proposed={"text": SAID}, done={"text": BETTER})
TAKEN = correction(CorrectionKind.TAKEOVER, SEND_REPLY, "low_confidence", proposed=None, done={"text": BETTER})
ASKED = correction(CorrectionKind.TAKEOVER, SEND_REPLY, "customer_asked", proposed=None, done={"text": BETTER})
BACK = correction(CorrectionKind.HAND_BACK, "hand_back", "guardrail", proposed=None, done={"note": "Refund it."})


@pytest.mark.parametrize(
    ("expected", "played", "passes"),
    [
        (EDIT, ran(("refund_order", DONE)), True),
        (EDIT, ran(("refund_order", {"order_id": "o-90001", "amount": "80.0"})), True),
        (EDIT, ran(("refund_order", {**DONE, "reason": "other words"})), True),
        (EDIT, ran(("refund_order", WAS)), False),
        (EDIT, ran(("refund_order", {**DONE, "order_id": "O-90002"})), False),
        (EDIT, ran(("refund_order", {"order_id": "O-90001"})), False),
        (EDIT, ran(("refund_order", WAS), ("refund_order", DONE)), False),
        (EDIT, ran(escalation="agent_asked"), False),
        (REFUSED, ran(("refund_order", WAS)), False),
        (REFUSED, ran(("refund_order", WAS), ruling=Ruling.BLOCK), True),
        (REFUSED, ran(("refund_order", DONE)), True),
        (REFUSED, ran(escalation="agent_asked"), True),
        (REPLY, ran((SEND_REPLY, {"text": BETTER})), True),
        (REPLY, ran((SEND_REPLY, {"text": "Today we refund 80.00 USD for O-90001."})), True),
        (REPLY, ran((SEND_REPLY, {"text": SAID})), False),
        (REPLY, ran((SEND_REPLY, {"text": f"{BETTER} {SAID}"})), False),
        (REPLY, ran((SEND_REPLY, {"text": BETTER}), ruling=Ruling.BLOCK), False),
        (REPLY, ran(escalation="guardrail"), False),
        (TAKEN, ran((SEND_REPLY, {"text": BETTER})), True),
        (TAKEN, ran(escalation="low_confidence"), False),
        (ASKED, ran(escalation="customer_asked"), True),
        (ASKED, ran((SEND_REPLY, {"text": BETTER})), False),
        (BACK, ran((SEND_REPLY, {"text": BETTER})), True),
        (BACK, ran(escalation="guardrail"), False),
        (BACK, ran(escalation="customer_asked"), True),
        (EDIT, TurnCourse(failed="The model did not answer."), False),
    ],
)
def test_what_passes(expected: Correction, played: TurnCourse, passes: bool) -> None:
    assert (failing(expected, played) == "") is passes, failing(expected, played)


def report(why: str = "") -> EvaluationReport:
    before, now = variant(0, 4, 2), variant(4, 4, 0)
    cases = [test.model_copy(update={"why": why, "did": {"text": why}}) for test in now.cases]
    now = now.model_copy(update={"cases": cases})
    at = datetime(2026, 5, 4, tzinfo=UTC)
    return EvaluationReport(
        evaluation_id="e-1",
        asked_by="ann",
        began_at=at,
        ended_at=at,
        repeats=4,
        candidate=now,
        baseline=before,
        comparison=compared(before, now, Bounds()),
        passed=False,
        why=["no: something"],
    )


def test_what_is_held_out_is_told_in_counts() -> None:
    whole, counted = report("its reply"), report("its reply").counts()
    assert "c-0" in whole.model_dump_json()
    assert "c-0" not in counted.model_dump_json()
    assert "its reply" not in counted.model_dump_json()
    assert "c-0" not in html_of(counted)
    assert (counted.held_out, counted.candidate.passed, counted.comparison and counted.comparison.improved) == (True, 2, 1)


def test_no_words_become_markup_or_a_script_on_the_page() -> None:
    page = html_of(report('<script>alert(1)</script><img src=x onerror="x">&"'))
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
