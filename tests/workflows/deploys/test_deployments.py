"""Versions on a real server: which build works on whose cases, and that nobody waits without being told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.workflow.v1 import VersioningOverride, WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import PauseWorkflowExecutionRequest, UpdateWorkflowExecutionOptionsRequest

from handrail.doctor.deploys import found_of
from handrail.doctor.findings import DoctorFinding, PartHealth
from handrail.domain.rollout.deploys import DeployAct, DeployRefused, VersionStatus, of_the_cases
from handrail.temporal.cases.client import CaseClient
from handrail.wiring.deploys import gate
from handrail.wiring.deploys.changing import DeployOrder
from handrail.wiring.deploys.watching import idle
from tests.support.house import House, wait_for
from tests.support.menus import Page
from tests.workflows.deploys.conftest import Line
from workflows.case import CaseWorkflow

ANN = DeployOrder("ann", "a release", wait=20)
AT_ONCE = DeployOrder("ann")
PERSON = "I would like to talk to a real person, please."


async def waiting(home: House) -> str:
    """A case that waits for a person."""
    order = await home.order(status="delivered")
    return (await home.open(order.customer_id, PERSON)).case_id


async def stepped(line: Line, home: House, case_id: str, build: str) -> None:
    """The case takes a step, in the build."""
    await home.cases.say(case_id, "Are you there?")

    async def there() -> bool:
        return await line.build_of(case_id) == build

    await wait_for(there)


async def test_cases_of_workers_without_a_version_come_along_and_nobody_waits_unheard(line: Line) -> None:
    async with line.worker(None) as before:
        case_id = await waiting(before)
        async with line.worker("b1"):
            await wait_for(lambda: polled(line, "b1"))
            standing = await line.standing()
            assert standing.current == ""
            assert standing.unversioned == 1
            assert standing.unversioned_pollers
            (told,) = found_of(standing, versioned=True)
            assert (told.health, told.remedy) == (PartHealth.NOTICE, "handrail deploys promote")
            change = await line.changing("b1").promote("b1", ANN)
            assert change.change_id
            assert change.before == ""
            assert "b1 works on all 1 open cases" in of_the_cases(change)
    async with line.worker("b1") as home:
        await stepped(line, home, case_id, "b1")
        fresh = await waiting(home)
        assert await line.build_of(fresh) == "b1"
        standing = await line.standing()
        assert (standing.current, standing.unversioned, standing.open_cases) == ("b1", 0, 2)
        (only,) = standing.versions
        assert only.status is VersionStatus.CURRENT
        assert (only.cases, only.percent) == (2, 100)
        assert "1 of 1 open cases replay" in only.checked
        (told,) = found_of(standing, versioned=True)
        assert told.health is PartHealth.FINE
        again = await line.changing("b1").promote("b1", ANN)
        assert "already" in of_the_cases(again)
        (kept,) = await line.changing("b1").record.newest(line.name, 5)
        assert (kept.act, kept.actor, kept.words) == (DeployAct.PROMOTE, "ann", "a release")


def broken(_: CaseWorkflow, *given: object) -> None:
    raise RuntimeError("it is broken")


async def polled(line: Line, build: str) -> bool:
    found = (await line.standing()).version(build)
    return bool(found and found.pollers)


async def test_a_version_that_is_not_current_works_on_nothing_and_says_so(line: Line) -> None:
    async with line.worker("b1") as home:
        await wait_for(lambda: polled(line, "b1"))
        order, case_id = await home.order(status="delivered"), f"c-{line.name}"
        await CaseClient(line.client, task_queue=line.name, patience=1).open_case(case_id, order.customer_id, PERSON)
        (told,) = found_of(await line.standing(), versioned=True)
        assert told.health is PartHealth.TROUBLE
        assert told.words == "No version is current, so nobody works on cases although workers poll: b1."
        assert told.remedy == "handrail deploys promote"
        assert await line.build_of(case_id) == ""
        await line.changing("b1").promote("b1", ANN)
        assert (await home.settled(case_id)).status == "WithHuman"
        assert await line.build_of(case_id) == "b1"


def test_a_worker_without_cases_says_why() -> None:
    from temporalio.common import WorkerDeploymentVersion

    mine = WorkerDeploymentVersion("handrail", "b2")
    assert idle(mine, "b2", "") is None
    assert idle(mine, "b1", "b2") is None
    assert "build b2, gets no cases: b1 is current" in str(idle(mine, "b1", ""))
    assert "no build is current. `handrail deploys promote`" in str(idle(mine, "", ""))
    assert idle(None, "", "") is None
    assert "no version and gets no cases: b1 is current" in str(idle(None, "b1", ""))


async def test_a_ramp_takes_its_share_of_open_cases_and_gives_it_back(line: Line) -> None:
    async with line.worker("b1") as home, line.worker("b2"):
        one, two = line.changing("b1"), line.changing("b2")
        with pytest.raises(DeployRefused, match="no version is current"):
            await one.ramp("b1", 1, ANN)
        await one.promote("b1", ANN)
        with pytest.raises(DeployRefused, match="b1 is current"):
            await one.ramp("b1", 1, ANN)
        case_id = await waiting(home)
        change = await two.ramp("b2", 100, ANN)
        assert "100 % of the 1 open cases" in of_the_cases(change)
        await stepped(line, home, case_id, "b2")
        with pytest.raises(DeployRefused, match="b2 has 100 % of the cases already"):
            await line.changing("b3").ramp("b3", 1, AT_ONCE)
        standing = await line.standing()
        assert (standing.ramping, standing.percent) == ("b2", 100)
        await one.promote("b1", ANN)
        await stepped(line, home, case_id, "b1")
        assert (await line.standing()).ramping is None, "a ramp would keep its share"
        await two.ramp("b2", 100, ANN)
        back = await two.rollback(None, ANN)
        assert (back.act, back.percent) == (DeployAct.ROLLBACK, 0)
        await stepped(line, home, case_id, "b1")
        with pytest.raises(DeployRefused, match="nothing to end"):
            await two.ramp("b2", 0, ANN)


async def test_rolling_back_takes_workers_of_the_build_before(line: Line) -> None:
    async with line.worker("b1") as home:
        await line.changing("b1").promote("b1", ANN)
        case_id = await waiting(home)
        async with line.worker("b2"):
            await line.changing("b2").promote("b2", ANN)
            await stepped(line, home, case_id, "b2")
            back = await line.changing("b2").rollback(None, ANN)
            assert (back.build_id, back.evidence["stepped_since"]) == ("b1", 1)
            assert "1 of them took steps in b2" in of_the_cases(back)
            await stepped(line, home, case_id, "b1")


async def pin(line: Line, case_id: str, build: str | None) -> None:
    """As `temporal workflow update-options` pins a case, or lets it go."""
    to = VersioningOverride.PinnedOverride(
        behavior=VersioningOverride.PINNED_OVERRIDE_BEHAVIOR_PINNED,
        version=WorkerDeploymentVersion(deployment_name=line.name, build_id=build or ""),
    )
    await line.client.workflow_service.update_workflow_execution_options(
        UpdateWorkflowExecutionOptionsRequest(
            namespace=line.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=f"case-{case_id}"),
            workflow_execution_options=WorkflowExecutionOptions(
                versioning_override=VersioningOverride(pinned=to) if build else None
            ),
            update_mask=FieldMask(paths=["versioning_override"]),
        )
    )


async def test_a_case_pinned_by_hand_stays_and_is_told_of(quick_line: Line) -> None:
    async def found(health: PartHealth) -> DoctorFinding | None:
        told = found_of(await quick_line.standing(), versioned=True)
        return next((one for one in told if one.health is health and "1 open case pinned by hand" in one.words), None)

    async with quick_line.worker("b1") as home:
        await quick_line.changing("b1").promote("b1", ANN)
        case_id = await waiting(home)
        await pin(quick_line, case_id, "b1")
        kept = await wait_for(lambda: found(PartHealth.NOTICE))
        async with quick_line.worker("b2"):
            change = await quick_line.changing("b2").promote("b2", ANN)
            assert "b2 works on all 1 open cases but 1 pinned by hand to a version" in of_the_cases(change)
    async with quick_line.worker("b2") as home:
        left = await wait_for(lambda: found(PartHealth.TROUBLE))
        assert kept.remedy == left.remedy
        assert "--versioning-override-behavior unspecified" in left.remedy
        await pin(quick_line, case_id, None)
        await stepped(quick_line, home, case_id, "b2")


async def test_a_case_that_was_reset_to_its_beginning_stands_in_no_promotions_way(line: Line) -> None:
    async with line.worker("b1") as home:
        await line.changing("b1").promote("b1", ANN)
        case_id, page = await waiting(home), Page(line.client)
        later = await waiting(home)
        await page.reset(case_id, (await page.tasks(case_id))[0])
        await page.reset(later, (await page.tasks(later))[-1])
        await wait_for(lambda: written_again(home, case_id))
        async with line.worker("b2"):
            change = await line.changing("b2").promote("b2", ANN)
            assert (change.evidence["open_cases"], change.build_id) == (2, "b2")
            await stepped(line, home, case_id, "b2")
            await stepped(line, home, later, "b2")


async def written_again(home: House, case_id: str) -> bool:
    """The run that the reset made has recorded its turn."""
    return await home.rows("select version > 1000 from handrail.cases where case_id = %(c)s", c=case_id) == [(True,)]


async def test_a_paused_case_is_held_against_the_build_too(line: Line) -> None:
    async with line.worker("b1") as home:
        await line.changing("b1").promote("b1", ANN)
        case_id = await waiting(home)
        about = {"namespace": line.client.namespace, "workflow_id": f"case-{case_id}", "identity": "ann", "reason": "a look"}
        await line.client.workflow_service.pause_workflow_execution(PauseWorkflowExecutionRequest(**about))

        async def held() -> bool:
            return (await gate.replay_check(line.client, "b1", line.name)).open_cases == 1

        await wait_for(held)


async def test_a_build_without_workers_gets_nothing(line: Line) -> None:
    async with line.worker("b1"):
        await line.changing("b1").promote("b1", ANN)
    with pytest.raises(DeployRefused, match=r"b2 has not registered.*those that have: b1"):
        await line.changing("b2").promote("b2", AT_ONCE)
    with pytest.raises(DeployRefused, match="no version was current before"):
        await line.changing("b1").rollback(None, ANN)
    with pytest.raises(DeployRefused, match="'b9' is no version"):
        await line.changing("b1").rollback("b9", ANN)
    with pytest.raises(DeployRefused, match="without a version has polled"):
        await line.changing("b1").promote("", ANN)


@pytest.mark.filterwarnings("ignore:coroutine .*run_workflow:RuntimeWarning")
async def test_what_does_not_replay_is_not_promoted(line: Line, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with line.worker("b1") as home:
        await line.changing("b1").promote("b1", ANN)
        case_id = await waiting(home)
        async with line.worker("b2"):
            kept = sorted(gate.HISTORIES.glob("*.json"))[0].read_text()
            (tmp_path / "planted.0.json").write_text(kept.replace('"case.turn"', '"case.other"'))
            with monkeypatch.context() as planted:
                planted.setattr(gate, "HISTORIES", tmp_path)
                with pytest.raises(DeployRefused, match=r"planted\.0: .*case\.other.*workflow\.patched"):
                    await line.changing("b2").promote("b2", ANN)
            with monkeypatch.context() as planted:
                planted.setattr(CaseWorkflow, "__init__", broken)
                report = await gate.replay_check(line.client, "b2", line.name)
            assert {one.history: one.words for one in report.failures}[f"case-{case_id}"] == "it is broken"
            assert (await line.standing()).current == "b1"


async def test_another_build_is_promoted_on_the_word_of_its_own_check(line: Line) -> None:
    async with line.worker("b1"), line.worker("b2"):
        await line.changing("b1").promote("b1", ANN)
        with pytest.raises(DeployRefused, match="b2 is not this build, which is b1"):
            await line.changing("b1").promote("b2", ANN)
        from datetime import UTC, datetime

        await line.deployment.note_check("b2", "8 recorded histories replay", datetime.now(UTC), "ci")
        change = await line.changing("b1").promote("b2", ANN)
        assert "8 recorded histories" in json.dumps(change.evidence)


async def test_the_thirteenth_deploy_on_a_server_that_keeps_four_registers_and_serves(quick_line: Line) -> None:
    line = quick_line
    first = ""
    for number in range(12):
        async with line.worker(f"b{number}") as home:
            await line.changing(f"b{number}").promote(f"b{number}", ANN)
            first = first or await waiting(home)
    async with line.worker("b12") as home:
        await line.changing("b12").promote("b12", ANN)
        await stepped(line, home, first, "b12")
        assert await line.build_of(await waiting(home)) == "b12"
    assert len((await line.standing()).versions) <= 4


async def test_pruning_deletes_what_is_done_with_and_says_why_the_rest_stays(quick_line: Line) -> None:
    line = quick_line
    async with line.worker("b1") as home:
        await line.changing("b1").promote("b1", ANN)
        case_id = await waiting(home)
    async with line.worker("b2") as home:
        changing = line.changing("b2")
        await changing.promote("b2", ANN)
        deleted, kept = await changing.prune(ANN, 0)
        assert not deleted or deleted == ["b1"]

        async def drained() -> bool:
            gone, _ = await changing.prune(ANN, 0)
            return bool(deleted or gone)

        await wait_for(drained)
        _, kept = await changing.prune(ANN, 0)
        assert kept == {"b2": "it is current"}
        await stepped(line, home, case_id, "b2")
