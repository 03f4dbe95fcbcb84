"""Terms on which people are told by mail what waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from handrail.domain.base import Model
from handrail.domain.team.hours import Between, TimeOfDay, Weekday, Zone

ADDRESS = r"^[^@\s<>()\[\],;:\\\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"


class NoticeTerms(Model):
    """The terms on which a person is told: where, in which language, when, and of what.

    With `digest` mail leaves at these times of the day, else at once, at most one in `every_minutes`. Nothing leaves in
    `quiet` hours or on other than the `days`; what waits then is told together afterwards. `roles` and `queues` narrow what
    is told to decisions that take one of them, and cases in one of them; an empty list is none.
    """

    mail: str = Field(pattern=ADDRESS, max_length=254)
    language: Literal["de", "en"] = "en"
    zone: Zone | None = Field(default=None, description="by default that of the person's shifts")
    quiet: Between | None = None
    days: list[Weekday] = Field(default_factory=lambda: list(Weekday), min_length=1)
    digest: list[TimeOfDay] = Field(default_factory=list)
    every_minutes: int = Field(default=15, ge=1, le=1_440)
    roles: list[str] | None = None
    queues: list[str] | None = None

    def quiet_at(self, at: datetime, zone: str) -> bool:
        """Return whether nothing leaves at this moment."""
        here = at.astimezone(ZoneInfo(self.zone or zone))
        hushed = self.quiet is not None and here.hour * 60 + here.minute in self.quiet.minutes()
        return hushed or Weekday.of(here.date()) not in self.days

    def due(self, since: datetime, last: datetime | None, now: datetime, zone: str) -> bool:
        """Return whether a mail leaves now about what waits `since`; `last` is when the one before left."""
        if self.quiet_at(now, zone) or (last is not None and now - last < timedelta(minutes=self.every_minutes)):
            return False
        return not self.digest or since <= self._digest_before(now.astimezone(ZoneInfo(self.zone or zone)))

    def _digest_before(self, here: datetime) -> datetime:
        """Return the latest moment of a digest, up to now, on a day on which mail leaves or not."""
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
        moments = [midnight - timedelta(days=back) + timedelta(minutes=one) for back in (0, 1) for one in self.digest]
        return max(one for one in moments if one <= here)
