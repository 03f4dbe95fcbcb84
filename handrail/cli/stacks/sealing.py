"""Encryption in the stack of one machine: whether it is on, and the codec that its parts have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from handrail.embedded.state import last

if TYPE_CHECKING:
    from handrail.embedded.stack import Embedded
    from handrail.settings import Settings
    from handrail.temporal.codec import SealingCodec


def names_masters(settings: Settings) -> bool:
    """Return whether the environment names master keys: then the stack has none of its own."""
    return bool(settings.master_keys.get_secret_value().strip()) or settings.master_keys_file is not None


def choose_encryption(settings: Settings, folder: Path, asked: bool | None) -> bool:
    """Asked for, or set, or what this folder's stack did last time; a master key of the environment is named to be used."""
    if asked is not None or settings.encrypt is not None:
        return bool(settings.encrypt if asked is None else asked)
    before = last(folder)
    return names_masters(settings) or (before is not None and before.encrypts)


def codec_for(settings: Settings, embedded: Embedded) -> SealingCodec | None:
    """Return the codec that the parts of the stack have."""
    from pydantic import SecretStr

    from handrail.wiring.sealing import codec_of

    own: dict[str, Any] = {"database_url": SecretStr(embedded.postgres.url), "encrypt": embedded.plan.encrypts or None}
    if file := embedded.plan.sealing.get("HANDRAIL_MASTER_KEYS_FILE"):
        own["master_keys_file"] = Path(file)
    return codec_of(settings.model_copy(update=own))
