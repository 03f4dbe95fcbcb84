"""Rubrics, and what counts of a judge's answer: pure rules, without a model."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handrail.definitions import Document
from handrail.domain.case.messages import Author, Message
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.quality.judge.addressed import speaks_to_a_judge
from handrail.domain.quality.judge.calibration import CalibrationRecord, GateEvent, MeasuredRate, Spent, gate, shortfalls
from handrail.domain.quality.judge.judged import JudgeLimits, JudgePlan
from handrail.domain.quality.judge.judging import (
    CaseVerdict,
    JudgeQuestion,
    JudgeReading,
    JudgeRun,
    Purpose,
    Unmeasured,
    decided,
    quoted,
    weigh,
)
from handrail.domain.quality.judge.labels import LabelChoice, SampledCase, held_out
from handrail.domain.quality.judge.material import PieceKind, material, redacted
from handrail.domain.quality.judge.rubric import Criterion, GateTerms, judge_key, label_key
from handrail.quality.judging.loader import load_canary, load_rubric, read_canary, read_rubric
from handrail.quality.judging.questions import question
from handrail.settings import Settings
from handrail.wiring.clients import refuse_own
from tests.support.evaluators import HARMLESS, WORDINGS

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = date(2026, 5, 4)
RUBRIC = load_rubric(Path("/nowhere")).value
CRITERION = RUBRIC.criteria["answered"]
REPLY = "Your refund of 40.00 USD was made today, it takes three days."


def said(*pairs: tuple[Author, str]) -> list[Message]:
    return [
        Message(message_id=f"m{n}", author=author, text=text, at=AT, turn=1, sequence=n)
        for n, (author, text) in enumerate(pairs)
    ]


CASE = material(
    "case-1",
    "refund",
    "en",
    said((Author.CUSTOMER, "Where is my refund?"), (Author.ASSISTANT, REPLY), (Author.SYSTEM, "a note of ours")),
    [{"action": "refund_order", "arguments": {"order_id": "O-1", "amount": 40}, "status": "applied"}],
)


def reading(asked: JudgeQuestion, verdict: bool, **changes: Any) -> JudgeReading:
    """A judge that reads: it knows the reference, and says this of the case."""
    answers = {one.code: verdict if one.expected is None else one.expected for one in asked.items}
    return JudgeReading(**{"answers": answers, "quote": "it takes three days", **changes})


@pytest.mark.parametrize("verdict", [True, False])
def test_an_answer_counts_where_all_of_it_is_right(verdict: bool) -> None:
    asked = question(CASE, CRITERION)
    found = weigh(asked, reading(asked, verdict))
    assert (found.verdict, found.unmeasured) == (CaseVerdict.PASS if verdict else CaseVerdict.FAIL, None)


def test_a_judge_that_says_the_same_to_everything_counts_for_nothing() -> None:
    asked = question(CASE, CRITERION)
    for everything in (True, False):
        read = reading(asked, everything, answers={one.code: everything for one in asked.items})
        assert weigh(asked, read).unmeasured is Unmeasured.STEERED


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"quote": ""}, Unmeasured.NO_QUOTE),
        ({"quote": "Where is my refund?"}, Unmeasured.NO_QUOTE),
        ({"quote": "a note of ours"}, Unmeasured.NO_QUOTE),
        ({"quote": "it takes four days"}, Unmeasured.NO_QUOTE),
        ({"quote": "it"}, Unmeasured.NO_QUOTE),
        ({"problem": Unmeasured.CUT_OFF}, Unmeasured.CUT_OFF),
        ({"answers": {}}, Unmeasured.UNREADABLE),
    ],
)
def test_what_is_not_whole_counts_for_nothing(changes: dict[str, Any], why: Unmeasured) -> None:
    asked = question(CASE, CRITERION)
    found = weigh(asked, reading(asked, True, **changes))
    assert (found.verdict, found.unmeasured) == (None, why)


def test_a_criterion_without_quotes_wants_none() -> None:
    asked = question(CASE, CRITERION.model_copy(update={"quote": False}))
    assert weigh(asked, reading(asked, True, quote="")).verdict is CaseVerdict.PASS


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("refund of 40.00 USD  was\nmade today", True),
        ("“Your refund of 40.00 USD was made today”", True),
        ("Your Refund of 40.00 USD", False),
        ("", False),
        ("...", False),
        ("Yes.", True),
        ("Ye", False),
    ],
)
def test_quotes_are_words_of_an_answer(quote: str, found: bool) -> None:
    assert quoted(quote, [REPLY, "Yes."]) is found


def test_codes_and_reference_are_made_anew_and_the_order_changes() -> None:
    asked = [question(CASE, CRITERION) for _ in range(60)]
    assert len({one.reference for one in asked}) == 60
    assert len({code.code for one in asked for code in one.items}) > 170
    assert {[item.expected for item in one.items].index(None) for one in asked} == {0, 1, 2}
    assert {one.done_first for one in asked} == {True, False}
    for one in asked:
        assert sum(one.reference in item.words for item in one.items) == 1


def run(number: int, verdict: CaseVerdict | None, why: Unmeasured | None = None) -> JudgeRun:
    about = {"day": DAY, "purpose": Purpose.SAMPLE, "case_id": "c", "criterion": "answered", "judge": "j", "asked_at": AT}
    return JudgeRun(run=number, verdict=verdict, unmeasured=why, **about)


def test_the_majority_of_all_wanted_runs_counts() -> None:
    fail, ok, none = CaseVerdict.FAIL, CaseVerdict.PASS, None
    lost = Unmeasured.NO_QUOTE

    def verdict(*runs: CaseVerdict | None) -> CaseVerdict | None:
        return decided("c", "answered", "j", [run(n, one, None if one else lost) for n, one in enumerate(runs)], 3).verdict

    assert verdict(fail, fail, ok) is fail
    assert verdict(ok, ok, none) is ok
    assert verdict(ok, none, none) is None, "one run is no majority of three"
    assert verdict(ok, fail, none) is None
    found = decided("c", "answered", "j", [run(1, fail), run(2, ok), run(3, fail)], 3)
    assert (found.agreed, found.runs, found.fails) == (2, 3, 2), "how far the runs lay apart is kept"
    assert decided("c", "answered", "j", [run(1, none, lost)], 3).unmeasured is lost


def test_the_material_says_neither_who_answered_nor_private_numbers() -> None:
    found = material(
        "c",
        None,
        "en",
        said(
            (Author.CUSTOMER, "My card is 4111 1111 1111 1111, mail ann.b@example.org, call +49 30 1234567."),
            (Author.PERSON, "Hello, this is about DE89 3704 0044 0532 0130 00, order O-1001 of 2026-05-04."),
            (Author.ASSISTANT, "It is done."),
        ),
        [],
    )
    texts = " ".join(piece.text for piece in found.said)
    for secret in ("4111 1111 1111 1111", "ann.b@example.org", "1234567", "0532 0130"):
        assert secret not in texts
    assert "O-1001 of 2026-05-04" in texts
    assert [piece.kind for piece in found.said] == [PieceKind.CUSTOMER, PieceKind.ANSWER, PieceKind.ANSWER]
    assert "rita" not in found.model_dump_json()


@pytest.mark.parametrize("text", ["I paid 129.99 USD on 12/05/2026.", "Order O-100-2000 and 3 items", "At 10:30 on 4 May"])
def test_ordinary_numbers_stay(text: str) -> None:
    assert redacted(text) == text


def test_texts_that_speak_to_a_judge_are_found_and_those_of_customers_are_not() -> None:
    missed = [text for text in WORDINGS if not speaks_to_a_judge(text)]
    assert len(WORDINGS) >= 50
    assert len(missed) <= 3, missed
    assert [text for text in HARMLESS if speaks_to_a_judge(text)] == []


def rubric_error(text: str, topics: list[str] | None = None) -> str:
    with pytest.raises(DefinitionInvalid) as caught:
        read_rubric([Document.of(Path("rubric.yaml"), text.encode())], topics)
    return str(caught.value)


GOOD = """\
version: 1
criteria:
  polite:
    question: "Is it polite?"
    fails_when: "it is rude to the customer."
