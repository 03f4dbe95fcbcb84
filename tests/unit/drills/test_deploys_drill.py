"""The drill of deployments says no where a case reaches a person by one."""

from __future__ import annotations

from handrail.drills.deploys.alternating import AlternationReport


def test_a_case_that_reaches_a_person_by_a_deployment_fails_the_drill() -> None:
    load = {"seed": 1, "plan": "", "mutant": None, "cases": 100, "seconds": 1.0, "operations": [], "faults": []}
    whole = {**load, "progress": None, "statuses": {}, "invariants": []}
    about = {"seed": 1, "every": 20, "deploys": [], "load": whole}
    assert AlternationReport.model_validate({**about, "to_people": []}).passed
    assert not AlternationReport.model_validate({**about, "to_people": ["c-1: graph_changed: gone"]}).passed
