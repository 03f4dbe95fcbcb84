"""Holds a candidate's answers against what really happened, and what people decided: by code, and no model judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from handrail.domain.counting import many
from handrail.domain.rollout.shadows import (
    AnswerBeside,
    AnswersCompared,
    AnswerState,
    ProposedEffect,
    RealTurn,
    Shadow,
    ShadowAnswer,
    ShadowReport,
    ShadowSpent,
    SharedShare,
)
from handrail.quality.outcomes.statistics import wilson
from handrail.quality.playing.arguments import same_arguments

SHARES = {
    "route": "went the same way",
    "tool": "proposed the same with the same arguments",
    "ruling": "met the same ruling of the policies",
    "passes": "wrote a reply that passes the guard",
    "agrees": "did what people decided",
    "agreed": "did what people decided, the release in force",
}
"""The shares of a report, and how they read."""
STILL = "the real turn still goes on"
DONE = "the effect was made before the candidate looked"
CONFIDENCE = 0.95


def compared(kept: AnswerBeside) -> AnswersCompared:
    """Hold one answer against the real course of its turn."""
    answer, real = kept.answer, kept.real
    if kept.state is not AnswerState.ANSWERED or answer is None:
        return AnswersCompared(case_id=kept.case_id, topic=real.topic, left_out=cause(kept.why) or kept.state.value)
    if not real.ended:
        return AnswersCompared(case_id=kept.case_id, topic=real.topic, left_out=STILL)
    if real.done_at is not None and (kept.ended_at is None or real.done_at <= kept.ended_at):
        return AnswersCompared(case_id=kept.case_id, topic=real.topic, left_out=DONE)
    ours, theirs = answer.effect, real.effect
    both = ours is not None and theirs is not None and ours.action == theirs.action
    return AnswersCompared(
        case_id=kept.case_id,
        topic=real.topic,
        route=(answer.topic, answer.to_people) == (real.topic, real.to_people),
        tool=alike(ours, theirs),
        ruling=ours.ruling is theirs.ruling if both and ours and theirs else None,
        passes=answer.passes,
        **_people(answer, real),
    )


def alike(one: ProposedEffect | None, other: ProposedEffect | None) -> bool:
    """Return whether the same would be done, nothing by both included."""
    if one is None or other is None:
        return one is other
    return one.action == other.action and same_arguments(one.arguments, other.arguments)


def _people(answer: ShadowAnswer, real: RealTurn) -> dict[str, bool | None]:
    """Return whether the candidate, and the release in force, did what people decided; a reply's words no code compares."""
    if real.effect is None or real.decided is None:
        return {"agrees": None, "agreed": None}
    if real.decided == "rejected":
        return {"agrees": not alike(answer.effect, real.effect), "agreed": False}
    done = real.effect.model_copy(update={"arguments": real.arguments or real.effect.arguments})
    return {"agrees": alike(answer.effect, done), "agreed": alike(real.effect, done)}


def cause(why: str) -> str:
    """Return the kind of a reason: what stands before its colon."""
    return why.partition(":")[0]


def report_of(shadow: Shadow, answers: Sequence[AnswerBeside], sampled: int, spent: ShadowSpent) -> ShadowReport:
    """Return the report of a shadow."""
    found = [(one, compared(one)) for one in answers]
    judged = [held for _, held in found if not held.left_out]
    answered = sum(one.state is AnswerState.ANSWERED for one, _ in found)
    shares = _shares(judged)
    topics = sorted({held.topic for held in judged})
    return ShadowReport(
        shadow=shadow,
        sampled=max(sampled, len(answers)),
        answered=answered,
        failed=Counter(held.left_out for one, held in found if one.state is AnswerState.FAILED),
        left_out=Counter(held.left_out for one, held in found if one.state is AnswerState.ANSWERED and held.left_out),
        compared=len(judged),
        shares=shares,
        by_topic={topic: _shares([held for held in judged if held.topic == topic]) for topic in topics},
        spent=spent,
        words=list(_words(max(sampled, len(answers)), answered, len(judged), shares)),
        cases=[held for _, held in found],
    )


def _shares(judged: Sequence[AnswersCompared]) -> dict[str, SharedShare]:
    return {name: _share([getattr(one, name) for one in judged]) for name in SHARES}


def _share(values: Iterable[bool | None]) -> SharedShare:
    told = [value for value in values if value is not None]
    if not told:
        return SharedShare()
    hits, n = sum(told), len(told)
    low, high = wilson(hits, n, CONFIDENCE)
    return SharedShare(hits=hits, n=n, value=hits / n, low=low, high=high)


def _words(sampled: int, answered: int, judged: int, shares: dict[str, SharedShare]) -> Iterable[str]:
    yield f"{answered} of {many(sampled, 'sampled case')} answered, {judged} compared"
    for name, words in SHARES.items():
        if shares[name].n:
            yield f"{words}: {share_words(shares[name])}"


def share_words(share: SharedShare) -> str:
    """Return a share as people read it."""
    if share.value is None or share.low is None or share.high is None:
        return "no statement"
    return f"{share.hits} of {share.n}, {share.value:.0%} ({share.low:.0%} to {share.high:.0%})"
