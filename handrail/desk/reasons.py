"""Reasons for which a policy holds something, in the reader's language: by the policy's own translation, else the original."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import NamedTuple

from handrail.desk.packet import line_of
from handrail.domain.actions.approvals import HumanRequest
from handrail.domain.policy.policies import Rule
from handrail.domain.policy.wording import fill

ORIGINAL = "en"
"""The language of a policy's `message`."""


class HeldBecause(NamedTuple):
    """A reason with the name of its rule; `original` where there are no words of the reader's language."""

    words: str
    rule: str
    original: bool = False


def reasons_of(language: str, rules: Mapping[str, Rule], request: HumanRequest) -> list[HeldBecause]:
    """Return why the request is held; `rules` are those in force, by policy and rule."""
    pairs = zip_longest(request.reasons, request.rules[: len(request.reasons)], fillvalue="")
    return [_reason(language, rules.get(name), request, words, name) for words, name in pairs]


def _reason(language: str, rule: Rule | None, request: HumanRequest, words: str, name: str) -> HeldBecause:
    if language == ORIGINAL:
        return HeldBecause(words, name)
    translated = rule.messages.get(language) if rule else None
    # The rule may have changed since it held this: its translation is that of other words then.
    if rule and translated and fill(rule.message, request.facts) == words:
        return HeldBecause(fill(translated, request.facts), name)
    known = line_of(language, words)
    return HeldBecause(known, name, original=known == words)
