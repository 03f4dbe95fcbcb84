"""Language packs: files that a translator writes, checked with words, tried on their own examples, and no code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.text import packs as reading
from handrail.domain.text.completeness import Level, answers, level, unsafe
from handrail.domain.text.message.mail import own_words
from handrail.domain.text.packs import FIRST, Pack, pack_in, packs
from handrail.routing.signals.human_request import PersonWish
from handrail.routing.text import Folded
from handrail.routing.trial import Ear

MADE_UP = """\
name = "Quenlin"
english = "Quenlin"

[person]
phrases = ["ilma * quendo"]
not_before = ["avan"]

[risk]
stolen_card = ["karda pilwa"]

[speech]
small = ["ilma", "nai", "sina", "tanka", "vanda"]

[mail]
wrote = ["tence"]
subject = ["nimna"]
others = ["ho"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reading.SHELF, "folders", (reading.SHIPPED,))
    monkeypatch.setenv("HANDRAIL_LANGUAGES", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear()


def test_nine_languages_are_complete() -> None:
    assert list(packs().by_code)[:9] == list(FIRST)
    assert [level(code) for code in FIRST] == [Level.ANSWERS] * 9


@pytest.mark.parametrize("code", FIRST)
def test_a_pack_does_well_on_its_own_examples(ear: Ear, code: str) -> None:
    tried = list(ear.tried(code, packs().by_code[code].examples))
    assert len(tried) > 15
    assert [one for one in tried if not one.passed] == []


def test_a_new_language_is_a_file_and_no_code(folder: Path) -> None:
    mail = "Tanka sina.\n\nHo: Shop <shop@shop.example>\nNimna: karda pilwa\n\nold words"
    assert PersonWish(()).find(Folded("nai ilma sina quendo")) is None
    assert own_words(mail) == mail.strip()
    (folder / "qn.toml").write_text(MADE_UP)
    reading.SHELF.add(folder)
    assert PersonWish(()).find(Folded("nai ilma sina quendo"))
    assert PersonWish(()).find(Folded("avan ilma sina quendo")) is None
    assert own_words(mail) == "Tanka sina."
    assert Ear().risks("tanka karda pilwa") == "stolen_card"
    assert (level("qn"), answers("qn")) == (Level.LACKS, False)


def test_check_says_what_a_pack_lacks_and_what_it_does_not_hear(folder: Path) -> None:
    text = MADE_UP + '\n[examples]\nperson = ["ilma quendo", "sina quendo"]\n'
    (folder / "qn.toml").write_text(text)
    found = CliRunner().invoke(app, ["language", "check", "Quenlin", "--json"])
    assert found.exit_code == 1
    (document,) = json.loads(found.output)
    assert document["agent"] == "lacks"
    assert "risk.self_harm: is empty. Write how customers say it." in document["unsafe"]
    assert document["missed"] == [{"part": "person", "text": "sina quendo", "heard": "nothing"}]


def test_a_sentence_keeps_exactly_the_placeholders_of_the_english_one() -> None:
    pack = packs().by_code["de"]
    told = {**pack.told, "disclosure": "Antwort bis {{answer_by}}.", "poem": "x"}
    problems = list(unsafe(pack.model_copy(update={"told": told})))
    assert problems[0] == "told.disclosure: has {{answer_by}}, must have none."
    assert problems[1].startswith("told.poem: is no sentence that anybody says.")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("qn", MADE_UP.replace("[mail]", "[mails]"), "qn.toml:14: mails: is no key of a pack."),
        (
            "qn",
            MADE_UP.replace('not_before = ["avan"]', 'not_before = "avan"'),
            "qn.toml:6: person.not_before: 'avan' does not",
        ),
        ("qn", MADE_UP.replace('name = "Quenlin"\n', ""), "qn.toml:1: name: is missing. Add it."),
        ("qn", "name = Quenlin", "qn.toml: is no TOML: Invalid value (at line 1"),
        ("quenlin", MADE_UP, "quenlin.toml:1: is no code of a language."),
    ],
)
def test_a_broken_pack_names_its_line(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / f"{name}.toml"
    path.write_text(text)
    with pytest.raises(DefinitionInvalid) as refused:
        pack_in(path)
    assert words in str(refused.value)


def test_an_unknown_folder_is_refused(folder: Path) -> None:
    with pytest.raises(DefinitionInvalid, match="there is no such folder of language packs"):
        reading.SHELF.add(folder / "none")


def texts(pack: Pack) -> Iterator[str]:
    for section in (pack.person, pack.speech, pack.mood, pack.mail):
        for words in section.model_dump().values():
            yield from words
    for words in pack.risk.values():
        yield from words


def test_no_pack_holds_an_empty_word() -> None:
    assert [
        (code, word) for code, pack in packs().by_code.items() for word in texts(pack) if word != word.strip() or not word
    ] == []
