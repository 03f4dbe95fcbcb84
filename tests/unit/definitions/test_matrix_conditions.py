"""What a row may ask of a case, the examples in the file, and the page that prints it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from handrail.cli.main import app
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.money import Money, named
from handrail.matrix import page
from handrail.matrix.examples import trial
from handrail.matrix.loader import FileMatrix

FILE = """\
hours:
  zone: Europe/Berlin
  open: [{days: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00"}]
  closed: [2026-11-24]
then: [{tier: 2, queue: seniors, respond_within_minutes: 60}]
away: {en: "Closed until {{opens_at}}."}
rows:
  - id: large
    when: {amount: {at_least: 1000}}
    tier: 2
    queue: seniors
    respond_within_minutes: 30
    then: [{tier: 2, queue: bosses, respond_within_minutes: 15}]
    tell: {en: "By {{answer_by}}."}
  - id: loyal
    when: {customer: {spent: {at_least: 500, below: 900}, segments: [vip, staff]}}
    tier: 1
    queue: desk
    respond_within_minutes: 30
    tell: {en: Soon.}
  - id: night
    when: {open: false, hour: {from: "22:00", to: "06:00"}}
    tier: 1
    queue: night
    respond_within_minutes: 30
    tell: {en: Soon.}
  - id: weekend
    when: {weekday: [sat, sun]}
    tier: 1
    queue: weekend
    respond_within_minutes: 30
    tell: {en: Soon.}
  - id: rest
    when: {}
    tier: 1
    queue: desk
    respond_within_minutes: 90
    tell: {en: Soon.}
examples:
  - {case: {reason: risk, topic: x, amount: 1000}, row: large}
  - {case: {reason: risk, topic: x, customer: {spent: 500, segments: [new, vip]}}, row: loyal}
  - {case: {reason: risk, topic: x, at: "2026-11-23T23:30:00"}, row: night}
  - {case: {reason: risk, topic: x, at: "2026-11-22T12:00:00"}, row: weekend}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "matrix.yaml").write_text(FILE)
    return tmp_path / "matrix.yaml"


def taken(file: Path, **case: object) -> str:
    known = {"reason": "x", "topic": "x", "risk": "low", "language": "en", **case}
    return FileMatrix(file).route(**known).row  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "row"), [(None, "rest"), (999.99, "rest"), (1000, "large"), (float("nan"), "rest"), (1e9, "large")]
)
def test_an_amount_from_here_on(file: Path, amount: float | None, row: str) -> None:
    assert taken(file, amounts=[Money(Decimal(str(amount)))] if amount is not None else []) == row


@pytest.mark.parametrize(
    ("written", "row"),
    [
        ("600 US dollars", "rest"),
        ("1,000 US dollars", "large"),
        ("tausend Euro", "large"),
        ("950 €", "large"),
        ("900 €", "rest"),
        ("1 000 kr", "rest"),
        ("1.000,- €", "large"),
        ("900 RON", "large"),
        ("900 USD and 12.000 SEK", "large"),
        ("the $20 M shirt", "rest"),
    ],
)
def test_a_sum_is_compared_in_the_business_s_currency(file: Path, written: str, row: str) -> None:
    rates = "version: 1\ncurrency: USD\nat: 2026-11-02\nrates: {EUR: 1.08, SEK: 0.1, NOK: 0.1, DKK: 0.15, CZK: 0.04}\n"
    file.with_name("rates.yaml").write_text(rates)
    assert taken(file, amounts=list(named(written))) == row


def test_without_rates_two_currencies_are_not_compared(file: Path) -> None:
    assert taken(file, amounts=list(named("900 SEK and 80 SEK"))) == "rest"
    assert taken(file, amounts=list(named("90 SEK and 80 USD"))) == "large"


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ("rates: {EUR: -1}", "rates.EUR: -1 is no rate. Use a number above 0."),
        ("rates: {XXQ: 1}", "rates.XXQ: is no currency in use. Use an ISO code, for example 'EUR'."),
        ("rates: {EUR: yes}", "rates.EUR"),
        ("day: 2026", "day: is no key that is known here."),
    ],
)
def test_rates_that_cannot_be_meant_are_refused(file: Path, rates: str, words: str) -> None:
    file.with_name("rates.yaml").write_text(f"version: 1\ncurrency: USD\n{rates}\n")
    with pytest.raises(DefinitionInvalid, match=r"rates\.yaml:3: ") as refused:
        FileMatrix(file)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("customer", "row"),
    [
        ({}, "rest"),
        ({"spent": 500}, "rest"),
        ({"spent": 500, "segments": ["vip"]}, "loyal"),
        ({"spent": 900, "segments": ["vip"]}, "rest"),
        ({"spent": True, "segments": ["vip"]}, "rest"),
        ({"spent": "600", "segments": "vip"}, "rest"),
        ({"spent": 600, "segments": "staff"}, "loyal"),
    ],
)
def test_what_the_business_tells_of_a_customer(file: Path, customer: dict[str, object], row: str) -> None:
    assert taken(file, customer=customer) == row


