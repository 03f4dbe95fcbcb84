"""The activity that asks when people work."""

from __future__ import annotations

from datetime import datetime

from temporalio import activity

from handrail.domain.team.staff import Expectation, Need
from handrail.ports import Staff


class StaffActivities:
    """Reaches the people there are through a port."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff

    @activity.defn(name="staff.expect")
    async def expect(self, need: Need, now: datetime, minutes: int) -> Expectation:
        """Return the time after `minutes` of working time of those who can take it; `now` is the case's own time."""
        return await self._staff.expect(need, now, minutes)
