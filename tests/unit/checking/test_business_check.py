"""`handrail business check` over the package that `business new` writes, with one fault of each kind put in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from handrail.checking.check import check
from handrail.checking.findings import CheckPart, Severity
from handrail.cli.main import app
from tests.support.packages import Package, package

LARGE = "    - id: large-table\n"


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    with package(tmp_path, monkeypatch) as made:
        yield made


def test_what_business_new_writes_passes(acme: Package) -> None:
    done = check("acme", data=False)
    assert [str(one) for one in done.findings] == []
    assert set(done.looked_at) == set(CheckPart) - {CheckPart.DATA}


FOURTH = (
    "  - {name: the fourth change of a day, facts: {guests: 4, history.change_guests.count_24h: 3}, "
    "expect: require_approval}\n"
)
FAULTS = [
    ("a prompt that names no tool", "topics/bookings.yaml", "call change_guests ", "call change_guest ", CheckPart.NAMES),
    ("a tool nobody has", "topics/bookings.yaml", "[list_bookings, change", "[list_booking, change", CheckPart.TOPICS),
    ("a fact that is not declared", "tools.py", '"guests_more": change', '"guests_extra": change', CheckPart.TOOLS),
    ("a fact no preview gives", "tools.py", '"guests": change.guests, "guests_more"', '"guests_more"', CheckPart.NAMES),
    ("a misspelled fact in a rule", "policies/guests.yaml", "{field: guests, operator: greater_than, value: 6}",
     "{field: guest, operator: greater_than, value: 6}", CheckPart.POLICIES),
    ("history of a tool of another name", "policies/guests.yaml", "{field: history.change_guests.count_24h,",
     "{field: history.change_booking.count_24h,", CheckPart.POLICIES),
    ("an example that does not rule so", "policies/guests.yaml", "{guests: 6}, expect: allow", "{guests: 6}, expect: block",
     CheckPart.POLICIES),
    ("a role nobody has", "policies/guests.yaml", "role: manager", "role: chef", CheckPart.NAMES),
    ("two approvers where there is one", "policies/guests.yaml", "      role: manager", "      quorum: 2\n      role: manager",
     CheckPart.NAMES),
    ("a rule no example reaches", "policies/guests.yaml",
     FOURTH, "", CheckPart.MUTATION),
    ("a row no example reaches", "matrix.yaml",
     "  - {case: {reason: risk, topic: complaints, risk: high}, row: illness}\n", "", CheckPart.MUTATION),
    ("an example that goes elsewhere", "matrix.yaml", "high}, row: illness", "low}, row: illness", CheckPart.MATRIX),
    ("a queue nobody works in", "matrix.yaml", "queue: manager", "queue: managers", CheckPart.NAMES),
    ("a tier nobody has", "people.yaml", "    tier: 2\n", "", CheckPart.NAMES),
    ("a time of day that is none", "people.yaml", 'to: "22:00"', "to: 22", CheckPart.PEOPLE),
    ("a role that is not defined", "reviewers.yaml", "roles: [support]", "roles: [suport]", CheckPart.REVIEWERS),
    ("a limit on no fact", "reviewers.yaml", "{guests: 12}", "{guest: 12}", CheckPart.REVIEWERS),
    ("a limit that binds nobody", "reviewers.yaml", "manager: {}", "manager: {actions: {send_reply: {guests: 4}}}",
     CheckPart.NAMES),
    ("a topic nobody has", "risk.yaml", "topic: complaints", "topic: complaint", CheckPart.RISK),
    ("a risk rule that names nothing", "risk.yaml",
     "    phrases:\n      en: [food poisoning, got ill, got sick, allergic reaction]\n", "", CheckPart.RISK),
    ("a function that cannot be awaited", "__init__.py",
     "known_customer=known_customer", "known_customer=lambda one, two: True", CheckPart.TOOLS),
    ("no English disclosure", "__init__.py", '{"en": "You', '{"de": "You', CheckPart.TOOLS),
    ("an import that fails", "tools.py", "from pydantic import BaseModel, Field", "from pydantic import BaseModl, Field",
     CheckPart.PACKAGE),
    ("Python that is none", "data.py", "async def known_customer(", "async def known_customer((", CheckPart.PACKAGE),
]  # fmt: skip


@pytest.mark.parametrize(("what", "file", "old", "new", "part"), FAULTS, ids=[one[0] for one in FAULTS])
def test_a_fault_is_found_with_its_place(acme: Package, what: str, file: str, old: str, new: str, part: CheckPart) -> None:
    acme.change(file, old, new)

    errors = [one for one in check("acme", data=False).errors if one.part is part]

    assert errors, what
    for one in errors:
        path = Path(one.file)
        assert path.is_file(), f"{one.file} is a file that somebody in this folder can open"
        assert 1 <= one.line <= len(path.read_text().splitlines()), one
        assert one.words.endswith("."), one
        assert re.search(r"[.?;] ", one.words), f"says what would be right: {one.words}"


def test_the_line_is_that_of_the_fault(acme: Package) -> None:
    line = acme.change("policies/guests.yaml", "role: manager", "role: chef")
    (one,) = check("acme", data=False).errors
    assert (one.file, one.line) == ("acme/policies/guests.yaml", line)
    assert "chef" in one.words
    assert "support" in one.words


def test_a_topic_that_nobody_answers_for_cannot_be_auto(acme: Package) -> None:
    line = acme.change("topics/bookings.yaml", "owner: bob\n", "") - 1
    (one,) = check("acme", data=False).errors
    assert (one.part, one.file, one.line) == (CheckPart.TOPICS, "acme/topics/bookings.yaml", line)
    assert "Add `owner: NAME`" in one.words


def test_drift_and_governor_are_read_with_their_lines(acme: Package) -> None:
    (acme.folder / "drift.yaml").write_text("alarms_per_year: 2\nindicators:\n  happiness: {shift: 0.05}\n")
    (one,) = check("acme", data=False).errors
    assert (one.part, one.file, one.line) == (CheckPart.DRIFT, "acme/drift.yaml", 3)
    (acme.folder / "drift.yaml").write_text("alarms_per_year: 2\nindicators:\n  edits: {shift: 0.05}\n")
    (acme.folder / "governor.yaml").write_text("rules:\n  - id: worse\n    topics: [booking]\n")
    (one,) = check("acme", data=False).errors
    assert (one.part, one.file, one.line) == (CheckPart.GOVERNOR, "acme/governor.yaml", 3)
    (acme.folder / "governor.yaml").unlink()
    done = check("acme", data=False)
    assert (done.errors, done.looked_at[CheckPart.DRIFT]) == ([], "1 indicator, its own")


def test_how_cases_are_sampled_is_read_with_its_lines(acme: Package) -> None:
    assert check("acme", data=False).looked_at[CheckPart.QUALITY] == "200 cases a day, the shipped quality.yaml"
    (acme.folder / "quality.yaml").write_text("version: 1\nper_day: 40\n")
    (one,) = check("acme", data=False).errors
    assert (one.part, one.file, one.line) == (CheckPart.QUALITY, "acme/quality.yaml", 2)


def test_targets_that_forget_the_customer_are_found_with_their_line(acme: Package) -> None:
    assert check("acme", data=False).looked_at[CheckPart.TARGETS].startswith("none of its own")
    head = "version: 1\nset_by: ann\nset_on: 2026-01-01\nindicators:\n"
    targets = acme.folder / "targets.yaml"
    targets.write_text(f"{head}  cost_usd: {{target: 0.05, owner: ann}}\n")
    (one,) = check("acme", data=False).errors
    assert (one.part, one.file, one.line) == (CheckPart.TARGETS, "acme/targets.yaml", 4)
    assert "Name at least one of what customers got first: abandonment" in one.words
    targets.write_text(f"{head}  repeat_7d: {{target: 0.1, owner: ann}}\n  speed: {{target: 1, owner: ann}}\n")
    (one,) = check("acme", data=False).errors
    assert (one.line, one.words.startswith("indicators.speed: is not counted. Known: ")) == (6, True)
    targets.write_text(f"{head}  repeat_7d: {{target: 0.1, owner: ann}}\n")
    done = check("acme", data=False)
    assert (done.errors, done.looked_at[CheckPart.TARGETS]) == ([], "1 target, set by ann")


def test_a_preview_without_the_fact_of_a_rule_is_found_before_a_customer_meets_it(acme: Package) -> None:
    acme.change("tools.py", '"guests": change.guests, "guests_more"', '"guests_more"')
    (first, second) = [one for one in check("acme", data=False).errors if one.part is CheckPart.NAMES]
    assert "rule large-table needs guests, which the preview of change_guests does not give" in first.words
    assert "rule too-large" in second.words


def test_without_people_and_reviewers_it_says_what_that_means(acme: Package) -> None:
    (acme.folder / "people.yaml").unlink()
    (acme.folder / "reviewers.yaml").unlink()
    done = check("acme", data=False)
    assert done.errors == []
    assert [(one.part, one.severity) for one in done.findings] == [
        (CheckPart.PEOPLE, Severity.NOTE),
        (CheckPart.REVIEWERS, Severity.NOTE),
    ]
    assert "anybody may approve anything" in done.findings[1].words
    assert {done.looked_at[part] for part in (CheckPart.PEOPLE, CheckPart.REVIEWERS)} == {"no file"}


def test_a_rule_that_another_covers_is_a_rule_no_example_misses(acme: Package) -> None:
    acme.change(
        "policies/guests.yaml",
        LARGE,
        "    - id: eight\n      condition: {field: guests, operator: equals, value: 8}\n      action: require_approval\n"
        '      message: "Eight."\n' + LARGE,
    )
    acme.change(
        "policies/guests.yaml", "examples:\n", "examples:\n  - {name: eight, facts: {guests: 8}, expect: require_approval}\n"
    )
    (one,) = check("acme", data=False).errors
    assert "without rule eight every example still passes: where it holds, another rule says the same" in one.words


def test_the_command_says_it_all_and_ends_with_1(acme: Package) -> None:
    line = acme.change("matrix.yaml", "queue: manager", "queue: managers")
    run = CliRunner().invoke(app, ["business", "check", "acme", "--no-data"], env={"HANDRAIL_BUSINESS": None})
    assert run.exit_code == 1
    assert f"acme/matrix.yaml:{line}: queue: nobody in people.yaml has the skill 'managers' at tier 2." in run.stdout
    run = CliRunner().invoke(app, ["business", "check", "acme", "--no-data", "--json"])
    found = json.loads(run.stdout)
    assert (run.exit_code, found["passed"], found["business"]) == (1, False, "acme")
    assert [(one["part"], one["severity"], one["file"], one["line"]) for one in found["findings"]] == [
        ("names", "error", "acme/matrix.yaml", line)
    ]


def test_notes_fail_where_that_is_asked_for(acme: Package) -> None:
    (acme.folder / "people.yaml").unlink()
    call = ["business", "check", "acme", "--no-data"]
    assert CliRunner().invoke(app, call).exit_code == 0
    assert CliRunner().invoke(app, [*call, "--strict"]).exit_code == 1


def test_no_package_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(app, ["business", "check", "acmee"])
    assert run.exit_code == 3
    assert "no package 'acmee'" in run.stderr


@pytest.mark.parametrize(
    "name", ["Acme", "a", "9lives", "my-shop", "user", "class", "handrail", "pg_shop", "json", "../x", ""]
)
def test_a_bad_name_is_refused_with_a_right_one(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(app, ["business", "new", name])
    assert run.exit_code == 3
    assert "acme" in run.stderr or "Choose another name" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_stands_there_is_left_as_it_is(acme: Package) -> None:
    before = {file: file.read_bytes() for file in acme.folder.rglob("*") if file.is_file()}
    run = CliRunner().invoke(app, ["business", "new", "acme"])
    assert run.exit_code == 3
    assert "is there already" in run.stderr
    assert {file: file.read_bytes() for file in acme.folder.rglob("*") if file.is_file()} == before


def test_another_name_is_another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with package(tmp_path, monkeypatch, "corner_bistro") as made:
        assert "acme" not in "".join(file.read_text() for file in made.folder.rglob("*") if file.is_file())
        assert check("corner_bistro", data=False).findings == []
