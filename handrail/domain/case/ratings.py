"""A customer's rating of a case: their own words and numbers, counted once for each survey."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, model_validator

from handrail.domain.base import Model, Stored

MAX_COMMENT = 2_000
END = "end"
"""The survey behind the end of a case, where no other is named."""


class RateCase(Model):
    """The `rate` update: the customer rates the case; at least one of `csat`, `nps` and `solved` is there.

    The same `survey_id` counts once: another rating under it takes the first one's place.
    """

    survey_id: str = Field(default=END, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    csat: int | None = Field(default=None, ge=1, le=5, strict=True, description="satisfaction, 1 to 5")
    nps: int | None = Field(default=None, ge=0, le=10, strict=True, description="would they recommend us, 0 to 10")
    solved: bool | None = Field(default=None, strict=True, description="is the problem solved, in the customer's eyes")
    comment: str | None = Field(default=None, max_length=MAX_COMMENT, description="the customer's own words")

    @model_validator(mode="after")
    def _says_something(self) -> RateCase:
        if self.csat is None and self.nps is None and self.solved is None:
            raise ValueError("a rating needs csat (1 to 5), nps (0 to 10) or solved (true or false)")
        return self


class RatedCase(Stored):
    """A rating with its case and the moment at which it came."""

    case_id: str
    rating: RateCase
    at: datetime


class RatingReceipt(Stored):
    """The answer to `rate`. `duplicate`: exactly this stood already; `changed`: another rating stood, and was replaced.

    `offered`: the customer was among those who are asked. A rating that nobody asked for is kept, and counts in no rate.
    """

    case_id: str
    survey_id: str
    duplicate: bool = False
    changed: bool = False
    offered: bool = False


LINK_DAYS = 30
"""A link with which a case is rated counts for so long."""


class RatingLink(Stored):
    """A link with which the customer of one case rates it, and does nothing else. Opening it rates nothing."""

    case_id: str
    url: str
    expires_at: datetime


class LinkedCase(Stored):
    """The case behind a link, with what stands of its rating."""

    case_id: str
    customer_id: str
    language: str | None = None
    csat: int | None = None
    solved: bool | None = None
    comment: str | None = None
