"""The activity that keeps a customer's rating."""

from __future__ import annotations

from temporalio import activity

from handrail.domain.case.ratings import RatedCase, RatingReceipt
from handrail.ports import Ratings


class RatingActivities:
    """Reaches the record of ratings through a port."""

    def __init__(self, ratings: Ratings) -> None:
        self._ratings = ratings

    @activity.defn(name="record.rate")
    async def rate(self, rated: RatedCase) -> RatingReceipt:
        """Keep the rating; the same one again changes nothing."""
        return await self._ratings.rate(rated)
