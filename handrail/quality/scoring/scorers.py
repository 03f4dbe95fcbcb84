"""Every scorer, and what all of them say of a case."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handrail.domain.quality.scores import SCORED_BY, CaseScore, ScoredRecord, ScoringTerms
from handrail.quality.scoring.grounding import grounding
from handrail.quality.scoring.policy import policy
from handrail.quality.scoring.replies import SentReply, replies_of
from handrail.quality.scoring.verdicts import Judged, unmeasured
from handrail.quality.scoring.wording import LanguageScorer, promises, repetition, tone

Judges = Callable[[ScoredRecord, list[SentReply], ScoringTerms], Judged]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scorer:
    """A scorer: what it is called, in which version, and how it judges."""

    name: str
    version: int
    judge: Judges


_JUDGES: Mapping[str, Judges] = {
    "grounding": grounding,
    "policy": policy,
    "promises": promises,
    "tone": tone,
    "language": LanguageScorer(),
    "repetition": repetition,
}
SCORERS = tuple(Scorer(name, version, _JUDGES[name]) for name, version in SCORED_BY.items())


def score(record: ScoredRecord, terms: ScoringTerms, scorers: tuple[Scorer, ...] = SCORERS) -> list[CaseScore]:
    """Return what every scorer says of a case. Where one fails, the case is unmeasured by it, and the others go on."""
    replies = replies_of(record)
    found = []
    for scorer in scorers:
        try:
            verdict, evidence = scorer.judge(record, replies, terms)
        except Exception as error:  # noqa: BLE001 - one odd text must not keep a day from being scored
            _log.exception("the scorer %s failed on case %s", scorer.name, record.case_id)
            verdict, evidence = unmeasured("defect", f"The scorer failed: {type(error).__name__}.")
        found.append(
            CaseScore(case_id=record.case_id, scorer=scorer.name, version=scorer.version, verdict=verdict, evidence=evidence)
        )
    return found
