"""Grounding: every figure, date, identifier and deed of a reply rests on what was known, as the guardrail wants it.

It reads the record, not the turn: facts are those of the last turn's end. What does not fit there may have fitted what an
earlier turn knew, so it is unmeasured, and never bad.
"""

from __future__ import annotations

from collections.abc import Iterator

from handrail.domain.actions.proposals import RuleHit
from handrail.domain.case.messages import Author
from handrail.domain.quality.scores import ScoredRecord, ScoreEvidence, ScoreVerdict, ScoringTerms
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.reply.replies import rule_reply
from handrail.domain.text.words import LANGUAGES
from handrail.quality.scoring.replies import SentReply, effects_before, own, spoken_before
from handrail.quality.scoring.verdicts import Judged, of_parts, unmeasured

RULES = frozenset(
    (
        "amount",
        "percent",
        "number",
        "date",
        "time",
        "identifier",
        "email",
        "phone",
        "card",
        "unread",
        "currency",
        "promise",
    )
)
FACTS_KEPT = 40
"""A turn keeps so many facts at most: where there are as many, older ones may be gone."""


def grounding(record: ScoredRecord, replies: list[SentReply], terms: ScoringTerms) -> Judged:
    """Judge the replies that the agent sent alone."""
    mine = own(replies)
    if not mine:
        return unmeasured("nothing", "The agent sent no reply of its own.")
    return of_parts(part for reply in mine for part in _parts(record, reply, terms))


def _parts(record: ScoredRecord, reply: SentReply, terms: ScoringTerms) -> Iterator[tuple[ScoreVerdict, ScoreEvidence | None]]:
    language = reply.language or record.language
    if language not in LANGUAGES:
        yield ScoreVerdict.UNMEASURED, reply.evidence("language", f"Replies in {language!r} are not read for deeds.")
        return
    hits = [hit for hit in hits_of(record, reply, terms, language) if hit.rule in RULES]
    if not hits:
        yield ScoreVerdict.GOOD, None
    why = _not_known(record, reply, terms)
    for hit in hits:
        if why:
            yield ScoreVerdict.UNMEASURED, reply.evidence(hit.rule, f"{hit.message} {why}")
        else:
            yield ScoreVerdict.BAD, reply.evidence(hit.rule, hit.message)


def hits_of(record: ScoredRecord, reply: SentReply, terms: ScoringTerms, language: str) -> list[RuleHit]:
    """Return every rule that the reply breaks, held against what the record tells was known."""
    effects = effects_before(record, reply)
    known = [*(record.facts or ()), *(each.result for each in effects), *(each.arguments for each in effects)]
    topic = next((each for each in terms.topics if each.name == record.topic), None)
    evidence = Evidence.gather(
        known,
        effects=effects,
        person=[*spoken_before(record, reply, Author.PERSON), *record.notes],
        customer=[*spoken_before(record, reply, Author.CUSTOMER), *(record.on_record or ())],
        terms=topic.terms if topic else (),
    )
    return rule_reply(reply.text, evidence, now=reply.message.at, language=language, allowed_links=terms.links, forbidden=())


def _not_known(record: ScoredRecord, reply: SentReply, terms: ScoringTerms) -> str:
    """Say why the record may lack what the reply rested on; empty where it has everything."""
    if record.withdrawn:
        return "The customer has withdrawn words that it may rest on; they are not read any more."
    if not reply.last:
        return "It is not of the last turn, whose facts alone are kept."
    if record.on_record is None:
        return "The business could not be asked what it tells of the customer."
    if record.facts is None:
        return "The turn's journal is gone."
    if len(record.facts) >= FACTS_KEPT:
        return "So many facts were read that older ones are gone."
    if not any(each.name == record.topic for each in terms.topics):
        return f"The topic {record.topic!r} is not defined any more, nor is what its texts allowed."
    return ""
