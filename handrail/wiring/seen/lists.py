"""The lists of labels that a business defines: topics, tools, rules and models, as they are in force when they are asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable
from dataclasses import dataclass
from itertools import product

from handrail.business import Kind
from handrail.domain.policy.policies import Policy
from handrail.domain.policy.rulings import DEFAULT_RULE
from handrail.policies.loader import FilePolicies
from handrail.seeing.figures import catalogue
from handrail.seeing.figures.kept import SeenFigures
from handrail.seeing.figures.labels import CALL_OUTCOMES, EFFECT_OUTCOMES, EVERYTHING, FIXED, OTHER, REASONS, TURN_OUTCOMES
from handrail.seeing.now import Seen
from handrail.settings import Settings
from handrail.wiring.cases.worker import Adapters
from handrail.wiring.seen.around import NO_RULE

CODE = frozenset({"handrail", "tool", "topic"})
"""Policies that are code, so that the names of their rules are."""
NAME = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class RuleNames(Container[str]):
    """The rules there are, as `policy/rule`; `names` gives the ids of policies and rules in force."""

    names: Callable[[], Collection[str]]

    def __contains__(self, value: object) -> bool:
        policy, _, rule = str(value).partition("/")
        if policy in CODE:
            return bool(NAME.fullmatch(rule))
        known = {DEFAULT_RULE, *self.names()}
        return value == NO_RULE or (policy in known and rule in known)


def define(seen: Seen, settings: Settings, adapters: Adapters) -> None:
    """Give a worker's labels their lists; what is counted by them begins at 0, so that the first of each is an increase."""
    tools, rules = frozenset(adapters.business.by_name), RuleNames(adapters.policies.names)
    effects = [name for name, tool in adapters.business.by_name.items() if tool.kind is Kind.EFFECT]
    models = frozenset(name for name in (settings.model, settings.judge_model) if name)
    seen.labels.define(
        topic=lambda: [EVERYTHING, *(one.name for one in adapters.topics.all())],
        tool=lambda: tools,
        rule=lambda: rules,
        model=lambda: models,
    )
    if seen.figures is not None:
        begin_at_zero(seen.figures, models, effects)
        if isinstance(adapters.policies, FilePolicies):
            begin_rules(seen.figures, adapters.policies.all())


def begin_rules(figures: SeenFigures, policies: Iterable[Policy]) -> None:
    """Have the counters of these policies' rules begin."""
    for policy in policies:
        rules = [*((one.id, one.action) for one in policy.rules.rules), (DEFAULT_RULE, policy.rules.default_action)]
        for rule, ruling in rules:
            figures.add(catalogue.VERDICTS, 0, ruling=ruling, rule=f"{policy.id}/{rule}")


def begin_at_zero(figures: SeenFigures, models: Iterable[str], tools: Iterable[str]) -> None:
    """Have every counter whose labels are known begin; a candidate's model is on no list, and counts as `other`."""
    for outcome in TURN_OUTCOMES:
        figures.add(catalogue.TURNS, 0, outcome=outcome)
    for reason in REASONS:
        figures.add(catalogue.ESCALATIONS, 0, reason=reason)
    for ruling in FIXED["ruling"]:
        figures.add(catalogue.VERDICTS, 0, ruling=ruling, rule=NO_RULE)
    for tool, outcome in product(tools, EFFECT_OUTCOMES):
        figures.add(catalogue.EFFECTS, 0, tool=tool, outcome=outcome)
    for model in (*models, OTHER):
        figures.add(catalogue.MODEL_COST, 0, model=model)
        for outcome in CALL_OUTCOMES:
            figures.add(catalogue.MODEL_CALLS, 0, model=model, outcome=outcome)
        for kind in ("prompt", "completion"):
            figures.add(catalogue.MODEL_TOKENS, 0, model=model, kind=kind)
