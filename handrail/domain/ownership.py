"""Words for whoever would work on the cases of another business."""

from __future__ import annotations


def belongs_to_another(what: str, owner: str, package: str, asked: str) -> str:
    """Words for whoever would work on another business's cases, with how to start theirs."""
    start = f"Set HANDRAIL_BUSINESS={package}" if package else f"Set HANDRAIL_BUSINESS to the package of {owner!r}"
    return (
        f"HANDRAIL_BUSINESS: {what} belongs to the business {owner!r}, and {asked!r} would work on its cases. "
        f"{start} to go on with it, or give {asked!r} a folder (--data-dir) and a database (HANDRAIL_DATABASE_URL) of its own."
    )
