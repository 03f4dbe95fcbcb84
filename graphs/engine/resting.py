"""The look of a turn that waits for its model before it is run again: much cheaper than the run that would be refused."""

from __future__ import annotations

from graphs.engine.failures import CONSULTING_NODE, MODEL_NODE
from graphs.nodes.agent import for_people_now
from graphs.nodes.consult import anywhere
from handrail.domain.case.cases import CaseRow
from handrail.ports import Clock, Dial, Topics
from handrail.ports.loop.rollout import Releases


class ModelRest:
    """Tells how long a node's model is still to be left alone, where nothing else would become of the turn now."""

    def __init__(self, topics: Topics, dial: Dial, releases: Releases, clock: Clock) -> None:
        self._topics, self._dial, self._releases, self._clock = topics, dial, releases, clock

    async def left(self, row: CaseRow, node: str) -> float:
        """Return seconds; 0 where the turn is to be run: its model may be asked, or the agent may not go on without it.

        `row` has the topic on which the turn has come to `node`.

        Raises:
            Exception: what the ports raise; the turn meets it, too.
        """
        left = await self._releases.resting(row)
        return left if left > 0 and await self._may_ask(row, node) else 0.0

    async def _may_ask(self, row: CaseRow, node: str) -> bool:
        """Return whether `node` would ask its model. Of a node that only an edited graph has nobody knows: it is run."""
        if node == CONSULTING_NODE:
            return await anywhere(self._topics, self._dial, row)
        topic = self._topics.get(row.topic or "")
        if node != MODEL_NODE or topic is None:
            return False
        if (self._clock.now() - row.updated_at).total_seconds() >= topic.bounds.turn_seconds:
            return False
        return for_people_now(topic, await self._dial.autonomy(topic, row)) is None
