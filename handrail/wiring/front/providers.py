"""The identity provider of people, as the settings name it: its tokens for the API, and signing in at the desk.

What talks to one is loaded where one is set: it takes a quarter of a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.api.access.bearer import TokenCheck
from handrail.domain.access.principals import ApiScope
from handrail.domain.errors import InvalidInput
from handrail.settings import Settings

if TYPE_CHECKING:
    from handrail.api.access.oidc import OidcClient
    from handrail.api.access.provider import ProviderTokens


def oidc(settings: Settings) -> list[TokenCheck]:
    """Return the check of the identity provider's tokens, if one is set. Raises: InvalidInput: its audience is not."""
    tokens = provider_tokens(settings)
    if tokens is None or (settings.api_oidc_audience is None and settings.desk_oidc_client is not None):
        return []
    if settings.api_oidc_audience is None:
        raise InvalidInput(
            "HANDRAIL_API_OIDC_AUDIENCE: is not set, so a token for any other service would count here. "
            "Name the audience that your identity provider writes into tokens for Handrail."
        )
    from handrail.api.access.oidc import OidcCheck

    return [OidcCheck(tokens, settings.api_oidc_audience)]


def federated(settings: Settings) -> OidcClient | None:
    """Return the way to sign in at the desk by the identity provider; None where the desk is no client of one.

    Raises:
        InvalidInput: the provider, or the address that it sends people back to, is not set; or a scope is none.
    """
    if settings.desk_oidc_client is None:
        return None
    tokens = provider_tokens(settings)
    if tokens is None or settings.public_url is None:
        raise InvalidInput(
            "HANDRAIL_DESK_OIDC_CLIENT: takes HANDRAIL_API_OIDC_ISSUER, whose client the desk is, and HANDRAIL_PUBLIC_URL, "
            "to which people come back. Set both."
        )
    from handrail.api.access.oidc import OidcClient

    scopes = settings.desk_oidc_scopes.split()
    if unknown := [one for one in scopes if one not in list(ApiScope)]:
        raise InvalidInput(f"HANDRAIL_DESK_OIDC_SCOPES: {unknown[0][:40]!r} is none. There are {', '.join(ApiScope)}.")
    secret = settings.desk_oidc_secret.get_secret_value() if settings.desk_oidc_secret else None
    back = f"{settings.public_url}/desk/oidc/back"
    return OidcClient(tokens, settings.desk_oidc_client, secret, back, frozenset(ApiScope(one) for one in scopes))


def provider_tokens(settings: Settings) -> ProviderTokens | None:
    """Return the check of what the identity provider signs; None where there is no provider."""
    if settings.api_oidc_issuer is None:
        return None
    from handrail.api.access.provider import OidcProvider, ProviderTokens

    provider = OidcProvider(
        issuer=settings.api_oidc_issuer,
        jwks=settings.api_oidc_jwks,
        person_claim=settings.api_oidc_person,
        scope_claim=settings.api_oidc_scopes,
    )
    return ProviderTokens(provider)
