"""The activity that asks when people work."""

from __future__ import annotations

from temporalio import activity

from handrail.domain.staff import Expectation, Need
from handrail.ports import Clock, Staff


class StaffActivities:
    """Reaches the people there are through a port."""

    def __init__(self, staff: Staff, clock: Clock) -> None:
        self._staff = staff
        self._clock = clock

    @activity.defn(name="staff.expect")
    async def expect(self, need: Need, minutes: int) -> Expectation:
        """When `minutes` of the working time of those who can take it will have passed, from now."""
        return await self._staff.expect(need, self._clock.now(), minutes)
