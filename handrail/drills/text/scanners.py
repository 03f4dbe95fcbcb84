"""Everything that reads a customer's words, and claims of deeds in a reply's, timed over texts of many kinds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from handrail.business import Business
from handrail.domain.case.messages import Author, Message, check_text
from handrail.domain.case.patience import asked_before
from handrail.domain.text.deeds.held import held
from handrail.domain.text.figures.mentions import mentions
from handrail.domain.text.message.cards import without_cards
from handrail.domain.text.message.changes import changes
from handrail.domain.text.message.entities import stated
from handrail.domain.text.message.mail import own_words
from handrail.domain.text.plain import clean
from handrail.domain.text.reply.replies import LONGEST
from handrail.domain.text.sentences import sentences
from handrail.drills.text.kinds import LENGTH, kinds
from handrail.routing.router import LocalRouter
from handrail.routing.rules import RiskRules
from handrail.routing.signals.complexity import Complexity
from handrail.routing.signals.language import LanguageDetector
from handrail.routing.signals.mood import MoodReader
from handrail.routing.text import Folded, readable
from handrail.topics.loader import FileTopics

TARGET = 50.0
"""Milliseconds of CPU that one scanner may take for the longest message."""
Scan = Callable[[str], object]
_AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
_ASKED = "Refund 50.00 USD of order O-10001."
_OURS = "Thank you for your message. A person reads this now and answers by tomorrow."


def scanners(business: Business, folder: Path) -> dict[str, Scan]:
    """Each scanner by its name; those of routing over the definitions in `folder`."""
    topics = FileTopics(folder / "topics", business.by_name)
    router = LocalRouter(topics, folder / "risk.yaml")
    rules = RiskRules(folder / "risk.yaml", lambda: [topic.name for topic in topics.all()]).now().value
    asyncio.run(router.load())
    languages, mood, complexity = LanguageDetector(), MoodReader(), Complexity()
    return {
        "check": lambda text: check_text("text", f"a{text[1:]}"),
        "cards": without_cards,
        "sentences": sentences,
        "mentions": mentions,
        "entities": lambda text: stated([_message(text)], [{"name": "Oak Lamp"}, {"title": "Writing Desk"}]),
        "quotes": lambda text: own_words(text, [_OURS]),
        "patience": lambda text: asked_before([_message(text, 4)], [_message(text, 1), _answer(), _message(text, 3)], 0.8),
        "rules": lambda text: rules.hits(Folded(readable(text)), ()),
        "wish": lambda text: rules.wish.find(Folded(readable(text))),
        "language": lambda text: languages.detect(readable(text)),
        "mood": lambda text: mood.frustration(readable(text), Folded(readable(text))),
        "complexity": lambda text: complexity.of(readable(text), Folded(readable(text)), set()),
        "changes": lambda text: changes([text], "en", [_ASKED]),
        "deeds": lambda text: held(clean(text)[:LONGEST], [], []),
        "router": lambda text: asyncio.run(router.classify(text, topic_before=None)),
    }


def timed(found: dict[str, Scan], length: int = LENGTH) -> Iterator[tuple[str, str, float]]:
    """Scanner, kind of text, and milliseconds of CPU, the better of two."""
    texts = kinds(length)
    for name, scan in found.items():
        scan("Where is my order O-10021?")
        for kind, text in texts.items():
            yield name, kind, min(cpu(scan, text), cpu(scan, text))


def cpu(scan: Scan, text: str) -> float:
    """Milliseconds of this process's time."""
    began = time.process_time()
    scan(text)
    return (time.process_time() - began) * 1_000


def _message(text: str, minute: int = 0) -> Message:
    at = _AT.replace(minute=minute)
    return Message(message_id=f"m-{minute}", author=Author.CUSTOMER, text=text, at=at, turn=1)


def _answer() -> Message:
    return Message(message_id="a", author=Author.ASSISTANT, text=_OURS, at=_AT.replace(minute=2), turn=1)
