"""What a customer is told in their language: by whom, by when, and honestly where nobody speaks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graphs.handover.notice import filled, opening, sentence
from graphs.screening import foreign
from handrail.domain.case.classification import Classification
from handrail.domain.case.routes import NOT_KNOWN, Route
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.team.staff import Expectation, Need, Roster, TeamMember
from handrail.domain.text.completeness import PLACEHOLDER
from handrail.domain.text.packs import FIRST, packs
from handrail.matrix.loader import FileMatrix
from handrail.people.staff import words

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
OTHERS = [code for code in packs().by_code if code not in FIRST]


def route(*, fluent: bool = True, says: str = "asked", opens: datetime | None = None, **told: dict[str, str]) -> Route:
    expected = Expectation(remind_at=NOW, answer_by=LATER, fluent=fluent, opens_at=opens)
    return Route(tier=1, queue="support", says=says, expected=expected, **told)


def told(code: str) -> dict[str, str]:
    return packs().by_code[code].told


@pytest.mark.parametrize("code", packs().by_code)
def test_a_notice_is_in_the_customers_language(code: str) -> None:
    assert sentence(route(), code, late=False) == (told(code)["asked"], code)
    assert sentence(route(), code, late=True) == (told(code)["late"], code)
    assert sentence(route(opens=LATER), code, late=False) == (f"{told(code)['asked']} {told(code)['away']}", code)
    assert sentence(route(fluent=False), code, late=False) == (f"{told(code)['asked']} {told(code)['translated']}", code)


def test_what_a_pack_does_not_say_of_its_own_is_said_in_general() -> None:
    assert sentence(route(says="expired"), "tr", late=False) == (told("tr")["takes_over"], "tr")
    assert sentence(route(says="expired"), "fr", late=False) == (told("fr")["expired"], "fr")
    assert sentence(route(says="expired"), "xx", late=False) == (told("en")["expired"], "en")


def test_nobody_is_promised_a_reader_of_their_language_where_there_is_none() -> None:
    words, spoken = sentence(route(fluent=False, says="language"), "fr", late=False)
    assert (words, spoken) == (f"{told('fr')['takes_over']} {told('fr')['translated']}", "fr")


def test_the_businesss_own_sentence_goes_before_the_packs() -> None:
    own = route(tell={"en": "We answer.", "nl": "Wij antwoorden."}, away={"en": "Closed."}, late={"en": "Late."}, opens=LATER)
    assert sentence(own, "nl", late=False)[0] == f"Wij antwoorden. {told('nl')['away']}"
    assert sentence(own, "en", late=False)[0] == "We answer. Closed."
    assert sentence(own, "en", late=True)[0] == "Late. Closed."


@pytest.mark.parametrize("code", OTHERS)
def test_in_a_language_that_the_agent_does_not_speak_the_first_notice_says_so(code: str) -> None:
    assert opening(code, disclosed=False) == told(code)["disclosure"]
    assert opening(code, disclosed=True) == ""


def test_elsewhere_the_agents_first_reply_says_so() -> None:
    assert [opening(code, disclosed=False) for code in (*FIRST, "xx")] == [""] * 10


@pytest.mark.parametrize("code", OTHERS)
def test_the_agent_never_answers_in_a_language_without_a_complete_pack(code: str) -> None:
    found = Classification(topic="refund", confidence=0.9, language=code, language_confidence=0.9)
    why = foreign(found, [code, "en"])
    assert why is not None
    assert why.reason == "unsupported_language"


def test_the_agent_answers_where_pack_and_topic_have_the_language() -> None:
    found = Classification(topic="refund", confidence=0.9, language="it", language_confidence=0.9)
    assert foreign(found, ["en", "it"]) is None
    assert foreign(found, ["en"]) is not None


@pytest.mark.parametrize("code", FIRST)
def test_what_may_have_been_done_has_words_of_its_own(code: str) -> None:
    words_, spoken = sentence(route(says=NOT_KNOWN), code, late=False)
    assert (words_, spoken) == (told(code)[NOT_KNOWN], code)
    assert words_ not in (told(code)["not_done"], told(code)["takes_over"])


def test_times_keep_their_order_in_a_text_from_right_to_left() -> None:
    made = route()
    say = lambda moment, now, language: words(moment, now, language, "UTC")  # noqa: E731
    assert "\u206811:00 (UTC)\u2069" in filled(sentence(made, "he", late=False)[0], made, NOW, "he", say)
    assert "\u2068" not in filled(sentence(made, "fr", late=False)[0], made, NOW, "fr", say)


@pytest.mark.parametrize("code", packs().by_code)
def test_every_sentence_keeps_the_english_placeholders(code: str) -> None:
    assert {name: sorted(PLACEHOLDER.findall(text)) for name, text in told(code).items()} == {
        name: sorted(PLACEHOLDER.findall(told("en")[name])) for name in told(code)
    }


def test_an_expectation_knows_whether_somebody_speaks_the_language() -> None:
    ann = TeamMember(name="ann", skills=["support"], languages=["en", "tr"])
    roster = Roster(people=[ann])
    heard = {code: roster.expect(Need(queue="support", tier=1, language=code), NOW, 60).fluent for code in ("tr", "ko")}
    assert heard == {"tr": True, "ko": False}
    assert Roster().expect(Need(queue="support", tier=1, language="ko"), NOW, 60).fluent


def test_a_row_that_says_an_unknown_sentence_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "matrix.yaml"
    row = "rows:\n  - {id: all, when: {}, tier: 1, queue: support, respond_within_minutes: 60, says: NAME}\n"
    file.write_text(row.replace("NAME", "asked"))
    assert FileMatrix(file).fallback().says == "asked"
    file.write_text(row.replace("NAME", "away"))
    with pytest.raises(DefinitionInvalid, match=r"says: 'away' is no sentence of the language packs. Known: takes_over"):
        FileMatrix(file)
