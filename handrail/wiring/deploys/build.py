"""This build: what names it, and the version of the deployment that a worker of it is."""

from __future__ import annotations

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig

from handrail.business import Business
from handrail.domain.quality.evaluation.evaluations import combined
from handrail.policies.loader import FilePolicies
from handrail.quality.releases.parts import artefact_version, graph_version, parts_of, router_parts, tools_version
from handrail.settings import Settings
from handrail.temporal.worker.build import ROOT, build_id, own_build
from handrail.topics.loader import FileTopics


def this_version(
    settings: Settings, business: Business, topics: FileTopics | None = None, policies: FilePolicies | None = None
) -> WorkerDeploymentVersion:
    """Return the version that a worker of this code has over the definitions as they are now; those given are not read again.

    Raises:
        DefinitionInvalid: a file cannot be used.
    """
    return WorkerDeploymentVersion(settings.deployment, settings.build_id or _build(settings, business, topics, policies))


def upgrading(version: WorkerDeploymentVersion) -> WorkerDeploymentConfig:
    """Return the options of a worker whose cases move to whichever version is current with their next task."""
    return WorkerDeploymentConfig(
        version=version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE
    )


def _build(settings: Settings, business: Business, topics: FileTopics | None, policies: FilePolicies | None) -> str:
    """Hash the code, the business's own, and what a release counts but its model: 16 hexadecimal digits.

    The model is left out: it is a setting, and what its server calls itself changes while workers run.
    """
    folder = settings.definitions or business.folder
    topics = topics or FileTopics(folder / "topics", business.by_name)
    policies = policies or FilePolicies.of(folder / "policies", business)
    parts = parts_of(
        model="",
        server=None,
        reported=[],
        topics=topics.all(),
        policies=policies.version,
        graph=graph_version(),
        router=router_parts(artefact_version(settings.router), folder),
        tools=tools_version(folder),
    )
    own = "" if business.folder.is_relative_to(ROOT / "handrail") else build_id(business.folder, (".",))
    return combined([own_build(), own, parts.release])
