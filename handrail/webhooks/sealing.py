"""Secrets that have to be read again, encrypted with a key that the database does not hold."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING

from handrail.domain.webhooks import WebhooksNotSetUp

if TYPE_CHECKING:
    from joserfc.jwk import OctKey

SHORTEST_KEY = 32
_HEADER = {"alg": "dir", "enc": "A256GCM"}


def new_secret() -> str:
    """Return a new signing secret, as Standard Webhooks write it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class KeySeal:
    """The port `SecretSeal`: AES-256-GCM in a JWE, with the SHA-256 of the key that the setting holds."""

    def __init__(self, key: str) -> None:
        self._key = key

    def seal(self, secret: str) -> str:
        """Encrypt the secret. Raises: WebhooksNotSetUp: there is no key, or it is too short."""
        from joserfc import jwe

        return jwe.encrypt_compact(_HEADER, secret, self._own())

    def open(self, sealed: str) -> str:
        """Return the secret. Raises: WebhooksNotSetUp: there is no key, or another one sealed it."""
        from joserfc import jwe
        from joserfc.errors import JoseError

        try:
            found = jwe.decrypt_compact(sealed, self._own()).plaintext
        except (JoseError, ValueError):
            words = "is not the key that the secrets were sealed with. Set that one, or rotate every secret."
            raise WebhooksNotSetUp(f"HANDRAIL_WEBHOOK_KEY: {words}") from None
        return (found or b"").decode()

    def _own(self) -> OctKey:
        from joserfc.jwk import OctKey

        if len(self._key) < SHORTEST_KEY:
            raise WebhooksNotSetUp(
                f"HANDRAIL_WEBHOOK_KEY: has {len(self._key)} characters, {SHORTEST_KEY} are needed. It encrypts the signing "
                "secrets: `openssl rand -hex 32` makes one; the worker, the API and this command need the same."
            )
        return OctKey.import_key(hashlib.sha256(self._key.encode()).digest())
