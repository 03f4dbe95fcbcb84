"""The guardrail: code, not prompt. Nothing that the model wants happens before this has ruled on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

from graphs.nodes.agent import for_people_now
from graphs.ruling.noting import noted, only_a_reply
from graphs.ruling.policy_facts import PolicyFactsReader, counting
from graphs.ruling.repeats import Repeats, Repetition, first_answer, given, refused_now
from graphs.ruling.replays import ruled_as_begun
from graphs.ruling.replies import Replying
from graphs.ruling.ruling_pass import (
    RulingPass,
    by_autonomy,
    by_customer,
    by_people,
    by_speaker,
    by_tool,
    by_topic,
    decided,
    over_tool,
    plain,
    why_blocked,
)
from graphs.views import GuardrailView
from handrail.domain.actions.declined import asked_in, named_only, objection
from handrail.domain.actions.earlier import ALREADY_DONE, EarlierEffect
from handrail.domain.actions.proposals import SEND_REPLY, Proposal, ProposalKind, Ruling
from handrail.domain.autonomy.controls import SWITCHED_OFF
from handrail.domain.base import digest
from handrail.domain.case.cases import Commit, RuledProposal, Unrecorded
from handrail.domain.case.handoffs import Escalation
from handrail.domain.errors import BusinessRefused, InvalidInput, SwitchedOff
from handrail.domain.team.reviewers import Reviewers
from handrail.ports import Cases, Checked, Clock, Dial, Languages, Policies, SystemOfRecord, Topics

REFUSALS = 5


class GuardrailNode:
    """Rules on every proposal: reads, effects, replies."""

    def __init__(
        self,
        topics: Topics,
        dial: Dial,
        record: SystemOfRecord,
        policies: Policies,
        cases: Cases,
        clock: Clock,
        *,
        links: Collection[str] = (),
        reviewers: Callable[[], Reviewers] = Reviewers,
        languages: Languages | None = None,
        situation: PolicyFactsReader | None = None,
    ) -> None:
        self._situation = situation
        self._replying = Replying(topics, policies, cases, clock, links, languages, situation)
        self._past = Repeats(cases, record)
        self._reviewers = reviewers
        self._topics = topics
        self._dial = dial
        self._record = record
        self._policies = policies
        self._cases = cases
        self._clock = clock

    async def guardrail(self, state: GuardrailView) -> dict[str, Any]:
        """Verdicts on all proposals; effects are recorded in the ledger under their verdict before anything runs."""
        topic = self._topics.get(state.row.topic or "")
        if topic is None:
            return {"escalation": Escalation(reason="out_of_scope", words=f"The topic {state.row.topic} is gone.")}
        named = [one.action for one in state.proposals if one.kind is not ProposalKind.REPLY and one.action in topic.tools]
        # None of the three waits for another: a person's decision is not to wait for each in turn.
        dial, about, made = await asyncio.gather(
            self._dial.over(topic, state.row, list(dict.fromkeys(named))), self._about(state), self._earlier(state)
        )
        if fresh(state) and (late := for_people_now(topic, dial.topic)):
            return {"proposals": [], "escalation": late}
        sheet = RulingPass(state, topic, dial.topic, self._reviewers(), calls=dict(state.calls), sent_back=state.sent_back)
        sheet.by_tool, sheet.about = dial.tools, about
        for proposal in state.proposals:
            if proposal.kind is ProposalKind.REPLY:
                await self._replying.rule(sheet, proposal)
                self._reply(sheet, proposal)
            else:
                await self._call(sheet, proposal, made)
        refusals = sum(not one.ok for one in [*state.exchanges, *sheet.exchanges])
        if refusals > REFUSALS:
            sheet.escalate("guardrail", f"{refusals} of the agent's calls were refused in this turn.")
        unrecorded = await self._record_rulings(sheet)
        return {
            "proposals": sheet.kept,
            "rulings": sheet.rulings,
            "ruled": sheet.rulings,
            "exchanges": [*state.exchanges, *sheet.exchanges],
            "feedback": sheet.feedback,
            "calls": sheet.calls,
            "sent_back": sheet.sent_back,
            "unrecorded": unrecorded,
            "escalation": sheet.escalation,
        }

    async def _about(self, view: GuardrailView) -> dict[str, Any]:
        """Read the facts that policies may use, if one of them will rule. Without facts, a policy that names them blocks."""
        ruled_on = any(one.kind is ProposalKind.EFFECT for one in view.proposals) or self._policies.names_action(SEND_REPLY)
        return await self._situation.facts(view) if self._situation and ruled_on else {}

    async def _earlier(self, view: GuardrailView) -> list[EarlierEffect]:
        """Read what stands in the ledger, if an effect is to be ruled on."""
        wanted = any(one.kind is ProposalKind.EFFECT for one in view.proposals)
        return await self._cases.earlier(view.row.case_id) if wanted else []

    async def _call(self, sheet: RulingPass, proposal: Proposal, made: Sequence[EarlierEffect]) -> None:
        view, topic = sheet.view, sheet.topic
        if proposal.kind is ProposalKind.EFFECT and ruled_as_begun(sheet, proposal, made, self._record):
            return None
        if proposal.action not in topic.tools:
            return sheet.refuse(proposal, f"{proposal.action} is not a tool of the topic {topic.name}.")
        if self._repeats(sheet, proposal):
            return None
        try:
            checked = await self._record.check(view.row.case_id, view.row.customer_id, proposal.action, proposal.arguments)
        except (InvalidInput, BusinessRefused) as refused:
            return sheet.refuse(proposal, str(refused))
        except SwitchedOff as off:
            sheet.refuse(proposal, str(off))
            return sheet.escalate(SWITCHED_OFF, str(off))
        changes = {"arguments": checked.arguments, "arguments_hash": digest(checked.arguments), "counted": True}
        same = proposal.model_copy(update=changes)
        if not proposal.counted and (words := self._objection(sheet, same, checked.title)):
            sheet.refuse(same, words, checked.title)
            return sheet.escalate("approval_rejected", words)
        if proposal.kind is ProposalKind.READ:
            return self._read(sheet, same)
        if refused_now(view.exchanges, same):
            return sheet.refuse(same, "The customer did not agree to exactly this just now.", checked.title)
        again = await self._past.of(view, same, checked.title, made)
        if not decided(view.decisions, same) and (stands := again.made(same)):
            return sheet.refuse(same, again.refusal(stands), checked.title, {ALREADY_DONE: first_answer(stands)})
        return self._effect(sheet, same, checked, again)

    def _objection(self, sheet: RulingPass, proposal: Proposal, title: str) -> str | None:
        """Say why a person must look at what resembles something that people declined."""
        view = sheet.view
        ordered = view.person is not None
        if proposal.action in named_only(view.declined, view.declines) and not ordered:
            return f"The agent proposed {proposal.action} again after a person had declined it."
        return objection(
            proposal,
            title or proposal.action,
            view.declines,
            request=asked_in(view.turn, view.incoming),
            ordered=ordered,
            most=sheet.topic.bounds.repeated_call,
            names=given(self._record, proposal.action),
        )

    def _repeats(self, sheet: RulingPass, proposal: Proposal) -> bool:
        """Refuse a call repeated too often with the same arguments; return whether it was. Ruling again is no repetition."""
        if proposal.counted or decided(sheet.view.decisions, proposal):
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

    def _read(self, sheet: RulingPass, proposal: Proposal) -> None:
        verdict = over_tool(sheet, proposal, plain(proposal, Ruling.ALLOW, "read", "Reads within the topic are allowed."))
        if verdict.ruling is Ruling.BLOCK:
            return sheet.refuse(proposal, "; ".join(verdict.messages))
        return sheet.rule(proposal, by_people(sheet, proposal, verdict))

    def _effect(self, sheet: RulingPass, proposal: Proposal, checked: Checked, again: Repetition) -> None:
        verdict = self._policies.rule(proposal, {**counting(sheet.about, sheet), **checked.facts}).model_copy(
            update={"title": checked.title, "headline": checked.headline, "shown": checked.shown, "asks": checked.asks}
        )
        verdict = by_speaker(sheet, by_tool(by_topic(sheet, verdict), checked.by_person))
        verdict = again.over(proposal, by_autonomy(sheet, proposal, verdict))
        verdict = by_customer(sheet, proposal, verdict)
        verdict = by_people(sheet, proposal, verdict)
        sheet.rule(proposal, verdict)
        if verdict.ruling is Ruling.BLOCK:
            sheet.escalate(why_blocked(sheet, proposal, verdict), "; ".join(verdict.messages) or "A policy blocks this.")

    def _reply(self, sheet: RulingPass, proposal: Proposal) -> None:
        """The ruling on a reply that passed, made stricter by the policies that are for replies by name."""
        if proposal not in sheet.kept or not self._policies.names_action(SEND_REPLY):
            return
        passed, own = sheet.rulings[-1].verdict, self._policies.rule(proposal, counting(sheet.about, sheet))
        if own.ruling is Ruling.ALLOW or passed.ruling is Ruling.BLOCK:
            return
        ruling = Ruling.strictest((passed.ruling, own.ruling))
        if ruling is Ruling.CONFIRM:  # nobody asks the customer about words to the customer
            ruling = Ruling.REQUIRE_APPROVAL
        changes = {"ruling": ruling, "hits": [*passed.hits, *own.hits], "policy_version": own.policy_version}
        verdict = by_people(sheet, proposal, passed.model_copy(update=changes | {"situation": own.situation}))
        sheet.rulings[-1] = RuledProposal(proposal=proposal, verdict=verdict)
        if verdict.ruling is Ruling.BLOCK:
            sheet.escalate("policy_block", "; ".join(verdict.messages))

    async def _record_rulings(self, sheet: RulingPass) -> Unrecorded:
        """Write down the rulings before anything comes of them; return that on a reply which goes out with its ruling."""
        ledger = [one for one in sheet.rulings if one.proposal.kind is not ProposalKind.READ]
        before = sheet.view.unrecorded
        if not ledger and not before.rulings:
            return before
        found = noted(sheet, ledger, self._clock.now())
        if only_a_reply(sheet):
            return found
        await self._cases.commit(Commit(row=sheet.view.row, rulings=found.rulings, audit=found.audit, key=sheet.view.key))
        return Unrecorded()


def fresh(view: GuardrailView) -> bool:
    """Return whether nobody has ruled on the proposals yet: they are the model's answer to what it was asked just now."""
    return not any(one.counted or decided(view.decisions, one) for one in view.proposals)
