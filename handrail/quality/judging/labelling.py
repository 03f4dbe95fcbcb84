"""Blind labelling: a case is handed to a person with a question, and nothing of what a judge said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from handrail.domain.errors import InvalidInput
from handrail.domain.quality.judge.labels import GivenLabel, LabelVerdict, NextLabel
from handrail.domain.quality.judge.rubric import Rubric, label_key
from handrail.domain.team.membership import member
from handrail.domain.team.reviewers import FILE, Reviewers
from handrail.domain.team.staff import Roster
from handrail.ports.loop.judging import JudgeRecord, LabelDesk


@dataclass(frozen=True, slots=True)
class BlindLabelling:
    """Labels by people, from the command line and at the desk alike. Any method raises DefinitionInvalid."""

    labels: LabelDesk
    judged: JudgeRecord
    rubric: Callable[[], Rubric]
    may: Callable[[str], str]
    """Gives the person's one name. Raises: InvalidInput: they may not label."""

    async def next(self, reviewer: str) -> NextLabel | None:
        """Return what this person labels next, None where nothing waits. Raises: InvalidInput: they may not label."""
        criteria = self.rubric().criteria
        waiting = await self.labels.waiting(self.may(reviewer), [label_key(one) for one in criteria.values()])
        for case_id, criterion in waiting:
            material = await self.judged.material(case_id)
            if material is not None:
                asked = criteria[criterion]
                return NextLabel(
                    case_id=case_id,
                    criterion=criterion,
                    question=asked.question,
                    fails_when=asked.fails_when,
                    material=material,
                    waiting=len(waiting),
                )
        return None

    async def give(self, case_id: str, criterion: str, reviewer: str, verdict: LabelVerdict, note: str) -> GivenLabel:
        """Keep a label; given again by the same person it replaces theirs.

        Raises:
            InvalidInput: there is no such criterion, the case is not theirs to label, or they may not label.
        """
        criteria = self.rubric().criteria
        if criterion not in criteria:
            raise InvalidInput(f"CRITERION: {criterion[:40]!r} is none of the rubric's. Known: {', '.join(criteria)}.")
        label = GivenLabel(
            case_id=case_id,
            criterion=criterion,
            wording=label_key(criteria[criterion]),
            reviewer=self.may(reviewer),
            verdict=verdict,
            note=note,
            given_at=datetime.now(UTC),
        )
        await self.labels.give(label)
        return label


def may_label(name: str, reviewers: Reviewers, roster: Roster) -> str:
    """Return the person's one name: somebody of reviewers.yaml or people.yaml, anybody where the business has neither.

    Raises:
        InvalidInput: neither file names them.
    """
    found = member(name, reviewers, roster)
    if found is not None:
        return found
    names = sorted({*roster.by_name, *(one.name for one in (reviewers.roster.people if reviewers.roster else []))})
    raise InvalidInput(f"--reviewer: {name[:60]!r} is neither in {FILE} nor in people.yaml. Known: {', '.join(names)}.")
