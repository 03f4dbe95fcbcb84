"""The record of one pass over the proposals: verdicts, refusals, and whether a person must take over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphs.views import GuardrailView
from handrail.domain.actions.approvals import Decision, DecisionKind
from handrail.domain.actions.confirmations import always, confirmed
from handrail.domain.actions.decisions import BINDING, approvers
from handrail.domain.actions.declined import alike
from handrail.domain.actions.proposals import Confirming, Proposal, ProposalKind, RuleHit, Ruling, Verdict
from handrail.domain.autonomy.controls import reason_of
from handrail.domain.autonomy.topics import Autonomy, Dialled, Setting, Topic
from handrail.domain.case.cases import RuledProposal
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Author
from handrail.domain.llm.agent import Exchange, ToolCall
from handrail.domain.team.reviewers import AuthorityQuestion, Reviewers
from handrail.domain.text.message.exactly import asked_exactly

CHANGES_SHOWN = 3
BY_AUTONOMY = "autonomy"
BY_CONFIDENCE = "confidence_gate"
BY_TOPIC = "confirm"
BY_AGENT = "agent"
BY_TOOL = "no_key"
BY_EDITOR = "edited"
REFUSED = "refused"
AS_RULING: Mapping[Autonomy, Ruling] = {
    Autonomy.AUTO: Ruling.ALLOW,
    Autonomy.REVIEW: Ruling.REQUIRE_APPROVAL,
    Autonomy.DRAFT: Ruling.BLOCK,
    Autonomy.OFF: Ruling.BLOCK,
}


@dataclass(slots=True)
class RulingPass:
    """The findings of one pass over the proposals so far. `about` are the facts policies may use, by name."""

    view: GuardrailView
    topic: Topic
    dialled: Dialled
    reviewers: Reviewers = field(default_factory=Reviewers)
    by_tool: dict[str, Dialled] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    kept: list[Proposal] = field(default_factory=list)
    rulings: list[RuledProposal] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    sent_back: int = 0
    escalation: Escalation | None = None

    def dial(self, proposal: Proposal) -> Dialled:
        """Return how far the agent may go with this proposal."""
        return self.by_tool.get(proposal.action, self.dialled)

    def rule(self, proposal: Proposal, verdict: Verdict) -> None:
        """Keep the proposal under its verdict."""
        self.kept.append(proposal)
        self.rulings.append(RuledProposal(proposal=proposal, verdict=verdict))

    def refuse(self, proposal: Proposal, words: str, title: str = "", more: Mapping[str, Any] | None = None) -> None:
        """Drop a call and tell the model why, and `more`, as the call's result."""
        verdict = plain(proposal, Ruling.BLOCK, REFUSED, words)
        verdict = verdict.model_copy(update={"title": title or verdict.title})
        self.rulings.append(RuledProposal(proposal=proposal, verdict=verdict))
        call = ToolCall(call_id=proposal.call_id or proposal.proposal_id, tool=proposal.action, arguments=proposal.arguments)
        self.exchanges.append(Exchange(call=call, result={"refused": words, **(more or {})}, ok=False))

    def escalate(self, reason: str, words: str) -> None:
        """Give the case to a person; the first reason stands."""
        self.escalation = self.escalation or Escalation(reason=reason, words=words)


def plain(proposal: Proposal, ruling: Ruling, rule: str, words: str) -> Verdict:
    """A verdict that no policy file wrote."""
    return Verdict(
        proposal_id=proposal.proposal_id,
        revision=proposal.revision,
        arguments_hash=proposal.arguments_hash,
        ruling=ruling,
        hits=[RuleHit(policy="handrail", rule=rule, ruling=ruling, message=words)],
        title=proposal.action,
        headline=proposal.action,
    )


def by_topic(sheet: RulingPass, verdict: Verdict) -> Verdict:
    """The verdict on an effect with the yes of the customer that its topic asks for."""
    topic = sheet.topic
    if topic.confirm is None:
        return verdict
    words = f"The topic {topic.name} asks the customer before every effect."
    hit = RuleHit(policy="topic", rule=BY_TOPIC, ruling=Ruling.CONFIRM, message=words, confirm=topic.confirm)
    hit = hit.model_copy(update={"confirm_minutes": topic.confirm_minutes})
    ruling = Ruling.strictest((verdict.ruling, hit.ruling))
    return verdict.model_copy(update={"ruling": ruling, "hits": [*verdict.hits, hit]})


