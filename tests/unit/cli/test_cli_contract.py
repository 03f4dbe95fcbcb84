"""The contract that is printed is the contract that is served."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from temporalio import workflow
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.cli.record.contract import parts
from workflows.case import CaseWorkflow


def printed(*words: str) -> Any:
    done = CliRunner().invoke(app, ["contract", *words])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_every_name_of_the_workflow_is_listed_and_no_other() -> None:
    definition = workflow._Definition.must_from_class(CaseWorkflow)
    served = {
        "workflow": {definition.name},
        "update": {name for name in definition.updates if name},
        "signal": {name for name in definition.signals if name},
        "query": {name for name in definition.queries if name},
    }
    listed = printed("list", "--json")

    assert {kind: {one["name"] for one in listed if one["kind"] == kind} for kind in served} == served


@pytest.mark.parametrize("one", parts(), ids=lambda one: one.name)
def test_every_schema_is_a_schema(one: Any) -> None:
    for kind, words in ((one.takes, []), (one.gives, ["--answer"])):
        if kind is not None:
            Draft202012Validator.check_schema(printed("schema", one.name, *words))


def test_a_schema_takes_what_the_case_takes() -> None:
    check = Draft202012Validator(printed("schema", "case"))

    assert check.is_valid({"case_id": "c-1", "customer_id": "C-1", "message": {"message_id": "m-1", "text": "Hello"}})
    assert not check.is_valid({"case_id": "c-1", "message": {"message_id": "m-1", "text": "Hello"}})
    assert not check.is_valid({"case_id": "c-1", "customer_id": "C-1", "message": "Hello"})


@pytest.mark.parametrize(
    ("words", "says"), [(["nothing"], "'nothing' is not in the contract"), (["close_case"], "close_case takes nothing")]
)
def test_what_has_no_schema_is_said(words: list[str], says: str) -> None:
    done = CliRunner().invoke(app, ["contract", "schema", *words])

    assert (done.exit_code, says in done.stderr) == (3, True)
