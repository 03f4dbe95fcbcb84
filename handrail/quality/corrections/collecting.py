"""Collects corrections from the record: each source once, nearly the same ones together, outdated ones retired by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from handrail.domain.base import digest
from handrail.domain.quality.evaluation.corrections import CollectReport, Correction, CorrectionSource, Retired
from handrail.ports.loop.corrections import Alike, CorrectionStore
from handrail.quality.corrections.likeness import alike, done_key, done_words, held_out, words_of
from handrail.quality.corrections.making import correction_of
from handrail.quality.corrections.standing import InForce

LOOKS_BACK = timedelta(days=90)
AT_ONCE = 100
BY_ITSELF = "handrail"
"""Who retires what has become outdated."""


@dataclass(frozen=True, slots=True)
class MadeCorrection:
    """A correction that was just made; `retired` says why it is outdated already."""

    correction_id: str
    correction: Correction
    words: Sequence[str]
    done_words: Sequence[str]
    done_key: str
    held_out: bool
    retired: str = ""

    @classmethod
    def of(cls, source: CorrectionSource, stands: InForce) -> MadeCorrection:
        """Make it of its source."""
        correction = correction_of(source, stands)
        return cls(
            correction_id=f"c-{digest(['correction', source.case_id, source.source])[:10]}",
            correction=correction,
            words=words_of(correction.words),
            done_words=done_words(correction),
            done_key=done_key(correction),
            held_out=held_out(correction),
            retired=stands.late(correction.relied) or stands.outdated(correction.relied, correction.topic),
        )

    def like(self, other: Alike) -> bool:
        """Return whether the other one says nearly the same."""
        same = other.done_key == self.done_key and alike(other.done_words, self.done_words)
        return same and alike(other.words, self.words)


class CorrectionCollector:
    """Makes corrections of what the record holds. Run again, or by several at once, it adds nothing twice."""

    def __init__(self, store: CorrectionStore) -> None:
        self._store = store

    async def collect(self, stands: InForce, now: datetime) -> CollectReport:
        """Retire what is outdated, then take everything that is new."""
        retired, collected, merged = await self.retire(stands), 0, 0
        while sources := await self._store.sources(now - LOOKS_BACK, AT_ONCE):
            for source in sources:
                made = MadeCorrection.of(source, stands)
                like = None if made.retired else await self._like(made)
                if like is not None:
                    merged += await self._store.merge(source, like.correction_id) and not like.held_out
                elif await self._store.keep(source, made) and not made.held_out:
                    collected += 1
                    retired += _retired(made)
        return CollectReport(collected=collected, merged=merged, retired=retired)

    async def retire(self, stands: InForce) -> list[Retired]:
        """Retire the corrections whose rule or topic is another by now; return those that people may read."""
        found = []
        for standing in await self._store.standing():
            if because := stands.outdated(standing.relied, standing.topic):
                await self._store.retire(standing.correction_id, BY_ITSELF, because)
                if not standing.held_out:
                    found.append(Retired(correction_id=standing.correction_id, topic=standing.topic, because=because))
        return found

    async def _like(self, made: MadeCorrection) -> Alike | None:
        return next((other for other in await self._store.alike(made.correction) if made.like(other)), None)


def _retired(made: MadeCorrection) -> list[Retired]:
    if not made.retired:
        return []
    return [Retired(correction_id=made.correction_id, topic=made.correction.topic, because=made.retired)]
