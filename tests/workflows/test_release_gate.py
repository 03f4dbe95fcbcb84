"""The release gate on real servers: what has not passed waits for a person, and goes out alone once it has."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from temporalio.client import Client

from handrail.cli.quality.evaluation.releasing import gate_over
from handrail.domain.quality.evaluation.evaluations import EvaluationReport
from handrail.postgres.quality.evaluations import PostgresEvaluations, PostgresReleases
from handrail.shop import business
from tests.support.house import House, house
from tests.unit.quality.evaluation.figures import variant
from tests.workflows.conftest import ScriptedModel


async def ask(home: House) -> tuple[str, str]:
    """The status of a case that asks where an order is, and its id."""
    order = await home.strangers_order(status="delivered")
    case = await home.open(order.customer_id, f"Where is my order {order.order_id}?")
    return case.status, case.case_id


async def test_a_release_waits_for_people_until_it_has_passed(
    temporal_client: Client, shop_url: str, scripted_model: ScriptedModel, tmp_path: Path
) -> None:
    folder = tmp_path / "definitions"
    shutil.copytree(business.folder, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "release.yaml").write_text("gatekeepers: [greta]\n")
    topic = folder / "topics" / "order_status.yaml"
    # A release that no other test of this database lets through.
    topic.write_text(topic.read_text().replace("prompt: |\n", "prompt: |\n  Take your time.\n"))
    async with house(temporal_client, shop_url, scripted_model.root, definitions=folder) as home:
        await home.model.clear()
        status, case_id = await ask(home)
        assert status == "AwaitingApproval"
        audited = await home.rows(
            "select details from handrail.audit where case_id = %(c)s and action = 'ruled:require_approval'", c=case_id
        )
        assert audited[0][0]["lowered_by"] == ["release"]
        standing = await gate_over(home.settings, business, home.pool).standing()
        assert standing.parts is not None
        assert standing.parts.reported == [home.settings.model]

        at = datetime.now(UTC)
        candidate = variant(4, 4).model_copy(update={"parts": standing.parts, "release": standing.release})
        about = {"evaluation_id": "e-gate", "asked_by": "ann", "began_at": at, "ended_at": at, "repeats": 4}
        report = EvaluationReport(**about, candidate=candidate, passed=True, why=[])
        await PostgresEvaluations(home.pool).keep(report)
        await PostgresReleases(home.pool).let_through(report, "greta", "")
        status, case_id = await ask(home)
        assert status == "Resolved"
        audited = await home.rows(
            "select details from handrail.audit where case_id = %(c)s and action = 'ruled:allow'", c=case_id
        )
        assert all("lowered_by" not in details for (details,) in audited)

        topic.write_text(topic.read_text().replace("prompt: |\n", "prompt: |\n  Hurry.\n"))
        status, _ = await ask(home)
        assert status == "AwaitingApproval"