def by_speaker(sheet: RulingPass, verdict: Verdict) -> Verdict:
    """The verdict on an effect where an agent speaks for the customer: its human is asked, whatever a policy allows."""
    if not sheet.view.row.by_agent:
        return verdict
    words = "An agent speaks for the customer: before every effect, the human behind it is asked."
    hit = RuleHit(policy="handrail", rule=BY_AGENT, ruling=Ruling.CONFIRM, message=words, confirm=Confirming.ALWAYS)
    ruling = Ruling.strictest((verdict.ruling, hit.ruling))
    return verdict.model_copy(update={"ruling": ruling, "hits": [*verdict.hits, hit]})


def by_tool(verdict: Verdict, why: str) -> Verdict:
    """The verdict on an effect with the yes of a person that the tool itself needs, for the reason `why`, if it does."""
    if not why:
        return verdict
    ruling = Ruling.strictest((verdict.ruling, Ruling.REQUIRE_APPROVAL))
    hit = RuleHit(policy="tool", rule=BY_TOOL, ruling=Ruling.REQUIRE_APPROVAL, message=why)
    return verdict.model_copy(update={"ruling": ruling, "hits": [*verdict.hits, hit]})


def by_customer(sheet: RulingPass, proposal: Proposal, verdict: Verdict) -> Verdict:
    """The verdict with what the customer said: they are asked first, whoever else has to be; a yes never lifts the rest."""
    asking = [hit for hit in verdict.hits if hit.confirm]
    if verdict.ruling is Ruling.BLOCK or not asking:
        return verdict
    words = consent(sheet, proposal, verdict)
    if words is None:
        return verdict.model_copy(update={"ruling": Ruling.CONFIRM})
    ruling = Ruling.strictest(hit.ruling for hit in verdict.hits if hit.ruling is not Ruling.CONFIRM)
    hit = RuleHit(policy="handrail", rule="confirmed", ruling=Ruling.ALLOW, message=words)
    return verdict.model_copy(update={"ruling": ruling, "hits": [*verdict.hits, hit]})


def consent(sheet: RulingPass, proposal: Proposal, verdict: Verdict) -> str | None:
    """Say how the customer agreed to exactly this, or None where they did not."""
    if given := confirmed(sheet.view.yes, proposal):
        return f"The customer confirmed exactly this in message {given.message_id} at {given.at:%Y-%m-%d %H:%M} UTC."
    view, language = sheet.view, sheet.view.row.language or "en"
    if always(verdict.hits) or view.person is not None or view.row.by_agent:
        return None
    texts = [one.text for one in view.incoming if one.author is Author.CUSTOMER]
    line = verdict.asks.get(language) or verdict.title
    exactly = asked_exactly(texts, language, proposal.action, line, proposal.arguments.values())
    return "The customer asked for exactly this in their own words." if exactly else None


def decided(decisions: Sequence[Decision], proposal: Proposal) -> Decision | None:
    """A person's yes to exactly these arguments."""
    about = (proposal.proposal_id, proposal.arguments_hash)
    for decision in reversed(decisions):
        if (decision.approval_id, decision.arguments_hash) == about and decision.decision in BINDING:
            return decision
    return None


def by_people(sheet: RulingPass, proposal: Proposal, verdict: Verdict) -> Verdict:
    """The verdict with what a person said to exactly these arguments: allowed where that is enough by the rules, the roles
    and the limits of now, else to be asked again, with the reason why an earlier yes does not count."""
    verdict = by_editor(sheet, proposal, verdict)
    if verdict.ruling is not Ruling.REQUIRE_APPROVAL:
        return verdict
    decision = decided(sheet.view.decisions, proposal)
    if decision is None:
        words = outdated(sheet.view.decisions, proposal)
        again = [RuleHit(policy="handrail", rule="asked_again", ruling=verdict.ruling, message=words)] if words else []
        return verdict.model_copy(update={"hits": [*again, *verdict.hits]})
    short = sheet.reviewers.shortfall(decision, AuthorityQuestion.under(proposal.action, verdict))
    ruling, rule = (Ruling.ALLOW, "approved") if short is None else (Ruling.REQUIRE_APPROVAL, "asked_again")
    words = short or f"Approved by {decision.reviewer or 'a person'}."
    hit = RuleHit(policy="handrail", rule=rule, ruling=ruling, message=words)
    return verdict.model_copy(update={"ruling": ruling, "hits": [*verdict.hits, hit]})


