"""Promises, tone, language and repetition: what the words of replies say by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handrail.domain.actions.effects import EffectStatus
from handrail.domain.case.messages import Author
from handrail.domain.quality.scores import ScoredRecord, ScoreVerdict, ScoringTerms, normalised
from handrail.domain.text.plain import clean
from handrail.domain.text.reply.commitments import GIFTS, pledges, solicited
from handrail.domain.text.words import LANGUAGES, spoken, words
from handrail.quality.scoring.replies import SentReply, effects_before, own, spoken_before
from handrail.quality.scoring.verdicts import Judged, Part, of_parts, unmeasured
from handrail.routing.signals.language import LanguageDetector

SURE = 0.9
"""How sure a language must be to be held against another."""
FEW_WORDS = 6
"""Shorter replies are in no language, and are said again without harm."""
SHOUTED = re.compile(r"(?:\b[^\W\d_a-z]{3,}\b[ ,!]*){3,}|!{2,}")
_NO_REPLY = "The agent sent no reply of its own."
_LETTER = re.compile(r"[^\W\d_]")


def promises(record: ScoredRecord, replies: list[SentReply], terms: ScoringTerms) -> Judged:
    """Judge whether a reply commits the business, or asks for what no customer should write."""
    mine = own(replies)
    return of_parts(part for reply in mine for part in _promised(record, reply)) if mine else unmeasured("nothing", _NO_REPLY)


def _promised(record: ScoredRecord, reply: SentReply) -> Iterator[Part]:
    if (language := reply.language or record.language) not in LANGUAGES:
        yield ScoreVerdict.UNMEASURED, reply.evidence("language", f"Replies in {language!r} are not read for promises.")
        return
    applied = [each for each in effects_before(record, reply) if each.status is EffectStatus.APPLIED]
    given = any(stem in each.action.lower() for each in applied for stem in GIFTS)
    found = [pledge for pledge in pledges(reply.text) if not (pledge.kind == "gift" and given)]
    asked = list(solicited(reply.text))
    for pledge in found:
        words_of_it = f"It commits the business ({pledge.kind})."
        yield ScoreVerdict.BAD, reply.evidence("commitment", words_of_it, pledge.sentence)
    for sentence in asked:
        yield ScoreVerdict.BAD, reply.evidence("credentials", "It asks for a password, a code or a card number.", sentence)
    if not found and not asked:
        yield ScoreVerdict.GOOD, None


def tone(record: ScoredRecord, replies: list[SentReply], terms: ScoringTerms) -> Judged:
    """Judge whether a reply insults, blames or shouts."""
    mine = own(replies)
    return of_parts(part for reply in mine for part in _toned(record, reply)) if mine else unmeasured("nothing", _NO_REPLY)


def _toned(record: ScoredRecord, reply: SentReply) -> Iterator[Part]:
    text, language = clean(reply.text), reply.language or record.language
    found = []
    if match := SHOUTED.search(text):
        found.append(("shouting", "It shouts.", match[0]))
    listed = language in words("tone")["insults"]
    for rule, says in (("insults", "It insults."), ("blame", "It blames the customer.")) if listed else ():
        if match := spoken("tone", rule, language).search(text.lower()):
            found.append((rule, says, match[0]))
    yield from ((ScoreVerdict.BAD, reply.evidence(rule, says, quote)) for rule, says, quote in found)
    if not found and listed:
        yield ScoreVerdict.GOOD, None
    elif not found:
        yield ScoreVerdict.UNMEASURED, reply.evidence("language", f"There is no list of words for {language!r}.")


class LanguageScorer:
    """Judges whether a reply is in the customer's language; the detector is loaded with the first case."""

    def __init__(self) -> None:
        self._detector: LanguageDetector | None = None

    def __call__(self, record: ScoredRecord, replies: list[SentReply], terms: ScoringTerms) -> Judged:
        """Judge the replies that the agent sent alone."""
        mine = own(replies)
        if not mine:
            return unmeasured("nothing", _NO_REPLY)
        return of_parts(self._spoken(record, reply) for reply in mine)

    def _spoken(self, record: ScoredRecord, reply: SentReply) -> Part:
        wanted = self._of(" ".join(spoken_before(record, reply, Author.CUSTOMER))) or record.language
        found = self._of(reply.text)
        if wanted is None or found is None:
            return ScoreVerdict.UNMEASURED, reply.evidence("language", "It is too short to tell its language.")
        if found == wanted:
            return ScoreVerdict.GOOD, None
        return ScoreVerdict.BAD, reply.evidence("language", f"It is in {found!r}; the customer writes in {wanted!r}.")

    def _of(self, text: str) -> str | None:
        """Return the language where it is sure."""
        if len(_LETTER.findall(text)) < 2 * FEW_WORDS or len(text.split()) < FEW_WORDS:
            return None
        self._detector = self._detector or LanguageDetector()
        guess = self._detector.detect(text)
        return guess.language if guess.confidence >= SURE else None


def repetition(record: ScoredRecord, replies: list[SentReply], terms: ScoringTerms) -> Judged:
    """Judge whether a reply was said before in the case, or to many customers on the same day."""
    mine = [reply for reply in own(replies) if len(normalised(reply.text).split()) >= FEW_WORDS]
    if not mine:
        return unmeasured("nothing", "The agent sent no reply of its own that is long enough.")
    return of_parts(_repeated(record, reply, mine[:place], terms) for place, reply in enumerate(mine))


def _repeated(record: ScoredRecord, reply: SentReply, before: list[SentReply], terms: ScoringTerms) -> Part:
    text = normalised(reply.text)
    if any(normalised(each.text) == text for each in before):
        return ScoreVerdict.BAD, reply.evidence("again", "It was said in this case before, in the same words.")
    customers = record.same_reply.get(normalised(reply.message.text), 0)
    if customers > terms.repeated_to:
        words_of_it = f"{customers} customers were sent the same words on this day."
        return ScoreVerdict.BAD, reply.evidence("canned", words_of_it)
    return ScoreVerdict.GOOD, None
