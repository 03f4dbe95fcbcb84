"""The agent's freedom in a topic now: the strictest of the topic's file, its review gate and every other lever."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.autonomy.review_gates import GateProgress, GateState, stand
from handrail.domain.autonomy.topics import Autonomy, Dialled, LeverSettings, Setting, Topic, TopicAutonomy, dialled
from handrail.domain.case.cases import CaseRow
from handrail.ports import Clock, Lever, ReviewGates


class TopicDial:
    """The port `Dial`. A lever that cannot be asked stops the turn: nothing is done on a guess."""

    def __init__(self, *levers: Lever) -> None:
        self._levers: Sequence[Lever] = levers

    async def autonomy(self, topic: Topic, row: CaseRow | None = None) -> Dialled:
        """The strictest of the topic's file and every lever, with the words of each."""
        return (await self.over(topic, row, ())).topic

    async def over(self, topic: Topic, row: CaseRow | None, tools: Sequence[str]) -> TopicAutonomy:
        """The same, of one moment, for the topic and for each of the tools: every lever is asked once."""
        why = f"The topic {topic.name} runs at autonomy '{topic.autonomy}'."
        file = Setting(source="topic", autonomy=topic.autonomy, why=why)
        own = [file, *_unowned(topic)]
        said = [await lever.settings(topic, row, tools) for lever in self._levers]
        return TopicAutonomy(
            topic=dialled([*own, *(one for lever in said for one in lever.topic)]),
            tools={tool: dialled([*own, *(one for lever in said for one in lever.tools[tool])]) for tool in tools},
        )


def _unowned(topic: Topic) -> list[Setting]:
    """The word on a topic that is to be `auto` while nobody answers for it: `review`."""
    if topic.owner is not None or topic.autonomy is not Autonomy.AUTO:
        return []
    why = f"The topic {topic.name} has no owner, so it is served as '{Autonomy.REVIEW}'. Put `owner: NAME` into its file."
    return [Setting(source="owner", autonomy=Autonomy.REVIEW, why=why)]


class GateLever:
    """A topic's human-review gate as a lever. It begins with the first case that meets it; looking at it begins none."""

    def __init__(self, gates: ReviewGates, clock: Clock) -> None:
        self._gates = gates
        self._clock = clock

    async def settings(self, topic: Topic, row: CaseRow | None, tools: Sequence[str] = ()) -> LeverSettings:
        """Return the gate's settings, of every tool the same; nothing where the topic has none."""
        state = await self.state(topic, begin=row is not None)
        said = [] if state is None else [state.setting]
        return LeverSettings(topic=said, tools=dict.fromkeys(tools, said))

    async def state(self, topic: Topic, *, begin: bool = False) -> GateState | None:
        """The gate as it stands now; None where the topic has none. One that has not begun stands at its beginning."""
        gate, now = topic.review_gate, self._clock.now()
        if gate is None:
            return None
        progress = await self._gates.progress(topic.name, gate.version, begin=begin)
        return stand(gate, progress or GateProgress(topic=topic.name, version=gate.version), now)
