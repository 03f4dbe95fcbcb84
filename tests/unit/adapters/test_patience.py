"""A server that is too busy for a change of a deployment is asked again; one that says no is not."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.rollout.deploys import DeployRefused
from handrail.temporal import deployments
from handrail.temporal.deployments import Deployment
from handrail.temporal.patience import patiently

BUSY = RPCError("too many requests issued to Worker Deployment 'handrail'.", RPCStatusCode.RESOURCE_EXHAUSTED, b"")
GONE = RPCError("build ID 'b1' not found", RPCStatusCode.NOT_FOUND, b"")


class Answers:
    """A server that gives one answer after the other."""

    def __init__(self, *answers: RPCError | None) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, request: Any = None) -> str:
        self.asked += 1
        answer = self._answers.pop(0)
        if answer is not None:
            raise answer
        return "done"


async def test_it_is_asked_until_it_does_it() -> None:
    passing = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.ABORTED, RPCStatusCode.CANCELLED)
    answers = Answers(BUSY, *(RPCError("away", status, b"") for status in passing), None)
    assert await patiently(answers, pauses=(0,)) == "done"
    assert answers.asked == 6


async def test_a_no_is_final_and_patience_ends() -> None:
    refusing, busy = Answers(GONE), Answers(BUSY)
    with pytest.raises(RPCError, match="not found"):
        await patiently(refusing, pauses=(0,))
    with pytest.raises(RPCError, match="too many requests"):
        await patiently(busy, patience=0.5, pauses=(1,))
    assert (refusing.asked, busy.asked) == (1, 1)


def deployment(monkeypatch: pytest.MonkeyPatch, answers: Answers, patience: float) -> Deployment:
    monkeypatch.setattr(deployments, "patiently", partial(patiently, pauses=(0.001,)))
    service = SimpleNamespace(
        set_worker_deployment_current_version=answers,
        set_worker_deployment_ramping_version=answers,
        delete_worker_deployment_version=answers,
        describe_worker_deployment=answers,
    )
    return Deployment(SimpleNamespace(workflow_service=service, namespace="default"), "handrail", "cases", 100, patience)  # type: ignore[arg-type]


async def test_every_change_of_a_deployment_waits_for_a_busy_server(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(BUSY, None, BUSY, None, BUSY, None)
    busy = deployment(monkeypatch, answers, 60)
    await busy.make_current("b1", "ann")
    await busy.ramp("b1", 1, "ann")
    await busy.delete("b1", "ann")
    assert answers.asked == 6


async def test_a_look_at_a_deployment_waits_for_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers(BUSY, RPCError("no such deployment", RPCStatusCode.NOT_FOUND, b""))
    assert await deployment(monkeypatch, answers, 60).routes() == ("", "")
    assert answers.asked == 2


async def test_one_that_stays_busy_is_told_of_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeployRefused, match=r"too busy.*too many requests.*handrail deploys list"):
        await deployment(monkeypatch, Answers(BUSY), 0).make_current("b1", "ann")
    with pytest.raises(DeployRefused, match="Temporal refuses: build ID 'b1' not found"):
        await deployment(monkeypatch, Answers(GONE), 60).make_current("b1", "ann")
