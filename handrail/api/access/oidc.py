"""Signing in through an identity provider: bearers of its tokens, and people whom it sends back with a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from handrail.api.access.provider import FAULTS, FETCH_SECONDS, ProviderTokens
from handrail.domain.access.principals import ApiScope, NotAuthenticated, Principal
from handrail.temporal.connect import Unreachable

WANTED = "openid email profile"


class OidcCheck:
    """Checks bearer tokens of a provider for one audience."""

    def __init__(self, tokens: ProviderTokens, audience: str) -> None:
        self._tokens, self._audience = tokens, audience

    async def __call__(self, token: str) -> Principal | None:
        """See `TokenCheck`. Raises: Unreachable: the provider's keys cannot be had."""
        if token.count(".") != 2:
            return None
        return self._tokens.provider.principal(await self._tokens.claims(token, self._audience))


@dataclass(frozen=True, slots=True)
class OidcClient:
    """The desk as a client of a provider: code flow with PKCE. Without `secret` it is a public one.

    `back` is the address that the provider sends people back to. `scopes` count for people whose token names none of ours.
    """

    tokens: ProviderTokens
    client_id: str
    secret: str | None
    back: str
    scopes: frozenset[ApiScope]

    async def begin(self, state: str, nonce: str, verifier: str) -> str:
        """Return the provider's address to send a browser to. Raises: Unreachable."""
        found = await self.tokens.document()
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                str(found["authorization_endpoint"]), state=state, nonce=nonce, code_verifier=verifier
            )
        return str(address)

    async def finish(self, code: str, nonce: str, verifier: str) -> Principal:
        """Return who came back with the code.

        Raises:
            NotAuthenticated: the code does not count, or its token is not for us or names nobody.
            Unreachable: the provider does not answer.
        """
        found = await self.tokens.document()
        try:
            async with self._client() as client:
                given = await client.fetch_token(str(found["token_endpoint"]), code=code, code_verifier=verifier)
        except AuthlibBaseError as error:
            raise NotAuthenticated(f"The identity provider takes the sign-in back ({error.error}). Sign in again.") from error
        except FAULTS as error:
            raise Unreachable(f"The identity provider gave no token ({type(error).__name__}).") from error
        claims = await self.tokens.claims(str(given.get("id_token", "")), self.client_id, nonce=nonce)
        who = self.tokens.provider.principal(claims)
        if who.person is None:
            raise NotAuthenticated(f"The token names nobody in its claim {self.tokens.provider.person_claim!r}.")
        return who.model_copy(update={"scopes": who.scopes or self.scopes})

    def _client(self) -> Any:
        return AsyncOAuth2Client(
            self.client_id,
            self.secret,
            token_endpoint_auth_method="client_secret_basic" if self.secret else "none",
            scope=WANTED,
            redirect_uri=self.back,
            code_challenge_method="S256",
            timeout=FETCH_SECONDS,
            follow_redirects=False,
        )
