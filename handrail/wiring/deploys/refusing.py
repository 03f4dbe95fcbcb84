"""Refusals of changes of a deployment, in words that say what would be right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from handrail.domain.counting import listed, many
from handrail.domain.rollout.deploys import DeployedVersion, DeploymentStanding, DeployRefused

FRESH = timedelta(hours=1)
"""For so long a check counts for whoever promotes from somewhere else than that build."""
NAMED = 5


def chosen(standing: DeploymentStanding, build_id: str | None) -> DeployedVersion:
    """Return the version to go back to: the one named, or the one that was current last. Raises: DeployRefused."""
    others = [one for one in standing.versions if one.build_id != standing.current]
    was = sorted((one for one in others if one.last_current_at), key=lambda one: str(one.last_current_at))
    found = standing.version(build_id) if build_id else (was[-1] if was else None)
    if found is None:
        words = f"{build_id!r} is no version of it" if build_id else "no version was current before"
        raise DeployRefused(f"rollback: {words}. `handrail deploys list` shows those that the server knows.")
    if found.build_id == standing.current:
        raise DeployRefused(f"rollback: {found.build_id} is current. Name another build, or leave it out.")
    if not found.pollers:
        words = f"no worker of {found.build_id} has polled lately, and every case would wait"
        raise DeployRefused(f"rollback: {words}. Start workers of that build first, then roll back.")
    return found


def absent(standing: DeploymentStanding, build_id: str) -> str:
    """Say that no worker of the build polls, and what to do."""
    if standing.version(build_id) is not None:
        return f"no worker of {build_id} has polled lately, and every case would wait. Start workers of it first."
    if len(standing.versions) >= standing.cap:
        kept = [f"{one.build_id} ({why})" for one in standing.versions if (why := standing.kept_for(one))]
        words = f"the server keeps {many(standing.cap, 'version')} and takes no more: {listed(kept, NAMED)}"
        return f"{build_id} has not registered: {words}. Wait until some have drained, or raise the server's limit."
    known = listed([one.build_id for one in standing.versions], NAMED) or "none"
    words = f"no worker of it has polled for {standing.deployment!r}; those that have: {known}"
    return f"{build_id} has not registered: {words}. Start workers of it first: the same code, definitions and settings."


def elsewhere(found: DeployedVersion, act: str, here: str, *, unfit: bool) -> dict[str, object]:
    """Return the check that another build passed where it is. Raises: DeployRefused: none lately."""
    if found.checked_at and datetime.now(UTC) - found.checked_at < FRESH:
        return {"check": f"{found.checked}, at {found.checked_at.isoformat()}"}
    if unfit:
        return {}
    words = f"{found.build_id} is not this build, which is {here}, and histories replay in a build's own code alone"
    raise DeployRefused(f"{act}: {words}. Run `handrail deploys check` in that build, then this within an hour.")


def unversioned(standing: DeploymentStanding) -> dict[str, object]:
    """Return what speaks for workers without a version. Raises: DeployRefused: none polls."""
    if not standing.unversioned_pollers:
        words = "no worker without a version has polled lately, and every case would wait"
        raise DeployRefused(f"promote: {words}. Start some with HANDRAIL_VERSIONED=false first.")
    return {"pollers": standing.unversioned_pollers}
