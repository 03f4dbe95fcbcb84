"""The base of every domain model: immutable, strict about unknown fields, JSON in and out.

A model is built when it is first used, so that a command builds only what it needs; a worker builds all before it begins.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Immutable; a field nobody knows is an error, so a typing mistake in YAML or JSON is seen at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Stored(BaseModel):
    """Immutable; kept in histories and rows, so fields that a newer or older version wrote are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


def digest(value: Any) -> str:
    """SHA-256 in hex of the canonical JSON of `value` (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def json_bytes(value: Any) -> int:
    """Return the bytes of `value` as JSON."""
    return len(json.dumps(value, default=str, ensure_ascii=False).encode(errors="surrogatepass"))


def fields_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of `pairs`: the `object_pairs_hook` of `json.loads` for JSON in which no field may stand twice.

    Raises:
        ValueError: a field stands twice; names it.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        raise ValueError(f"{twice[:60]!r} stands there twice; keep one")
    return found
