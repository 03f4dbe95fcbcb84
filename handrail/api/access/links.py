"""Links with which a case is rated: unguessable, for weeks, for one case; the house keeps their hash alone."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

from handrail.domain.case.ratings import LINK_DAYS, LinkedCase, RatingLink
from handrail.ports.front.access import RatingLinks

SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
PLACE = "/chat/rate/"


async def link_to(links: RatingLinks, root: str, case_id: str) -> RatingLink:
    """Make a link for the case; `root` is the address under which customers reach the house."""
    token, until = secrets.token_urlsafe(32), datetime.now(UTC) + timedelta(days=LINK_DAYS)
    await links.add(_hashed(token), case_id, until)
    return RatingLink(case_id=case_id, url=f"{root.rstrip('/')}{PLACE}{token}", expires_at=until)


async def linked(links: RatingLinks, token: str) -> LinkedCase | None:
    """Return the case behind a link, None where it is none or has expired."""
    return await links.case(_hashed(token)) if SHAPE.fullmatch(token) else None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
