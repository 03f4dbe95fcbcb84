"""A person changes what the agent proposed, on real servers; the next model has to do it by itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handrail.cli.common.world import CliContext
from handrail.cli.quality.evaluation.evaluating import EvaluationAsked, evaluated
from handrail.domain.actions.approvals import DecisionInput, DecisionKind
from handrail.domain.case.messages import Author
from handrail.domain.quality.evaluation.corrections import Acceptance, Correction, CorrectionKind, SaidBefore, StoredCorrection
from handrail.embedded.throwaway import Renewable
from handrail.postgres.quality.corrections import PostgresCorrections
from handrail.postgres.quality.evaluations import PostgresEvaluations
from handrail.quality.corrections.collecting import CorrectionCollector
from handrail.quality.corrections.likeness import held_out
from handrail.quality.corrections.redaction import CaseRedactor
from handrail.quality.evaluation.page import html_of
from handrail.quality.evaluation.variants import WantedVariant
from handrail.shop import business
from handrail.shop.records.find import FoundOrder
from handrail.wiring.days.relied import in_force
from tests.support.house import House
from tests.support.learnt import learnt_once
from tests.support.scripted import Scripted, scripted

WISHES = ("a kettle", "a lamp", "a mug", "a shelf", "a rug", "a vase", "a clock", "a chair", "a stool", "a tray")


@pytest.fixture(scope="module")
def better(servers: Path) -> Iterator[Scripted]:
    """Another model on a server of its own."""
    with scripted(servers) as server:
        yield server


class LaidOut(Renewable):
    """A database of the tests' own server in place of a throw-away one."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def pristine(self) -> str:
        return self._url

    async def lay_out(self) -> None:
        """It is there."""


def gated(folder: Path) -> Path:
    """The shop's definitions with a release gate for which one test is enough."""
    definitions = folder / "definitions"
    shutil.copytree(business.folder, definitions, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (definitions / "release.yaml").write_text("gatekeepers: [ann]\nminimum: 1\nat_least: 1.0\n")
    return definitions


def wish(order: FoundOrder) -> str:
    """The customer's words, such that their correction is not held out."""
    for thing in WISHES:
        text = f"Please refund order {order.order_id}, {order.refundable} USD: {thing} in it came broken."
        said = [SaidBefore(author=Author.CUSTOMER, text=CaseRedactor(order.customer_id).text(text))]
        probe = Correction(kind=CorrectionKind.EDIT, topic="refund", action="refund_order", reason="", said=said)
        if not held_out(probe):
            return text
    raise AssertionError("every wish is held out")


async def corrected(home: House) -> StoredCorrection:
    """The correction of a refund that a person made smaller."""
    order = await home.strangers_order(status="delivered", refunded=False, refundable_over=120, refundable_under=480)
    case = await home.open(order.customer_id, wish(order), channel="api")
    assert case.status == "AwaitingApproval", case
    asked = case.approvals[0]
    decision = DecisionInput(
        decision=DecisionKind.EDIT,
        approval_id=asked.approval_id,
        revision=asked.revision,
        arguments={"amount": 80},
        reviewer="ann",
    )
    await home.cases.decide(case.case_id, decision)
    await home.settled(case.case_id)
    store = PostgresCorrections(home.pool)
    await CorrectionCollector(store).collect(in_force(business.folder, business), datetime.now(UTC))
    rows = await home.rows("select correction_id from handrail.correction_sources where case_id = %(c)s", c=case.case_id)
    found = await store.show(rows[0][0])
    assert order.order_id not in found.model_dump_json()
    assert order.customer_id not in found.model_dump_json()
    return found


async def test_the_old_model_fails_what_a_person_corrected_and_a_better_one_passes(
    home: House, better: Scripted, database_url: str, tmp_path: Path
) -> None:
    found = await corrected(home)
    done = found.body.done or {}
    assert (found.kind, found.reason, done["amount"], found.loosens) == ("edit", "edited:amount", 80, False)
    accepted = await PostgresCorrections(home.pool).accept(found.correction_id, Acceptance(by="bea", at=datetime.now(UTC)))
    assert accepted.state == "accepted"
    right = {"calls": [{"tool": "refund_order", "arguments": {"order_id": done["order_id"], "amount": 80}}]}
    better.script(right, times=None)
    before = await home.rows("select count(*), max(applied_at) from handrail.actions")

    place = CliContext()
    place.__dict__["settings"] = home.settings.model_copy(update={"definitions": gated(tmp_path)})
    asked = EvaluationAsked(WantedVariant(model_url=better.url), 2, "ann", only="refund", quiet=True)
    async with learnt_once():
        report = await evaluated(place, place.settings, asked, LaidOut(database_url))

    assert report.baseline is not None
    assert report.comparison is not None
    (was,), (now,) = report.baseline.cases, report.candidate.cases
    assert (was.passes, was.runs, was.why) == (0, 2, "It proposed refund_order with another amount than the person.")
    assert (was.did or {})["order_id"] == done["order_id"]
    assert (now.passes, now.runs, now.why, now.handed_over) == (2, 2, "", 0)
    assert (report.comparison.better, report.comparison.worse) == ([found.correction_id], [])
    assert report.candidate.pass_at == [1.0, 1.0]
    assert report.candidate.parts.prompts == report.baseline.parts.prompts
    assert report.candidate.p50_seconds is not None
    assert await home.rows("select count(*), max(applied_at) from handrail.actions") == before

    assert (report.passed, report.why[0]) == (False, "yes: 1 test, 1 needed")
    assert [one.not_worse for one in report.comparison.indicators] == [False] * 3  # one test shows little
    assert (await PostgresEvaluations(home.pool).show(report.evaluation_id)) == report
    page = html_of(report)
    assert "<script" not in page
    assert found.correction_id in page
    assert "better" in page
