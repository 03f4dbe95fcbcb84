"""The drill of deployments in short: two real builds in turn under load, and more builds on one name than the server keeps."""

from __future__ import annotations

from handrail.drills.deploys.alternating import AlternationReport, alternate
from handrail.drills.deploys.many import many

CAP = 4
QUICK = {
    "matching.PollerHistoryTTL": '"1s"',
    "matching.longPollExpirationInterval": '"500ms"',
    "matching.wv.VersionDrainageStatusVisibilityGracePeriod": '"100ms"',
    "matching.wv.VersionDrainageStatusRefreshInterval": '"200ms"',
    "matching.maxVersionsInDeployment": str(CAP),
}


async def test_two_builds_that_take_turns_lose_nothing_and_leave_nobody_stuck() -> None:
    told: list[str] = []
    found = await alternate(16, 6, 3, told.append, cases=8)
    assert {one.build for one in found.deploys} == {"this build", "edited build"}
    assert len(found.deploys) >= 2
    assert len({one.words.split()[0] for one in found.deploys}) == 2, "the edited build has an id of its own"
    assert not [one for one in found.load.invariants if one.broken], found.load.invariants
    assert found.to_people == []
    assert found.passed


def test_a_case_that_reaches_a_person_by_a_deployment_fails_the_drill() -> None:
    load = {"seed": 1, "plan": "", "mutant": None, "cases": 100, "seconds": 1.0, "operations": [], "faults": []}
    whole = {**load, "progress": None, "statuses": {}, "invariants": []}
    about = {"seed": 1, "every": 20, "deploys": [], "load": whole}
    assert AlternationReport.model_validate({**about, "to_people": []}).passed
    assert not AlternationReport.model_validate({**about, "to_people": ["c-1: graph_changed: gone"]}).passed


async def test_more_builds_than_the_server_keeps_register_and_the_last_one_serves() -> None:
    found = await many(11, lambda _: None, CAP, **QUICK)
    assert found.deploys == 12
    assert found.versions_left <= CAP
    assert (found.old_case, found.new_case) == ("served", "served")
    assert found.passed
