"""Judges without a model, and the cases that they judge, for tests over the real record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from handrail.domain.llm.agent import Usage
from handrail.domain.quality.judge.judged import JudgeLimits, JudgePlan
from handrail.domain.quality.judge.judging import JudgeQuestion, JudgeReading
from handrail.domain.quality.judge.labels import SampledCase, place
from handrail.domain.quality.judge.rubric import Criterion, GateTerms, Rubric
from handrail.ports import Clock as AnyClock
from handrail.ports import Topics
from handrail.postgres.pool import Pool
from handrail.postgres.quality.alarms import PostgresAlarms
from handrail.postgres.quality.judging import PostgresJudging
from handrail.postgres.quality.labels import PostgresLabels
from handrail.quality.judging.gates import JudgeGates, JudgeInForce
from handrail.quality.judging.judge import JudgeStep
from handrail.shop import business
from handrail.topics.loader import FileTopics

DAY = date(2026, 5, 4)
CRITERION = Criterion(question="Is the customer helped?", fails_when="the answer does not help them at all.")
BAD, GOOD = "I cannot help with that today.", "Your parcel comes tomorrow morning."


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 5, 2, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


class TestedJudge:
    """A judge that finds `BAD` bad, with errors as its rates say, the same for the same case; `before` is called first."""

    __test__ = False

    def __init__(self, sensitivity: float = 1.0, specificity: float = 1.0, name: str = "judge-1") -> None:
        self.right = (sensitivity, specificity)
        self.name = name
        self.calls = 0
        self.before: Callable[[int], None] = lambda number: None

    async def judge(self, question: JudgeQuestion) -> JudgeReading:
        self.calls += 1
        self.before(self.calls)
        answer = next(piece.text for piece in question.said if piece.kind == "answer")
        bad = answer == BAD
        wrong = place(question.case_id, str(self.right)) >= self.right[0 if bad else 1]
        answers = {
            item.code: (bad if wrong else not bad) if item.expected is None else item.expected for item in question.items
        }
        return JudgeReading(answers=answers, quote=answer, model=self.name, usage=Usage(calls=1, cost_usd=0.01))


class SampledRecord(PostgresJudging):
    """The real record, of which a test says what the samples are."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.drawn: dict[date, list[str]] = {}

    async def sampled(self, day: date) -> list[SampledCase]:
        return [SampledCase(case_id=each) for each in self.drawn.get(day, [])]


class QuietGovernor:
    """A governor that writes down the days it was asked to govern."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.words = "nothing to do"

    async def govern(self, day: date) -> QuietGovernor:
        self.days.append(day)
        return self


def gates_of(pool: Pool, judge: Callable[[], JudgeInForce], clock: AnyClock, topics: Topics | None = None) -> JudgeGates:
    """The gates of a judge over the real record; topics are the shop's."""

    async def unchanged(since: date, until: date) -> list[str]:
        return []

    shop_topics = topics or FileTopics(business.folder / "topics", business.by_name)
    return JudgeGates(PostgresJudging(pool), PostgresAlarms(pool), shop_topics, judge, unchanged, clock)


class Bench:
    """A judge's step over the real record."""

    def __init__(self, pool: Pool, judge: TestedJudge, **rubric: Any) -> None:
        given: dict[str, Any] = {"criteria": {"helped": CRITERION}, "gate": GateTerms(), **rubric}
        self.plan = JudgePlan.of(Rubric(**given), "judge at there", "prompt")
        self.pool = pool
        self.record, self.labels = SampledRecord(pool), PostgresLabels(pool)
        self.clock, self.judge = Clock(), judge
        self.slept: list[float] = []
        self.limits = JudgeLimits()

    @property
    def step(self) -> JudgeStep:
        """The step, as a worker that has just begun makes it."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        return JudgeStep(self.judge, self.record, self.labels, self.clock, lambda: self.plan, self.limits, sleep=sleep)


CASES = """
INSERT INTO handrail.cases (case_id, customer_id, channel, status, tier, turn, opened_at, updated_at, version, content_digest)
SELECT name, 'C-' || name, 'web', 'Resolved', 0, 1, %(at)s, %(at)s, 1, '' FROM unnest(%(names)s::text[]) AS name
"""
MESSAGES = """
INSERT INTO handrail.messages (case_id, message_id, author, text, at, turn, sequence)
SELECT name, m.id, m.author, m.text, %(at)s, 1, m.place FROM unnest(%(names)s::text[]) AS name
CROSS JOIN (VALUES ('m-1', 'customer', %(customer)s, 0), ('~r-1', 'assistant', %(answer)s, 1)) AS m (id, author, text, place)
"""


async def answered(pool: Pool, names: Sequence[str], answer: str, customer: str = "Where is my parcel?") -> list[str]:
    """Put cases into the record that were answered so; gives their names."""
    about = {"names": list(names), "at": datetime(2026, 5, 4, 12, tzinfo=UTC), "customer": customer, "answer": answer}
    async with pool.connection() as connection:
        for statement in (CASES, MESSAGES):
            await connection.execute(statement.encode(), about)
    return list(names)


def named(prefix: str, count: int) -> list[str]:
    """Names of cases."""
    return [f"{prefix}-{number}" for number in range(count)]
