"""A turn that is run again (a reset, a worker that died) meets what it did before in the ledger, whatever the model says."""

from __future__ import annotations

from collections.abc import Sequence

from graphs.ruling.ruling_pass import RulingPass, decided, plain
from handrail.domain.actions.declined import alike as alike
from handrail.domain.actions.earlier import EarlierEffect, EarlierOutcome
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import Proposal, Ruling
from handrail.domain.autonomy.controls import admit
from handrail.domain.base import digest
from handrail.domain.case.routes import OUTCOME_UNKNOWN
from handrail.domain.errors import SwitchedOff
from handrail.domain.llm.agent import ToolSpec
from handrail.ports import SystemOfRecord

MADE = "The ledger holds this effect; it gives its first answer."
SENT = "It was sent before, and nobody knows what came of it: it goes out as the same effect, or a person looks what it did."


def ruled_as_begun(sheet: RulingPass, proposal: Proposal, ledger: Sequence[EarlierEffect], record: SystemOfRecord) -> bool:
    """Rule on what this turn did or sent before it was run again; return whether it ruled.

    The same is allowed again, on the ledger's arguments, and anything else refused. Nothing is checked anew: what the effect
    would be held against, it may have changed itself.
    """
    stands = begun_under(proposal, ledger)
    if stands and same_call(proposal, stands, record.specs([proposal.action])):
        changes = {"arguments": stands.arguments, "arguments_hash": digest(stands.arguments), "counted": True}
        _again(sheet, proposal.model_copy(update=changes), stands)
        return True
    settled = [one for one in ledger if one.settled]
    others = [stands] if stands else unremembered(settled, sheet.view.effects, sheet.view.proposals)
    if not others:
        return False
    words = f"Run again, this turn wants another {proposal.action} than before; {others[0].action} stands in the ledger."
    sheet.refuse(proposal, words)
    sheet.escalate("action_failed" if others[0].settled else OUTCOME_UNKNOWN, words)
    return True


def _again(sheet: RulingPass, proposal: Proposal, stands: EarlierEffect) -> None:
    """Allow exactly what was done or sent before; what was only sent, as far as the agent may go now."""
    if stands.settled:
        return sheet.rule(proposal, plain(proposal, Ruling.ALLOW, "made", MADE))
    if kept_in := _kept_in(sheet, proposal):
        words = f"{proposal.action} was sent before, and nobody knows what came of it. It is not sent again: {kept_in}"
        sheet.refuse(proposal, words)
        return sheet.escalate(OUTCOME_UNKNOWN, words)
    return sheet.rule(proposal, plain(proposal, Ruling.ALLOW, "sent", SENT))


def _kept_in(sheet: RulingPass, proposal: Proposal) -> str:
    """Say why the agent may not do this now; empty where it may."""
    if proposal.action not in sheet.topic.tools:
        return f"it is not a tool of the topic {sheet.topic.name} any more."
    try:
        admit(sheet.dial(proposal), approved=decided(sheet.view.decisions, proposal) is not None)
    except SwitchedOff as kept_in:
        return str(kept_in)
    return ""


def begun_under(proposal: Proposal, stand: Sequence[EarlierEffect]) -> EarlierEffect | None:
    """Return what stands in the ledger under the proposal's own id, where the business or another system has got it before."""
    own = (one for one in stand if one.effect_id == proposal.proposal_id)
    return next((one for one in own if one.settled or one.outcome is EarlierOutcome.UNKNOWN), None)


def unremembered(
    stand: Sequence[EarlierEffect], known: Sequence[EffectResult], proposals: Sequence[Proposal]
) -> list[EarlierEffect]:
    """Effects in the ledger that this turn neither remembers nor proposes again: it did them before it was reset."""
    here = {one.effect_id for one in known} | {one.proposal_id for one in proposals}
    return [one for one in stand if one.effect_id not in here]


def same_call(proposal: Proposal, stands: EarlierEffect, specs: Sequence[ToolSpec]) -> bool:
    """Return whether the model asks for what was done. The tool may have normalised words and pinned arguments."""
    if proposal.action != stands.action:
        return False
    fields = specs[0].parameters.get("properties", {}) if specs else {}
    defaults = {name: field.get("default") for name, field in fields.items()}
    asked = {**defaults, **proposal.arguments}
    done = {name: stands.arguments.get(name) for name in asked}
    return all(alike(asked[name], done[name]) for name in asked)
