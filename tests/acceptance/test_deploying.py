"""The drill of deployments in short: two builds take turns under load, and more builds on a name than the server keeps."""

from __future__ import annotations

from pathlib import Path

from handrail.drills.deploys.alternating import alternate
from handrail.drills.deploys.many import many
from tests.workflows.deploys.conftest import CAP, QUICK


async def test_no_case_is_lost_stuck_or_handed_over_while_two_builds_take_turns(tmp_path: Path) -> None:
    heard: list[str] = []
    found = await alternate(20.0, 1.0, 7, heard.append, tmp_path, cases=8)
    assert found.passed, [one for one in found.load.invariants if one.broken]
    assert found.to_people == []
    assert found.load.cases == 8
    assert len(found.deploys) >= 2, "the first build works before the load begins, the other one under it"
    assert [one.build for one in found.deploys] == [
        "edited build" if one.number % 2 else "this build" for one in found.deploys
    ]
    ids = {line.partition(" works on all")[0].split()[-1] for line in heard if " works on all" in line}
    assert len(ids) == min(2, len(found.deploys) - 1), "the server was told of one id for each"


async def test_one_more_than_the_server_keeps_registers_and_serves() -> None:
    heard: list[str] = []
    found = await many(CAP + 2, heard.append, CAP, **QUICK)
    assert found.passed, (found.old_case, found.new_case)
    assert (found.deploys, len(heard)) == (CAP + 3, CAP + 1)
    assert found.pruned >= found.deploys - CAP
    assert found.versions_left <= CAP
