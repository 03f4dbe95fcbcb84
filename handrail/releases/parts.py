"""The parts of a release: the model, its prompts, the policies, the topics, the graph and the router, as content hashes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from graphs.nodes.agent import prompt_version
from handrail.domain.autonomy.topics import Topic
from handrail.domain.quality.evaluations import ReleaseParts, combined

PROMPT = "prompt"
RISK = "risk.yaml"


def parts_of(
    *, model: str, reported: Sequence[str], topics: Iterable[Topic], policies: str, graph: str, router: str
) -> ReleaseParts:
    """Return the parts. A topic counts by what it says, not by how its file is laid out."""
    known = sorted(topics, key=lambda topic: topic.name)
    return ReleaseParts(
        model=model,
        reported=sorted(set(reported)),
        prompts=combined(f"{topic.name} {prompt_version(topic)}" for topic in known),
        policies=policies,
        topics=combined(topic.model_dump_json(exclude={PROMPT}) for topic in known),
        graph=graph,
        router=router,
    )


def router_parts(artefact: str | None, folder: Path) -> str:
    """Return the hash of what routes: the trained classifier, where there is one, and the rules for risks."""
    risk = folder / RISK
    return combined([artefact or "", risk.read_text(encoding="utf-8", errors="replace") if risk.is_file() else ""])
