"""A Prometheus server of its own, with the configuration that is shipped: only where it looks and how often is another."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from handrail.embedded.ports import free_block
from tests.support.promtool import RULES, tool

PROMETHEUS = tool("prometheus")
NO_PROMETHEUS = "no prometheus here: `make prometheus` unpacks it"
MONITORING = RULES.parent
EVERY = "1s"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server that runs."""

    client: httpx.AsyncClient

    async def ready(self) -> bool:
        """Return whether it answers."""
        try:
            return (await self.client.get("/-/ready")).is_success
        except httpx.TransportError:
            return False

    async def data(self, path: str, **parameters: str) -> Any:
        """Return what its API says, see Prometheus's HTTP API."""
        answer = (await self.client.get(f"/api/v1/{path}", params=parameters)).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    async def values(self, expression: str) -> list[float]:
        """Return the values of the series that an expression gives now."""
        return [float(one["value"][1]) for one in (await self.data("query", query=expression))["result"]]

    async def targets(self) -> dict[str, str]:
        """What was wrong with the newest scrape of each job: nothing where it is up, `unknown` before the first one."""
        found = (await self.data("targets", state="active"))["activeTargets"]
        return {one["labels"]["job"]: "" if one["health"] == "up" else one["lastError"] or str(one["health"]) for one in found}

    async def rules(self) -> list[dict[str, Any]]:
        """The rules with their health and state."""
        return [rule for group in (await self.data("rules"))["groups"] for rule in group["rules"]]


@asynccontextmanager
async def prometheus(folder: Path, jobs: Mapping[str, str]) -> AsyncIterator[Prometheus]:
    """A server that collects each job of the shipped configuration at its address; nothing of those that are not named."""
    with started(folder, jobs) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:
            yield Prometheus(client)


@contextmanager
def started(folder: Path, jobs: Mapping[str, str]) -> Iterator[str]:
    """The server's process; its address."""
    assert PROMETHEUS is not None
    config = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    config |= {"global": {"scrape_interval": EVERY, "evaluation_interval": EVERY}, "rule_files": [str(RULES)]}
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [jobs[job["job_name"]]]}] if job["job_name"] in jobs else []
    folder.mkdir()
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_block(1)}"
    command = [PROMETHEUS, f"--config.file={folder / 'prometheus.yaml'}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=subprocess.STDOUT)
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def panels() -> Iterator[tuple[str, str]]:
    """Each panel of the dashboards, by its dashboard and title, and its expression."""
    for file in sorted((MONITORING / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.stem}: {panel['title']}", target["expr"]
