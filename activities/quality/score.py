"""The step `score` of the business's day: what the scorers say of each drawn case."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence

from graphs.ruling.replies import texts_in
from handrail.domain.counting import many
from handrail.domain.errors import BusinessFailed, DefinitionInvalid
from handrail.domain.quality.days import QualityDay, StepResult
from handrail.domain.quality.scores import CaseScore, ScoredRecord, ScoreVerdict, ScoringTerms
from handrail.ports import Customers
from handrail.ports.loop.quality import CaseScorers, QualityScores

AT_ONCE = 100


class ScoreStep:
    """Scores what is not scored yet, in batches, each recorded as soon as it is there; `terms` is read anew each day."""

    name = "score"

    def __init__(
        self,
        scores: QualityScores,
        scorers: CaseScorers,
        names: Sequence[str],
        terms: Callable[[], ScoringTerms],
        customers: Customers | None = None,
    ) -> None:
        self._scores, self._scorers, self._names, self._terms = scores, scorers, names, terms
        self._customers = customers

    async def run(self, day: QualityDay) -> StepResult:
        """Score and record; begun again it goes on behind the last batch that was recorded."""
        left = await self._scores.unscored(day.day, self._names)

        async def batches() -> AsyncIterator[Sequence[ScoredRecord]]:
            for place in range(0, len(left), AT_ONCE):
                found = await self._scores.records(day, left[place : place + AT_ONCE])
                yield await self._with_customers(found)

        async def take(found: Sequence[CaseScore]) -> None:
            await self._scores.keep(day.day, found)

        if left:
            await self._scorers.score(self._terms(), batches(), take)
        return said(await self._scores.verdicts(day.day))

    async def _with_customers(self, records: Sequence[ScoredRecord]) -> Sequence[ScoredRecord]:
        """Return the records with what the business tells of the customers: replies may repeat it, as the guardrail knows.

        A business that does not answer is left alone for the rest of the batch.
        """
        if self._customers is None:
            return records
        found, away = [], False
        for record in records:
            told: list[str] | None = None
            if not away:
                try:
                    told = texts_in(await self._customers.facts(record.customer_id))
                except (BusinessFailed, DefinitionInvalid):
                    away = True
            found.append(record.model_copy(update={"on_record": told}))
        return found


def said(verdicts: Sequence[tuple[str, ScoreVerdict, int]]) -> StepResult:
    """Return the result: cases by scorer and verdict, as they are recorded."""
    figures = {f"{scorer}_{verdict.value}": float(number) for scorer, verdict, number in verdicts}
    cases: Counter[str] = Counter()
    for scorer, _, number in verdicts:
        cases[scorer] += number
    bad = [f"{scorer} {number}" for scorer, verdict, number in verdicts if verdict is ScoreVerdict.BAD]
    scored = max(cases.values(), default=0)
    words = f"{many(scored, 'case')} scored; bad: {', '.join(bad) or 'none'}." if scored else "There was no case to score."
    return StepResult(words=words, figures={"scored": float(scored), **figures})
