"""Reasons to give a case to a person before any model is asked: in `ClassifyNode`, and in `ConsultNode` with its topic."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from graphs.hearing import brief
from handrail.domain.autonomy.controls import reason_of
from handrail.domain.autonomy.topics import Autonomy, Patience, Topic
from handrail.domain.case.cases import CaseRow
from handrail.domain.case.classification import Classification, Risk
from handrail.domain.case.handoffs import Escalation
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.patience import REHEARSED, asked_before, contact_before
from handrail.domain.text.completeness import answers
from handrail.domain.text.message.mail import own_words, unsaid
from handrail.ports import Cases, Contacts, Dial, Topics

FLUENT_ENOUGH = 0.6
NEWEST, READ_BEFORE = 60, 30_000
"""Messages among which an earlier question is looked for, and how much of them is read."""
PATIENCE = 0.7
"""The frustration that is borne where no topic says otherwise."""


class OwnWords(NamedTuple):
    """A customer's messages without quotes, whether anything in them is the customer's, and the last messages if read."""

    said: list[Message]
    theirs: bool
    newest: list[Message] | None = None


class Screen:
    """Every reason that needs no model, the gravest first."""

    def __init__(self, topics: Topics, dial: Dial, cases: Cases, contacts: Contacts) -> None:
        self._topics = topics
        self._dial = dial
        self._cases = cases
        self._contacts = contacts

    async def own_words(self, row: CaseRow, incoming: Sequence[Message]) -> OwnWords:
        """The messages without what they quote, and whether anything in them is not what we had said ourselves."""
        newest = await self._newest(row) if row.turn > 1 else []
        ours = [one.text for one in reversed(newest) if one.author is not Author.CUSTOMER]
        said = [one.model_copy(update={"text": own_words(one.text, ours)}) for one in incoming]
        return OwnWords(said, any(unsaid(one.text, ours) for one in incoming), newest)

    async def _newest(self, row: CaseRow) -> list[Message]:
        return brief(await self._cases.transcript_ends(row.case_id, 0, NEWEST), READ_BEFORE)

    async def reason(
        self, row: CaseRow, incoming: Sequence[Message], found: Classification, newest: Sequence[Message] | None = None
    ) -> Escalation | None:
        """Return the reason to give this to a person without asking a model, or None.

        `newest` are the case's last messages, where they were read already.

        That the agent is switched off for the topic goes before some reasons, so the dial is read where one of them holds, or
        the topic's file says so. Where none does, the agent's own node reads it before it does anything.
        """
        topic = self._topics.get(found.topic)
        if gravest := told(found, topic) or await self._unknown(row) or astray(found, topic):
            return gravest
        why = self._foreign(found, topic) or frustrated(found, topic) or await self._patience(row, incoming, topic, newest)
        closed = topic is not None and topic.autonomy is Autonomy.OFF
        return await self._off(row, topic) or why if why or closed else None

    async def _unknown(self, row: CaseRow) -> Escalation | None:
        if await self._cases.known_customer(row.customer_id):
            return None
        return Escalation(reason="unknown_customer", words="No customer with this id is known; nothing was looked up.")

    def _foreign(self, found: Classification, topic: Topic | None) -> Escalation | None:
        if topic is not None:
            return foreign(found, topic.languages)
        return foreign(found, [name for one in self._topics.all() if not one.people_only for name in one.languages])

    async def _off(self, row: CaseRow, topic: Topic | None) -> Escalation | None:
        if topic is None or (dialled := await self._dial.autonomy(topic, row)).autonomy is not Autonomy.OFF:
            return None
        words = f"The agent is switched off for {topic.name}. {dialled.why}"
        return Escalation(reason=reason_of(dialled), words=words)

    async def _patience(
        self, row: CaseRow, incoming: Sequence[Message], topic: Topic | None, newest: Sequence[Message] | None
    ) -> Escalation | None:
        if row.turn > 1:
            before = await self._newest(row) if newest is None else newest
            return repeated(before, incoming, topic.patience if topic else Patience())
        return await self._second_contact(row, incoming, topic) if topic else None

    async def _second_contact(self, row: CaseRow, incoming: Sequence[Message], topic: Topic) -> Escalation | None:
        hours = topic.patience.second_contact_hours
        if not hours or row.channel in REHEARSED:
            return None
        contacts = await self._contacts.answered(row, topic.name, row.opened_at - timedelta(hours=hours))
        said = [one.model_copy(update={"texts": [own_words(text) for text in one.texts]}) for one in contacts]
        contact = contact_before("\n".join(one.text for one in incoming), said)
        if contact is None:
            return None
        about = topic.name.replace("_", " ")
        words = (
            f"The customer comes back about the same thing ({about}): case {contact.case_id} was answered at "
            f"{contact.answered_at:%Y-%m-%d %H:%M} UTC, less than {hours:g} hours before."
        )
        return Escalation(reason="second_contact", words=words)


def repeated(newest: Sequence[Message], incoming: Sequence[Message], patience: Patience) -> Escalation | None:
    """A question that was answered before, asked again."""
    said = [one.model_copy(update={"text": own_words(one.text)}) for one in newest]
    earlier = asked_before(incoming, said, patience.same_question)
    if earlier is None:
        return None
    words = f"The customer asks again what was asked in turn {earlier.turn} and has had an answer since."
    return Escalation(reason="repeated_question", words=words)


def told(found: Classification, topic: Topic | None) -> Escalation | None:
    """Return the reason in the message itself: a wish for a person, a risk, a topic that is for people."""
    if found.wants_person:
        return Escalation(reason="customer_asked", words="The customer asked for a person.")
    if found.risk in (Risk.HIGH, Risk.FORBIDDEN):
        return Escalation(reason="risk", words=f"Risk is {found.risk}: {'; '.join(found.reasons) or found.topic}.")
    if topic is not None and topic.people_only:
        return Escalation(reason="people_only", words=f"{topic.name} is for people: {topic.description}")
    return None


def astray(found: Classification, topic: Topic | None) -> Escalation | None:
    """Return the reason where the router is sure of a topic that the business does not have."""
    if topic is not None or found.abstained:
        return None
    return Escalation(reason="out_of_scope", words="The message is about none of the agent's topics.")


def foreign(found: Classification, languages: Collection[str]) -> Escalation | None:
    """A language in which the agent does not answer here: no topic has it, or its language pack is incomplete."""
    spoken = found.language in languages and answers(found.language)
    if spoken or found.language_confidence < FLUENT_ENOUGH:
        return None
    return Escalation(reason="unsupported_language", words=f"The agent does not answer in {found.language!r} here.")


def frustrated(found: Classification, topic: Topic | None) -> Escalation | None:
    """More frustration than the topic bears."""
    most = topic.frustration_threshold if topic else PATIENCE
    if found.frustration <= most:
        return None
    words = f"The customer sounds frustrated: {found.frustration:.2f}, a person takes over above {most:.2f}."
    return Escalation(reason="frustrated", words=words)
