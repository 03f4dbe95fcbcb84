"""Access tokens for mail servers that take no password: fetched from the identity provider, kept until they end."""

from __future__ import annotations

import time
from typing import NamedTuple

from pydantic import SecretStr

from handrail.domain.errors import HandrailError

FETCH_SECONDS = 20.0
EARLY = 120.0
"""Seconds: a token that ends sooner is not used any more."""
_HOUR = 3_600.0
_IN_THE_FORM = "client_secret_post"


class NoAccessToken(HandrailError):
    """The identity provider gives no access token now."""


class TokenSource(NamedTuple):
    """A source of tokens: asked with the refresh token, where there is one, else with the client's own credentials."""

    url: str
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    scope: str


class AccessTokens:
    """The access token in use."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._token, self._until = "", 0.0

    async def get(self) -> str:
        """Return a token that holds a while yet. Raises: NoAccessToken."""
        if time.time() >= self._until - EARLY:
            self._token, seconds = await _fetched(self._source)
            self._until = time.time() + seconds
        return self._token

    def refused(self) -> None:
        """A server does not take the token: the next one is fetched anew."""
        self._until = 0.0


async def _fetched(source: TokenSource) -> tuple[str, float]:
    """Return a new token and for how many seconds it holds, by RFC 6749, 4.4 or 6."""
    from authlib.common.errors import AuthlibBaseError  # what reads mail by password loads without it
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from httpx2 import HTTPError, InvalidURL  # which Authlib asks with

    about = {"scope": source.scope} if source.scope else {}
    client = AsyncOAuth2Client(
        source.client_id,
        source.client_secret.get_secret_value(),
        token_endpoint_auth_method=_IN_THE_FORM,
        timeout=FETCH_SECONDS,
        follow_redirects=False,
    )
    try:
        async with client:
            if refresh := source.refresh_token.get_secret_value():
                given = await client.refresh_token(source.url, refresh_token=refresh, **about)
            else:
                given = await client.fetch_token(source.url, grant_type="client_credentials", **about)
        return str(given["access_token"]), float(given.get("expires_in") or _HOUR)
    except AuthlibBaseError as error:
        words = f"{error.error}: {' '.join(str(error.description or '').split())[:200]}".rstrip(": ")
        raise NoAccessToken(
            f"The identity provider refuses a token for mail ({words}). See HANDRAIL_MAIL_CLIENT_ID, HANDRAIL_MAIL_SCOPE."
        ) from None
    except (HTTPError, InvalidURL, KeyError, TypeError, ValueError) as error:
        raise NoAccessToken(f"The identity provider gave no token for mail ({type(error).__name__}).") from None
