"""The terms of watching, out of a business's files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

from handrail.domain.quality.judge.calibration import JudgedTerms
from handrail.ports import Dial, Topics
from handrail.quality.outcomes.loader import load_outcomes
from handrail.quality.watching.days import WatchTerms
from handrail.quality.watching.loader import load_drift


class FileTerms:
    """The terms as the files in `folder` say them now. `dial` knows the topics' files and review gates, and no controls.

    `criteria` gives those of the rubric, `judged` those whose gates are open, by series.
    """

    def __init__(
        self,
        folder: Path,
        topics: Topics,
        dial: Dial,
        criteria: Callable[[], Collection[str]],
        judged: Callable[[], Awaitable[Mapping[str, JudgedTerms]]],
    ) -> None:
        self._folder, self._topics, self._dial = folder, topics, dial
        self._criteria, self._judged = criteria, judged

    async def __call__(self) -> WatchTerms:
        """Return the terms. Raises: DefinitionInvalid: a file cannot be used."""
        outcomes = load_outcomes(self._folder)
        agents = [one for one in self._topics.all() if not one.people_only]
        levels = {one.name: (await self._dial.autonomy(one)).autonomy for one in agents}
        drift = load_drift(self._folder, outcomes.value, self._criteria())
        return WatchTerms(drift, outcomes, levels, await self._judged())
