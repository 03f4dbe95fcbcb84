"""Encryption in the one-command stack: its master key, in a file for its owner alone, and what tells the parts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

FILE = "master.keys"
MODE = 0o600


def key_file(folder: Path) -> Path:
    """The file of the stack's master keys, whether or not it is there."""
    return folder / FILE


def sealing_of(folder: Path, *, encrypts: bool, named: bool) -> Mapping[str, str]:
    """Return the variables by which parts encrypt and decrypt; none where nothing ever was encrypted, or is to be.

    `named` says that the environment has master keys; without them the stack's own is made when it is first needed.

    Raises:
        StackFailed: the folder cannot be written to.
    """
    from handrail.embedded.folder import check_folder  # commands that ask for the file alone need none of it

    file = key_file(folder)
    if not named and encrypts and not file.exists():
        _make(check_folder(folder), file)
    if not named and not file.exists():
        return {}
    where = {} if named else {"HANDRAIL_MASTER_KEYS_FILE": str(file)}
    return {**where, "HANDRAIL_ENCRYPT": str(encrypts).lower(), "HANDRAIL_CODEC_UNGUARDED": "true"}


def _make(folder: Path, file: Path) -> None:
    from handrail.vault.masters import new_master

    fresh = folder / f"{FILE}.new"
    with open(fresh, "w", opener=lambda path, flags: os.open(path, flags, MODE)) as output:
        output.write(
            f"# The master key of this stack. Without it nothing that was encrypted can be read again.\n{new_master()}\n"
        )
    fresh.replace(file)
