"""The Alertmanager of the page about alerts: everybody is told, and only alerts that there are keep silent."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.promtool import RULES, tool

PAGE = Path(__file__).parents[3] / "docs" / "operating" / "alerts.md"
(SAMPLE, _) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
ALERTS = {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}
AMTOOL = tool("amtool")


def test_what_keeps_silent_is_an_alert() -> None:
    named = set(re.findall(r"Handrail\w+", SAMPLE))
    assert len(named) > 5
    assert named <= set(ALERTS)


@pytest.mark.skipif(AMTOOL is None, reason="no amtool here: `make prometheus` unpacks it")
def test_each_severity_has_people_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "alertmanager.yaml"
    file.write_text(SAMPLE)

    def said(*words: str) -> str:
        ran = subprocess.run([str(AMTOOL), *words], capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout.strip()

    assert "2 receivers" in said("check-config", str(file))
    severities = sorted({rule["labels"]["severity"] for rule in ALERTS.values()})
    told = {one: said("config", "routes", "test", f"--config.file={file}", f"severity={one}") for one in severities}
    assert told == {"page": "on-call", "ticket": "tickets"}
