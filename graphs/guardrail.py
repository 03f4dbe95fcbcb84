"""The guardrail: code, not prompt. Nothing that the model wants happens before this has ruled on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphs.again import same_call, unremembered
from graphs.state import identity
from graphs.views import GuardrailView
from handrail.domain.agent import Exchange, ToolCall
from handrail.domain.approvals import Decision, DecisionKind
from handrail.domain.cases import AuditEntry, CaseRow, Commit, Ruled
from handrail.domain.effects import EffectResult
from handrail.domain.errors import BusinessRefused, InvalidInput
from handrail.domain.handoffs import Escalation
from handrail.domain.model import digest
from handrail.domain.proposals import Proposal, ProposalKind, RuleHit, Ruling, Verdict
from handrail.domain.replies import rule_reply
from handrail.domain.topics import Autonomy, Topic
from handrail.ports import Cases, Checked, Clock, Policies, SystemOfRecord, Topics

SEND_BACKS = 1
REFUSALS = 5
BY_AUTONOMY = "autonomy"


@dataclass(slots=True)
class Sheet:
    """What one pass over the proposals has found so far."""

    view: GuardrailView
    topic: Topic
    kept: list[Proposal] = field(default_factory=list)
    rulings: list[Ruled] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    sent_back: int = 0
    escalation: Escalation | None = None

    def rule(self, proposal: Proposal, verdict: Verdict) -> None:
        """Keep the proposal under its verdict."""
        self.kept.append(proposal)
        self.rulings.append(Ruled(proposal=proposal, verdict=verdict))

    def refuse(self, proposal: Proposal, words: str) -> None:
        """Drop a call and tell the model why, as the call's result."""
        self.rulings.append(Ruled(proposal=proposal, verdict=plain(proposal, Ruling.BLOCK, "refused", words)))
        call = ToolCall(call_id=proposal.call_id or proposal.proposal_id, tool=proposal.action, arguments=proposal.arguments)
        self.exchanges.append(Exchange(call=call, result={"refused": words}, ok=False))

    def escalate(self, reason: str, words: str) -> None:
        """To a person; the first reason stands."""
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


