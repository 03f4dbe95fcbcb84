"""The agent's node: one model call, bounded to one topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphs.bounds import fitted, over, too_much
from graphs.ruling.repeats import NEWEST, given, made_here
from graphs.ruling.ruling_pass import lowering, of_tool_alone
from graphs.state import identity
from graphs.views import AgentView
from handrail.domain.actions.earlier import ToldEffect, told
from handrail.domain.actions.proposals import SEND_REPLY, Proposal, ProposalKind
from handrail.domain.autonomy.controls import SWITCHED_OFF, reason_of
from handrail.domain.autonomy.topics import Autonomy, Dialled, Topic, TopicAutonomy
from handrail.domain.base import digest
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.handoffs import Escalation, Fact
from handrail.domain.case.messages import Message
from handrail.domain.errors import BusinessRefused, SwitchedOff
from handrail.domain.llm.agent import Disposition, ModelAnswer, ModelRequest
from handrail.domain.llm.instructions import RULES
from handrail.domain.rollout.ramps import ServedRelease
from handrail.ports import Cases, Clock, Dial, LanguageModel, SystemOfRecord, Topics
from handrail.ports.loop.rollout import Releases, Serving


class OneRelease:
    """The port `Releases` where one model answers everybody, and nobody asked what it is called."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    async def serving(self, topic: Topic, row: CaseRow) -> Serving:
        """Return the one model and the topic as it is."""
        return Serving(self._model, topic, ServedRelease())

    async def resting(self, row: CaseRow) -> float:
        """Return 0: nobody keeps what its server asks for."""
        return 0.0


