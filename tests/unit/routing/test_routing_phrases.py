"""Phrases, the wish for a person, and what a broken risk file says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handrail.domain.case.classification import Risk
from handrail.domain.errors import DefinitionInvalid
from handrail.routing.phrases import Phrase, Phrasebook
from handrail.routing.rules import RiskRules
from handrail.routing.signals.human_request import PersonWish
from handrail.routing.text import Folded

GOOD = """\
version: 1
rules:
  - id: threat
    topic: legal
    risk: elevated
    reason: somebody threatens
    phrases:
      en: [my lawyer]
  - id: stolen
    topic: fraud
    risk: high
    reason: a card was stolen
    phrases:
      en: [card * stolen]
      de: [karte * gestohlen]
wants_person:
  phrases:
    en: [a person]
"""


def found(phrase: str, text: str) -> bool:
    return Phrasebook([Phrase(phrase, "en")]).first(Folded(text)) is not None


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("card * stolen", "My CARD was, I fear, STOLEN!"),
        ("card * stolen", "card stolen"),
        ("don't recognise", "I don’t recognise it"),
        ("don't recognise", "I dont recognise it"),
        ("carte volée", "ma carte vole\u0301e"),
        ("karte gestört", "karte gestoert"),
        ("karte gestört", "Karte gestort"),
        ("charge-back", "a charge back, please"),
        ("l'agent", "donnez-moi l’agent"),
        ("zgubiłem kartę", "ZGUBILEM KARTE"),
        ("stolen card", "a sto\u200blen card"),
        ("złodziej", "ｚłodziej"),
    ],
)
def test_found(phrase: str, text: str) -> None:
    assert found(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("card * stolen", "my postcard was stolen"),
        ("card * stolen", "the card that you sent me last week was stolen"),
        ("card * stolen", "I like the card. My bike was stolen."),
        ("sue you", "I pursue you"),
        ("two words", "words two"),
    ],
)
def test_not_found(phrase: str, text: str) -> None:
    assert not found(phrase, text)


@pytest.mark.parametrize("text", ["", "* stolen", "card *", "card * * stolen", "sto* card"])
def test_phrase_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        _ = Phrase(text, "en").tokens


WISH = PersonWish(
    Phrase(text, "en")
    for text in [
        "a person",
        "a human",
        "talk to a human",
        "mit einem Menschen",
        "à un humain",
        "con una persona",
        "met een mens",
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        "I want to talk to a human",
        "why can't I talk to a human??",
        "Why don't you let me talk to a human",
        "I don't want a bot, I want a person",
        "I don't want a bot I want a human",
        "no, let me talk to a human",
        "It does not work. A person, please.",
        "Warum kann ich nicht mit einem Menschen sprechen?",
        "Je ne veux plus de robot, je veux parler à un humain",
        "no funciona, quiero hablar con una persona",
    ],
)
def test_wishes(text: str) -> None:
    assert WISH.find(Folded(text)) is not None


@pytest.mark.parametrize(
    "text",
    [
        "I don't need a person",
        "I do not want to talk to a human",
        "no need for a person here",
        "please don't pass me to a person",
        "a person is not needed, thanks",
        "can you do it without a person?",
        "are you a bot or a person",
        "the personal agent of my person is agentic",
        "Ich möchte nicht mit einem Menschen sprechen",
        "je ne veux pas parler à un humain",
        "no quiero hablar con una persona",
        "ik wil niet met een mens praten",
    ],
)
def test_no_wish(text: str) -> None:
    assert WISH.find(Folded(text)) is None


def rules(tmp_path: Path, content: str) -> RiskRules:
    path = tmp_path / "risk.yaml"
    path.write_text(content, encoding="utf-8")
    return RiskRules(path, lambda: ["fraud", "legal"])


def test_gravest_rule_first_and_none_of_the_customers_words(tmp_path: Path) -> None:
    in_force = rules(tmp_path, GOOD).now().value
    hits = in_force.hits(Folded("My lawyer says my card from Berlin was stolen"))
    assert [hit.rule.id for hit in hits] == ["stolen", "threat"]
    assert hits[0].sentence == "rule stolen: 'card * stolen' → fraud (high): a card was stolen"
    assert in_force.mildest("fraud") is Risk.HIGH
    assert in_force.mildest("unknown") is Risk.ELEVATED


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("topic: fraud", "topic: frod", 10, "'frod' is no topic. Known: fraud, legal."),
        ("risk: high", "risk: huge", 11, "rules.1.risk"),
        ("id: stolen", "id: threat", 9, "stands here twice"),
        ("[card * stolen]", "[card *]", 14, "begins or ends with '*'"),
        ("      de:", "      german:", 15, "is no language"),
        ("    reason: a card was stolen\n", "", 9, "rules.1.reason: is missing"),
        ("wants_person:", "wants_people:", 16, "wants_people"),
    ],
)
def test_broken_file_names_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        rules(tmp_path, GOOD.replace(old, new))
    assert f"risk.yaml:{line}: " in str(refused.value)
    assert words in str(refused.value)


def test_edit_is_followed_and_a_broken_one_is_not(tmp_path: Path) -> None:
    live = rules(tmp_path, GOOD)
    first = live.now()
    path = tmp_path / "risk.yaml"
    path.write_text(GOOD.replace("card * stolen", "card * nicked"), encoding="utf-8")
    second = live.now()
    assert second.version != first.version
    assert second.value.hits(Folded("my card got nicked"))
    path.write_text("rules: [", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert live.now() is second
