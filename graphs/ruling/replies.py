"""The guardrail over replies: every claim needs its fact, every deed its effect."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from graphs.ruling.policy_facts import PolicyFactsReader
from graphs.ruling.ruling_pass import RulingPass, by_autonomy, by_people, decided, plain, why_blocked
from graphs.screening import FLUENT_ENOUGH
from graphs.views import GuardrailView
from handrail.domain.actions.proposals import Proposal, RuleHit, Ruling
from handrail.domain.autonomy.topics import Topic
from handrail.domain.case.cases import RuledProposal
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.reconciling import lost_effects
from handrail.domain.errors import BusinessFailed
from handrail.domain.llm.instructions import RULES
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.reply.replies import POLICY, rule_reply
from handrail.ports import Cases, Clock, Languages, Policies, Topics

SEND_BACKS = 1
SURE = 0.9
"""How sure it must be that a reply is in another language; a sentence of names and numbers is in none."""
FEW_WORDS = 6
CODE = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]+)*")


class Replying:
    """Rules on reply proposals; one that does not pass goes back to the model once, then the case goes to a person."""

    def __init__(
        self,
        topics: Topics,
        policies: Policies,
        cases: Cases,
        clock: Clock,
        links: Collection[str] = (),
        languages: Languages | None = None,
        situation: PolicyFactsReader | None = None,
    ) -> None:
        self._situation = situation
        self._topics = topics
        self._clock = clock
        self._policies = policies
        self._cases = cases
        self._links = links
        self._languages = languages

    async def rule(self, sheet: RulingPass, proposal: Proposal) -> None:
        """Rule on the reply and note what comes of it on the sheet."""
        view, topic = await self._with_all_made(sheet.view), sheet.topic
        if decided(view.decisions, proposal):
            asked = plain(proposal, Ruling.REQUIRE_APPROVAL, "reply", "A person decides on these words.")
            return sheet.rule(proposal, by_people(sheet, proposal, asked.model_copy(update=shown(proposal))))
        language, foreign = await self._tongue(view, proposal)
        spoken = [] if opens(view) else await self._cases.spoken(view.row.case_id)
        hits = self._hits(view, topic, proposal, language, spoken)
        if hits and not spoken and (spoken := await self._cases.spoken(view.row.case_id)):
            hits = self._hits(view, topic, proposal, language, spoken)
        if hits and (texts := texts_in(await self._on_record(view))):
            hits = self._hits(view, topic, proposal, language, spoken, texts)
        hits += foreign
        if hits:
            return self._send_back(sheet, proposal, hits)
        confidence = proposal.confidence if proposal.confidence is not None else 0.0
        if confidence < topic.confidence_threshold:
            words = f"The agent's confidence {confidence:.2f} is below {topic.confidence_threshold:.2f}."
            sheet.rule(proposal, plain(proposal, Ruling.BLOCK, "confidence", words))
            return sheet.escalate("low_confidence", words)
        verdict = plain(proposal, Ruling.ALLOW, "reply", "Every claim is covered by the case's facts.")
        verdict = by_autonomy(sheet, proposal, verdict.model_copy(update=shown(proposal)))
        sheet.rule(proposal, verdict)
        if verdict.ruling is Ruling.BLOCK:
            sheet.escalate(why_blocked(sheet, proposal, verdict), "; ".join(verdict.messages))
        return None

    async def _with_all_made(self, view: GuardrailView) -> GuardrailView:
        """Return the view; with what a run that was cut off made as well, for that may be told."""
        if not view.row.begun_again:
            return view
        held = await self._cases.effects(view.row.case_id)
        return view.model_copy(update={"effects": [*held, *lost_effects(view.effects, held)]})

    async def _on_record(self, view: GuardrailView) -> dict[str, Any]:
        """Return what the business's record tells of the customer: asked only where a reply would not pass."""
        try:
            return await self._situation.customer(view) if self._situation else {}
        except BusinessFailed:
            return {}

    def _hits(
        self,
        view: GuardrailView,
        topic: Topic,
        proposal: Proposal,
        language: str | None,
        spoken: Sequence[Message],
        on_record: Sequence[str] = (),
    ) -> list[RuleHit]:
        """Return what keeps the reply in. Customers may write their own record: it counts like their words, for names."""
        known: list[Any] = [fact.value for fact in view.facts]
        known += [one.result for one in view.exchanges if one.ok]
        known += [one.result for one in view.effects] + [one.arguments for one in view.effects]
        said = by_source(view, spoken)
        evidence = Evidence.gather(
            known,
            effects=view.effects,
            person=said[Author.PERSON],
            customer=[*said[Author.CUSTOMER], *on_record],
            terms=[topic.description, topic.prompt],
        )
        return rule_reply(
            text_of(proposal),
            evidence,
            now=self._clock.now(),
            tool_names=self._tool_names(),
            internal=self._policies.names(),
            allowed_links=self._links,
            language=language,
            instructions=[RULES, topic.prompt],
            forbidden=topic.no_advice,
        )

    async def _tongue(self, view: GuardrailView, proposal: Proposal) -> tuple[str | None, list[RuleHit]]:
        """Return the customer's language, and a hit where the reply is in another."""
        text, wanted = text_of(proposal), view.row.language
        if self._languages is None or not wanted or len(text.split()) < FEW_WORDS:
            return wanted, []
        found, sure = await self._languages.language_of(text)
        if found == wanted or sure < SURE:
            return wanted, []
        if guessed(view) and found == spoken_by(await self._on_record(view)):
            return found, []
        words = f"The reply is in the language {found!r}; the customer writes in {wanted!r}. Answer in {wanted!r}."
        return wanted, [RuleHit(policy=POLICY, rule="language", ruling=Ruling.BLOCK, message=words)]

    def _tool_names(self) -> set[str]:
        return {tool for topic in self._topics.all() for tool in topic.tools}

    def _send_back(self, sheet: RulingPass, proposal: Proposal, hits: list[RuleHit]) -> None:
        words = "; ".join(hit.message for hit in hits)
        verdict = plain(proposal, Ruling.BLOCK, "reply", words).model_copy(update={"hits": hits})
        sheet.rulings.append(RuledProposal(proposal=proposal, verdict=verdict))
        if sheet.sent_back >= SEND_BACKS:
            sheet.kept.append(proposal)
            return sheet.escalate("guardrail", f"The agent's reply did not pass twice: {words}")
        sheet.sent_back += 1
        sheet.feedback.append(f"Your reply was not sent: {words} Write it again without that.")
        return None


