"""Changes of deployments in PostgreSQL: only added to, each with who made it and on what grounds."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from handrail.domain.rollout.deploys import DeployChange
from handrail.postgres.pool import Pool, alone


class PostgresDeployChanges:
    """The record of a deployment's changes. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, change: DeployChange) -> DeployChange:
        """Write a change down, and return it as it is kept."""
        about = {**change.model_dump(exclude={"change_id", "at", "evidence"}), "evidence": Jsonb(change.evidence)}
        (row,) = await alone(self._pool, "put_deploy_change", prepare=False, **about)
        return DeployChange.model_validate(row)

    async def newest(self, deployment: str, limit: int) -> list[DeployChange]:
        """Return the changes of the deployment, the newest first."""
        found = await alone(self._pool, "deploy_changes", prepare=False, deployment=deployment, limit=limit)
        return [DeployChange.model_validate(row) for row in found]
