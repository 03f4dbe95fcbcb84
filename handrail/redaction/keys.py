"""Finds API keys and tokens by the beginnings that their issuers gave them to be found by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handrail.domain.text.redacted import Secret
from handrail.redaction.found import Found

_KEYS = re.compile(
    r"(?<![\w-])(?:"
    r"sk-[A-Za-z0-9_-]{20,200}|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,120}|whsec_[A-Za-z0-9+/=]{16,120}"
    r"|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,64}|xox[abeprs]-[A-Za-z0-9-]{10,200}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,45}|ya29\.[A-Za-z0-9_-]{20,400}|hf_[A-Za-z0-9]{20,80}"
    r"|npm_[A-Za-z0-9]{30,60}|pypi-[A-Za-z0-9_-]{30,255}|SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,80}"
    r"|shp(?:at|ss|ca|pa)_[A-Fa-f0-9]{20,64}|hr_[a-z]{2,12}_[A-Za-z0-9_]{20,120}"
    r"|eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000}"
    r")(?![A-Za-z0-9])"
    r"|-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END (?:[A-Z]{2,12} ){0,2}PRIVATE KEY-----|\Z)"
)
_MARKS = (
    "sk-",
    "k_live_",
    "k_test_",
    "whsec_",
    "gh",
    "glpat-",
    "xox",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "hf_",
    "npm_",
    "pypi-",
)
_MORE = ("SG.", "shp", "hr_", "eyJ", "PRIVATE KEY")


def keys(text: str) -> Iterator[Found]:
    """Yield API keys, tokens and private keys."""
    if any(mark in text for mark in (*_MARKS, *_MORE)):
        for match in _KEYS.finditer(text):
            yield Found(match.start(), match.end(), Secret.KEY)
