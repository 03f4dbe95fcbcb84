"""The parts of a worker, and whose a stack's processor time is."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.drills.bench.profile.sampler import ELSEWHERE, SEPARATOR
from handrail.drills.bench.statistics.results import PartShare

PARTS: Mapping[str, tuple[str, ...]] = {
    "PostgreSQL": ("psycopg", "psycopg_pool", "psycopg_binary", "handrail.postgres", "handrail.shop"),
    "model client": (
        "openai", "httpx", "httpx2", "httpcore", "httpcore2", "h11", "anyio", "langchain_openai",
        "langchain_core.language_models", "langchain_core.messages", "langchain_core.utils.function_calling", "handrail.llm",
    ),
    "routing": ("handrail.routing", "py3langid", "sklearn", "scipy", "numpy"),
    "reading text": ("handrail.domain.text", "babel", "publicsuffixlist", "mailparser_reply"),
    "policies": ("handrail.policies", "handrail.matrix", "celpy", "lark"),
    "LangGraph": ("langgraph", "langchain_core"),
    "nodes and domain": ("graphs", "handrail.domain", "handrail.topics", "handrail.people", "handrail.reviewers"),
    "workflow and activities": ("workflows", "activities", "handrail.temporal"),
    "Temporal's SDK": ("temporalio", "google.protobuf"),
    "models and JSON": ("pydantic", "json"),
}  # fmt: skip
WAITING = ("selectors", "threading", "queue", "concurrent.futures.thread")
"""Innermost modules of a thread that waits again: its time since the last look went into something that was not seen."""
LOOP, CORE = "event loop and threads", "Temporal's core"


def owner(stack: str) -> str:
    """Return the part that a stack's time belongs to: the innermost of its modules that has one."""
    if stack == ELSEWHERE:
        return CORE
    for name in reversed(stack.split(SEPARATOR)):
        found = max((prefix for prefix in PREFIXES if name == prefix or name.startswith(f"{prefix}.")), key=len, default=None)
        if found:
            return PREFIXES[found]
    return LOOP


PREFIXES = {prefix: part for part, prefixes in PARTS.items() for prefix in prefixes}


def shares(seconds: Mapping[str, float], cases: int) -> list[PartShare]:
    """Return what each part cost a case, the dearest first.

    They sum up to all of it: what was not seen is spread over the parts that were, as they were.
    """
    spent = dict.fromkeys((*PARTS, LOOP, CORE), 0.0)
    for stack, took in seconds.items():
        if stack.rpartition(SEPARATOR)[2] not in WAITING:
            spent[owner(stack)] += took
    core, whole = spent.pop(CORE), sum(seconds.values())
    seen = sum(spent.values())
    if not seen:
        return []
    for part in spent:
        spent[part] *= (whole - core) / seen
    spent[CORE] = core
    return [
        PartShare(part=part, ms=took * 1_000 / cases, share=took / whole)
        for part, took in sorted(spent.items(), key=lambda one: -one[1])
        if took / whole >= 0.0005
    ]
