"""Settings of how long things are kept."""

from __future__ import annotations

from pydantic import Field

from handrail.environment import EnvironmentSettings

MOST_DAYS = 3_650


class KeepingSettings(EnvironmentSettings):
    """Days after which what has done its work goes; cases themselves stay until somebody is forgotten."""

    webhook_days: int = Field(
        default=30, ge=4, le=MOST_DAYS, description="days for which messages of webhooks that were taken or given up are kept"
    )
    mail_source_days: int = Field(
        default=365,
        ge=7,
        le=MOST_DAYS,
        description="days for which sources of mail, with attachments, are kept once their case is closed, or they have none",
    )
    backup_days: int = Field(default=35, ge=0, le=MOST_DAYS, description="days after which no backup holds what was deleted")