class Guardrail:
    """Rules on every proposal: reads, effects, replies."""

    def __init__(
        self,
        topics: Topics,
        record: SystemOfRecord,
        policies: Policies,
        cases: Cases,
        clock: Clock,
        links: Collection[str] = (),
    ) -> None:
        self._links = links
        self._topics = topics
        self._record = record
        self._policies = policies
        self._cases = cases
        self._clock = clock

    async def guardrail(self, state: GuardrailView) -> dict[str, Any]:
        """Verdicts on all proposals; effects are recorded in the ledger under their verdict before anything runs."""
        view = state
        topic = self._topics.get(view.row.topic or "")
        if topic is None:
            return {"escalation": Escalation(reason="out_of_scope", words=f"The topic {view.row.topic} is gone.")}
        sheet = Sheet(view, topic, calls=dict(view.calls), sent_back=view.sent_back)
        for proposal in view.proposals:
            if proposal.kind is ProposalKind.REPLY:
                self._reply(sheet, proposal)
            else:
                await self._call(sheet, proposal)
        refusals = sum(not one.ok for one in [*view.exchanges, *sheet.exchanges])
        if refusals > REFUSALS:
            sheet.escalate("guardrail", f"{refusals} of the agent's calls were refused in this turn.")
        await self._record_rulings(sheet)
        return {
            "proposals": sheet.kept,
            "rulings": sheet.rulings,
            "ruled": sheet.rulings,
            "exchanges": [*view.exchanges, *sheet.exchanges],
            "feedback": sheet.feedback,
            "calls": sheet.calls,
            "sent_back": sheet.sent_back,
            "escalation": sheet.escalation,
        }

    async def _call(self, sheet: Sheet, proposal: Proposal) -> None:
        view, topic = sheet.view, sheet.topic
        if proposal.action not in topic.tools:
            return sheet.refuse(proposal, f"{proposal.action} is not a tool of the topic {topic.name}.")
        if proposal.action in view.declined and decided(view, proposal) is None:
            words = f"The agent proposed {proposal.action} again after a person had declined it."
            sheet.refuse(proposal, words)
            return sheet.escalate("approval_rejected", words)
        if self._repeats(sheet, proposal):
            return None
        if proposal.kind is ProposalKind.EFFECT:
            effects = await self._cases.effects(view.row.case_id)
            if self._made(sheet, proposal, effects):
                return None
        try:
            checked = await self._record.check(view.row.case_id, view.row.customer_id, proposal.action, proposal.arguments)
        except (InvalidInput, BusinessRefused) as refused:
            return sheet.refuse(proposal, str(refused))
        changes = {"arguments": checked.arguments, "arguments_hash": digest(checked.arguments), "counted": True}
        same = proposal.model_copy(update=changes)
        if proposal.kind is ProposalKind.READ:
            return sheet.rule(same, plain(same, Ruling.ALLOW, "read", "Reads within the topic are allowed."))
        return self._effect(sheet, same, checked)

    def _made(self, sheet: Sheet, proposal: Proposal, effects: Sequence[EffectResult]) -> bool:
        """Whether a turn that is run again has come by what it did before: then nothing else may come of it."""
        stands = next((one for one in effects if one.effect_id == proposal.proposal_id), None)
        if stands and same_call(proposal, stands, self._record.specs([proposal.action])):
            changes = {"arguments": stands.arguments, "arguments_hash": digest(stands.arguments), "counted": True}
            made = proposal.model_copy(update=changes)
            sheet.rule(made, plain(made, Ruling.ALLOW, "made", "The ledger holds this effect; it gives its first answer."))
            return True
        others = [stands] if stands else unremembered(effects, sheet.view.effects, sheet.view.proposals)
        if not others:
            return False
        words = f"Run again, this turn wants another {proposal.action} than before; {others[0].action} stands in the ledger."
        sheet.refuse(proposal, words)
        sheet.escalate("action_failed", words)
        return True

    def _repeats(self, sheet: Sheet, proposal: Proposal) -> bool:
        """Whether the same call with the same arguments has come too often; one that is ruled on again is no repetition."""
        if proposal.counted or decided(sheet.view, proposal):
            return False
        key = digest([proposal.action, proposal.arguments])[:16]
        sheet.calls[key] = sheet.calls.get(key, 0) + 1
        bound = sheet.topic.bounds.repeated_call
        if sheet.calls[key] <= bound:
            return False
        words = f"{proposal.action} was called more than {bound} times with the same arguments."
        sheet.refuse(proposal, words)
        sheet.escalate("bounds", words)
        return True

    def _effect(self, sheet: Sheet, proposal: Proposal, checked: Checked) -> None:
        verdict = self._policies.rule(proposal, checked.facts).model_copy(
            update={"title": checked.title, "headline": checked.headline, "shown": checked.shown, "facts": checked.facts}
        )
        verdict = by_autonomy(sheet.topic, verdict)
        decision = decided(sheet.view, proposal)
        if verdict.ruling is Ruling.REQUIRE_APPROVAL and decision is not None:
            hit = RuleHit(
                policy="handrail",
                rule="approved",
                ruling=Ruling.ALLOW,
                message=f"Approved by {decision.reviewer or 'a person'}.",
            )
            verdict = verdict.model_copy(update={"ruling": Ruling.ALLOW, "hits": [*verdict.hits, hit]})
        sheet.rule(proposal, verdict)
        if verdict.ruling is Ruling.BLOCK:
            sheet.escalate(why_blocked(sheet.topic, verdict), "; ".join(verdict.messages) or "A policy blocks this.")

    def _reply(self, sheet: Sheet, proposal: Proposal) -> None:
        view, topic = sheet.view, sheet.topic
        if decided(view, proposal):
            return sheet.rule(proposal, plain(proposal, Ruling.ALLOW, "approved", "A person approved these words."))
        hits = self._reply_hits(view, proposal)
        if hits:
            return self._send_back(sheet, proposal, hits)
        confidence = proposal.confidence if proposal.confidence is not None else 0.0
        if confidence < topic.confidence_threshold:
            words = f"The agent's confidence {confidence:.2f} is below {topic.confidence_threshold:.2f}."
            sheet.rule(proposal, plain(proposal, Ruling.BLOCK, "confidence", words))
            return sheet.escalate("low_confidence", words)
        verdict = plain(proposal, Ruling.ALLOW, "reply", "Every claim is covered by the case's facts.")
        verdict = verdict.model_copy(
            update={"title": "Send this reply to the customer", "headline": "reply", "shown": {"reply": text_of(proposal)}}
        )
        verdict = by_autonomy(topic, verdict)
        sheet.rule(proposal, verdict)
        if verdict.ruling is Ruling.BLOCK:
            sheet.escalate(why_blocked(topic, verdict), "The agent only drafts here; a person owns the case.")
        return None

    def _reply_hits(self, view: GuardrailView, proposal: Proposal) -> list[RuleHit]:
        known: list[Any] = [fact.value for fact in view.facts]
        known += [one.result for one in view.exchanges if one.ok]
        known += [one.result for one in view.effects] + [one.arguments for one in view.effects]
        return rule_reply(
            text_of(proposal),
            facts=known,
            effects=view.effects,
            customer_texts=[message.text for message in view.incoming],
            tool_names=self._tool_names(),
            internal=self._policies.names(),
            allowed_links=self._links,
        )

    def _tool_names(self) -> set[str]:
        return {tool for topic in self._topics.all() for tool in topic.tools}

    def _send_back(self, sheet: Sheet, proposal: Proposal, hits: list[RuleHit]) -> None:
        words = "; ".join(hit.message for hit in hits)
        verdict = plain(proposal, Ruling.BLOCK, "reply", words).model_copy(update={"hits": hits})
        sheet.rulings.append(Ruled(proposal=proposal, verdict=verdict))
        if sheet.sent_back >= SEND_BACKS:
            sheet.kept.append(proposal)
            return sheet.escalate("guardrail", f"The agent's reply did not pass twice: {words}")
        sheet.sent_back += 1
        sheet.feedback.append(f"Your reply was not sent: {words} Write it again without that.")
        return None

    async def _record_rulings(self, sheet: Sheet) -> None:
        ledger = [one for one in sheet.rulings if one.proposal.kind is not ProposalKind.READ]
        if not ledger:
            return
        row = sheet.view.row
        audit = [
            AuditEntry(
                entry_id=ruled_id(row, one),
                at=self._clock.now(),
                actor="guardrail",
                action=f"ruled:{one.verdict.ruling}",
                details={
                    "proposal_id": one.proposal.proposal_id,
                    "action": one.proposal.action,
                    "policy_version": one.verdict.policy_version,
                    "rules": [hit.rule for hit in one.verdict.hits],
                },
            )
            for one in ledger
        ]
        await self._cases.commit(Commit(row=row, rulings=ledger, audit=audit))


