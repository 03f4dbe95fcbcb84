"""Chance that depends on its names alone: the same in every process, and in a run with and without the governor."""

from __future__ import annotations

from hashlib import blake2b
from random import Random


def drawn(*names: object) -> Random:
    """Return the source of chance of these names."""
    return Random(_number(names))  # noqa: S311 - a simulation, no secrets


def part(*names: object) -> float:
    """Return a number of 0 to 1, drawn by these names."""
    return _number(names) / 2**64


def _number(names: tuple[object, ...]) -> int:
    words = "/".join(map(str, names))
    return int.from_bytes(blake2b(words.encode(), digest_size=8).digest())
