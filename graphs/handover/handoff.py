"""The packet that a person receives with a case, made of what is known and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from graphs.bounds import fitted
from graphs.handover import summary as telling
from graphs.handover.deeds import unread
from graphs.hearing import best, brief, ends, merged, own, quoted
from graphs.views import EndView
from handrail.domain.actions.asked import together as asked_in_all
from handrail.domain.actions.earlier import EarlierEffect, left_undone
from handrail.domain.base import json_bytes
from handrail.domain.case.classification import Risk, SentimentPoint
from handrail.domain.case.handoffs import CustomerWords, Escalation, Fact, Handoff, Passing
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.routes import NO_ANSWER, Route
from handrail.domain.text.message.cards import without_cards
from handrail.domain.text.message.entities import named, stated
from handrail.domain.text.message.mail import own_words

PACKET_BYTES = 120_000
"""Of JSON. It travels in the case's memory beside the facts, and all of that together has 2 MB."""
FACT_BYTES = 6_000
MESSAGES = 60
UNREAD = "What the customer wrote could not be read out in time: nothing is quoted here. The transcript holds it."
EARLIER = 20
LEFT = "Allowed, and NOT carried out"


def packet(view: EndView, why: Escalation, route: Route, now: datetime, transcript: Sequence[Message] = ()) -> Handoff:
    """The packet of what this turn, the turns and the packets before it know. `transcript` is what was said."""
    said = together(transcript, view.incoming)
    heard = ends([one for one in said if one.author is Author.CUSTOMER], MESSAGES)
    known: list[Any] = [one.value for one in view.facts] + [[one.arguments, one.result] for one in view.effects]
    read = own(brief(heard))
    told = merged(view.stated or stated(read), named(read, known))
    quotes = [quoted(one) for one in heard]
    texts = [own_words(one.text) for one in quotes]
    made = plain(view, why, route, now, quotes).model_copy(
        update={
            "problem": telling.problem(view, telling.quote(texts, why), told, why),
            "wanted": telling.wanted(texts),
            "stated": told,
            "open_questions": [*telling.open_questions(said, told, known, why), *telling.left(view.besides)],
        }
    )
    return bounded(with_what_was_known(made, view.handoff) if view.handoff else made)


def plain(
    view: EndView,
    why: Escalation,
    route: Route,
    now: datetime,
    said: Sequence[CustomerWords] = (),
    *,
    sure: bool = True,
) -> Handoff:
    """The packet without anything that has to be read out of a customer's words; not `sure`: without a look at the ledger."""
    row = view.row
    here = telling.trail(view, matrix=route.version, model=view.answered_by, served=view.served, sure=sure)
    trail = view.trail.then(here)
    return Handoff(
        case_id=row.case_id,
        customer_id=row.customer_id,
        problem=telling.problem(view, "", view.stated, why),
        wanted="",
        escalation=why,
        route=route,
        topic=row.topic or "",
        risk=view.classification.risk if view.classification else Risk.LOW,
        language=row.language or "en",
        stated=view.stated,
        said=list(said),
        facts=view.facts,
        tried=trail.tried if sure else [*trail.tried, *unread(view)],
        policy_hits=trail.hits,
        effects=view.effects,
        asked=view.asked,
        sentiment=view.sentiment or last_mood(view),
        suggested_reply=telling.draft(view.proposals),
        next_step=telling.next_step(view, why, sure=sure),
        versions=trail.versions,
        absent=view.absent,
        transcript=f"handrail case transcript {row.case_id}",
        at=now,
    )


def shortened(view: EndView, why: Escalation, route: Route, now: datetime) -> Handoff:
    """The packet where the whole one could not be made: `plain`, completed by the packet before it."""
    made = plain(view, why, route, now)
    made = made.model_copy(update={"absent": [*made.absent, UNREAD]})
    return bounded(with_what_was_known(made, view.handoff) if view.handoff else made)


def together(transcript: Sequence[Message], incoming: Sequence[Message]) -> list[Message]:
    """Everything that was said, in order; what came in just now may not be recorded yet."""
    found = {one.message_id: one for one in transcript}
    for one in incoming:
        known = found.get(one.message_id)
        # Of a very long message a turn carries a part only.
        if known is None or len(one.text) >= len(known.text):
            found[one.message_id] = one
    return list(found.values())


