"""`handrail policy`: what it prints, and with which code it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from handrail.cli.main import app
from handrail.shop import business

POLICIES = business.folder / "policies"
BARE = """\
id: bare
applies_to: [refund_order]
rules:
  default_action: allow
  rules:
    - {id: large, condition: {field: refund_amount_usd, operator: greater_than, value: 5}, action: block, message: m}
    - {id: some, condition: {field: refund_amount_usd, operator: greater_than, value: 9}, action: require_approval, message: m}
"""
TRIED = (
    BARE
    + """\
examples:
  - {name: little, facts: {refund_amount_usd: 1}, expect: allow}
  - {name: wrong, facts: {refund_amount_usd: 6}, expect: allow}
"""
)


def policy(*words: object) -> Result:
    return CliRunner().invoke(app, ["policy", *(str(word) for word in words)], env={"COLUMNS": "200"})


def document(*words: object, code: int = 0) -> Any:
    done = policy(*words, "--json")
    assert done.exit_code == code, done.stdout
    return json.loads(done.stdout)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "x.yaml").write_text(TRIED)
    return tmp_path / "x.yaml"


def test_the_businesss_own_examples_hold() -> None:
    made = document("test")
    assert (made["passed"], made["failed"], made["refused"]) == (True, 0, 0)
    assert made["examples"] >= 25
    assert len(made["files"]) == len(list(POLICIES.glob("*.yaml")))


def test_an_example_that_fails_is_shown_with_its_reason(file: Path) -> None:
    made = document("test", file, code=1)
    assert (made["passed"], made["examples"], made["failed"]) == (False, 2, 1)
    wrong = made["files"][0]["examples"][1]
    assert (wrong["expect"], wrong["ruling"], wrong["rules"]) == ("allow", "block", ["large"])
    shown = policy("test", file.parent)
    assert "FAILS: bare: wrong: large: refund_amount_usd (6) is above 5: yes" in shown.stdout
    assert "1 of 2 examples in 1 file rule as they say." in shown.stdout


def test_rules_that_no_example_reaches_are_told_and_with_strict_fail(file: Path) -> None:
    file.write_text(TRIED.replace("{refund_amount_usd: 6}, expect: allow", "{refund_amount_usd: 6}, expect: block"))
    made = document("test", file)
    assert (made["files"][0]["untried"], made["untried"]) == (["some"], 1)
    assert made["files"][0]["idle"] == ["some never decides: large holds wherever it does and is stricter"]
    assert document("test", file, "--strict", code=1)["passed"] is False


def test_a_file_without_examples_and_a_broken_one_are_refused_beside_the_others(file: Path) -> None:
    (file.parent / "a.yaml").write_text(BARE.replace("id: bare", "id: other"))
    (file.parent / "b.yaml").write_text("id: b\n")
    (file.parent / "y.yaml").write_text(TRIED)
    made = document("test", file.parent, code=1)
    refused = {Path(one["file"]).name: one["refused"] for one in made["files"]}
    assert "a.yaml:1: has no examples. Add at least one" in refused["a.yaml"]
    assert "b.yaml:1: rules: is missing" in refused["b.yaml"]
    assert refused["x.yaml"] is None
    assert "'bare' is also the id of x.yaml" in refused["y.yaml"]


def test_no_such_folder_is_said(tmp_path: Path) -> None:
    done = policy("test", tmp_path / "nowhere")
    assert (done.exit_code, "there is no such file or folder" in done.stderr) == (3, True)


def test_explain_shows_every_rule_of_a_proposal_that_was_written_down(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps({"action": "cancel_order", "facts": {"refund_amount_usd": 180}}))
    made = document("explain", tmp_path / "p.json")
    rules = {one["rule"]: one for one in made["rules"]}
    assert made["ruling"] == "block"
    assert rules["refund-needs-approval"]["state"] == "holds"
    assert rules["refund-needs-approval"]["values"] == {"refund_amount_usd": 180}
    assert rules["refund-too-large"]["why"] == "refund_amount_usd (180) is above 500: no"
    assert rules["too-many-of-one"]["why"] == "max_line_quantity is missing"
    assert rules["late-refund"]["state"] == "does_not_apply"
    assert "CANNOT TELL" in policy("explain", tmp_path / "p.json").stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1: is no JSON"),
        ("[]", "What would be right: {"),
        ('{"acton": "x"}', 'action: is missing. What would be right: {"action": "refund_order", "arguments": {"order_id"'),
        ('{"action": "refund"}', "'refund' is no tool of this business. Did you mean refund_order?"),
        ('{"action": "refund_order", "facts": {"case": {"turns": 1}}}', "Did you mean case.turn?"),
    ],
)
def test_a_proposal_that_cannot_be_asked_about_is_refused_with_what_would_be_right(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "p.json").write_text(text)
    done = policy("explain", tmp_path / "p.json")
    assert (done.exit_code, words in done.stderr) == (3, True), done.stderr


def test_diff_names_what_differs_and_a_file_stands_for_its_folder(tmp_path: Path) -> None:
    edited = (POLICIES / "refund_amount.yaml").read_text().replace("value: 500}", "value: 400}", 1)
    (tmp_path / "refund_amount.yaml").write_text(edited)
    made = document("diff", "current", tmp_path / "refund_amount.yaml")
    (change,) = made["changes"]
    assert (change["policy"], change["rule"], change["what"]) == ("refund_amount", "refund-too-large", "changed")
    assert [one["value"] for one in change["fields"]["condition"]] == [500, 400]
    assert made["replay"] is None
    assert policy("diff", "current", tmp_path / "refund_amount.yaml", "--exit-code").exit_code == 1
    assert "refund_amount_usd greater_than 500 → " in policy("diff", "current", tmp_path / "refund_amount.yaml").stdout
    removed = [one for one in document("diff", "current", tmp_path)["changes"] if one["what"] == "removed"]
    assert "refund_repeat" in {one["policy"] for one in removed}
    assert document("diff", "current", POLICIES) == {"changes": [], "replay": None}


@pytest.mark.parametrize("words", [("diff", "current", POLICIES, "--replay"), ("explain", "some-case")])
def test_without_a_database_it_says_so(words: tuple[object, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    done = policy(*words)
    assert (done.exit_code, "No PostgreSQL answers at 127.0.0.1:1" in done.stderr) == (6, True), done.stderr


def test_every_name_is_listed() -> None:
    made = document("facts")
    assert made["facts"]["history.refund_order.sum_amount_30d"] == "number"
    assert made["arguments"]["refund_order"]["amount"] == "number"
    assert "customer.segments" in policy("facts").stdout
