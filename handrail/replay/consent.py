"""The customer's yes to a recorded call: whether it is asked for, and whether their own words are as good."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from graphs.ruling.ruling_pass import RulingPass, by_customer, by_topic
from graphs.views import GuardrailView
from handrail.domain.actions.proposals import Confirming, Proposal, Ruling, Verdict
from handrail.domain.autonomy.topics import Topic, dialled
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.messages import Author, Message
from handrail.replay.calls import RecordedCall
from handrail.routing.signals.language import LanguageDetector

_DEMANDS = (None, Confirming.UNLESS_ASKED_EXACTLY, Confirming.ALWAYS)
"""What a topic asks of the customer, from lenient to strict."""
_NO_TOPIC = Topic(name="no_topic", description="It is not known.", examples=["…"] * 5)


class Consents:
    """Adds what the topics ask of the customer, as the guardrail does."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._topics = {one.name: one for one in topics}

    def topic(self, call: RecordedCall) -> str | None:
        """Return the topic that the log names, else the only one that offers the tool."""
        offering = self._offering(call)
        return call.topic or (offering[0].name if len(offering) == 1 else None)

    def over(self, call: RecordedCall, row: CaseRow, proposal: Proposal, verdict: Verdict) -> tuple[Verdict, bool]:
        """The verdict with the strictest topic's demand, lifted where they asked for this exactly; whether they are asked."""
        named = [self._topics[call.topic]] if call.topic in self._topics else self._offering(call)
        topic = max(named, key=lambda each: _DEMANDS.index(each.confirm), default=_NO_TOPIC)
        language = self._languages.detect(call.said).language if call.said else None
        words = [Message(message_id="said", author=Author.CUSTOMER, text=call.said, at=call.at, turn=1)] if call.said else []
        view = GuardrailView(row=row.model_copy(update={"language": language}), incoming=words)
        sheet = RulingPass(view, topic, dialled([]))
        wanted = by_topic(sheet, verdict)
        answered = by_customer(sheet, proposal, wanted)
        asks = answered.ruling is Ruling.CONFIRM
        return (wanted if asks else answered), asks

    def _offering(self, call: RecordedCall) -> list[Topic]:
        return [topic for topic in self._topics.values() if call.tool in topic.tools]

    @cached_property
    def _languages(self) -> LanguageDetector:
        return LanguageDetector()
