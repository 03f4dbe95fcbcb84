"""Routers learnt once for all houses of a test process: each takes seconds, and equal topics make equal routers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from handrail.domain.autonomy.topics import Topic
from handrail.domain.text.packs import Packs, packs
from handrail.routing import router
from handrail.routing.model.trained import Trained
from handrail.routing.signals.language import LanguageDetector

_TRAINED: dict[tuple[str, ...], Trained] = {}
_LOADING = asyncio.Lock()
_DETECTORS: list[tuple[Packs, LanguageDetector]] = []


@asynccontextmanager
async def learnt_once() -> AsyncIterator[None]:
    """Let routers of the shop's kind, which name no trained artefact, share what they learn; one loads at a time."""
    async with _LOADING:
        with patch.object(router, "train", trained), patch.object(router, "LanguageDetector", detector):
            yield


def trained(topics: list[Topic], artefact: None, folder: Path | None = None) -> Trained:
    """Train on the topics, or give what was trained on equal ones."""
    assert artefact is None
    key = tuple(topic.model_dump_json() for topic in topics)
    if key not in _TRAINED:
        _TRAINED[key] = Trained.on(topics)
    return _TRAINED[key]


def detector() -> LanguageDetector:
    """Load what tells languages apart, or give what was loaded for the same packs."""
    known = packs()
    for loaded, found in _DETECTORS:
        if loaded is known:
            return found
    _DETECTORS.append((known, LanguageDetector()))
    return _DETECTORS[-1][1]