class AgentNode:
    """One model call with this topic's tools and prompt only."""

    def __init__(
        self,
        model: LanguageModel,
        topics: Topics,
        dial: Dial,
        record: SystemOfRecord,
        cases: Cases,
        clock: Clock,
        graph_version: str = "",
        *,
        releases: Releases | None = None,
    ) -> None:
        self._releases = releases or OneRelease(model)
        self._topics = topics
        self._dial = dial
        self._record = record
        self._cases = cases
        self._clock = clock
        self._graph_version = graph_version

    async def agent(self, state: AgentView) -> dict[str, Any]:
        """Proposals: tool calls, or a reply. How far the agent may go is asked before the model is, and again by the guardrail
        before its answer counts: one that comes after a switch is thrown away.

        Raises:
            ModelUnavailable: worth another try.
            ModelRejected: not worth one.
        """
        view = AgentView.model_validate(state)
        topic = self._topics.get(view.row.topic or "")
        if topic is None:
            return {"escalation": Escalation(reason="out_of_scope", words="The case is about none of the agent's topics.")}
        dial = await self._dial.over(topic, view.row, [wanted.tool for wanted in topic.prefetch])
        refusal = for_people_now(topic, dial.topic) or over(view, topic.bounds, self._clock.now())
        if refusal:
            return {"escalation": refusal}
        facts = await self._prefetch(view, topic, dial)
        serving = await self._releases.serving(topic, view.row)
        try:
            answer = await serving.model.complete(await self._request(view, serving.topic, facts))
        except SwitchedOff as refused:
            return {"facts": facts, "escalation": Escalation(reason=SWITCHED_OFF, words=str(refused))}
        excess = too_much(answer)
        return {
            "step": view.step + 1,
            "facts": facts,
            "feedback": [],
            "proposals": [] if excess else self._proposals(view, answer),
            "disposition": answer.disposition,
            "usage": view.usage.plus(answer.usage),
            "answered_by": answer.model,
            "prompt_version": prompt_version(serving.topic),
            "graph_version": self._graph_version,
            "served": serving.served,
            "escalation": excess or asked_by_agent(answer),
        }

    async def _request(self, view: AgentView, topic: Topic, facts: list[Fact]) -> ModelRequest:
        feedback = list(view.feedback)
        if view.person:
            feedback.append(f"A colleague handed the case back to you with this note: {view.person.note}")
        said = await self._cases.transcript_ends(view.row.case_id, 0, NEWEST)
        return ModelRequest(
            case_id=view.row.case_id,
            customer_id=view.row.customer_id,
            topic=topic.name,
            prompt=topic.prompt,
            tools=self._record.specs(topic.tools),
            transcript=said,
            context={fact.name: fact.value for fact in facts},
            earlier=await self._earlier(view, said),
            exchanges=view.exchanges,
            feedback=feedback,
            language=view.row.language or "en",
        )

    async def _earlier(self, view: AgentView, said: Sequence[Message]) -> list[ToldEffect]:
        """Return what was done before: by earlier turns, and in this one by a run that was cut off.

        What this run did stands in its exchanges.
        """
        if view.turn == 1 and not view.row.begun_again:
            return []
        past = [one for one in await self._cases.earlier(view.row.case_id) if not made_here(one, view.exchanges)]
        return told(past, {one.action: given(self._record, one.action) for one in past}, said)

    async def _prefetch(self, view: AgentView, topic: Topic, dial: TopicAutonomy) -> list[Fact]:
        facts = []
        for wanted in topic.prefetch:
            own = lowering(of_tool_alone(dial.topic, dial.tools[wanted.tool]))
            try:
                if own:  # nobody approves what is looked up before the agent has said a word
                    raise BusinessRefused(SWITCHED_OFF, own[0].message)
                value = await self._record.read(view.row.case_id, view.row.customer_id, wanted.tool, dict(wanted.arguments))
            except (BusinessRefused, SwitchedOff) as refused:
                value = {"refused": str(refused)}
            facts.append(Fact(name=wanted.tool, value=fitted(value), source=wanted.tool, at=self._clock.now()))
        return facts

    def _proposals(self, view: AgentView, answer: ModelAnswer) -> list[Proposal]:
        proposals = []
        for index, call in enumerate(answer.calls):
            spec = self._record.specs([call.tool])
            kind = ProposalKind.EFFECT if spec and spec[0].effect else ProposalKind.READ
            proposals.append(proposal(view, kind, call.tool, call.arguments, index, call.call_id))
        if answer.reply is not None and not answer.calls:
            one = proposal(view, ProposalKind.REPLY, SEND_REPLY, {"text": answer.reply}, 0, None)
            proposals.append(one.model_copy(update={"confidence": answer.confidence}))
        return proposals


def proposal(
    view: AgentView, kind: ProposalKind, action: str, arguments: dict[str, Any], index: int, call_id: str | None
) -> Proposal:
    """A proposal under a stable id: a turn that is run again meets what it did before under the same idempotency key.

    The arguments are not part of it: a model that is asked again may word them otherwise, and must not do it twice.
    """
    hashed = digest(arguments)
    return Proposal(
        proposal_id=identity(view.row.case_id, view.turn, view.step, index, action),
        kind=kind,
        action=action,
        arguments=arguments,
        arguments_hash=hashed,
        call_id=call_id,
    )


def prompt_version(topic: Topic) -> str:
    """Return the hash of what the model is told of its task: the rules, the topic's prompt, the names of its tools."""
    return digest([RULES, topic.prompt, topic.tools])[:12]


def for_people_now(topic: Topic, dialled: Dialled) -> Escalation | None:
    """A person can hand back any case, and the agent can be switched off while a case is open."""
    if topic.people_only:
        return Escalation(reason="people_only", words=f"{topic.name} is for people: {topic.description}")
    if dialled.autonomy is Autonomy.OFF:
        return Escalation(reason=reason_of(dialled), words=f"The agent is switched off for {topic.name}. {dialled.why}")
    return None


def asked_by_agent(answer: ModelAnswer) -> Escalation | None:
    """The agent itself wants a person."""
    if answer.disposition is not Disposition.ESCALATE:
        return None
    return Escalation(reason="agent_asked", words="The agent asked for a person.")
