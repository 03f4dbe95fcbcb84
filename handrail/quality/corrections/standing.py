"""Rules and topics as they are in force, and which corrections no longer rest on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from handrail.domain.autonomy.topics import Topic
from handrail.domain.base import digest
from handrail.domain.policy.policies import Policy
from handrail.domain.quality.evaluation.corrections import Relied

TERMS = ("description", "people_only", "tools", "confirm", "no_advice")
"""Of a topic what it allows. Its prompt and its examples are not among them: they are what corrections test."""


@dataclass(frozen=True, slots=True)
class InForce:
    """Hashes of every rule by `policy/rule`, versions of the policies' files by policy, hashes of the topics' terms."""

    rules: Mapping[str, str]
    files: Mapping[str, str]
    terms: Mapping[str, str]

    @classmethod
    def of(cls, policies: Iterable[Policy], files: Mapping[str, str], topics: Iterable[Topic]) -> InForce:
        """Work the hashes out."""
        rules = {
            f"{policy.id}/{rule.id}": digest([policy.applies_to, rule.model_dump(mode="json")])[:16]
            for policy in policies
            for rule in policy.rules.rules
        }
        return cls(rules, dict(files), {topic.name: terms_of(topic) for topic in topics})

    def relied(self, rules: Iterable[str], topic: str) -> tuple[dict[str, str], str]:
        """Return the hashes of the rules and of the topic's terms, as they are in force."""
        return {name: self.rules.get(name, "") for name in rules}, self.terms.get(topic, "")

    def outdated(self, relied: Relied, topic: str) -> str:
        """Return what has changed of what a correction relied on, in words; empty where nothing has."""
        for name, version in relied.rules.items():
            if name not in self.rules:
                return f"The policy rule {name} that it relied on is gone."
            if self.rules[name] != version:
                return f"The policy rule {name} that it relied on was changed."
        if not relied.terms:  # of no topic of the business: what routing placed nowhere relies on none
            return ""
        if topic not in self.terms:
            return f"The topic {topic} that it relied on is gone."
        if self.terms[topic] != relied.terms:
            return f"The topic {topic} that it relied on was changed."
        return ""

    def late(self, relied: Relied) -> str:
        """Return which policy was edited between a person's decision and its collection; empty where none was."""
        for policy, version in relied.files.items():
            if self.files.get(policy) not in (None, version):
                return f"The policy {policy} that it relied on was changed before it was collected."
        return ""


def terms_of(topic: Topic) -> str:
    """Return the hash of what the topic allows."""
    return digest(topic.model_dump(mode="json", include=set(TERMS)))[:16]
