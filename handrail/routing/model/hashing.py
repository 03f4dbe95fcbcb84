"""MurmurHash3 (32 bits, seed 0): the hash by which scikit-learn's vectorizers choose columns, without loading scikit-learn."""

from __future__ import annotations

MASK = 0xFFFFFFFF
SIGN = 0x80000000


def murmur(text: str) -> int:
    """Return the absolute value of the signed hash of the text in UTF-8: 0 to 2**31. Source: Appleby, `MurmurHash3_x86_32`."""
    data = text.encode("utf-8", "surrogatepass")
    length, found = len(data), 0
    whole = length & ~3
    for place in range(0, whole, 4):
        found ^= _mixed(int.from_bytes(data[place : place + 4], "little"))
        found = (found << 13 | found >> 19) & MASK
        found = (found * 5 + 0xE6546B64) & MASK
    if whole < length:
        found ^= _mixed(int.from_bytes(data[whole:], "little"))
    found ^= length
    found = ((found ^ found >> 16) * 0x85EBCA6B) & MASK
    found = ((found ^ found >> 13) * 0xC2B2AE35) & MASK
    found ^= found >> 16
    return (MASK + 1 - found) if found & SIGN else found


def _mixed(block: int) -> int:
    block = (block * 0xCC9E2D51) & MASK
    return ((block << 15 | block >> 17) & MASK) * 0x1B873593 & MASK
