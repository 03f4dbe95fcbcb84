"""Master keys of the environment or a file: `hrmk_` and 32 random bytes in base64url; the id of each comes of its bytes."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from handrail.domain.access.vault import MasterWrapped
from handrail.domain.counting import many
from handrail.domain.errors import InvalidInput, KeyUnknown
from handrail.vault.cipher import KEY_BYTES, opened, sealed

PREFIX = "hrmk_"
SHAPE = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
SETTING, FILE_SETTING = "HANDRAIL_MASTER_KEYS", "HANDRAIL_MASTER_KEYS_FILE"


def new_master() -> str:
    """Return a new master key as it is written."""
    return PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")


def master_id(text: str) -> str:
    """Return the id of a master key: a part of its SHA-256, which gives nothing of it away."""
    return "m" + hashlib.sha256(b"handrail master key" + _bytes(text)).hexdigest()[:12]


class LocalMasterKeys:
    """The port `MasterKeys` over keys that this process holds, the first one first.

    Raises:
        InvalidInput: there is none, one is no key, or one stands there twice.
    """

    def __init__(self, keys: Sequence[str], source: str = SETTING) -> None:
        if not keys:
            raise InvalidInput(f"{source}: holds no key. `handrail keys master new` makes one.")
        for number, text in enumerate(keys, 1):
            if not SHAPE.fullmatch(text):
                raise InvalidInput(
                    f"{source}: key {number} of {len(keys)} is none ({many(len(text), 'character')}). "
                    f"A key is {PREFIX} and 43 characters; `handrail keys master new` makes one."
                )
        self._keys = {master_id(text): _bytes(text) for text in keys}
        if len(self._keys) < len(keys):
            raise InvalidInput(f"{source}: a key stands there twice. Keep one, the first where it is to wrap.")
        self._source = source

    @property
    def first(self) -> str:
        """The id of the key that wraps from now on."""
        return next(iter(self._keys))

    @property
    def ids(self) -> Sequence[str]:
        """The ids of all, the first one first."""
        return tuple(self._keys)

    async def wrap(self, key: bytes, about: bytes) -> MasterWrapped:
        """Wrap a key with the first master key."""
        return MasterWrapped(self.first, sealed(self._keys[self.first], key, about))

    async def unwrap(self, wrapped: MasterWrapped, about: bytes) -> bytes:
        """Return the key. Raises: KeyUnknown."""
        master = self._keys.get(wrapped.master)
        if master is None:
            raise KeyUnknown(
                f"master key {wrapped.master}: is not in {self._source}, which names {', '.join(self.ids)}. "
                "Put it back, behind the first one; once `handrail keys master rewrap` has run, it may go."
            )
        try:
            return opened(master, wrapped.sealed, about)
        except ValueError:
            raise KeyUnknown(
                f"master key {wrapped.master}: does not open what is kept under it. Restore the database's rows from a backup."
            ) from None


def read_masters(named: str, file: Path | None) -> list[str]:
    """Return the keys of the setting, or of the file: one a line, `#` begins a remark.

    Raises:
        InvalidInput: both are given, or the file cannot be read or may be read by others.
    """
    if named.strip() and file is not None:
        raise InvalidInput(f"{SETTING} and {FILE_SETTING}: both are set. Keep one.")
    if file is None:
        return named.split()
    try:
        mode, text = file.stat().st_mode & 0o077, file.read_text()
    except OSError as error:
        raise InvalidInput(f"{FILE_SETTING}: {file} cannot be read ({error.strerror}). Name a file of master keys.") from error
    if mode & 0o007:
        raise InvalidInput(f"{FILE_SETTING}: {file} may be read by everybody here. Run `chmod 600 {file}`.")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "=")
