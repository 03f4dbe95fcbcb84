"""Yes and no in languages whose cases go to people: clear, taken back, unsure, and where nothing of the kind was said."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from handrail.cli.main import app
from handrail.domain.text import packs as reading
from handrail.domain.text.completeness import unsafe
from handrail.domain.text.message.answers import Consent, read_answer
from handrail.domain.text.packs import FIRST, packs

WANTED = {
    "agrees": {Consent.YES},
    "refuses": {Consent.NO},
    "unsure": {Consent.UNSURE},
    "but": {Consent.OTHER, Consent.UNSURE},
    "else": {Consent.OTHER},
    "never": {Consent.NO, Consent.UNSURE, Consent.OTHER},
}
SAID = yaml.safe_load(Path(__file__).with_name("answers_routed.yaml").read_text("utf-8"))
MADE_UP = """\
name = "Quenlin"
english = "Quenlin"

[answers]
yes = ["ná", "ná tanka"]
no = ["lá"]
unsure = ["cenuva"]
but = ["mal"]

[examples]
yes = ["Ná tanka!", "ná mal lá"]
no = ["Lá"]
unsure = ["cenuva"]
not_yes = ["ná, mal"]
"""


def test_every_language_beyond_the_nine_is_tried() -> None:
    assert sorted(SAID) == sorted(set(packs().by_code) - set(FIRST))


@pytest.mark.parametrize("language", SAID)
def test_every_answer_is_heard_as_what_it_is(language: str) -> None:
    said, wrong, right = SAID[language], [], Counter[str]()
    for kind, wanted in WANTED.items():
        for text in said.get(kind, ()):
            heard = read_answer([text], language, [said["asked"]])
            right[kind] += heard in wanted
            wrong += [] if heard in wanted else [f"{kind}: {text!r} is heard as {heard}"]
    sys.stdout.write(
        f"{language}: " + ", ".join(f"{kind} {right[kind]} of {len(said[kind])}" for kind in WANTED if kind in said) + "\n"
    )
    assert sum(len(said.get(kind, ())) for kind in WANTED) >= 15
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("language", "text", "asked"),
    [
        ("ja", "はい？", ""),
        ("ar", "نعم؟", ""),
        ("el", "Ναι;", ""),
        ("ja", "「はい」", ""),
        ("fi", "”kyllä”", ""),
        ("zh", "好不好", ""),
        ("zh", "不好", ""),
        ("ja", "はい、キャンセルしないで", "注文をキャンセルします。元に戻すことはできないです。"),
        ("ko", "네, 취소하지 않습니다", "취소합니다. 되돌리지 않습니다."),
        ("th", "ใช่ ไม่ยกเลิก", "ยกเลิก ไม่สามารถย้อนกลับ"),
        ("tr", "Evet, gönderilmesin", "Para gönderilecek."),
        ("tr", "yapmıyorum", ""),
        ("fi", "Kyllä, peruuttamatta", "Peruuttaminen."),
        ("fi", "Kyllä, jättäkää", ""),
        ("et", "Jah, tühistamata", "Tühistamine."),
        ("lv", "Jā, ja viss labi", ""),
        ("vi", "đừng", ""),
        ("vi", "Được không", ""),
    ],
)
def test_a_script_or_grammar_of_its_own_makes_no_yes(language: str, text: str, asked: str) -> None:
    assert read_answer([text], language, [asked] if asked else []) is not Consent.YES


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("he", "כֵּן"),
        ("ar", "نَعَم"),
        ("tr", "EVET"),
        ("tr", "onaylıyorum"),
        ("ru", "ДА!!!"),
        ("vi", "dong y"),
        ("sk", "suhlasim"),
    ],
)
def test_points_capitals_and_missing_accents_change_nothing(language: str, text: str) -> None:
    assert read_answer([text], language) is Consent.YES


def test_a_new_pack_is_heard_and_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading.SHELF, "folders", (reading.SHIPPED,))
    monkeypatch.setenv("HANDRAIL_LANGUAGES", str(tmp_path))
    (tmp_path / "qn.toml").write_text(MADE_UP, "utf-8")
    assert read_answer(["ná"], "qn") is Consent.OTHER
    reading.SHELF.add(tmp_path)
    heard = [read_answer([text], "qn") for text in ("Na, tanka", "lá", "cenuva", "ná, mal lá", "sina")]
    assert heard == [Consent.YES, Consent.NO, Consent.UNSURE, Consent.OTHER, Consent.OTHER]
    (document,) = json.loads(CliRunner().invoke(app, ["language", "check", "qn", "--json"]).output)
    assert {part: document["tried"][part] for part in ("yes", "no", "unsure", "not_yes")} == {
        "yes": "1 of 2",
        "no": "1 of 1",
        "unsure": "1 of 1",
        "not_yes": "1 of 1",
    }
    assert document["missed"] == [{"part": "yes", "text": "ná mal lá", "heard": "other"}]


@pytest.mark.parametrize("kind", ["yes", "no", "unsure", "but"])
def test_a_pack_without_answers_is_not_routed_safely(kind: str) -> None:
    pack = packs().by_code["ru"]
    lacking = pack.model_copy(update={"answers": pack.answers.model_copy(update={kind: []})})
    assert list(unsafe(lacking)) == [f"answers.{kind}: is empty. Write how customers answer a question."]


def test_a_yes_that_reads_like_its_contrary_is_named() -> None:
    pack = packs().by_code["vi"]
    words = pack.answers.model_copy(update={"yes": [*pack.answers.yes, "đúng"]})
    assert list(unsafe(pack.model_copy(update={"answers": words}))) == [
        "answers.yes: 'đúng' reads like 'đừng' in answers.unsure without case and accents. Take it out."
    ]