def by_editor(sheet: RulingPass, proposal: Proposal, verdict: Verdict) -> Verdict:
    """The verdict on what somebody changed who may not approve it alone: another person has to, also where no rule asks."""
    about = (one for one in sheet.view.decisions if one.approval_id == proposal.proposal_id)
    edit = next((one for one in about if one.decision is DecisionKind.EDIT and not approvers(one)), None)
    if verdict.ruling is not Ruling.ALLOW or edit is None:
        return verdict
    words = f"{edit.reviewer or 'A person'} changed what they may not approve alone: another person decides on the change."
    hit = RuleHit(policy="handrail", rule=BY_EDITOR, ruling=Ruling.REQUIRE_APPROVAL, message=words)
    return verdict.model_copy(update={"ruling": hit.ruling, "hits": [*verdict.hits, hit]})


def outdated(decisions: Sequence[Decision], proposal: Proposal) -> str | None:
    """Say what has changed since a person said yes to this proposal, or None where nobody did."""
    about = (one for one in reversed(decisions) if one.approval_id == proposal.proposal_id and one.decision in BINDING)
    before = next(about, None)
    if before is None:
        return None
    old, new = before.arguments, proposal.arguments
    changed = [name for name in {**old, **new} if not alike(old.get(name), new.get(name))][:CHANGES_SHOWN]
    shown = "; ".join(f"{name.replace('_', ' ')} was {_short(old.get(name))}, is {_short(new.get(name))}" for name in changed)
    who = before.reviewer or "A person"
    return f"{who} approved this, but meanwhile it has changed ({shown or 'its arguments'}), so that yes does not count."


def _short(value: Any) -> str:
    return "not set" if value is None else str(value)[:60]


def by_autonomy(sheet: RulingPass, proposal: Proposal, verdict: Verdict) -> Verdict:
    """The verdict made stricter by how far the agent may go now, and how sure routing is of the topic; never more lenient."""
    hits = [*lowering(sheet.dial(proposal).settings), *unsure(sheet, proposal)]
    if verdict.ruling is Ruling.BLOCK or not hits:
        return verdict
    ruling = Ruling.strictest((verdict.ruling, *(hit.ruling for hit in hits)))
    return verdict.model_copy(update={"ruling": ruling, "hits": [*verdict.hits, *hits]})


def over_tool(sheet: RulingPass, proposal: Proposal, verdict: Verdict) -> Verdict:
    """The verdict on a read made stricter by what is said about its tool alone: reading is no answer and no effect."""
    hits = lowering(of_tool_alone(sheet.dialled, sheet.dial(proposal)))
    ruling = Ruling.strictest((verdict.ruling, *(hit.ruling for hit in hits)))
    return verdict.model_copy(update={"ruling": ruling, "hits": [*verdict.hits, *hits]})


def of_tool_alone(topic: Dialled, tool: Dialled) -> list[Setting]:
    """Return the settings of a tool that are neither the topic's nor the case's."""
    return [one for one in tool.settings if one not in topic.settings]


def lowering(settings: Iterable[Setting]) -> list[RuleHit]:
    """Every word that keeps the agent from going alone, as a rule that has matched."""
    return [
        RuleHit(policy=one.source, rule=BY_AUTONOMY, ruling=AS_RULING[one.autonomy], message=one.why)
        for one in settings
        if one.autonomy is not Autonomy.AUTO
    ]


def unsure(sheet: RulingPass, proposal: Proposal) -> list[RuleHit]:
    """The topic's confidence gate, where routing is less sure of the topic than the gate asks for."""
    gates, found = sheet.topic.gates, sheet.view.classification
    wanted, what = (gates.replies, "reply") if proposal.kind is ProposalKind.REPLY else (gates.effects, "effect")
    sure = found.confidence if found else 0.0
    if sure >= wanted:
        return []
    words = f"Routing is {sure:.0%} sure of the topic {sheet.topic.name}; below {wanted:.0%} a person approves every {what}."
    return [RuleHit(policy="topic", rule=BY_CONFIDENCE, ruling=Ruling.REQUIRE_APPROVAL, message=words)]


def why_blocked(sheet: RulingPass, proposal: Proposal, verdict: Verdict) -> str:
    """The reason code: how far the agent may go now, or a policy."""
    if not any(hit.rule == BY_AUTONOMY for hit in verdict.hits):
        return "policy_block"
    return reason_of(sheet.dial(proposal))
