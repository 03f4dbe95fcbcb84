"""The identity of what the classifier learns from."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.autonomy.topics import Topic
from handrail.domain.base import digest


def learnt_from(topics: Sequence[Topic]) -> str:
    """Change with whatever the classifier learns from, and with nothing else in a topic."""
    return digest(sorted((topic.name, topic.people_only, topic.examples) for topic in topics))
