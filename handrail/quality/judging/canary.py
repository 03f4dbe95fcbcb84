"""The step `canary` of a day: the agent's model answers the canary prompts, and a change is an alarm."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from functools import partial

from handrail.domain.base import digest
from handrail.domain.errors import InvalidInput
from handrail.domain.quality.judge.canary import (
    TEMPERATURE,
    CanaryBaseline,
    CanaryFile,
    CanaryPrompt,
    CanaryResult,
    KeptAnswer,
)
from handrail.domain.quality.watch.drift import AlarmEvidence, AlarmKind, Detector, DriftAlarm
from handrail.ports import Clock
from handrail.ports.loop.drift import AlarmRecord
from handrail.ports.loop.judging import CanaryRecord, Speaker
from handrail.quality.judging.patience import Sleep, patiently
from handrail.quality.statistics.equality import PERMUTATIONS, AnswerDifference, PromptAnswers, difference

TOGETHER = 3
"""So many of the latest days are also looked at as one: a small change shows in more answers."""
YEAR = 365.25
NEXT = "Play your corrections through the model of now, `handrail eval run`, before you accept it: `handrail canary accept`."
Changes = Callable[[date, date], Awaitable[list[str]]]
"""What changed from one day to another, in words."""
log = logging.getLogger("handrail.canary")


class CanaryStep:
    """Asks, compares and alarms. Killed and run again it asks for what is missing alone."""

    def __init__(
        self,
        speaker: Speaker,
        served: str,
        record: CanaryRecord,
        alarms: AlarmRecord,
        clock: Clock,
        file: Callable[[], CanaryFile],
        *,
        changes: Changes,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._speaker = speaker
        self._served = served
        self._record = record
        self._alarms = alarms
        self._clock = clock
        self._file = file
        self._sleep = sleep
        self._changes = changes

    async def watch(self, day: date) -> CanaryResult:
        """Let the model answer for the day, and compare; a day that was compared is told again.

        Raises:
            ModelUnavailable: the model's server is away for longer; what was answered is kept, try again.
            ModelRejected: its server refuses a prompt.
        """
        file = self._file()
        known = await self._record.result(day, self._served, file.key)
        if known is not None:
            return known
        await self._ask(day, file)
        found = await self._compare(day, file)
        if found.hit:
            log.warning("%s", found.words)
            await self._alarm(found)
        await self._record.conclude(found)
        return found

    async def _alarm(self, found: CanaryResult) -> None:
        """Raise the alarm of a hit; while one stands that nobody has acknowledged, the next hit says nothing new."""
        if any(one.kind is AlarmKind.CANARY for one in await self._alarms.open()):
            return
        evidence = AlarmEvidence(words=f"{found.words} {NEXT}", changes=await self._changes(found.day, found.day))
        about = {"kind": AlarmKind.CANARY, "detector": Detector.CANARY, "day": found.day, "first_day": found.day}
        await self._alarms.raise_alarm(DriftAlarm(**about, indicator="", evidence=evidence))

    async def accept(self, until: date | None, reason: str, actor: str) -> CanaryBaseline:
        """Let a person vouch for the model of the days up to `until`, the newest where it is None.

        Raises:
            InvalidInput: too few days have all their answers.
        """
        file = self._file()
        wanted = len(file.prompts) * file.answers
        days = await self._record.answered(self._served, file.key, 400)
        whole = sorted(day for day, answers in days.items() if answers >= wanted and (until is None or day <= until))
        if len(whole) < file.baseline_days:
            raise InvalidInput(
                f"{len(whole)} days of {self._served} have all their {wanted} answers, a baseline needs "
                f"{file.baseline_days}. Let the step `canary` run on more days, or lower baseline_days in canary.yaml."
            )
        since, last = whole[-file.baseline_days], whole[-1]
        answers = await self._record.answers(self._served, file.key, since, last)
        return await self._record.accept(
            CanaryBaseline(
                baseline_id=0,
                served=self._served,
                canary=file.key,
                since=since,
                until=last,
                answers=len(answers),
                models=names(answers),
                reason=reason,
                actor=actor,
                at=self._clock.now(),
            )
        )

    async def _ask(self, day: date, file: CanaryFile) -> None:
        kept = {(one.prompt, one.number) for one in await self._record.answers(self._served, file.key, day, day)}
        for number in range(file.answers):
            for place, text in enumerate(file.prompts):
                if (place, number) in kept:
                    continue
                prompt = CanaryPrompt(name=f"canary-{file.key}-{place}", text=text)
                answer = await patiently(partial(self._speaker.speak, prompt, TEMPERATURE), self._sleep)
                about = {"day": day, "served": self._served, "canary": file.key, "prompt": place, "number": number}
                await self._record.keep(KeptAnswer(**about, **dict(answer), asked_at=self._clock.now()))

    async def _compare(self, day: date, file: CanaryFile) -> CanaryResult:
        latest = await self._record.answers(self._served, file.key, day - timedelta(days=TOGETHER - 1), day)
        today = [one for one in latest if one.day == day]
        baseline = await self._record.baseline(self._served, file.key)
        blank = CanaryResult(
            day=day,
            served=self._served,
            canary=file.key,
            answers=len(today),
            models=names(today),
            words="No baseline is accepted, so nothing is compared: see `handrail canary accept`.",
            at=self._clock.now(),
        )
        if baseline is None:
            return blank
        blank = blank.model_copy(update={"baseline_id": baseline.baseline_id})
        if baseline.since <= day <= baseline.until:
            return blank.model_copy(update={"words": "The day is one of the baseline's own."})
        known = await self._record.answers(self._served, file.key, baseline.since, baseline.until)
        fresh = [one for one in latest if not baseline.since <= one.day <= baseline.until]
        # In a thread: the permutations take longer than other work of the process should wait.
        return await asyncio.to_thread(concluded, blank, baseline, known, today, fresh, file.alarms_a_year)


def concluded(
    blank: CanaryResult,
    baseline: CanaryBaseline,
    known: Sequence[KeptAnswer],
    today: Sequence[KeptAnswer],
    latest: Sequence[KeptAnswer],
    alarms_a_year: float,
) -> CanaryResult:
    """Compare the day's answers with the baseline's, and those of the latest days together; each may err half as often."""
    level = alarms_a_year / YEAR / 2
    alone = compared(known, today, level)
    several = len({one.day for one in latest}) > 1
    together = compared(known, latest, level) if several else None
    smallest = min(one.p_value for one in (alone, together) if one)
    hit = smallest <= level
    strange = sorted(set(blank.models) - set(baseline.models))
    named = f" It gives its name as {', '.join(strange)}, before as {', '.join(baseline.models)}." if strange else ""
    words = f"the answers differ from those of {baseline.since} to {baseline.until}" if hit else "no change is seen"
    return blank.model_copy(
        update={
            "p_day": alone.p_value,
            "p_latest": together.p_value if together else None,
            "level": level,
            "hit": hit,
            "words": f"canary prompts to {blank.served}: {words} (p = {smallest:.2g}, level {level:.2g}).{named}",
        }
    )


def compared(known: Sequence[KeptAnswer], now: Sequence[KeptAnswer], level: float) -> AnswerDifference:
    """Compare by prompt, with permutations that the answers' days decide, and enough of them for the level."""
    texts: dict[int, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, answers in enumerate((known, now)):
        for one in answers:
            texts[one.prompt][side].append(one.text)
    seed = int(digest([str(one.day) for one in now])[:8], 16)
    prompts = [PromptAnswers(*sides) for _, sides in sorted(texts.items())]
    return difference(prompts, seed=seed, permutations=max(PERMUTATIONS, int(4 / level)))


def names(answers: Sequence[KeptAnswer]) -> list[str]:
    """Return the names under which the model answered."""
    return sorted({one.model for one in answers if one.model})
