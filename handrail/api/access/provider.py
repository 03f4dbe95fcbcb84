"""An identity provider (OIDC): what its discovery document names, and tokens that one of its keys signed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key
from joserfc.jwt import ClaimsOption

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
FAULTS = (
    *(httpx.HTTPError, httpx.InvalidURL, httpx2.HTTPError, httpx2.InvalidURL),
    *(JoseError, ValueError, KeyError, TypeError),
)
"""What a provider that is away, or answers with something else, looks like: asked by us with httpx, by Authlib with httpx2."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An identity provider. `person_claim` names who decides, `scope_claim` what they may; without `jwks` it is looked up."""

    issuer: str
    jwks: str | None = None
    person_claim: str = "email"
    scope_claim: str = "scope"

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """Return who the claims of a checked token name."""
        person = claims.get(self.person_claim)
        # Some providers send the word in place of the truth value.
        verified = claims.get("email_verified")
        if self.person_claim == "email" and verified is not None and str(verified).lower() != "true":
            person = None
        caller = f"oidc:{digest([claims['iss'], claims['sub']])[:24]}"
        named = person if isinstance(person, str) and 0 < len(person) <= 120 else None
        return Principal(kind=CallerKind.OIDC, caller=caller, scopes=granted(claims.get(self.scope_claim)), person=named)


class ProviderTokens:
    """Checks the tokens of one provider; its keys are kept in memory."""

    def __init__(self, provider: OidcProvider) -> None:
        self.provider = provider
        self._keys: KeySet | None = None
        self._fetched = float("-inf")
        self._fetching = asyncio.Lock()

    async def claims(self, token: str, audience: str, **more: str) -> dict[str, Any]:
        """Return the claims of a token for the audience, which has to hold `more` to the letter.

        Raises:
            NotAuthenticated: no key of the provider signed it, it has expired, or it is for somebody else.
            Unreachable: the provider's keys cannot be had.
        """
        exactly = {"iss": self.provider.issuer, "aud": audience, **more}
        wanted: dict[str, ClaimsOption] = {name: {"essential": True, "value": value} for name, value in exactly.items()}
        registry = jwt.JWTClaimsRegistry(None, LEEWAY_SECONDS, exp={"essential": True}, sub={"essential": True}, **wanted)
        try:
            claims = await self._verified(token)
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            why = getattr(error, "error", None) or "no token"
            raise NotAuthenticated(f"The token does not count ({why}). Sign in again.") from error
        return claims

    async def document(self) -> dict[str, Any]:
        """Return the discovery document. Raises: Unreachable: there is none of this provider."""
        url = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            async with fetching() as client:
                found: dict[str, Any] = (await client.get(url)).raise_for_status().json()
                self._check_name(found["issuer"])
                return found
        except FAULTS as error:
            raise Unreachable(f"{self.provider.issuer} does not say where to sign in ({type(error).__name__}).") from error

    def _check_name(self, name: Any) -> None:
        """Raises: Unreachable: the provider calls itself otherwise, be it by a slash at the end, and so do its tokens."""
        if name != self.provider.issuer:
            raise Unreachable(f"{self.provider.issuer} calls itself {str(name)[:200]}. Set the issuer to exactly that.")

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
            url = self.provider.jwks or str((await self.document())["jwks_uri"])
            async with fetching() as client:
                found = (await client.get(url)).raise_for_status().json()
                return KeySet(list(usable(found["keys"])))
        except (Unreachable, *FAULTS) as error:
            if self._keys is not None:
                return self._keys
            issuer = self.provider.issuer
            why = str(error) if isinstance(error, Unreachable) else type(error).__name__
            raise Unreachable(f"The keys of {issuer} cannot be had ({why}), so no token can be checked.") from error


def fetching() -> httpx.AsyncClient:
    """Return a client that asks a provider: patient for some seconds, and led nowhere else."""
    return httpx.AsyncClient(timeout=FETCH_SECONDS, follow_redirects=False)


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
