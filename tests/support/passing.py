"""Definitions of the shop with a release gate, and releases that a gatekeeper let through."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from handrail.domain.quality.evaluation.evaluations import EvaluationReport, ReleaseParts
from handrail.postgres.pool import Pool
from handrail.postgres.quality.evaluations import PostgresEvaluations, PostgresReleases
from handrail.shop import business
from tests.unit.quality.evaluation.figures import variant


def gated(folder: Path, more: str = "") -> Path:
    """Copy the shop's definitions to `folder`, with a gate whose keeper is greta; return the folder."""
    shutil.copytree(business.folder, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "release.yaml").write_text(f"gatekeepers: [greta]\n{more}")
    return folder


async def let_through(pool: Pool, parts: ReleaseParts) -> None:
    """Keep an evaluation of these parts that passed, and let it through."""
    at = datetime.now(UTC)
    candidate = variant(4, 4).model_copy(update={"parts": parts, "release": parts.release})
    about = {"evaluation_id": f"e-{parts.release[:10]}", "asked_by": "ann", "began_at": at, "ended_at": at, "repeats": 4}
    report = EvaluationReport(**about, candidate=candidate, passed=True, why=[])
    await PostgresEvaluations(pool).keep(report)
    await PostgresReleases(pool).let_through(report, "greta", "")
