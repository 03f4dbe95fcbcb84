"""Looks at the deployment: does a version work on the cases, does somebody poll for each that has some, is there room."""

from __future__ import annotations

from temporalio.service import RPCError, RPCStatusCode

from handrail.doctor.findings import DoctorFinding, fine, notice, trouble
from handrail.domain.counting import listed, many
from handrail.domain.rollout.deploys import DeploymentStanding
from handrail.settings import Settings
from handrail.temporal.connect import Unreachable
from handrail.temporal.deployments import PINNED, Deployment
from handrail.wiring.connecting import connected, silent

DEPLOYMENT = "deployment"
PATIENCE = 5.0
"""Seconds for which a server that is too busy is asked again: whoever asks the doctor wants to know that it is."""
NAMED = 5
PROMOTE = "handrail deploys promote"
UNPIN = (
    f"temporal workflow update-options --query \"WorkflowType = 'case' AND {PINNED}\""
    " --versioning-override-behavior unspecified lets them move; or start workers of their build."
)


async def look(settings: Settings) -> list[DoctorFinding]:
    """Look at the deployment of the settings. Raises: RPCError: Temporal stopped answering."""
    try:
        client = await connected(settings, identity="handrail doctor", runtime=silent())
    except Unreachable:
        return []  # said where Temporal itself is looked at
    deployment = Deployment(client, settings.deployment, settings.task_queue, settings.deployment_versions, PATIENCE)
    try:
        return found_of(await deployment.standing(), versioned=settings.versioned)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:  # the namespace, which is said elsewhere
            return []
        if error.status not in (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED):
            raise
        remedy = "Look as the namespace's owner; for a server that knows no versions set HANDRAIL_VERSIONED=false."
        return [notice(DEPLOYMENT, f"It cannot be looked at: {error.message}", remedy)]


def found_of(standing: DeploymentStanding, *, versioned: bool) -> list[DoctorFinding]:
    """Say what is wrong with a deployment as it stands."""
    found = [*_current(standing, versioned=versioned), *_waiting(standing), *_pinned(standing), *_room(standing)]
    if found:
        return found
    works = (
        f"build {standing.current} works on {many(standing.open_cases, 'open case')}" if standing.current else "no versions"
    )
    share = f", {standing.ramping} on {standing.percent:g} % of them" if standing.ramping else ""
    return [fine(DEPLOYMENT, f"{works}{share}; {len(standing.versions)} of {standing.cap} versions")]


def _current(standing: DeploymentStanding, *, versioned: bool) -> list[DoctorFinding]:
    if standing.current:
        return []
    idle = [one.build_id for one in standing.versions if one.pollers and not one.works]
    if idle and not standing.unversioned_pollers:
        words = f"No version is current, so nobody works on cases although workers poll: {listed(idle, NAMED)}."
        return [trouble(DEPLOYMENT, words, PROMOTE)]
    if idle:
        words = f"No version is current: workers without a version have the cases, and {listed(idle, NAMED)} wait for them."
        return [notice(DEPLOYMENT, words, PROMOTE)]
    if versioned and standing.unversioned_pollers:
        words = "Workers poll without a version, although the settings here want one: edits reach open cases without the gate."
        return [notice(DEPLOYMENT, words, "Start workers of this version, then `handrail deploys promote`.")]
    return []


def _waiting(standing: DeploymentStanding) -> list[DoctorFinding]:
    """Tell of versions that have work and nobody to do it; cases of other ones move to the current with their next step."""
    found = []
    for one in standing.versions:
        if one.works and not one.pollers:
            kept = many(one.cases, "open case")
            words = (
                f"Build {one.build_id} is {one.status}, {one.percent:g} % of the cases, and nobody polls for it: {kept} wait."
            )
            found.append(trouble(DEPLOYMENT, words, "Start its workers, or `handrail deploys rollback`, or promote another."))
    return found


def _pinned(standing: DeploymentStanding) -> list[DoctorFinding]:
    if standing.stranded:
        words = (
            f"{many(standing.stranded, 'open case')} pinned by hand to a build for which nobody polls: nothing is done there."
        )
        return [trouble(DEPLOYMENT, words, UNPIN)]
    if standing.pinned:
        words = f"{many(standing.pinned, 'open case')} pinned by hand to a build: no promotion moves them, keep its workers."
        return [notice(DEPLOYMENT, words, UNPIN)]
    return []


def _room(standing: DeploymentStanding) -> list[DoctorFinding]:
    if not standing.near_cap:
        return []
    words = f"The server keeps {len(standing.versions)} of at most {standing.cap} versions; a further one could not register."
    return [notice(DEPLOYMENT, words, "handrail deploys prune")]