def ruled_id(row: CaseRow, one: Ruled) -> str:
    """One entry for each ruling: the same revision may be ruled on again with other arguments, or at another time."""
    verdict = one.verdict
    about = (verdict.proposal_id, verdict.revision, verdict.arguments_hash, verdict.ruling)
    return identity(row.case_id, row.version, *about, "ruled")


def decided(view: GuardrailView, proposal: Proposal) -> Decision | None:
    """A person's yes to exactly these arguments."""
    for decision in reversed(view.decisions):
        same = decision.approval_id == proposal.proposal_id and decision.arguments_hash == proposal.arguments_hash
        if same and decision.decision in (DecisionKind.APPROVE, DecisionKind.EDIT):
            return decision
    return None


def by_autonomy(topic: Topic, verdict: Verdict) -> Verdict:
    """The verdict made stricter by the topic's autonomy; never more lenient."""
    if topic.autonomy is Autonomy.AUTO or verdict.ruling is Ruling.BLOCK:
        return verdict
    ruling = Ruling.REQUIRE_APPROVAL if topic.autonomy is Autonomy.REVIEW else Ruling.BLOCK
    words = f"The topic {topic.name} runs at autonomy '{topic.autonomy}'."
    hit = RuleHit(policy="handrail", rule=BY_AUTONOMY, ruling=ruling, message=words)
    return verdict.model_copy(update={"ruling": ruling, "hits": [*verdict.hits, hit]})


def why_blocked(topic: Topic, verdict: Verdict) -> str:
    """The reason code: the topic's autonomy, or a policy."""
    if not any(hit.rule == BY_AUTONOMY for hit in verdict.hits):
        return "policy_block"
    return "autonomy_off" if topic.autonomy is Autonomy.OFF else "draft"


def text_of(proposal: Proposal) -> str:
    """The words of a reply proposal."""
    return str(proposal.arguments.get("text", ""))
