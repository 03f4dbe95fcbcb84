"""Settings of a worker as a version of a deployment, and of how it ends."""

from __future__ import annotations

from pydantic import Field

from handrail.environment import EnvironmentSettings

BUILD, NAME = r"^[A-Za-z0-9][\w.-]*$", r"^[A-Za-z0-9][\w-]*$"
LONGEST = 100
"""Said apart from the pattern: counted within it, letters of every script take each start a tenth of a second."""


class DeploymentSettings(EnvironmentSettings):
    """Settings by which a worker registers with Temporal, and by which it stops."""

    versioned: bool = Field(default=True, description="workers are versions of a deployment: `handrail deploys`")
    deployment: str = Field(default="handrail", pattern=NAME, max_length=LONGEST, description="its name in Temporal")
    build_id: str | None = Field(
        default=None, pattern=BUILD, max_length=LONGEST, description="names this build, instead of a hash of all it is"
    )
    deployment_versions: int = Field(default=100, ge=2, description="the server's matching.maxVersionsInDeployment")
    drain_seconds: float = Field(default=15, ge=0, le=600, description="what turns get to end in when a worker stops")
