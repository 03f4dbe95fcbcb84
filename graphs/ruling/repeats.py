"""An effect that is proposed once more: what was made already is answered and not made again, what may be right a person sees
marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphs.views import GuardrailView
from handrail.domain.actions.confirmations import SAID_NO, UNCONFIRMED
from handrail.domain.actions.earlier import (
    REPEATED,
    EarlierEffect,
    EarlierOutcome,
    about_the_same,
    asked_again,
    exactly,
    written_since,
)
from handrail.domain.actions.proposals import Confirming, Proposal, RuleHit, Ruling, Verdict
from handrail.domain.base import digest
from handrail.domain.llm.agent import Exchange
from handrail.ports import Cases, SystemOfRecord

POLICY, _, RULE = REPEATED.partition("/")
NEWEST = 60
"""Messages of the transcript that a model may be given, and that are looked at for words of the customer since an effect."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """Effects of the same tool on the same object that the case made, or may have made, `before`.

    `anew`: the customer has written since the newest of them, and nobody answered that yet. `named`: with words that name the
    object or an amount again. `names` are the arguments that the model may give, `exchanges` are this turn's.
    """

    before: list[EarlierEffect] = field(default_factory=list)
    anew: bool = False
    names: list[str] | None = None
    exchanges: Sequence[Exchange] = ()
    named: bool = False

    def made(self, proposal: Proposal) -> EarlierEffect | None:
        """Return the effect that the proposal asks for once more although nobody has since; None where there is none."""
        return None if self.anew else self._equal(proposal)

    def _equal(self, proposal: Proposal) -> EarlierEffect | None:
        return next((one for one in reversed(self.before) if exactly(one, proposal, self.names)), None)

    def refusal(self, one: EarlierEffect) -> str:
        """Say to the agent that this was done."""
        done = one.in_words(self.names)
        return (
            f"This was done in this case already: {done}. The customer has not asked for it since; tell them that it is done."
        )

    def over(self, proposal: Proposal, verdict: Verdict) -> Verdict:
        """The verdict that says first, to whoever decides, what was done before.

        A person decides on another effect of an earlier turn's kind that nobody has asked for since, and wherever nobody knows
        whether the first was made. The customer is asked about exactly what was made where their new words do not name it, and
        reads when that was.
        """
        if verdict.ruling is Ruling.BLOCK or not self.before:
            return verdict
        equal = self._equal(proposal)
        if self._demanded or verdict.ruling is Ruling.REQUIRE_APPROVAL:
            ruling, confirm = Ruling.REQUIRE_APPROVAL, None
        elif not self.named and equal:
            ruling, confirm = Ruling.CONFIRM, Confirming.ALWAYS
        else:
            asked = verdict.ruling is Ruling.CONFIRM
            return verdict.model_copy(update={"done_at": equal.at}) if equal and asked else verdict
        hits = [RuleHit(policy=POLICY, rule=RULE, ruling=ruling, message=words, confirm=confirm) for words in self._words()]
        done_at = equal.at if equal and ruling is Ruling.CONFIRM else None
        return verdict.model_copy(update={"ruling": ruling, "hits": [*hits, *verdict.hits], "done_at": done_at})

    @property
    def _demanded(self) -> bool:
        unasked = not self.anew and any(not made_here(one, self.exchanges) for one in self.before)
        return unasked or any(one.outcome is EarlierOutcome.UNKNOWN for one in self.before)

    def _words(self) -> list[str]:
        """The sentences about the newest effect that was made, and about the newest of which nobody knows."""
        newest = {one.outcome: one.in_words(self.names) for one in self.before}
        since = "The customer has written since." if self.anew else "The customer has not asked again since."
        words = []
        if made := newest.get(EarlierOutcome.APPLIED):
            words.append(f"Already done in this case: {made}. {since}")
        if begun := newest.get(EarlierOutcome.UNKNOWN):
            words.append(f"Begun in this case, and nobody knows whether it was done: {begun}. Look in the other system first.")
        return words


class Repeats:
    """Finds what a case made before of what it proposes now."""

    def __init__(self, cases: Cases, record: SystemOfRecord) -> None:
        self._cases = cases
        self._record = record

    async def of(self, view: GuardrailView, proposal: Proposal, title: str, ledger: Sequence[EarlierEffect]) -> Repetition:
        """Return what the case's `ledger` holds of it; only where that is something, the customer's words are read."""
        before = about_the_same(ledger, proposal, title)
        if not before:
            return Repetition()
        said = [*await self._cases.transcript_ends(view.row.case_id, 0, NEWEST), *view.incoming]
        names = given(self._record, proposal.action)
        last, language = before[-1].at, view.row.language or "en"
        named = asked_again(said, last, proposal, title, language)
        return Repetition(before, written_since(said, last), names, view.exchanges, named)


def given(record: SystemOfRecord, action: str) -> list[str] | None:
    """Return the arguments that the model may give to a tool; None where it takes none, or is gone."""
    specs = record.specs([action])
    return list(specs[0].parameters.get("properties", {})) or None if specs else None


def first_answer(one: EarlierEffect) -> dict[str, Any]:
    """Return what the agent reads of an effect that it proposed once more."""
    return {"done": True, "at": one.at.isoformat(), **one.result}


def made_here(one: EarlierEffect, exchanges: Sequence[Exchange]) -> bool:
    """Return whether it is among the calls of this turn."""
    return any((call.call.tool, call.call.arguments) == (one.action, one.arguments) for call in exchanges)


def refused_now(exchanges: Sequence[Exchange], proposal: Proposal) -> bool:
    """Return whether the customer was asked about exactly this and said no in this turn."""
    asked = [one.call for one in exchanges if one.result.get(UNCONFIRMED) == SAID_NO]
    return any(one.tool == proposal.action and digest(one.arguments) == proposal.arguments_hash for one in asked)
