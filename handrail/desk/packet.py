"""The packet's own sentences in the reader's language; what customers, models and businesses wrote stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from handrail.desk.refusing import GappedPhrases, phrases_in

FOLDER = Path(__file__).with_name("packets")
LONGEST = 1_200
"""The packet's own lines are shorter, and a longer one would take long to look at."""


@cache
def packet_phrases() -> Mapping[str, GappedPhrases]:
    """Return the phrases of every language but English."""
    return phrases_in(FOLDER)


def line_of(language: str, text: str) -> str:
    """Return a line of the packet in the language; as it is, where it is none of the packet's own."""
    known = packet_phrases().get(language) if len(text) <= LONGEST else None
    return (known.said(text) if known else None) or text
