"""Tokens in the address of a reply: which case an answer belongs to, signed, so that nobody makes one up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from handrail.domain.errors import InvalidInput

PREFIX = "mail-"
SHORTEST_KEY = 32
_CASE = re.compile(r"mail-([a-z2-7]{26})")
_PLUS = re.compile(r"\+([a-z2-7]{26})\.([a-z2-7]{16})@")


def case_id_of(key: str) -> str:
    """Return the id of the case that a mail opens, by the mail's key: short enough to stand in an address."""
    return PREFIX + _letters(hashlib.sha256(f"case {key}".encode()).digest()[:16])[:26]


class ReplyTokens:
    """Signs and reads `local+case.signature@domain`."""

    def __init__(self, key: str, address: str) -> None:
        """Raises: InvalidInput: the key is short, or the address is none."""
        if len(key) < SHORTEST_KEY:
            raise InvalidInput(
                f"HANDRAIL_MAIL_KEY: has {len(key)} characters, and {SHORTEST_KEY} are needed. Write a long and random one."
            )
        self._key = key.encode()
        self._local, _, self._domain = address.partition("@")

    def address(self, case_id: str) -> str | None:
        """Return where an answer to this case goes; None for a case that no mail opened."""
        found = _CASE.fullmatch(case_id)
        return f"{self._local}+{found[1]}.{self._signed(found[1])}@{self._domain}" if found else None

    def case_of(self, recipients: list[str]) -> str | None:
        """Return the case that one of the addresses names with a true signature."""
        for one in recipients:
            found = _PLUS.search(one.lower())
            if (
                found
                and one.lower().startswith(f"{self._local.lower()}+")
                and hmac.compare_digest(found[2], self._signed(found[1]))
            ):
                return PREFIX + found[1]
        return None

    def _signed(self, name: str) -> str:
        return _letters(hmac.new(self._key, f"reply {name}".encode(), hashlib.sha256).digest()[:10])


def _letters(content: bytes) -> str:
    return base64.b32encode(content).decode().lower().rstrip("=")