def opens(view: GuardrailView) -> bool:
    """Return whether the customer alone has spoken, in this turn: the record is read where that does not cover a reply."""
    return view.row.turn == 1 and view.person is None and not view.decisions


def by_source(view: GuardrailView, spoken: Sequence[Message]) -> dict[Author, list[str]]:
    """The words of the customer and of people: of this turn, and of the case so far."""
    texts = {one.message_id: one for one in [*spoken, *view.incoming]}.values()
    said = {author: [one.text for one in texts if one.author is author] for author in (Author.CUSTOMER, Author.PERSON)}
    note = [view.person.note] if view.person else []
    return {**said, Author.PERSON: list(dict.fromkeys([*note, *said[Author.PERSON]]))}


def guessed(view: GuardrailView) -> bool:
    """Return whether what the customer wrote does not tell the case's language."""
    return view.classification is not None and view.classification.language_confidence < FLUENT_ENOUGH


def spoken_by(customer: dict[str, Any]) -> str | None:
    """Return the language that the record tells of the customer, where it is a code: 'de', 'de-AT', 'pt_BR'."""
    told = customer.get("language")
    found = CODE.fullmatch(told.strip().lower()) if isinstance(told, str) else None
    return found[1] if found else None


def texts_in(value: Any) -> list[str]:
    """Return every text in JSON-like data."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in texts_in(one)]


def shown(proposal: Proposal) -> dict[str, Any]:
    """Return the reply as an approver sees it."""
    return {"title": "Send this reply to the customer", "headline": "reply", "shown": {"reply": text_of(proposal)}}


def text_of(proposal: Proposal) -> str:
    """The words of a reply proposal."""
    return str(proposal.arguments.get("text", ""))
