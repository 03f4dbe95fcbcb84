"""The guard of the OpenAPI document: it names what breaks a client, and lets through what does not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.guard import openapi

COMMITTED = json.loads((Path(__file__).parents[2] / openapi.FILE).read_text())
SUMMARY = ("components", "schemas", "CaseSummary")
NEW_CASE = ("components", "schemas", "NewCase")
OPEN = ("paths", "/v1/cases", "post")


def at(document: Any, *path: str) -> Any:
    for part in path:
        document = document[part]
    return document


def field(document: Any) -> None:
    del at(document, *SUMMARY, "properties")["reply"]


def path(document: Any) -> None:
    del document["paths"]["/v1/queue"]


def needed(document: Any) -> None:
    at(document, *NEW_CASE)["required"].append("channel")


def tighter(document: Any) -> None:
    at(document, *NEW_CASE, "properties", "text")["maxLength"] = 10


def answer(document: Any) -> None:
    del at(document, *OPEN, "responses")["202"]


def retyped(document: Any) -> None:
    at(document, *SUMMARY, "properties", "turn")["type"] = "string"


def parameter(document: Any) -> None:
    operation = at(document, "paths", "/v1/cases", "get")
    operation["parameters"] = [one for one in operation["parameters"] if one["name"] != "cursor"]


def value(document: Any) -> None:
    at(document, "components", "schemas", "DecisionKind")["enum"].remove("edit")


@pytest.mark.parametrize("change", [field, path, needed, tighter, answer, retyped, parameter, value])
def test_what_breaks_a_client_is_named(change: Callable[[Any], None]) -> None:
    changed = copy.deepcopy(COMMITTED)
    change(changed)
    assert openapi.breaking(COMMITTED, changed)


def test_what_is_added_breaks_nobody() -> None:
    changed = copy.deepcopy(COMMITTED)
    at(changed, *SUMMARY, "properties")["more"] = {"type": "string"}
    at(changed, *NEW_CASE, "properties")["more"] = {"type": "string"}
    changed["paths"]["/v1/more"] = changed["paths"]["/v1/queue"]
    assert openapi.breaking(COMMITTED, changed) == []


def test_the_committed_document_is_what_the_code_serves() -> None:
    assert openapi.served() == COMMITTED
    assert COMMITTED["openapi"].startswith("3.1")


def test_nothing_that_breaks_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = copy.deepcopy(COMMITTED)
    at(more, *SUMMARY, "properties")["promised"] = {"type": "string"}
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(more))
    monkeypatch.setattr(openapi, "FILE", file)
    assert openapi.main(["--write"]) == 1
    assert "promised is gone" in capsys.readouterr().out
    assert json.loads(file.read_text()) == more
