"""A turn that is run again (a reset) meets what it did before in the ledger, whatever the model says the second time."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.actions.declined import alike as alike
from handrail.domain.actions.earlier import EarlierEffect
from handrail.domain.actions.effects import EffectResult
from handrail.domain.actions.proposals import Proposal
from handrail.domain.llm.agent import ToolSpec


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
