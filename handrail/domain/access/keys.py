"""API keys: `hr_<environment>_<id>_<secret>`. Only the secret's SHA-256 is kept; the key itself is shown once."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import NamedTuple

from handrail.domain.access.principals import ApiScope, CallerKind, Principal
from handrail.domain.base import Stored

SHAPE = re.compile(r"hr_(?P<environment>[a-z]{2,12})_(?P<key_id>[a-z0-9]{12})_(?P<secret>[A-Za-z0-9]{43})")
SHOWN = re.compile(r"hr_([a-z]{2,12})_([a-z0-9]{12})_[A-Za-z0-9]+")
NOTED = timedelta(minutes=1)
"""A key's use is noted so often at most."""
ENVIRONMENT = re.compile(r"[a-z]{2,12}")


class KeyParts(NamedTuple):
    """The parts of a key as it is shown."""

    environment: str
    key_id: str
    secret: str

    @property
    def text(self) -> str:
        """The whole key: for its owner's eyes alone."""
        return f"hr_{self.environment}_{self.key_id}_{self.secret}"

    @property
    def secret_hash(self) -> str:
        """SHA-256 of the secret in hex, which is all that is kept of it. The secret has 256 bits, so no salt is needed."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


def key_parts(text: str) -> KeyParts | None:
    """Return the key's parts; None where the text is none."""
    found = SHAPE.fullmatch(text)
    return KeyParts(found["environment"], found["key_id"], found["secret"]) if found else None


def without_keys(text: str) -> str:
    """The text with the secrets of keys in it left out: for logs."""
    return SHOWN.sub(r"hr_\1_\2_…", text)


class ApiKey(Stored):
    """A key as it is kept. `caller` is shared by the keys of a rotation; `person` is whom its decisions count as."""

    key_id: str
    caller: str
    name: str
    environment: str
    secret_hash: str
    scopes: frozenset[ApiScope]
    person: str | None = None
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def lives(self, at: datetime) -> bool:
        """Return whether the key counts at the moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def used_long_ago(self, at: datetime) -> bool:
        """Return whether another use is to be noted at the moment."""
        return self.last_used_at is None or at - self.last_used_at > NOTED

    def principal(self) -> Principal:
        """The caller that the key stands for."""
        return Principal(kind=CallerKind.KEY, caller=self.caller, scopes=self.scopes, person=self.person, key_id=self.key_id)
