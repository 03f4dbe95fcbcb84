"""Customer ids that are one person: links between them, what may be linked, and the refusals.

A link joins one id, `merged`, to another, `kept`. An id is merged into one other at most, so the ids of a person are a tree,
and a link that is undone parts it where it was joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.errors import InvalidInput, Refused

MOST_IDS = 50
"""Ids of one person. Whoever has more is no person, but a mistake in whatever merges them."""


class MergeRefused(Refused):
    """These ids cannot be made one, or parted, as things stand; nothing was changed."""


class UnknownCustomer(Refused):
    """Neither the business nor the record knows the customer."""


class Contradiction(StrEnum):
    """A thing in the data that speaks against two ids being one person; the merge stands, and tells it."""

    OTHER_MAIL = "other_mail"


class CustomerLink(Stored):
    """A link: who joined the two ids, when and why."""

    merged: str
    kept: str
    reason: str
    contradictions: list[Contradiction] = Field(
        default_factory=list, description="`other_mail`: the business has verified a mail address of each, and they differ"
    )
    by: str
    at: datetime


class CustomerKin(Stored):
    """All ids of the person who has this one, this one first, and the links between them, the newest first."""

    customer_id: str
    customer_ids: list[str]
    links: list[CustomerLink] = Field(default_factory=list)


class LinkChange(Stored):
    """A wish to join an id to another, or to part it again: `kept` is None. Both take somebody's name and a reason."""

    merged: str
    kept: str | None = None
    reason: str
    by: str


def standing(kin: CustomerKin, merged: str) -> CustomerLink | None:
    """Return the link by which the id is merged into another, None where it is not."""
    return next((one for one in kin.links if one.merged == merged), None)


def check_merge(merged: CustomerKin, kept: CustomerKin) -> bool:
    """Return whether there is anything to do: the same merge may stand already.

    Raises:
        MergeRefused: they are one person by another way, the id is merged into somebody else, or they would be too many.
    """
    link = standing(merged, merged.customer_id)
    if link and link.kept == kept.customer_id:
        return False
    if kept.customer_id in merged.customer_ids:
        raise MergeRefused(f"{merged.customer_id} and {kept.customer_id} are one person already. There is nothing to do.")
    if link:
        raise MergeRefused(
            f"{link.merged} was merged into {link.kept} by {link.by} on {link.at:%Y-%m-%d}. "
            f"Merge {link.kept} into {kept.customer_id}, or undo that first."
        )
    if len(merged.customer_ids) + len(kept.customer_ids) > MOST_IDS:
        raise MergeRefused(f"Together they would have more than {MOST_IDS} ids, as no person has. Look at what merges them.")
    return True


def check_two(merged: str, kept: str) -> None:
    """Check that a merge names two. Raises: InvalidInput."""
    if merged == kept:
        raise InvalidInput(f"into: is {merged} itself. Name the customer's other id.")


def contradictions(addresses: Sequence[str | None]) -> list[Contradiction]:
    """Return what the verified mail addresses of the two say against it."""
    known = {one.strip().casefold() for one in addresses if one}
    return [Contradiction.OTHER_MAIL] if len(known) > 1 else []