@pytest.mark.parametrize(
    ("moment", "row"),
    [
        ("2026-11-23T21:59:00+01:00", "rest"),
        ("2026-11-23T22:00:00+01:00", "night"),
        ("2026-11-24T05:59:00+01:00", "night"),
        ("2026-11-22T06:00:00+01:00", "weekend"),
        ("2026-11-22T23:00:00+00:00", "night"),
    ],
)
def test_the_hour_on_the_house_s_own_clock(file: Path, moment: str, row: str) -> None:
    assert taken(file, at=datetime.fromisoformat(moment).astimezone(UTC)) == row


def test_a_route_names_row_version_and_who_is_next(file: Path) -> None:
    matrix = FileMatrix(file)
    large = matrix.route(reason="x", topic="x", risk="low", language="en", amounts=[Money(Decimal(5000))])
    assert (large.row, large.version) == ("large", matrix.version)
    assert [one.queue for one in large.then or []] == ["bosses"]
    rest = matrix.route(reason="x", topic="x", risk="low", language="en")
    assert [one.queue for one in rest.then or []] == ["seniors"]
    passed = rest.passed_on()
    assert passed is not None
    assert (passed.queue, passed.tier, passed.priority, passed.then) == ("seniors", 2, 2, [])
    assert passed.passed_on() is None


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("{at_least: 1000}", "{}", 9, "needs at_least, below or both"),
        ("{at_least: 500, below: 900}", "{at_least: 900, below: 500}", 16, "holds nothing"),
        ("By {{answer_by}}.", "By {{answer}}.", 14, "'{{answer}}' is filled in by nobody. Known here: {{answer_by}}"),
        ("queue: bosses", "queue: seniors", 13, "tier 2, queue seniors has the case already"),
        ("[{tier: 2, queue: bosses", "[{tier: 1, queue: bosses", 13, "A case never goes down"),
        ("spent:", "spnt:", 16, "'spnt' is no fact of a customer. Known: segments, spent"),
        ("{weekday: [sat, sun]}", "{open: false, hour: {from: '23:00', to: '04:00'}}", 27, "row weekend is never reached"),
        ("row: large", "row: larg", 40, "'larg' is no row"),
        ("Closed until", "{{ Closed", 6, "is filled in by nobody"),
    ],
)
def test_a_matrix_that_cannot_work_is_refused_at_its_line(file: Path, before: str, after: str, line: int, said: str) -> None:
    assert before in FILE
    file.write_text(FILE.replace(before, after, 1))
    with pytest.raises(DefinitionInvalid) as refused:
        FileMatrix(file, facts=["spent", "segments"])
    assert said in str(refused.value)
    assert f"{file}:{line}: " in str(refused.value)


def test_hours_are_needed_where_rows_go_by_them(file: Path) -> None:
    file.write_text("then: [" + FILE.partition("then: [")[2])
    with pytest.raises(DefinitionInvalid, match=r"the file has none\. Add 'hours:'"):
        FileMatrix(file)


def test_examples_are_tried_and_rows_without_one_are_named(file: Path) -> None:
    found = trial(FileMatrix(file).now(), "matrix.yaml")
    assert found.passed
    assert found.unproven == ["rest"]
    file.write_text(FILE.replace("amount: 1000}, row: large", "amount: 1000}, row: rest"))
    (wrong,) = [one for one in trial(FileMatrix(file).now(), "matrix.yaml").tried if not one.passed]
    assert (wrong.wanted, wrong.taken) == ("rest", "large")
    file.write_text(FILE.partition("examples:")[0])
    with pytest.raises(DefinitionInvalid, match="has no examples"):
        trial(FileMatrix(file).now(), "matrix.yaml")


def run(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        app([*command])
    return int(left.value.code or 0), capsys.readouterr().out


def test_the_command_tells_by_its_exit_code(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(FILE.replace("{spent:", "{spent_usd:"))
    code, out = run(capsys, "matrix", "test", str(file), "--json")
    document = json.loads(out)
    assert (code, document["passed"], document["rows"], document["unproven"]) == (0, True, 5, ["rest"])
    assert run(capsys, "matrix", "test", str(file), "--strict")[0] == 1
    (file.parent / "people.yaml").write_text(
        "people: [{name: ann, skills: [desk, night, weekend, seniors], languages: [en], tier: 2, pool: true}]"
    )
    code, out = run(capsys, "matrix", "test", str(file), "--json")
    assert (code, json.loads(out)["unstaffed"]) == (1, [{"row": "large", "queue": "bosses", "tier": 2}])
    file.write_text(file.read_text().partition("examples:")[0])
    code, out = run(capsys, "matrix", "test", str(file), "--json")
    assert (code, json.loads(out)["error"]["type"]) == (3, "DefinitionInvalid")


def test_the_page_shows_every_row_and_runs_nothing(file: Path) -> None:
    file.write_text(FILE.replace("tell: {en: Soon.}", "tell: {en: '<script>alert(1)</script> | **x** [a](http://b)'}", 1))
    matrix = FileMatrix(file)
    made = page.html(matrix.now(), matrix.version)
    tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

    Tags().feed(made)
    assert "script" not in tags
    assert tags.count("tr") == 6
    assert all(row.id in made for row in matrix.all())
    printed = page.markdown(matrix.now(), matrix.version)
    assert "\\<script\\>" in printed
    assert "\\[a\\]\\(http://b\\)" in printed
    lines = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(lines) == 7
    assert all(line.replace("\\|", "").count("|") == len(page.HEAD) + 1 for line in lines)
