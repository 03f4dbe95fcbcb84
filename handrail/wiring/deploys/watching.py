"""A worker's look at its own version: one that gets no cases says so, because the server tells nobody."""

from __future__ import annotations

import asyncio
import logging

from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion

from handrail.background import Say, silent
from handrail.policies.loader import FilePolicies
from handrail.settings import Settings
from handrail.temporal.deployments import Deployment
from handrail.topics.loader import FileTopics
from handrail.wiring.cases.worker import Adapters
from handrail.wiring.deploys.build import this_version

EVERY_SECONDS = 15.0
_log = logging.getLogger("handrail.worker")


def version_of(settings: Settings, adapters: Adapters) -> WorkerDeploymentVersion | None:
    """Return the version that a worker over these adapters is; None where the settings want none.

    Raises:
        DefinitionInvalid: a file cannot be used.
    """
    if not settings.versioned:
        return None
    topics = adapters.topics if isinstance(adapters.topics, FileTopics) else None
    policies = adapters.policies if isinstance(adapters.policies, FilePolicies) else None
    return this_version(settings, adapters.business, topics, policies)


async def watch_forever(
    client: Client,
    settings: Settings,
    version: WorkerDeploymentVersion | None,
    say: Say = silent,
    every: float = EVERY_SECONDS,
) -> None:
    """Look every so many seconds whether the version gets cases, until cancelled. A server that is away is asked again."""
    deployment = Deployment(client, settings.deployment, settings.task_queue, settings.deployment_versions)
    before: str | None = None
    while True:
        await asyncio.sleep(every)
        words = idle(version, *await deployment.routes())
        if words and words != before:
            _log.warning("%s", words)
        say(words)
        before = words


def idle(version: WorkerDeploymentVersion | None, current: str, ramping: str) -> str | None:
    """Say why a worker of the version gets no cases, and what to do; None where it gets some."""
    if version is None:
        if not current:
            return None
        words = f"this worker has no version and gets no cases: {current} is current"
        return f"{words}. Unset HANDRAIL_VERSIONED, or `handrail deploys promote --unversioned`."
    if version.build_id in (current, ramping):
        return None
    words = f"this worker, build {version.build_id}, gets no cases: {current or 'no build'} is current"
    return f"{words}. `handrail deploys promote` gives them to it; after a rollout, stop it."
