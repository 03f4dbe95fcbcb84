"""Making API keys: 256 random bits, of which only a hash is kept."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable
from datetime import datetime

from handrail.domain.access.keys import ENVIRONMENT, ApiKey, KeyParts
from handrail.domain.access.principals import PERSONAL, ApiScope
from handrail.domain.case.messages import check_name
from handrail.domain.errors import InvalidInput

ID_CHARACTERS, SECRET_CHARACTERS = 12, 43
_ID, _SECRET = string.ascii_lowercase + string.digits, string.ascii_letters + string.digits


def mint(
    name: str,
    scopes: Iterable[str],
    *,
    at: datetime,
    by: str,
    environment: str = "live",
    person: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, KeyParts]:
    """Return a new key as it is kept, and its parts, which nobody can have again.

    Raises:
        InvalidInput: a scope is none, the name or the environment cannot be taken, or nobody answers for what it may.
    """
    if not ENVIRONMENT.fullmatch(environment):
        raise InvalidInput(f"environment: {environment[:40]!r} is none. Use 2 to 12 small letters, such as live or test.")
    wanted = frozenset(scope_of(one) for one in scopes)
    if not wanted:
        raise InvalidInput(f"scope: none is given. There are: {', '.join(ApiScope)}.")
    if wanted & PERSONAL and person is None:
        needs = ", ".join(sorted(wanted & PERSONAL))
        raise InvalidInput(f"person: {needs} are for somebody by name. Say whom the key stands for: --person NAME.")
    parts = KeyParts(environment, _random(_ID, ID_CHARACTERS), _random(_SECRET, SECRET_CHARACTERS))
    key = ApiKey(
        key_id=parts.key_id,
        caller=parts.key_id,
        name=check_name("name", name),
        environment=environment,
        secret_hash=parts.secret_hash,
        scopes=wanted,
        person=check_name("person", person) if person is not None else None,
        created_at=at,
        created_by=check_name("actor", by),
        expires_at=expires_at,
    )
    return key, parts


def scope_of(text: str) -> ApiScope:
    """Return the scope. Raises: InvalidInput: it is none."""
    if text not in list(ApiScope):
        raise InvalidInput(f"scope: {text[:40]!r} is none. There are: {', '.join(ApiScope)}.")
    return ApiScope(text)


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
