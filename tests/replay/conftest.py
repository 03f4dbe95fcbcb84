"""The house of the workflow tests, and every branch's histories from one live run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handrail.wiring.deploys.gate import HISTORIES
from tests.replay.branches import BRANCHES
from tests.replay.record import fetch, slim
from tests.support.deployed import deployed
from tests.support.house import House
from tests.workflows.conftest import at_home, scripted_model, seeded_database, shop_url

__all__ = ["at_home", "scripted_model", "seeded_database", "shop_url"]

RECORD = "HANDRAIL_RECORD_HISTORIES"
SHORTENED = Path(__file__).parent / "histories"
"""Histories that replay only where cases go on in a fresh run sooner than they do; all others ship, for the replay gate."""
EARLIER = Path(__file__).parent / "earlier_build"
KEPT_LIMIT = 80_000
CONTINUED, SHORT = "continued", 8
"""A branch that goes on in a fresh run as soon as it waits, and the events that are enough for it there."""
KEPT_BRANCHES = ("resolved", "approved", "edited", "rejected", "expired", "human", "handed_back", "cut_short", "continued")


@pytest.fixture(scope="session")
async def recorded(at_home: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the histories of every branch, `<branch>.<run>.json`.

    The live runs have no workflow cache: every workflow task replays the whole history before it goes on.
    """
    folder = tmp_path_factory.mktemp("histories")
    async with (
        deployed(at_home, max_cached_workflows=0) as home,
        deployed(at_home, max_cached_workflows=0, minutes=0) as hasty,
    ):
        for name, branch in BRANCHES.items():
            with pytest.MonkeyPatch.context() as patch:
                if name == CONTINUED:
                    patch.setattr("workflows.steps.loop.EVENTS", SHORT)
                case_id = await branch.drive(hasty if name == "expired" else home)
                for number, run in enumerate(await fetch(home.temporal, case_id)):
                    (folder / f"{name}.{number}.json").write_text(run)
    if os.environ.get(RECORD):
        keep(folder)
    return folder


def keep(folder: Path) -> None:
    """Replace the kept histories by these."""
    for old in kept():
        old.unlink()
    for name in KEPT_BRANCHES:
        for run in folder.glob(f"{name}.*.json"):
            place = SHORTENED if name == CONTINUED else HISTORIES
            (place / run.name).write_text(slim(run.read_text()) + "\n")


def kept() -> list[Path]:
    """The files of the kept histories."""
    return sorted([*HISTORIES.glob("*.json"), *SHORTENED.glob("*.json")])
