"""AES-256-GCM with a random nonce in front; long texts are compressed first, where that makes them shorter."""

from __future__ import annotations

import secrets
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
SHORTEST = 256
"""Bytes from which on compressing is tried: below, it saves little."""
LONGEST = 64 * 1024 * 1024
"""Bytes that unpack at most: Temporal itself takes 2 MiB."""
_AS_IT_IS, _DEFLATED = b"\x00", b"\x01"


def sealed(key: bytes | AESGCM, plain: bytes, about: bytes) -> bytes:
    """Return `plain` encrypted and, with `about`, authenticated."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher(key).encrypt(nonce, plain, about)


def opened(key: bytes | AESGCM, text: bytes, about: bytes) -> bytes:
    """Return what was sealed. Raises: ValueError: another key, another `about`, or other bytes."""
    try:
        return _cipher(key).decrypt(text[:NONCE_BYTES], text[NONCE_BYTES:], about)
    except (InvalidTag, ValueError):
        raise ValueError("does not fit the key") from None


def packed(plain: bytes) -> bytes:
    """Return the bytes behind a mark that says whether they were compressed, which they are where it pays."""
    if len(plain) >= SHORTEST:
        smaller = zlib.compress(plain, level=1)
        if len(smaller) < len(plain):
            return _DEFLATED + smaller
    return _AS_IT_IS + plain


def unpacked(text: bytes) -> bytes:
    """Return what was packed. Raises: ValueError: the mark is none of ours, or it unpacks to too much."""
    mark, content = text[:1], text[1:]
    if mark == _AS_IT_IS:
        return content
    if mark != _DEFLATED:
        raise ValueError(f"begins with {mark!r}, which this version does not know")
    engine = zlib.decompressobj()
    plain = engine.decompress(content, LONGEST)
    if engine.unconsumed_tail:
        raise ValueError(f"unpacks to more than {LONGEST} bytes")
    return plain


def _cipher(key: bytes | AESGCM) -> AESGCM:
    return AESGCM(key) if isinstance(key, bytes) else key
