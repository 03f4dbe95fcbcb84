"""A model and its server in words: by these the record knows which model answered."""

from __future__ import annotations

from urllib.parse import urlsplit

OPENAI_URL = "https://api.openai.com/v1"


def served(model: str, base_url: str | None) -> str:
    """The model and its server in words, without what may be secret in an address."""
    parts = urlsplit(base_url or OPENAI_URL)
    host = parts.netloc.rpartition("@")[2]
    return f"{model} at {parts.scheme}://{host}{parts.path.rstrip('/')}"