"""


def test_a_rubric_of_ones_own_replaces_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "rubric.yaml").write_text(GOOD)
    found = load_rubric(tmp_path).value
    assert (list(found.criteria), found.runs, found.gate.days) == (["polite"], 3, 30)
    assert len(RUBRIC.criteria) == 4
    assert len(load_canary(tmp_path).value.prompts) == 20


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version: 1\n", "version: 1\nruns: 2\n", "rubric.yaml:2: runs: 2 runs can end in a tie"),
        ("version: 1\n", "version: 1\nrnus: 3\n", "rubric.yaml:2: rnus: is no key that is known here"),
        ("polite:", "Polite One:", "rubric.yaml:3: criteria: 'Polite One' is no name"),
        ("polite?", "polite", "rubric.yaml:4: criteria.polite.question: is no question"),
        ('    fails_when: "it is rude to the customer."\n', "", "fails_when: is missing"),
        ("version: 1\n", "version: 1\ngate: {kappa: 1.5}\n", "rubric.yaml:2: gate.kappa: 1.5 does not fit"),
        (
            'customer."\n',
            'customer."\n    topics: [refnd]\n',
            "rubric.yaml:6: criteria.polite.topics: there is no topic 'refnd'",
        ),
        (
            'customer."\n',
            'customer."\n  kind:\n    question: "Is it  POLITE?"\n    fails_when: "it is not kind."\n',
            "rubric.yaml:7: criteria.kind.question: is that of polite already",
        ),
    ],
)
def test_a_rubric_that_does_not_fit_says_where(old: str, new: str, words: str) -> None:
    assert old in GOOD
    assert words in rubric_error(GOOD.replace(old, new, 1), ["refund"])


def test_canary_prompts_that_do_not_fit_say_where() -> None:
    with pytest.raises(DefinitionInvalid, match=r"canary\.yaml:2: prompts: .*prompt 2 stands there before"):
        read_canary(
            [Document.of(Path("canary.yaml"), b"version: 1\nprompts: [hello a, hello a, b c d e, f g h i, j k l m]\n")]
        )


def test_a_judge_of_the_agents_own_model_is_refused() -> None:
    def settings(judge: str | None, model: str = "gpt-5-mini") -> Settings:
        return Settings(judge_model=judge, model=model)

    assert refuse_own(settings("claude-sonnet-4-5")) == "claude-sonnet-4-5"
    for name in ("gpt-5-mini", "openai/GPT-5-mini", "gpt-5-mini-2025-08-07", "gpt-5-mini:latest"):
        with pytest.raises(InvalidInput, match="is the agent's own model"):
            refuse_own(settings(name))
    for nothing in (None, " "):
        with pytest.raises(InvalidInput, match="is not set"):
            refuse_own(settings(nothing))


def test_a_judge_is_known_by_its_model_its_prompt_and_its_criterion() -> None:
    other = CRITERION.model_copy(update={"fails_when": "something else entirely."})
    keys = {
        judge_key("m at a", "p", CRITERION, 3),
        judge_key("n at a", "p", CRITERION, 3),
        judge_key("m at a", "q", CRITERION, 3),
        judge_key("m at a", "p", CRITERION, 5),
        judge_key("m at a", "p", other, 3),
    }
    assert len(keys) == 5
    assert label_key(CRITERION) != label_key(other)
    assert label_key(CRITERION) == label_key(CRITERION.model_copy(update={"quote": False})), "people answer the same"


def calibrated(**changes: Any) -> CalibrationRecord:
    good = MeasuredRate(value=0.95, low=0.85, high=0.99, size=60)
    about = {"sensitivity": good, "specificity": good, "kappa": MeasuredRate(value=0.8, low=0.7, high=0.9)}
    given = {"criterion": "answered", "judge": "j", "model": "judge-1", "labels": 120, "opened": True}
    return CalibrationRecord(**{**about, **given, "at": AT, "expires_at": AT + timedelta(days=30), **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"labels": 99}, "99 labels, 100 are needed"),
        ({"sensitivity": MeasuredRate(value=0.9, low=0.79)}, "sensitivity 0.90, lower bound 0.79"),
        ({"specificity": MeasuredRate(value=0.9, low=0.79)}, "specificity 0.90, lower bound 0.79"),
        ({"specificity": MeasuredRate()}, "specificity is unknown"),
        ({"kappa": MeasuredRate(value=0.59)}, "kappa 0.59"),
        ({"kappa": MeasuredRate()}, "kappa is unknown"),
    ],
)
def test_the_gate_opens_on_all_terms_alone(changes: dict[str, Any], words: str | None) -> None:
    found = shortfalls(calibrated(**changes), GateTerms(), 100)
    assert len(found) == (1 if words else 0)
    assert words is None or words in found[0]


@pytest.mark.parametrize(
    ("newest", "judge", "model", "now", "words"),
    [
        (calibrated(), "j", "judge-1", AT, None),
        (calibrated(), "j", None, AT, None),
        (calibrated(), "j", "judge-1", AT + timedelta(days=30), "older than 30 days"),
        (calibrated(), "k", "judge-1", AT, "is another one than was calibrated"),
        (calibrated(), "j", "judge-2", AT, "answers as 'judge-2'"),
        (calibrated(opened=False, reasons=["kappa 0.20"]), "j", "judge-1", AT, "kappa 0.20"),
        (calibrated(opened=False, event=GateEvent.CLOSED, reasons=["the judge moved"]), "j", None, AT, "the judge moved"),
        (None, "j", "judge-1", AT, "never calibrated"),
    ],
)
def test_the_gate_closes_by_itself(
    newest: CalibrationRecord | None, judge: str, model: str | None, now: datetime, words: str | None
) -> None:
    found = gate("answered", judge, newest, model, now)
    assert found.open is (words is None)
    assert words is None or words in found.words


def test_labels_are_chosen_evenly_and_with_the_probability_that_is_kept() -> None:
    choice = LabelChoice(DAY, "answered", "w", fails=10, passes=99, twice=0.2)
    cases = [SampledCase(case_id=f"case-{n}") for n in range(4_000)]
    passes = [task for case in cases if (task := choice.of(case, CaseVerdict.PASS))]
    assert {task.probability for task in passes} == {0.11}
    assert len(passes) == pytest.approx(440, abs=80)
    assert sum(task.twice for task in passes) == pytest.approx(88, abs=35)
    assert all(choice.of(case, CaseVerdict.FAIL) for case in cases[:50])
    unmeasured = [choice.of(case, None) for case in cases[:50]]
    assert {task.probability if task else None for task in unmeasured} == {1.0}
    assert [choice.of(case, CaseVerdict.PASS) for case in cases] == [choice.of(case, CaseVerdict.PASS) for case in cases]
    people = choice.of(SampledCase(case_id="x", for_people=True, people_share=0.5), CaseVerdict.PASS)
    assert people is not None
    assert people.probability == pytest.approx(0.11 + 0.89 * 0.5)


def test_half_of_the_cases_are_held_out() -> None:
    assert sum(held_out(f"case-{n}") for n in range(2_000)) == pytest.approx(1_000, abs=120)


def test_limits_say_which_is_reached() -> None:
    limits = JudgeLimits(cost_usd=2, calls=10)
    assert limits.reached(Spent(calls=9, cost_usd=1.9)) is None
    assert "10 calls" in (limits.reached(Spent(calls=10)) or "")
    assert "2 USD" in (limits.reached(Spent(calls=1, cost_usd=2.0)) or "")


def test_criteria_of_other_topics_do_not_concern_a_case() -> None:
    own = RUBRIC.model_copy(
        update={"criteria": {"all": CRITERION, "some": CRITERION.model_copy(update={"topics": ["refund"]})}}
    )
    plan = JudgePlan.of(own, "m", "p")
    assert list(plan.concerning("refund")) == ["all", "some"]
    assert list(plan.concerning("address")) == list(plan.concerning(None)) == ["all"]


def test_criteria_are_strict_about_their_keys() -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        Criterion(question="Is it polite?", fails_when="it is rude to them.", weight=2)  # type: ignore[call-arg]
