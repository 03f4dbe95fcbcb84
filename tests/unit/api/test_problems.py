"""Problems: every error of the house has a status and a page, and says what the command line says."""

from __future__ import annotations

import inspect

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from handrail.api.problems.answers import handle
from handrail.api.problems.table import PROBLEMS, code_of, words_of
from handrail.cli.common.failures import judge
from handrail.domain import errors
from handrail.domain.access.keys import KeyParts, key_parts, without_keys
from handrail.domain.errors import BusinessRefused, HandrailError, ModelUnavailable, SwitchedOff, ToolChanged
from handrail.temporal.converter import REFUSALS

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, HandrailError)]
STATUSES = {
    "InvalidInput": 422,
    "ApprovalRefused": 409,
    "CaseConflict": 409,
    "UnknownCase": 404,
    "IllegalTransition": 409,
    "BusinessRefused": 422,
    "SwitchedOff": 409,
    "ModelUnavailable": 503,
    "Refused": 409,
}


def made(kind: type[HandrailError]) -> HandrailError:
    if issubclass(kind, BusinessRefused):
        return kind("already_refunded", "It was refunded already.")
    if issubclass(kind, ToolChanged):
        return kind("get_booking", "01b7", "It has changed.")
    if issubclass(kind, SwitchedOff):
        return kind("off", "It is switched off.")
    return kind("Something is wrong. Do this.")


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_of_its_own_and_the_words_of_the_command_line(kind: type[HandrailError]) -> None:
    error = made(kind)
    assert code_of(error) == kind.__name__
    assert PROBLEMS[kind.__name__].status == STATUSES.get(kind.__name__, PROBLEMS[kind.__name__].status)
    assert words_of(error, kind.__name__) == judge(error)[1] == str(error)


def test_every_refusal_that_crosses_the_wire_is_in_the_table() -> None:
    assert set(REFUSALS) <= set(PROBLEMS)
    assert {PROBLEMS[name].status // 100 for name in REFUSALS} == {4}


def test_a_bug_and_a_driver_say_nothing_of_themselves() -> None:
    app = FastAPI()
    handle(app)

    @app.get("/bug")
    async def bug() -> None:
        raise KeyError("password=hunter2")

    @app.get("/away")
    async def away() -> None:
        raise ModelUnavailable("busy")

    with TestClient(app, raise_server_exceptions=False) as client:
        found = client.get("/bug")
        assert (found.status_code, found.json()["code"]) == (500, "Unexpected")
        assert "hunter2" not in found.text
        assert client.get("/away").headers["retry-after"] == "2"
        assert client.get("/problems/CaseConflict").text.startswith("CaseConflict: ")
        assert client.get("/problems/Nonesuch").status_code == 404


def test_a_key_reads_back_and_is_left_out_of_logs() -> None:
    parts = KeyParts("live", "ab12cd34ef56", "S" * 43)
    assert key_parts(parts.text) == parts
    assert key_parts(parts.text + "x") is None
    assert parts.secret not in without_keys(f"lost {parts.text} somewhere")
    assert "ab12cd34ef56" in without_keys(parts.text)