def last_mood(view: EndView) -> list[SentimentPoint]:
    """The one point that this turn's classification gives, where no trace was kept."""
    if view.classification is None:
        return []
    at = view.incoming[-1].at if view.incoming else view.row.updated_at
    return [SentimentPoint(turn=view.turn, at=at, frustration=view.classification.frustration)]


def with_what_was_known(packet: Handoff, before: Handoff) -> Handoff:
    """A case that is passed on keeps what the packet before it knew, each thing once."""
    fresh = {fact.name for fact in packet.facts}
    passed = Passing(
        at=before.at,
        reason=before.escalation.reason,
        words=before.escalation.words,
        queue=before.route.queue,
        tier=before.route.tier,
        holder=before.holder,
    )
    moods = {(one.turn, one.at): one for one in [*before.sentiment, *packet.sentiment]}
    unanswered = packet.escalation.reason == NO_ANSWER
    return packet.model_copy(
        update={
            "problem": before.problem if unanswered else packet.problem,
            "wanted": packet.wanted or before.wanted,
            "stated": list({(one.kind, one.value.casefold()): one for one in [*packet.stated, *before.stated]}.values()),
            "asked": asked_in_all(before.asked, packet.asked),
            "said": in_order({one.message_id: one for one in [*before.said, *packet.said]}.values()),
            "facts": [*(fact for fact in before.facts if fact.name not in fresh), *packet.facts],
            "tried": list(dict.fromkeys([*before.tried, *packet.tried])),
            "policy_hits": list({str(one): one for one in [*before.policy_hits, *packet.policy_hits]}.values()),
            "sentiment": in_order(moods.values()),
            "open_questions": before.open_questions if unanswered else packet.open_questions,
            "suggested_reply": packet.suggested_reply or before.suggested_reply,
            "next_step": before.next_step if unanswered else packet.next_step,
            "earlier": [*before.earlier, passed][-EARLIER:],
            "versions": packet.versions.since(before.versions),
        }
    )


def with_what_was_left(packet: Handoff, earlier: Sequence[EarlierEffect]) -> Handoff:
    """The packet, saying of what the rules had allowed that it was not carried out: nobody does it any more but a person.

    Packets before it said so, too; of what was carried out since, it is said no more.
    """
    left = [f"{LEFT}: {without_cards(one.in_words())}" for one in left_undone(earlier)]
    others = list(dict.fromkeys(line for line in packet.tried if not line.startswith(LEFT)))
    return packet.model_copy(update={"tried": [*others, *left[-EARLIER:]][-MESSAGES:]})


def in_order(ones: Any) -> list[Any]:
    """Order things by the time at which they were said or seen."""
    return sorted(ones, key=lambda one: (one.turn, one.at))


def bounded(packet: Handoff, limit: int = PACKET_BYTES) -> Handoff:
    """The packet within its bytes. Long facts are cut, with where to read them; then the oldest facts go, then the middle of
    what was said: the transcript has it all."""
    kept = packet.model_copy(
        update={
            "stated": best(packet.stated),
            "said": ends(packet.said, MESSAGES),
            "facts": [cut(one) for one in packet.facts],
            "tried": packet.tried[-MESSAGES:],
            "policy_hits": packet.policy_hits[-MESSAGES:],
            "sentiment": packet.sentiment[-MESSAGES:],
            "effects": packet.effects[-MESSAGES:],
            "asked": packet.asked[-MESSAGES:],
        }
    )
    while json_bytes(kept.model_dump(mode="json")) > limit:
        if len(kept.facts) > 1:
            kept = kept.model_copy(update={"facts": kept.facts[len(kept.facts) // 2 :]})
        elif len(kept.said) > 2:
            kept = kept.model_copy(update={"said": ends(kept.said, len(kept.said) // 2)})
        else:
            return shortest(kept)
    return kept


def shortest(packet: Handoff) -> Handoff:
    """Cut the packet to what must not be left out; lists that grew beyond reason keep their newest lines."""
    names = ("tried", "policy_hits", "open_questions", "effects", "asked", "stated")
    return packet.model_copy(update={name: getattr(packet, name)[-5:] for name in names})


def cut(fact: Fact) -> Fact:
    """The fact, its value no longer than `FACT_BYTES`."""
    if json_bytes(fact.value) <= FACT_BYTES:
        return fact
    value = fitted(fact.value, FACT_BYTES) if isinstance(fact.value, dict) else str(fact.value)[: FACT_BYTES // 4]
    return fact.model_copy(update={"value": value, "clipped": f"read it again: {fact.name}"})
