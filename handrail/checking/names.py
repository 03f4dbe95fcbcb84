"""Names that one file of a business uses and another one has to know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cached_property

from handrail.business import Kind, Tool
from handrail.checking.definitions import MATRIX
from handrail.checking.findings import CheckPart, Collector
from handrail.checking.source import facts_given
from handrail.checking.subject import PackageUnderCheck
from handrail.definitions import files
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.case.classification import OUT_OF_SCOPE
from handrail.domain.policy.facts import ARGUMENTS, about_the_proposal
from handrail.domain.policy.policies import Policy, Rule, comparisons
from handrail.domain.policy.rulings import fields_of
from handrail.domain.team.commands import holds
from handrail.domain.team.reviewers import FILE as REVIEWERS
from handrail.domain.team.reviewers import AuthorityLimits, ReviewerFile
from handrail.domain.team.staff import Need
from handrail.policies.names import nearest
from handrail.policies.sets import PolicySet, document
from handrail.routing.signals.language import DEFAULT

_TOOL_LIKE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_OF_TOPICS = ("case.topic", "classification.topic")


def check(subject: PackageUnderCheck, found: Collector) -> None:
    """Hold the files against one another."""
    names = Names(subject, found)
    if subject.topics is not None:
        names.offered()
        names.prompts()
        names.languages()
    names.queues()
    names.limits()
    if subject.policies is not None:
        names.covered()
        names.previews()
        names.roles()
        names.topics()
    found.looked_at(CheckPart.NAMES, "tools, topics, facts, roles and queues across files")


class Names:
    """One look across all files."""

    def __init__(self, subject: PackageUnderCheck, found: Collector) -> None:
        self._subject, self._found = subject, found

    def offered(self) -> None:
        """Find tools that no topic offers: the agent can never call them."""
        topics = (self._subject.topics or {}).values()
        used = {tool for topic in topics for tool in (*topic.tools, *(one.tool for one in topic.prefetch))}
        for tool in self._subject.business.tools:
            if tool.name not in used:
                place = self._subject.code.at("tools")
                words = f"{tool.name}: no topic offers it, so nobody can ever call it. Name it under tools of a topic."
                self._found.note(CheckPart.NAMES, place.file, place.line, words)

    def prompts(self) -> None:
        """Find words in prompts that look like tools and are none of the topic's."""
        tools = set(self._subject.business.by_name)
        for file in files(self._subject.folder / "topics"):
            topic = (self._subject.topics or {}).get(file.stem)
            if topic is None:
                continue
            for word in dict.fromkeys(_TOOL_LIKE.findall(topic.prompt)):
                close = word in tools or nearest(word, tools).startswith("Did you mean")
                if close and word not in topic.tools:
                    words = f"prompt: names {word}, which this topic does not offer. {nearest(word, topic.tools)}."
                    self._placed(document(file).problem(words, "prompt"))

    def languages(self) -> None:
        """Find languages in which the agent answers without having said what it is."""
        said = set(self._subject.business.disclosure)
        for file in files(self._subject.folder / "topics"):
            topic = (self._subject.topics or {}).get(file.stem)
            for index, language in enumerate(topic.languages if topic and not topic.people_only else ()):
                if language not in said:
                    words = f"languages: {language!r} has no disclosure; {DEFAULT!r} is said. Add it to Business.disclosure."
                    self._placed(document(file).problem(words, "languages", index), note=True)

    def queues(self) -> None:
        """Find rows and their steps that lead to a queue in which nobody works."""
        rows, people = self._subject.matrix, self._subject.people
        if rows is None or people is None:
            return
        read = document(self._subject.folder / MATRIX)
        for index, row in enumerate(rows.table.rows):
            for queue, tier in dict.fromkeys([(row.queue, row.tier), *((one.queue, one.tier) for one in rows.chain(row))]):
                if not people.able(Need(queue=queue, tier=tier)):
                    words = f"queue: nobody in people.yaml has the skill {queue!r} at tier {tier}. Give it to somebody there."
                    self._placed(read.problem(words, "rows", index, "queue"))

    def covered(self) -> None:
        """Find effects that no policy names: a person decides on each call of them."""
        policies = self._subject.policies
        named = {tool for one in (policies.policies if policies else ()) for tool in one.applies_to or ()}
        for tool in self._subject.business.tools:
            if tool.kind is Kind.EFFECT and tool.name not in named:
                place = self._subject.code.at("tools")
                words = (
                    f"{tool.name}: no policy names it in applies_to, so a person may have to decide on every call. Name it."
                )
                self._found.note(CheckPart.NAMES, place.file, place.line, words)

    def previews(self) -> None:
        """Find facts that rules need and the preview never gives: the rule blocks every call."""
        for policy, index, rule in self._rules:
            needed = [one for one in fields_of(rule, self._set.expressions) if about_the_proposal(one)]
            for name in policy.applies_to or ():
                tool = self._subject.business.by_name.get(name)
                given = given_with(tool)
                for fact in needed:
                    if given is not None and fact not in given and not fact.startswith(ARGUMENTS):
                        words = ungiven(rule.id, fact, name)
                        self._placed(self._set.places[policy.id].problem(words, "rules", "rules", index))

    def limits(self) -> None:
        """Find limits of an action over a fact that never comes with it: they would bind nobody."""
        roster = self._subject.reviewers
        if roster is None:
            return
        read = document(self._subject.folder / REVIEWERS)
        for at, holder in holders(roster):
            for action, limits in holder.actions.items():
                given = frozenset[str]() if action == SEND_REPLY else given_with(self._subject.business.by_name.get(action))
                for fact in limits:
                    if given is not None and fact not in given:
                        come = ", ".join(sorted(given)) or "none"
                        words = f"{fact}: never comes with {action}, so this limit binds nobody. Its facts: {come}."
                        self._placed(read.problem(words, *at, "actions", action, fact))

    def roles(self) -> None:
        """Find roles that rules ask for and nobody in reviewers.yaml has."""
        reviewers = self._subject.reviewers
        if reviewers is None:
            return
        for policy, index, rule in self._rules:
            if rule.role is None:
                continue
            place = self._set.places[policy.id]
            able = [one.name for one in reviewers.people if _has(one.roles, rule.role)]
            anyone = reviewers.anyone is not None and _has(reviewers.anyone.roles, rule.role)
            if rule.role not in reviewers.roles and not able:
                words = f"role: {rule.role!r} is no role of reviewers.yaml. {nearest(rule.role, reviewers.roles)}."
                self._placed(place.problem(words, "rules", "rules", index, "role"))
            elif not anyone and len(able) < rule.quorum:
                words = (
                    f"role: {len(able)} in reviewers.yaml may approve as {rule.role}, and {rule.quorum} must. Name more there."
                )
                self._placed(place.problem(words, "rules", "rules", index, "role"))

    def topics(self) -> None:
        """Find rules that compare the case's topic with one that is not there."""
        if self._subject.topics is None:
            return
        known = {*self._subject.topics, OUT_OF_SCOPE}
        for policy, index, rule in self._rules:
            for one in comparisons(rule.condition) if rule.condition else ():
                for value in one.value if isinstance(one.value, list) else [one.value]:
                    if one.field in _OF_TOPICS and value not in known:
                        words = f"condition: {value!r} is no topic. {nearest(str(value), known)}."
                        at = ("rules", "rules", index, "condition")
                        self._placed(self._set.places[policy.id].problem(words, *at))

    @cached_property
    def _rules(self) -> list[tuple[Policy, int, Rule]]:
        return list(self._every())

    def _every(self) -> Iterator[tuple[Policy, int, Rule]]:
        for policy in self._set.policies:
            for index, rule in enumerate(policy.rules.rules):
                yield policy, index, rule

    @property
    def _set(self) -> PolicySet:
        assert self._subject.policies is not None  # noqa: S101 - asked for with policies only
        return self._subject.policies

    def _placed(self, words: str, *, note: bool = False) -> None:
        self._found.placed(CheckPart.NAMES, words, self._subject.folder, note=note)


def given_with(tool: Tool | None) -> Collection[str] | None:
    """Return the facts that the tool's preview gives; None where they cannot be told without a call."""
    if tool is None or tool.preview is None:
        return None
    return tool.outside.facts if tool.outside else facts_given(tool.preview)


def holders(roster: ReviewerFile) -> Iterator[tuple[tuple[str | int, ...], AuthorityLimits]]:
    """Yield whoever has limits, with the place in the file."""
    yield from ((("roles", name), role) for name, role in roster.roles.items())
    yield from ((("people", index), person) for index, person in enumerate(roster.people))
    if roster.anyone is not None:
        yield ("anyone",), roster.anyone


def ungiven(rule: str, fact: str, action: str) -> str:
    """Return the words for a fact that a rule needs and a preview does not give."""
    words = f"rule {rule} needs {fact}, which the preview of {action} does not give, so it blocks every call"
    return f"{words}. Add it to the preview's facts."


def _has(held: list[str], wanted: str) -> bool:
    return any(holds(one, wanted) for one in held)
