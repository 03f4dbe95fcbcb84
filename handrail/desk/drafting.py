"""Drafts on the page of a case: what stands in its fields when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.desk.sessions import Seat
from handrail.domain.team.desk import Draft, DraftKind


def written(typed: Mapping[str, str], drafts: list[Draft], who: Seat, suggestion: str) -> dict[str, Any]:
    """Return what stands in the fields: what was typed just now, else a draft, else the agent's own; and others' drafts."""
    return {
        "others": [one for one in drafts if one.person != who.person],
        "reply": typed.get("text", draft(drafts, who, DraftKind.REPLY) or suggestion),
        "note": typed.get("note", draft(drafts, who, DraftKind.NOTE)),
        "answer": typed.get("answer", draft(drafts, who, DraftKind.ANSWER)),
        "typed": typed,
    }


def draft(drafts: list[Draft], who: Seat, kind: DraftKind) -> str:
    """Return what the person began themselves; nothing where they did not."""
    return next((one.text for one in drafts if one.person == who.person and one.kind is kind), "")


def suggested(assignee: str | None, handoff: Any) -> str:
    """Return the agent's own draft, for whoever holds the case."""
    return (handoff.suggested_reply or "") if assignee and handoff else ""
