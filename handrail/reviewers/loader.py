"""The reviewers in force: one YAML file, `reviewers.yaml`, in the business's folder. A business may do without it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from handrail.definitions import Document, Live, refuse
from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.team.commands import folded
from handrail.domain.team.reviewers import AuthorityLimits, ReviewerFile, Reviewers


class FileReviewers:
    """Implements `handrail.ports.ReviewersInForce` over a file, which is read again when it changes.

    A change that cannot be used leaves the last good version in force and `problem` says why. Where there is no file at the
    start, everybody decides under the name that they give; `strict` refuses that, and whoever is not named in the file.
    """

    def __init__(
        self,
        file: Path,
        *,
        facts: Collection[str] | None = None,
        tools: Collection[str] | None = None,
        strict: bool = False,
        every: float = 0.0,
    ) -> None:
        """Raises: DefinitionInvalid: the file cannot be used, or `strict` misses it; a line for each problem."""
        self._strict = strict
        if not file.exists() and strict:
            raise DefinitionInvalid(f"{file}: is missing, and HANDRAIL_REVIEWERS_STRICT is set. Name who may decide.")
        self._live: Live[ReviewerFile] | None = None
        if file.exists():
            self._live = Live(file, lambda documents: build(documents, facts, tools), every=every)

    @property
    def problem(self) -> str | None:
        """The reason why the newest edit is not in force, or None where it is."""
        return self._live.problem if self._live else None

    def now(self) -> Reviewers:
        """Return the reviewers and what they may decide, as the file says now."""
        if self._live is None:
            return Reviewers()
        loaded = self._live.now()
        return Reviewers(loaded.value, loaded.version, self._strict)


def build(
    documents: list[Document], facts: Collection[str] | None = None, tools: Collection[str] | None = None
) -> ReviewerFile:
    """The checked roster of the one document. `facts` and `tools` are what a limit may name.

    Raises:
        DefinitionInvalid: a line for each problem.
    """
    (document,) = documents
    roster = document.parse(ReviewerFile)
    refuse([*_check(document, roster, facts, tools)])
    return roster


def _check(
    document: Document, roster: ReviewerFile, facts: Collection[str] | None, tools: Collection[str] | None
) -> Iterator[str]:
    if not roster.people and roster.anyone is None:
        yield document.problem("people: is empty and there is no 'anyone', so nobody could decide. Name somebody.", "people")
    for name, role in roster.roles.items():
        yield from _limits(document, role, facts, tools, "roles", name)
    names: dict[str, tuple[int, str]] = {}
    for index, person in enumerate(roster.people):
        yield from _roles(document, roster, person.roles, "people", index)
        yield from _limits(document, person, facts, tools, "people", index)
        for one in (person.name, *person.identities):
            owner = names.setdefault(folded(one), (index, person.name))
            if owner[0] != index:
                words = f"{one!r} is a name of {owner[1]} already. Every name and identity is one person's."
                yield document.problem(words, "people", index)
    if roster.anyone is not None:
        yield from _roles(document, roster, roster.anyone.roles, "anyone")
        yield from _limits(document, roster.anyone, facts, tools, "anyone")


def _roles(document: Document, roster: ReviewerFile, named: list[str], *at: str | int) -> Iterator[str]:
    for place, role in enumerate(named):
        if role not in roster.roles:
            words = f"roles: {role!r} is none of this file's roles. Known: {', '.join(sorted(roster.roles))}."
            yield document.problem(words, *at, "roles", place)


def _limits(
    document: Document, holder: AuthorityLimits, facts: Collection[str] | None, tools: Collection[str] | None, *at: str | int
) -> Iterator[str]:
    places = [((*at, "limits"), holder.limits), *(((*at, "actions", name), one) for name, one in holder.actions.items())]
    for place, limits in places:
        for fact, most in limits.items():
            if facts is not None and fact not in facts:
                yield document.problem(f"{fact}: is no fact here. Known: {', '.join(sorted(facts))}.", *place, fact)
            if not most.is_finite() or most < 0:
                yield document.problem(f"{fact}: {most} is no limit. Put a number, 0 or more.", *place, fact)
    known = None if tools is None else {*tools, SEND_REPLY}
    for action in holder.actions:
        if known is not None and action not in known:
            words = f"actions: {action!r} is no tool of this business. Known: {', '.join(sorted(known))}."
            yield document.problem(words, *at, "actions", action)
