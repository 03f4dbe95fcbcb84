"""The questions to customers before an effect, out of `asks.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from handrail.business import AskedValue, asking

FILE = Path(__file__).parents[1] / "asks.yaml"


def asks(tool: str, **values: AskedValue) -> dict[str, str]:
    """The question about an effect by language, with its values as the language writes them."""
    return asking(sentences()[tool], **values)


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """The sentences by tool and language."""
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(FILE.read_text("utf-8"))
    return found
