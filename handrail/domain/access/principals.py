"""Principals: who calls the house over HTTP, and what they may; made by the check of a key or token, read by every route."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.errors import HandrailError


class ApiScope(StrEnum):
    """A right of a caller. What a caller lacks is refused by the scope's name."""

    CASES_WRITE = "cases:write"
    CASES_READ = "cases:read"
    CASES_HANDLE = "cases:handle"
    APPROVALS_DECIDE = "approvals:decide"
    EFFECTS_SETTLE = "effects:settle"
    QUEUE_READ = "queue:read"
    CONTROLS_READ = "controls:read"
    CONTROLS_SET = "controls:set"
    TOKENS_MINT = "tokens:mint"
    CUSTOMERS_MERGE = "customers:merge"
    WEBHOOKS_MANAGE = "webhooks:manage"
    AGENTS_ACT = "agents:act"
    PLAIN_READ = "plain:read"


AGENTS = frozenset({ApiScope.AGENTS_ACT})
"""No right but a mark: the caller is somebody's agent, so nothing that it says is its customer's consent."""
BACKEND = frozenset({ApiScope.CASES_WRITE, ApiScope.CASES_READ, ApiScope.QUEUE_READ})
"""The scopes of a key for which none are named: a backend that opens cases and follows them."""
PERSONAL = frozenset({ApiScope.CASES_HANDLE, ApiScope.APPROVALS_DECIDE, ApiScope.EFFECTS_SETTLE, ApiScope.CONTROLS_SET})
"""Scopes to do what somebody answers for: their caller is a person with a name."""
CUSTOMERS = frozenset({ApiScope.CASES_WRITE, ApiScope.CASES_READ})
"""The scopes of a customer's token, over that customer's own cases alone."""


class CallerKind(StrEnum):
    """The means by which a caller showed who they are."""

    KEY = "key"
    OIDC = "oidc"
    CUSTOMER = "customer"


class TokenHolder(Stored):
    """The customer whose token it is, and the one id by which limits count them under all their ids."""

    customer_id: str
    counted_as: str


class Principal(Stored):
    """A caller whose key or token was checked.

    `caller` stays the same over rotations of a key: idempotency keys, limits and derived case ids go by it. `person` is whom
    decisions count as, by a name or identity of `reviewers.yaml`. With `customer_id` the caller is that customer, and sees
    and says nothing of another's.
    """

    kind: CallerKind
    caller: str
    scopes: frozenset[ApiScope]
    person: str | None = None
    customer_id: str | None = None
    key_id: str | None = Field(default=None, description="the key of several that was shown")
    counted_as: str | None = Field(default=None, description="the one id by which limits count a customer who has several")

    @property
    def identity(self) -> str:
        """The caller as the histories of cases name them."""
        return self.person or f"api:{self.caller}"

    @property
    def limited(self) -> str:
        """The caller as limits count them: a customer's ids together."""
        return f"customer:{self.counted_as}" if self.counted_as else self.caller

    @property
    def is_agent(self) -> bool:
        """Return whether the caller is somebody's agent, by whatever way it calls."""
        return ApiScope.AGENTS_ACT in self.scopes

    def as_agent(self) -> Principal:
        """Return the caller as one that calls by a way that agents alone use."""
        return self.model_copy(update={"scopes": self.scopes | AGENTS})

    def may(self, scope: ApiScope) -> bool:
        """Return whether the caller has the scope."""
        return scope in self.scopes

    def sees(self, customer_id: str) -> bool:
        """Return whether cases of this customer are any of the caller's business."""
        return self.customer_id is None or self.customer_id == customer_id


class NotAuthenticated(HandrailError):
    """Nobody knows who calls: no key or token, or one that does not count."""


class ScopeMissing(HandrailError):
    """The caller is known, and lacks the scope; the message names it."""
