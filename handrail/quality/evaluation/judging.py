"""Says whether a run did what the person did. Rules in code: the same run is always judged the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.domain.actions.proposals import SEND_REPLY, Proposal, Ruling
from handrail.domain.quality.evaluation.corrections import Correction, CorrectionKind
from handrail.domain.text.figures.mentions import mentions
from handrail.domain.text.plain import clean, compact
from handrail.quality.corrections.likeness import ALIKE, words_of
from handrail.quality.corrections.loosening import EXPLAINS
from handrail.quality.playing.arguments import same
from handrail.quality.playing.course import TurnCourse

STOPPED = frozenset(
    (
        *("agent_asked", "bounds", "guardrail", "low_confidence", "no_progress", "out_of_scope", "action_failed"),
        *("outcome_unknown", "graph_error", "graph_changed", "model_rejected", "model_unavailable"),
    )
)
"""Reasons for which the agent gave up by itself. For every other one it was right to hand the case over."""
FIGURES = frozenset(("amount", "percent", "date", "identifier", "phone", "email"))


def failing(correction: Correction, played: TurnCourse) -> str:
    """Return why the run fails, in words without personal data; empty where it passes."""
    if played.failed:
        return played.failed
    match correction.kind:
        case CorrectionKind.EDIT if correction.action != SEND_REPLY:
            return _edited(correction, played)
        case CorrectionKind.REJECTION:
            return _rejected(correction, played)
        case CorrectionKind.HAND_BACK:
            again = played.escalation == correction.reason
            return f"It gave the case to people again ({played.escalation})." if again else ""
        case CorrectionKind.TAKEOVER if correction.done is None or correction.reason not in STOPPED:
            return _handed_over(correction, played)
        case _:
            return _replied(correction, played)


def _edited(correction: Correction, played: TurnCourse) -> str:
    """Return how its proposal differs from what the person made of it."""
    found = played.of(correction.action)
    if not found:
        return f"It did not propose {correction.action}{_instead(played)}."
    done, proposed, arguments = correction.done or {}, correction.proposed or {}, found[0].proposal.arguments
    changed = {name for name, value in done.items() if not same(proposed.get(name), value)} - EXPLAINS
    wrong = sorted(name for name in done if _differs(name, done, arguments, changed))
    return f"It proposed {correction.action} with another {', '.join(wrong)} than the person." if wrong else ""


def _differs(name: str, done: Mapping[str, Any], given: Mapping[str, Any], changed: set[str]) -> bool:
    """Return whether an argument is another; one that was pinned by the preview then need not be given."""
    if name in EXPLAINS:
        return False
    if given.get(name) is None:
        return name in changed and done[name] is not None
    return not same(given[name], done[name])


def _rejected(correction: Correction, played: TurnCourse) -> str:
    """Return that it proposes again what was refused, and is let through with it."""
    for ruled in played.of(correction.action):
        if ruled.verdict.ruling is not Ruling.BLOCK and _as_refused(correction, ruled.proposal):
            return f"It proposed {correction.action} again, as the person had refused it."
    return ""


def _as_refused(correction: Correction, proposal: Proposal) -> bool:
    refused = correction.proposed or {}
    if correction.action == SEND_REPLY:
        return likeness(str(refused.get("text", "")), str(proposal.arguments.get("text", ""))) >= ALIKE
    return all(
        name in EXPLAINS or value is None or same(refused.get(name), value) for name, value in proposal.arguments.items()
    )


def _handed_over(correction: Correction, played: TurnCourse) -> str:
    """Return that it answered what should go to people."""
    return "" if played.escalation else f"It answered by itself what had gone to people ({correction.reason})."


def _replied(correction: Correction, played: TurnCourse) -> str:
    """Return what its reply lacks: every figure of the person's, none that they took out, and more like theirs than before."""
    replies = [ruled for ruled in played.of(SEND_REPLY) if ruled.verdict.ruling is not Ruling.BLOCK]
    if not replies:
        return f"It did not reply{_instead(played)}."
    reply = str(replies[-1].proposal.arguments.get("text", ""))
    done, proposed = str((correction.done or {}).get("text", "")), str((correction.proposed or {}).get("text", ""))
    wanted, unwanted = figures(done), figures(proposed) - figures(done)
    if missing := wanted - figures(reply):
        return f"Its reply lacks {len(missing)} of {len(wanted)} figures of the person's."
    if kept := unwanted & figures(reply):
        return f"Its reply still has {len(kept)} figures that the person took out."
    if proposed and likeness(reply, done) < likeness(reply, proposed):
        return "Its reply reads more like the one that the person changed than like the person's."
    return ""


def figures(text: str) -> frozenset[str]:
    """The amounts, dates and references in a text, each in one spelling."""
    found = mentions(clean(text))
    return frozenset(
        str(mention.amount.normalize()) if mention.amount is not None else compact(mention.shown)
        for mention in found
        if mention.kind in FIGURES
    )


def likeness(one: str, other: str) -> float:
    """The share of words that two texts have in common (Jaccard's)."""
    first, second = set(words_of([one])), set(words_of([other]))
    return len(first & second) / len(first | second) if first | second else 1.0


def _instead(played: TurnCourse) -> str:
    return f" but gave the case to people ({played.escalation})" if played.escalation else ""
