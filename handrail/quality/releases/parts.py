"""The parts of a release: the model, its prompts, policies, topics, the graph, the router, tools from outside, as hashes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from graphs.nodes.agent import prompt_version
from handrail.domain.autonomy.topics import Topic
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.quality.evaluation.evaluations import ReleaseParts, combined
from handrail.llm.server.address import served
from handrail.temporal.worker.build import build_id

ELSEWHERE = {"prompt", "owner", "autonomy", "review_gate", "review_by", "premortem"}
"""Fields of a topic that count elsewhere, or decide how free an answer is and not what it says."""
ROOT = Path(__file__).parents[3]
RISK = "risk.yaml"
MANIFEST = "manifest.json"


def parts_of(
    *,
    model: str,
    server: str | None,
    reported: Sequence[str],
    topics: Iterable[Topic],
    policies: str,
    graph: str,
    router: str,
    tools: str = "",
) -> ReleaseParts:
    """Return the parts. A topic counts by what it says, not by how its file is laid out."""
    known = sorted(topics, key=lambda topic: topic.name)
    return ReleaseParts(
        model=served(model, server) if server else model,
        reported=sorted(set(reported)),
        prompts=combined(f"{topic.name} {prompt_version(topic)}" for topic in known),
        policies=policies,
        topics=combined(topic.model_dump_json(exclude=ELSEWHERE) for topic in known),
        graph=graph,
        router=router,
        tools=tools,
    )


def graph_version() -> str:
    """Return the hash of the graph's code, by which outcomes can be compared."""
    return build_id(ROOT, ("graphs",))[:12]


def artefact_version(folder: Path | None) -> str | None:
    """Return the content hash that a trained router states; None where none is named.

    Raises:
        DefinitionInvalid: its manifest cannot be read.
    """
    if folder is None:
        return None
    try:
        return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["content_hash"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DefinitionInvalid(
            f"{folder / MANIFEST}: cannot be read ({error}). Train it with `handrail router train`."
        ) from error


def tools_version(folder: Path) -> str:
    """Return the hash of the tools from outside: their terms, and what a person pinned of each, its description among it.

    Who pinned it and when does not count. Empty where the folder lists none.

    Raises:
        DefinitionInvalid: a file cannot be used.
    """
    from handrail.outside.loading import TOOLS_FILE

    if not (folder / TOOLS_FILE).exists():
        return ""
    from handrail.outside.definitions import read_definitions
    from handrail.outside.pinning import read_pins

    listed = read_definitions(folder)
    pinned = (f"{name} {pin.server} {pin.hash}" for name, pin in sorted(read_pins(folder).tools.items()))
    return combined([listed.model_dump_json() if listed else "", *pinned])


def router_parts(artefact: str | None, folder: Path) -> str:
    """Return the hash of what routes: the trained classifier, where there is one, and the rules for risks."""
    risk = folder / RISK
    return combined([artefact or "", risk.read_text(encoding="utf-8", errors="replace") if risk.is_file() else ""])
