"""Customers' tokens: short-lived, for one customer's own cases; the house keeps their hash alone."""

from __future__ import annotations

import hashlib
import re
import secrets

from handrail.domain.access.principals import CUSTOMERS, CallerKind, NotAuthenticated, Principal
from handrail.ports.front.access import CustomerTokens

OPENING = "hrc_"
SHAPE = re.compile(r"hrc_[A-Za-z0-9_-]{43}")


def mint_token() -> tuple[str, str]:
    """Return a new token and its hash."""
    token = OPENING + secrets.token_urlsafe(32)
    return token, _hashed(token)


class CustomerCheck:
    """Checks tokens of customers against the record."""

    def __init__(self, tokens: CustomerTokens) -> None:
        self._tokens = tokens

    async def __call__(self, token: str) -> Principal | None:
        """See `TokenCheck`."""
        if not token.startswith(OPENING):
            return None
        found = await self._tokens.customer(_hashed(token)) if SHAPE.fullmatch(token) else None
        if found is None:
            raise NotAuthenticated("This token is unknown or has expired. Have the backend mint another: POST /v1/tokens.")
        caller = f"customer:{found.customer_id}"
        return Principal(kind=CallerKind.CUSTOMER, caller=caller, scopes=CUSTOMERS, **found.model_dump())


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
