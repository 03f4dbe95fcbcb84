"""Signing in while the identity provider answers its discovery and gives no tokens: who signs in is told so."""

from __future__ import annotations

import pytest

from handrail.api.access.oidc import OidcClient
from handrail.api.access.provider import OidcProvider, ProviderTokens
from handrail.embedded.ports import free_block
from handrail.temporal.connect import Unreachable
from tests.support.provider import CLIENT, SECRET, provider
from tests.support.tokens.provider import Provider


async def finished(token_endpoint: str) -> None:
    """Somebody comes back with a code, which counts at this address."""
    with provider() as known:
        known.elsewhere["token_endpoint"] = token_endpoint
        tokens = ProviderTokens(OidcProvider(issuer=known.issuer))
        client = OidcClient(tokens, CLIENT, SECRET, "http://127.0.0.1/back", frozenset())
        await client.finish("code-0", "nonce", "verifier" * 8)


@pytest.mark.parametrize("refusal", [(503, {}), (500, {"error": "server_error"}), (200, ["odd"])])
async def test_a_provider_that_errs_is_away(refusal: tuple[int, object]) -> None:
    with Provider(refusal=refusal).serving() as url, pytest.raises(Unreachable, match="identity provider gave no token"):
        await finished(url)


async def test_a_provider_that_takes_no_connections_is_away() -> None:
    with pytest.raises(Unreachable, match=r"identity provider gave no token \(ConnectError\)"):
        await finished(f"http://127.0.0.1:{free_block(1)}/token")


async def test_a_provider_that_calls_itself_otherwise_is_named_as_it_does() -> None:
    with provider() as known:
        known.elsewhere["issuer"] = f"{known.issuer}/"
        tokens = ProviderTokens(OidcProvider(issuer=known.issuer))
        with pytest.raises(
            Unreachable, match=rf"{known.issuer} calls itself {known.issuer}/\. Set the issuer to exactly that"
        ):
            await tokens.document()
        with pytest.raises(Unreachable, match=r"cannot be had \(.* calls itself .*/\. Set the issuer"):
            await tokens.claims(known.token(), "handrail")
