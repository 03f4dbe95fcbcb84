"""Tokens of an identity provider (OIDC): signed by a key of its JWKS, for our audience, not expired; no others."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from handrail.domain.access.principals import ApiScope, CallerKind, NotAuthenticated, Principal
from handrail.domain.base import digest
from handrail.temporal.connect import Unreachable

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a key of which only the provider has the private half: no shared secret, no `none`."""
LEEWAY_SECONDS = 30
FRESH_SECONDS = 3_600.0
AGAIN_SECONDS = 30.0
"""Keys are fetched once more for a key id that nobody knows, so often at most: rotation works, a flood of tokens does not."""
FETCH_SECONDS = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An identity provider. `person_claim` names who decides, `scope_claim` what they may; without `jwks` it is looked up."""

    issuer: str
    audience: str
    jwks: str | None = None
    person_claim: str = "email"
    scope_claim: str = "scope"


class OidcCheck:
    """Checks tokens of one provider; its keys are kept in memory."""

    def __init__(self, provider: OidcProvider) -> None:
        self._provider = provider
        self._keys: KeySet | None = None
        self._fetched = float("-inf")
        self._fetching = asyncio.Lock()
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    async def __call__(self, token: str) -> Principal | None:
        """See `TokenCheck`. Raises: Unreachable: the provider's keys cannot be had."""
        if token.count(".") != 2:
            return None
        try:
            claims = await self._verified(token)
            self._claims.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            why = getattr(error, "error", None) or "no token"
            raise NotAuthenticated(f"The token does not count ({why}). Sign in again.") from error
        return self._principal(claims)

    async def _verified(self, token: str) -> dict[str, Any]:
        keys = await self._known(FRESH_SECONDS)
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            fresh = await self._known(AGAIN_SECONDS)
            if fresh is keys:
                raise
            return jwt.decode(token, fresh, algorithms=ALGORITHMS).claims

    async def _known(self, seconds: float) -> KeySet:
        async with self._fetching:
            if self._keys is None or time.monotonic() - self._fetched > seconds:
                self._keys = await self._fetch()
                self._fetched = time.monotonic()
            return self._keys

    async def _fetch(self) -> KeySet:
        try:
            async with httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False) as client:
                url = self._provider.jwks or await self._discovered(client)
                found = (await client.get(url)).raise_for_status().json()
                return KeySet(list(usable(found["keys"])))
        except (httpx.HTTPError, httpx.InvalidURL, JoseError, ValueError, KeyError, TypeError) as error:
            if self._keys is not None:
                return self._keys
            raise Unreachable(
                f"The keys of {self._provider.issuer} cannot be had ({type(error).__name__}), so no token can be checked."
            ) from error

    async def _discovered(self, client: httpx.AsyncClient) -> str:
        url = f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = (await client.get(url)).raise_for_status().json()
        if found["issuer"] != self._provider.issuer:
            raise ValueError("the provider calls itself otherwise")
        return str(found["jwks_uri"])

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        person = claims.get(self._provider.person_claim)
        if self._provider.person_claim == "email" and claims.get("email_verified") is False:
            person = None
        caller = f"oidc:{digest([claims['iss'], claims['sub']])[:24]}"
        named = person if isinstance(person, str) and 0 < len(person) <= 120 else None
        scopes = granted(claims.get(self._provider.scope_claim))
        return Principal(kind=CallerKind.OIDC, caller=caller, scopes=scopes, person=named)


def usable(keys: Sequence[dict[str, Any]]) -> Iterator[Key]:
    """Yield the keys that can check a signature; one of a kind that nobody here knows does not take the others with it."""
    for key in keys:
        try:
            yield import_key(key)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            _log.info("a key of the identity provider cannot be used: %s", type(error).__name__)


def granted(claim: object) -> frozenset[ApiScope]:
    """Return the scopes of ours in a claim: words in one string, or a list of them."""
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return frozenset(ApiScope(one) for one in words if isinstance(one, str) and one in list(ApiScope))
