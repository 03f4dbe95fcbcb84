"""Narration of a graph, node by node, in words for people and in data for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from graphs.state import CaseState, TurnOutcome
from handrail.cli.common.documents import ready
from handrail.cli.common.tables import arguments, percent, plain, screen
from handrail.domain.actions.approvals import Decision, HumanRequest
from handrail.domain.actions.proposals import Proposal
from handrail.domain.case.cases import RuledProposal
from handrail.domain.case.classification import Classification
from handrail.domain.case.handoffs import Escalation
from handrail.domain.llm.agent import Exchange
from handrail.drills.rehearsal import NodeRun, Rehearsal

WIDTH = 11


def document(played: Rehearsal) -> dict[str, Any]:
    """Return the rehearsal for `--json`: customer_id, message, steps, request, outcome, effects, usage."""
    state = played.state
    return {
        "customer_id": played.customer_id,
        "message": played.text,
        "steps": [step(one) for one in played.steps],
        "request": ready(played.request),
        "outcome": ready(state.outcome) if state else None,
        "effects": [ready(one) for one in state.effects] if state else [],
        "usage": ready(state.usage) if state else None,
    }


def step(change: NodeRun) -> dict[str, Any]:
    """node, seconds, changed."""
    changed = {name: ready(value) for name, value in change.update.items() if name != "row"}
    return {"node": change.node, "seconds": round(change.seconds, 4), "changed": changed}


def words(change: NodeRun) -> list[str]:
    """Tell what a person wants to know of it. Proposals are told where they are made, not where they are ruled on."""
    told = {name: value for name, value in change.update.items() if value and name in WORDS}
    if "ruled" in change.update or "decisions" in told:
        told.pop("proposals", None)
        told.pop("exchanges", None)
    return [line for name, value in told.items() for line in WORDS[name](value)]


def classification(found: Classification) -> Iterator[str]:
    """Topic, confidence, risk, language."""
    yield f"{found.topic} ({percent(found.confidence)}), risk {found.risk}, language {found.language}"


def proposals(made: list[Proposal]) -> Iterator[str]:
    """Tell what the agent wants."""
    for one in made:
        yield f"wants {one.action}({arguments(one.arguments)})"


def rulings(given: list[RuledProposal]) -> Iterator[str]:
    """Tell what the guardrail says to it."""
    for one in given:
        yield f"{one.verdict.ruling}: {one.verdict.title or one.proposal.action}"
        yield from (f"  {words}" for words in one.verdict.messages)


def exchanges(had: list[Exchange]) -> Iterator[str]:
    """The last call with its answer; the list is the whole turn's."""
    last = had[-1]
    answer = last.result.get("refused") or last.result.get("declined") or arguments(last.result)
    yield f"{last.call.tool}: {answer}"


def decisions(taken: list[Decision]) -> Iterator[str]:
    """The last one; the list is the whole turn's."""
    yield f"{taken[-1].decision} by {taken[-1].reviewer}"


def feedback(told: list[str]) -> Iterator[str]:
    """Tell why the agent has to try again."""
    yield from told


def escalation(why: Escalation) -> Iterator[str]:
    """Tell why a person gets the case."""
    yield f"to a person ({why.reason}): {why.words}"


def outcome(end: TurnOutcome) -> Iterator[str]:
    """Tell how the turn ended."""
    yield f"{end.status}" + (f" in {end.handoff.route.queue}, tier {end.handoff.route.tier}" if end.handoff else "")


WORDS: dict[str, Any] = {
    "classification": classification,
    "proposals": proposals,
    "rulings": rulings,
    "decisions": decisions,
    "exchanges": exchanges,
    "feedback": feedback,
    "escalation": escalation,
    "outcome": outcome,
}


class Narrator:
    """Prints each node as it happens; says nothing when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def __call__(self, event: NodeRun | HumanRequest) -> None:
        if self._quiet:
            return
        if isinstance(event, NodeRun):
            self._block(event.node, f"{event.seconds:5.2f} s", words(event))
        else:
            shown = [f"{name}: {value}" for name, value in event.shown.items()]
            self._block("?", "", [event.title, *event.reasons, *shown])

    def _block(self, name: str, time: str, lines: list[str]) -> None:
        first, *rest = lines or [""]
        screen().print(Text.assemble((f"{name:<{WIDTH}}", "bold"), f"{time:<9}", plain(first)))
        for line in rest:
            screen().print(" " * (WIDTH + 9) + plain(line))

    def end(self, state: CaseState | None, request: HumanRequest | None) -> None:
        """The last words."""
        if request is not None:
            screen().print("\nIt waits here for a person. Answer it with --decide approve or --decide reject.")
        elif state and state.outcome and state.outcome.row.reply:
            screen().print(f"\nThe customer reads:\n{plain(state.outcome.row.reply)}")
