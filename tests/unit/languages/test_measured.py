"""What is heard in thirty-five languages, on sentences that were written for this, and in messages of several languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from handrail.domain.text.completeness import Level, level
from handrail.domain.text.packs import FIRST, packs
from handrail.routing.trial import Ear

SENTENCES: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("sentences.yaml").read_text("utf-8"))
UNHEARD = {"can someone human take a look at this please"}
UNTOLD = {"kuriér to dal nejakému človeku na ulici"}
SPOKEN_TO_PEOPLE = [
    "Hallo, can I speak to a human bitte",
    "Hola, ich möchte mit einem Menschen sprechen por favor",
    "Bonjour, I want a real person svp",
    "Привет, can I talk to a human please",
    "こんにちは, please connect me to an agent",
    "Merhaba, ich will mit einem Mitarbeiter sprechen",
    "你好 I need a real person 转人工",
    "Dzień dobry, quiero hablar con una persona",
    "hi, nechci bota, mluvit s člověkem please",
    "안녕하세요 human agent please",
    "سلام, let me talk to a human",
    "Hei, puhua ihmiselle, asap please",
    "नमस्ते please insan se baat karwao",
    "שלום, נציג please",
    "Tack, men jag vill snakke med et menneske",
    "xin chào, talk to a real person giúp tôi",
]
SPOKEN_OF_NOTHING = [
    "Hallo, where is my order bitte?",
    "Merci, the lamp is super, danke",
    "Здравствуйте, my parcel O-10024 не пришла",
    "こんにちは, tracking number はどこですか",
    "Ciao, il mio refund è arrivato, thanks",
    "مرحبا, order O-10024 please",
    "안녕하세요, 배송 tracking 부탁드려요",
    "Kargom nerede, please help",
    "Hi, meine Karte funktioniert wieder, gracias",
    "Hej, min new lamp är great, kiitos",
]
SPOKEN_OF_RISK = [
    ("stolen_card", "Hi, мою карту украли, карту украли!!"),
    ("stolen_card", "please help, 信用卡被偷"),
    ("stolen_card", "Hallo, mi hanno rubato la carta di credito"),
    ("compromised_account", "hello, hesabım hacklendi"),
    ("compromised_account", "Guten Tag, my account was hacked"),
    ("legal_threat", "ok then avukatım will call you"),
    ("legal_threat", "I talk to mon avocat"),
]


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear()


def test_thirty_five_languages_route_safely_and_nine_are_answered() -> None:
    levels = {code: level(code) for code in packs().by_code}
    assert set(SENTENCES) == set(levels)
    assert len(levels) == 35
    assert [code for code, reached in levels.items() if reached is Level.ANSWERS] == list(FIRST)
    assert Level.LACKS not in levels.values()


def test_every_pack_does_well_on_its_own_examples(ear: Ear) -> None:
    tried = [one for code, pack in packs().by_code.items() for one in ear.tried(code, pack.examples)]
    assert len(tried) > 35 * 20
    assert [one for one in tried if not one.passed] == []


@pytest.mark.parametrize("code", SENTENCES)
def test_what_was_said_is_heard_and_nothing_else(ear: Ear, code: str) -> None:
    said = SENTENCES[code]
    assert [text for text in said["person"] if ear.person(text) != "person" and text not in UNHEARD] == []
    assert [(kind, text) for kind, texts in said["risk"].items() for text in texts if kind not in ear.risks(text)] == []
    silent = [*said["nobody"], *said["calm"]]
    assert [(text, ear.anything(text)) for text in silent if ear.anything(text) != "nothing"] == []
    whole = [text for text in (*said["person"], *silent) if text not in UNTOLD]
    assert [(text, ear.language(text)) for text in whole if ear.language(text) != code] == []


def test_no_sentence_is_taken_for_one_of_another_language(ear: Ear) -> None:
    assert {ear.language(text) for text in UNTOLD} == {"unsure"}


@pytest.mark.parametrize("text", SPOKEN_TO_PEOPLE)
def test_a_wish_in_several_languages_is_heard(ear: Ear, text: str) -> None:
    assert ear.person(text) == "person"


@pytest.mark.parametrize("text", SPOKEN_OF_NOTHING)
def test_nothing_is_heard_in_several_languages_where_nothing_was_said(ear: Ear, text: str) -> None:
    assert ear.anything(text) == "nothing"


@pytest.mark.parametrize(("kind", "text"), SPOKEN_OF_RISK)
def test_a_risk_in_several_languages_is_heard(ear: Ear, kind: str, text: str) -> None:
    assert kind in ear.risks(text).split()


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("工人把包裹放在门口", "nothing"),
        ("人が多いですね", "nothing"),
        ("사람이 많네요", "nothing"),
        ("人工", "person"),
        ("我要人工!!!", "person"),
        ("कार्ड चारा", "nothing"),
        ("がんばってカードを使いました", "nothing"),
        ("ขอเจ้าหน้าที่", "person"),
    ],
)
def test_scripts_without_blanks_are_read_by_their_characters(ear: Ear, text: str, heard: str) -> None:
    assert ear.anything(text) == heard


@pytest.mark.parametrize(
    "text",
    [
        "Вы можете соединить меня с оператором?",
        "Ви можете з'єднати мене з оператором?",
        "אתה יכול להעביר אותי לנציג?",
        "क्या आप मुझे एजेंट से कनेक्ट कर सकते हैं?",
        "Apakah Anda bisa hubungkan saya dengan operator?",
        "혹시 상담원 연결 가능한가요?",
        "你是不是可以帮我转人工",
        "เป็นไปได้ไหมที่จะคุยกับเจ้าหน้าที่",
        "Ar jūs galite mane sujungti su operatoriumi?",
        "Jste schopni mě spojit s operátorem?",
        "Ali me lahko povežete z operaterjem?",
        "Jeste li u mogućnosti spojiti s operaterom?",
        "Er du sød at stille mig om til en medarbejder?",
    ],
)
def test_a_polite_question_for_a_person_is_a_wish(ear: Ear, text: str) -> None:
    assert ear.person(text) == "person"


@pytest.mark.parametrize(
    "text",
    [
        "The yoga mat the courier brought is torn",
        "Hij giet het water over de planten",
        "Je voudrais un avocat en peluche",
        "Tu, tu! Proszę tutaj",
        "Ich bin Jurist und brauche eine Rechnung",
        "Tai tiesa, lempa puiki",
        "Vetoan oikeuteen palauttaa tuote",
    ],
)
def test_a_phrase_of_one_language_is_no_everyday_word_of_another(ear: Ear, text: str) -> None:
    assert ear.anything(text) == "nothing"
