"""Rules held against time by `promtool`, Prometheus's own tool: pending, firing and resolved, over figures as served.

A drill scrapes what is served before and after its fault. Here both become hours of scrapes: quiet, the fault, quiet again.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from handrail.seeing.figures import catalogue
from tests.support.promql import Labels, Scrapes, Vector

RULES = Path(catalogue.__file__).parents[1] / "monitoring" / "alerts.yaml"
TOOLS = Path(__file__).parents[2] / "build" / "prometheus" / "usr" / "bin"
STEP = 15
QUIET = 600
"""Seconds before the fault, and beyond what a rule asks for during and after it."""
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NAME = re.compile(r"\b(?:handrail_\w+|up)\b")
LABEL = re.compile(r"{{ \$labels\.(\w+) }}")


def tool(name: str) -> str | None:
    """Return where a program of Prometheus is; None where there is none."""
    return shutil.which(name, path=str(TOOLS)) or shutil.which(name)


PROMTOOL = tool("promtool")
NO_PROMTOOL = "no promtool here: `make prometheus` unpacks it"


@dataclass(frozen=True, slots=True)
class Held:
    """A rule and the series that it is held against.

    The last scrape but one is quiet, the last one shows the fault, and was made `later` seconds behind the other one.
    """

    rule: dict[str, Any]
    scrapes: Scrapes
    later: float = 0.0

    def refused(self, folder: Path) -> str:
        """What promtool says against it, nothing where the rule holds as it should; the test is written into the folder."""
        assert PROMTOOL is not None
        file, alone = folder / "test.yaml", folder / "rule.yaml"
        alone.write_text(yaml.safe_dump({"groups": [{"name": "alone", "rules": [self.rule]}]}))
        file.write_text(yaml.safe_dump(self._test(alone)))
        ran = subprocess.run([PROMTOOL, "test", "rules", str(file)], capture_output=True, text=True, check=False, timeout=300)
        return "" if ran.returncode == 0 else ran.stdout + ran.stderr

    @property
    def _holds(self) -> int:
        return seconds(self.rule.get("for", "0s"))

    @property
    def _looks_back(self) -> int:
        """Seconds that it looks back for what was counted."""
        return max((seconds(one) for one in re.findall(r"increase\([^)]*\[(\w+)\]", self.rule["expr"])), default=0)

    @property
    def _lengths(self) -> tuple[int, int, int]:
        """Seconds of quiet, of the fault and of quiet again."""
        return QUIET, self._holds + int(self.later) + QUIET, self._looks_back + QUIET

    def _test(self, rule: Path) -> dict[str, Any]:
        series = [
            {"series": f"{name}{{{','.join(f'{key}={value!r}' for key, value in sorted(labels))}}}", "values": values}
            for name in sorted(set(NAME.findall(self.rule["expr"])))
            for labels, values in self._series(name)
        ]
        alerts = [
            {"alertname": self.rule["alert"], "eval_time": f"{at}s", "exp_alerts": self._alerts() if fires else []}
            for at, fires in self._looks()
        ]
        tests = [{"interval": f"{STEP}s", "input_series": series, "alert_rule_test": alerts}]
        return {"rule_files": [str(rule)], "evaluation_interval": f"{STEP}s", "tests": tests}

    def _looks(self) -> Iterator[tuple[int, bool]]:
        """When it is looked, and whether the alert has to fire then."""
        ends = QUIET + (self._looks_back or self._lengths[1])
        yield from ((STEP, False), (QUIET - STEP, False))
        if self._holds:
            yield QUIET + self._holds - STEP, False
        yield from ((QUIET + int(self.later) + self._holds + STEP, True), (ends - STEP, True))
        yield ends + 2 * STEP, False

    def _alerts(self) -> list[dict[str, Any]]:
        firing = [dict(labels) for labels in self.scrapes.firing(self.rule["expr"])]
        return [{"exp_labels": one | self.rule["labels"], "exp_annotations": self._words(one)} for one in firing]

    def _words(self, labels: dict[str, str]) -> dict[str, str]:
        return {name: LABEL.sub(lambda one: labels[one[1]], words) for name, words in self.rule["annotations"].items()}

    def _series(self, name: str) -> Iterator[tuple[Labels, str]]:
        """The series of the name, each as promtool reads hours of scrapes."""
        quiet, wrong = (one.get(name, {}) for one in self.scrapes.taken[-2:])
        for labels in sorted({*quiet, *wrong}, key=sorted):
            if name == catalogue.RECORD_READ.name:
                yield labels, self._read_again(frozen=quiet.get(labels) == wrong.get(labels))
            elif name == catalogue.CERTIFICATES.name:
                yield labels, self._lasting({}, {labels: wrong[labels] - self.scrapes.now + QUIET}, labels)
            else:
                yield labels, self._lasting(quiet, wrong, labels, grows=name.endswith("_total"))

    def _lasting(self, quiet: Vector, wrong: Vector, labels: Labels, *, grows: bool = False) -> str:
        """Write a series that is quiet, wrong and quiet again; one that `grows` stays where the fault left it."""
        written, there = [], False
        for length, values in zip(self._lengths, (quiet, wrong, wrong if grows else quiet), strict=True):
            steps = length // STEP
            if labels in values:
                written.append(f"{values[labels]!r}+0x{steps - 1}".replace("nan", "NaN"))
            else:
                written.append(f"stale _x{steps - 1}" if there else f"_x{steps}")
            there = labels in values
        return " ".join(written)

    def _read_again(self, *, frozen: bool) -> str:
        """Write when figures were last read: always just now, but during the fault, if they are frozen then."""
        first, second, third = (length // STEP for length in self._lengths)
        between = f"{QUIET - STEP}+0x{second - 1}" if frozen else f"{QUIET}+{STEP}x{second - 1}"
        return f"0+{STEP}x{first - 1} {between} {QUIET + second * STEP}+{STEP}x{third - 1}"


def seconds(time: str) -> int:
    """Return the seconds of a time as Prometheus writes it, such as `10m`."""
    return int(time[:-1]) * SECONDS[time[-1]]
