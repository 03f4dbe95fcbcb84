"""The Helm chart, rendered by helm itself and held against Kubernetes's own schemas."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from handrail.settings import Settings

ROOT = Path(__file__).parents[3]
ALERTS = (ROOT / "handrail" / "seeing" / "monitoring" / "alerts.yaml").read_text(encoding="utf-8")
CHART = ROOT / "deploy" / "chart"
TOOLS = ROOT / "build" / "chart" / "bin"
HELM = shutil.which("helm", path=str(TOOLS)) or shutil.which("helm")
VALUES: dict[str, Any] = {
    "image": {"repository": "images.example/handrail", "tag": "2026.11.30"},
    "temporal": {"address": "temporal-frontend.temporal.svc:7233", "tlsSecret": "temporal-client", "ownAuthority": True},
    "model": {"name": "gpt-5-mini"},
    "secretName": "handrail",
    "worker": {"scaling": {"enabled": True}},
    "api": {"ingress": {"enabled": True, "host": "handrail.example.com", "tlsSecret": "handrail-tls", "className": "nginx"}},
    "mail": {"enabled": True},
    "metrics": {"enabled": True, "podMonitor": True, "rules": ALERTS},
    "settings": {"HANDRAIL_LOG_LEVEL": "INFO"},
}
OPERATORS = ("ScaledObject", "TriggerAuthentication", "PodMonitor", "PrometheusRule")
"""Kinds that others bring to a cluster; Kubernetes has no schema of them."""
pytestmark = pytest.mark.skipif(HELM is None, reason="no helm here: `make chart` installs it")


def helm(folder: Path, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """What helm says when it renders the chart with these values."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    called = [str(HELM), "template", "shop", str(CHART), "--namespace", "handrail", "-f", str(file)]
    return subprocess.run(called, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> str:
    said = helm(tmp_path_factory.mktemp("values"), VALUES)
    assert said.returncode == 0, said.stderr
    return said.stdout


@pytest.fixture(scope="module")
def parts(rendered: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(rendered) if one}


def pods(parts: dict[tuple[str, str], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: one["spec"]["template"]["spec"] for (kind, name), one in parts.items() if kind in ("Deployment", "Job")}


@pytest.mark.skipif(not (TOOLS / "kubernetes-validate").exists(), reason="no schemas here: `make chart` installs them")
def test_kubernetes_would_take_it(rendered: str, tmp_path: Path) -> None:
    file = tmp_path / "rendered.yaml"
    file.write_text(rendered, encoding="utf-8")
    said = subprocess.run(
        [str(TOOLS / "kubernetes-validate"), "--strict", str(file)], capture_output=True, text=True, check=False, timeout=120
    )
    assert said.returncode == 0, said.stdout + said.stderr
    passed = [line for line in (said.stdout + said.stderr).splitlines() if " passed for resource " in line]
    assert len(passed) == sum(one["kind"] not in OPERATORS for one in yaml.safe_load_all(rendered) if one)


def test_nothing_runs_with_rights_or_without_bounds(parts: dict[tuple[str, str], dict[str, Any]]) -> None:
    found = pods(parts)
    assert set(found) == {f"shop-handrail-{part}" for part in ("worker", "api", "mail", "migrate", "promote")}
    for name, pod in found.items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert (rights["readOnlyRootFilesystem"], rights["allowPrivilegeEscalation"]) == (True, False), name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name
            assert {"secretRef": {"name": "handrail"}} in container["envFrom"], name


def test_workers_are_never_none(parts: dict[tuple[str, str], dict[str, Any]], tmp_path: Path) -> None:
    scaled = parts["ScaledObject", "shop-handrail-worker"]["spec"]
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (2, 8)
    assert scaled["triggers"][0]["metadata"]["taskQueue"] == Settings.model_fields["task_queue"].default
    assert "replicas" not in parts["Deployment", "shop-handrail-worker"]["spec"], "KEDA and the chart would pull at it"
    plain = helm(tmp_path, VALUES | {"worker": {"replicas": 3}})
    assert "ScaledObject" not in plain.stdout
    kept = {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(plain.stdout) if one}
    assert kept["Deployment", "shop-handrail-worker"]["spec"]["replicas"] == 3


def test_every_pod_is_walled_in_and_found_by_its_wall(parts: dict[tuple[str, str], dict[str, Any]]) -> None:
    for (kind, name), one in parts.items():
        if kind in ("Deployment", "Job"):
            labels = one["spec"]["template"]["metadata"]["labels"]
            wall = parts["NetworkPolicy", name]["spec"]
            assert wall["podSelector"]["matchLabels"].items() <= labels.items(), name
            doors = {port["port"] for one in wall["ingress"] or [] for port in one["ports"]}
            expected = {"shop-handrail-api": {8100, 9464}, "shop-handrail-worker": {9464}, "shop-handrail-mail": {9464}}
            assert doors == expected.get(name, set()), name
            assert wall["policyTypes"] == ["Ingress", "Egress"], name


def test_the_operators_prometheus_gets_the_rules_and_the_names_they_know_parts_by(
    parts: dict[tuple[str, str], dict[str, Any]],
) -> None:
    assert parts["PrometheusRule", "shop-handrail"]["spec"] == yaml.safe_load(ALERTS)
    (naming,) = parts["PodMonitor", "shop-handrail"]["spec"]["podMetricsEndpoints"][0]["relabelings"]
    (label,) = naming["sourceLabels"]
    served = {
        naming["replacement"].replace("$1", one["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"])
        for (kind, name), one in parts.items()
        if kind == "Deployment"
    }
    assert (label, naming["targetLabel"]) == ("__meta_kubernetes_pod_label_app_kubernetes_io_component", "job")
    assert served == set(re.findall(r'up\{job="([^"]+)"\}', ALERTS))


def test_the_settings_that_are_passed_are_settings(parts: dict[tuple[str, str], dict[str, Any]]) -> None:
    known = {f"HANDRAIL_{name.upper()}" for name in Settings.model_fields} | {"OPENAI_BASE_URL", "HANDRAIL_API_ADDRESS"}
    assert set(parts["ConfigMap", "shop-handrail"]["data"]) <= known


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"worker": {"replicas": 0}}, "worker.replicas"),
        ({"worker": {"replica": 3}}, "replica"),
        ({"image": {"repository": "images.example/handrail", "tag": "latest"}}, "image.tag"),
        ({"temporal": {"address": "temporal-frontend"}}, "temporal.address"),
        ({"secretName": ""}, "secretName"),
        ({"settings": {"OPENAI_API_KEY": "x"}}, "settings"),
        ({"settings": {"HANDRAIL_MASTER_KEYS": "x"}}, "settings"),
        ({"settings": {"PATH": "x"}}, "settings"),
        ({"api": {"ingress": {"enabled": True}}}, "api.ingress"),
        ({"metrics": {"enabled": True, "podMonitor": True, "rules": "alerts.yaml"}}, "metrics.rules"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    answer = helm(tmp_path, VALUES | wrong)
    assert answer.returncode != 0
    assert said in answer.stderr


def test_every_value_has_a_rule() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(values) == set(schema["properties"]) - {"global"}
