"""The first matching row decides, every case has one, and a broken edit keeps the last good version."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.domain.errors import DefinitionInvalid
from handrail.matrix.loader import FileMatrix

GOOD = """\
rows:
  - id: fraud
    when: {topic: [theft], risk: [high, forbidden]}
    tier: 2
    queue: fraud
    priority: 1
    respond_within_minutes: 30
    tell: {en: A specialist looks at it.}
  - id: nordic
    when: {language: [no, sv]}
    tier: 1
    queue: nordic
    respond_within_minutes: 60
    tell: {en: A colleague answers., no: En kollega svarer.}
  - id: rest
    when: {}
    tier: 1
    queue: support
    respond_within_minutes: 240
    tell: {en: A colleague answers.}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "matrix.yaml").write_text(GOOD)
    return tmp_path / "matrix.yaml"


@pytest.mark.parametrize(
    ("topic", "risk", "language", "row"),
    [
        ("theft", "high", "no", "fraud"),
        ("theft", "low", "no", "nordic"),
        ("theft", "low", "en", "rest"),
        ("parcels", "high", "sv", "nordic"),
        ("parcels", "high", "xx", "rest"),
    ],
)
def test_the_first_row_that_matches_decides(file: Path, topic: str, risk: str, language: str, row: str) -> None:
    route = FileMatrix(file).route(reason="risk", topic=topic, risk=risk, language=language)
    assert route.row == row


UNKNOWN = """\
  - id: lost
    when: {reason: [outcome_unknown], topic: [parcels]}
    tier: 1
    queue: support
    respond_within_minutes: 60
    tell: {en: Nobody knows yet.}
"""


def test_nothing_is_said_of_an_effect_of_which_nobody_knows_the_end(file: Path) -> None:
    file.write_text(GOOD.replace("rows:\n", f"tell: {{en: Nothing was done.}}\nrows:\n{UNKNOWN}"))
    matrix = FileMatrix(file)
    own = matrix.route(reason="outcome_unknown", topic="parcels", risk="low", language="en")
    assert (own.row, own.tell["en"], own.says) == ("lost", "Nobody knows yet.", "")
    other = matrix.route(reason="outcome_unknown", topic="theft", risk="high", language="en")
    assert (other.row, other.queue, other.tell, other.says) == ("fraud", "fraud", {}, "not_known")


def test_a_route_has_what_the_row_says(file: Path) -> None:
    route = FileMatrix(file).route(reason="wish", topic="x", risk="low", language="no")
    assert (route.tier, route.queue, route.priority, route.respond_within_minutes) == (1, "nordic", 3, 60)
    assert route.tell == {"en": "A colleague answers.", "no": "En kollega svarer."}


def test_every_case_has_a_row(file: Path) -> None:
    matrix = FileMatrix(file)

    @given(st.text(), st.text(), st.text(), st.text())
    def check(reason: str, topic: str, risk: str, language: str) -> None:
        assert matrix.route(reason=reason, topic=topic, risk=risk, language=language).queue

    check()


LAST = "  - id: rest\n    when: {}"
BROKEN = {
    "unknown key": (
        GOOD.replace("    queue: fraud", "    queue: fraud\n    que: x"),
        6,
        "rows.0.que: is no key that is known here",
    ),
    "unknown condition": (
        GOOD.replace("language: [no, sv]", "lang: [no]"),
        10,
        "rows.1.when.lang: is no key that is known here",
    ),
    "unknown risk": (GOOD.replace("[high, ", "[hihg, "), 3, "'hihg' does not fit: input should be 'low'"),
    "unknown topic of an example": (
        GOOD + "examples:\n  - {case: {topic: thfet, reason: risk}, row: rest}\n",
        len(GOOD.splitlines()) + 2,
        "case.topic: 'thfet' is no topic. Known: out_of_scope, parcels, theft.",
    ),
    "unknown topic": (GOOD.replace("[theft]", "[thfet]"), 3, "'thfet' is no topic. Known: out_of_scope, parcels, theft."),
    "no English": (GOOD.replace("tell: {en: A specialist", "tell: {de: A specialist"), 8, "tell: row fraud has no 'en'"),
    "an empty sentence": (GOOD.replace("no: En kollega svarer.", "no: ''"), 14, "tell: 'no' is empty"),
    "no catch-all": (GOOD.replace(LAST, LAST.replace("{}", "{reason: [x]}")), 16, "must take every other case. Add a row"),
    "an id twice": (GOOD.replace("id: nordic", "id: fraud"), 9, "id: 'fraud' stands here twice"),
    "a row never reached": (
        GOOD.replace("{language: [no, sv]}", "{topic: [theft], risk: [high], language: [sv]}"),
        9,
        "row nordic is never reached: row fraud before it takes all of its cases. Move it up.",
    ),
    "a catch-all too early": (GOOD.replace("{language: [no, sv]}", "{}"), 15, "row rest is never reached"),
    "tier 0": (GOOD.replace("tier: 2", "tier: 0"), 4, "0 does not fit: input should be greater than or equal to 1"),
    "no queue": (GOOD.replace("    queue: fraud\n", ""), 2, "rows.0.queue: is missing. Add it."),
    "no rows": ("rows: []\n", 1, "at least 1 item"),
    "an empty condition": (GOOD.replace("topic: [theft]", "topic: []"), 3, "at least 1 item"),
    "a key twice": (GOOD.replace("    queue: fraud", "    queue: fraud\n    queue: x"), 6, "'queue' stands here twice"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_matrix_is_refused_at_its_line_and_the_last_good_version_stays(file: Path, case: str) -> None:
    text, line, words = BROKEN[case]
    matrix = FileMatrix(file, topics=["theft", "parcels"])
    good = matrix.version
    file.write_text(text)
    with pytest.raises(DefinitionInvalid) as refused:
        FileMatrix(file, topics=["theft", "parcels"])
    assert str(refused.value).startswith(f"{file}:{line}: ")
    assert words in str(refused.value)
    assert len(matrix.all()) == 3
    assert matrix.version == good
    assert matrix.problem == str(refused.value)


def test_an_edit_routes_the_next_case(file: Path) -> None:
    matrix = FileMatrix(file)
    file.write_text(GOOD.replace("queue: support", "queue: night"))
    assert matrix.route(reason="x", topic="x", risk="low", language="en").queue == "night"


def test_no_matrix_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionInvalid, match="there is no such file or folder"):
        FileMatrix(tmp_path / "matrix.yaml")
