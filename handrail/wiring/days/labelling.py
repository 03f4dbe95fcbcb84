"""Blind labelling, wired: the record behind it, the rubric, and who may label."""

from __future__ import annotations

from handrail.business import Business
from handrail.domain.quality.judge.rubric import Rubric
from handrail.domain.team.reviewers import FILE
from handrail.people.loader import FilePeople
from handrail.postgres.pool import Pool
from handrail.postgres.quality.judging import PostgresJudging
from handrail.postgres.quality.labels import PostgresLabels
from handrail.quality.judging.labelling import BlindLabelling, may_label
from handrail.quality.judging.loader import load_rubric
from handrail.reviewers.loader import FileReviewers
from handrail.settings import Settings


def labelling_of(settings: Settings, business: Business, pool: Pool) -> BlindLabelling:
    """Return the labelling over the definitions in force. Its files are read when they are asked for."""
    folder = settings.definitions or business.folder

    def rubric() -> Rubric:
        return load_rubric(folder).value

    def may(name: str) -> str:
        reviewers = FileReviewers(folder / FILE, strict=settings.reviewers_strict).now()
        return may_label(name, reviewers, FilePeople(folder / "people.yaml").roster())

    return BlindLabelling(PostgresLabels(pool), PostgresJudging(pool), rubric, may)
