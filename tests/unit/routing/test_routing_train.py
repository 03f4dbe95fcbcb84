"""Training a router on labelled messages, measuring it, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from handrail.domain.autonomy.topics import Topic
from handrail.domain.case.classification import OUT_OF_SCOPE, Risk
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.routing.learning.labelled import OUTSIDE, Labelled, gather, read
from handrail.routing.learning.lesson import TrainingRequest
from handrail.routing.learning.mapping import mapping, renamed
from handrail.routing.learning.report import measure
from handrail.routing.learning.risks import RiskAim, Risks, risky
from handrail.routing.learning.thresholds import NEVER, Outcomes, coverage_at, kept_error, threshold
from handrail.routing.learning.training import train
from handrail.routing.model.artefact import ARRAYS, MANIFEST, Artefact
from handrail.routing.router import LocalRouter

AT = datetime(2026, 1, 1, tzinfo=UTC)
SUBJECTS = {
    "parcel": (
        ["where is", "track", "when comes", "still no sign of"],
        ["my parcel", "the package", "our delivery", "this box"],
    ),
    "refund": (["refund", "pay back", "I want money back for", "return"], ["the shoes", "a lamp", "my jacket", "these socks"]),
    "stolen_card": (
        ["someone took", "a thief has", "they robbed", "stolen:"],
        ["my card", "our visa", "the bank card", "my wallet"],
    ),
    OUTSIDE: (["sing me", "explain", "who wrote", "draw"], ["a song", "black holes", "Hamlet", "some penguins"]),
}
ENDS = ["", "please", "today", "since Monday", "in Rome"]


def messages(ends: list[str]) -> list[Labelled]:
    return [
        Labelled(f"{first} {second} {end}".strip(), label, "data:1")
        for label, (starts, things) in SUBJECTS.items()
        for first, second, end in product(starts, things, ends)
    ]


@pytest.fixture(scope="module")
def artefact() -> Artefact:
    topics = {"refund": "money", "stolen_card": "fraud"}
    return train(gather(messages(ENDS[:3])), TrainingRequest(0.1, 0.2, topics), at=AT, sources=[], say=lambda _: None)


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    return path


GOOD = b'{"text": "hello", "label": "a"}\n'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"hello", "is not JSON"),
        (b"[1]", "is no object"),
        (b'{"text": "x"}', "label: is missing"),
        (b'{"text": "x", "label": ["a", "b"]}', "label: is a list of 2. A message goes one way"),
        (b'{"text": "x", "intents": ["a"]}', "intents: holds a list, and label is missing. A message goes one way"),
        (b'{"text": 5, "label": "a"}', "text: is no text but int"),
        (b'{"text": "  ", "label": "a"}', "text: is empty"),
        (b'{"text": "caf\xe9", "label": "a"}', "byte 14 is not UTF-8"),
        (b'{"text": "' + b"x" * 9_000 + b'", "label": "a"}', "has 9000 characters"),
    ],
)
def test_a_bad_line_is_named_with_what_would_be_right(tmp_path: Path, line: bytes, words: str) -> None:
    path = written(tmp_path, GOOD + b"\n" + line + b"\n")
    with pytest.raises(InvalidInput) as refused:
        read(path)
    assert f"{path}:3: " in str(refused.value)
    assert words in str(refused.value)


def test_an_empty_or_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (written(tmp_path, b"\n"), tmp_path / "gone.jsonl"):
        with pytest.raises(InvalidInput, match=path.name):
            read(path)


def test_one_label_teaches_nothing() -> None:
    only = [row for row in messages(ENDS[:1]) if row.label in ("parcel", OUTSIDE)]
    with pytest.raises(InvalidInput, match=r"label: 1 with at least 5 .*parcel"):
        gather(only)


def test_what_stands_twice_or_under_two_labels_is_said() -> None:
    rows = messages(ENDS[:1])
    torn = Labelled(rows[0].text.upper(), "refund", "data:9")
    gathered = gather([*rows, rows[1], torn, Labelled("?!", "refund", "data:7")])
    assert len(gathered.rows) == len(rows) - 1
    assert [note.split()[0] for note in gathered.notes] == ["1", "1", "1"]
    assert "data:7" in gathered.notes[2]


def test_it_learns_and_says_what_it_cannot_know(artefact: Artefact) -> None:
    report = measure(artefact, [*messages(ENDS[3:]), Labelled("cook a soup for us", "kitchen", "data:1")]).report
    assert report.accuracy is not None
    assert report.accuracy >= 0.95
    assert (report.out_of_scope_auroc or 0) >= 0.95
    assert report.risk_labels == ["stolen_card"]
    assert (report.risk_recall or 0) >= 0.99
    assert report.unseen_labels == ["kitchen"]
    assert report.latency_ms_p99 < 5


def test_without_out_of_scope_messages_their_figures_are_none(artefact: Artefact) -> None:
    report = measure(artefact, [row for row in messages(ENDS[3:]) if row.label != OUTSIDE]).report
    assert report.out_of_scope_auroc is report.out_of_scope_recall is report.promise.kept["0.18"] is None


def test_the_folder_gives_the_same_answers(artefact: Artefact, tmp_path: Path) -> None:
    artefact.save(tmp_path)
    again = Artefact.load(tmp_path)
    texts = [row.text for row in messages(ENDS[3:])]
    assert again.manifest == artefact.manifest
    assert np.array_equal(again.score(texts).confidence, artefact.score(texts).confidence)


def test_a_changed_folder_is_refused(artefact: Artefact, tmp_path: Path) -> None:
    artefact.save(tmp_path)
    manifest = tmp_path / MANIFEST
    fields = json.loads(manifest.read_text())
    fields["thresholds"]["answer"] = 0.0
    manifest.write_text(json.dumps(fields))
    with pytest.raises(DefinitionInvalid, match="does not fit its hash"):
        Artefact.load(tmp_path)
    (tmp_path / ARRAYS).write_bytes(b"\x80\x04.")
    with pytest.raises(DefinitionInvalid, match=r"cannot be read .*Train it again"):
        Artefact.load(tmp_path)


def test_the_same_data_gives_the_same_version(artefact: Artefact) -> None:
    topics = {"refund": "money", "stolen_card": "fraud"}
    again = train(gather(messages(ENDS[:3])), TrainingRequest(0.1, 0.2, topics), at=AT, sources=[], say=lambda _: None)
    assert again.manifest.content_hash == artefact.manifest.content_hash


def drawn(share: float, seed: int, count: int = 20_000) -> Outcomes:
    """Messages whose confidence is honest within scope, and lower but not low outside."""
    random = np.random.default_rng(seed)
    inside = random.random(count) >= share
    confidence = np.where(inside, random.beta(8, 1, count), random.beta(3, 2, count))
    return Outcomes(confidence, inside & (random.random(count) < confidence), inside)


@pytest.mark.parametrize("share", [0.0, 0.03, 0.18])
def test_the_promise_is_kept_up_to_the_stated_share(share: float) -> None:
    cut = threshold(drawn(0.05, 1), error=0.05, share=0.18)
    assert cut < NEVER
    kept = kept_error(drawn(share, 2), cut)
    assert kept is not None
    assert kept <= 0.055
    plain = threshold(drawn(0.03, 1), error=0.05, share=0.03)
    assert plain < cut


def test_messages_that_only_stand_in_weigh_a_sixth_of_the_share() -> None:
    foreseen = drawn(0.05, 1)
    hard = np.random.default_rng(3).random(3_000)
    both = Outcomes(
        np.r_[foreseen.confidence, hard],
        np.r_[foreseen.right, np.zeros(3_000, dtype=bool)],
        np.r_[foreseen.inside, np.zeros(3_000, dtype=bool)],
    )
    stand_in = np.arange(len(both.inside)) >= len(foreseen.inside)
    cut = threshold(both, error=0.05, share=0.18, unforeseen=stand_in)
    assert threshold(foreseen, error=0.05, share=0.15) < cut < threshold(both, error=0.05, share=0.18)


def test_a_risk_that_all_stands_in_one_fold_alarms_rather_than_stops() -> None:
    one = [Labelled(f"someone stole my card {end}", "stolen_card", "data:1") for end in ["", "now", "here", "again", "twice"]]
    rows = [*[row for row in messages(ENDS[:2]) if row.label not in ("stolen_card", OUTSIDE)], *one]
    made = train(gather(rows), TrainingRequest(0.1, 0.2), at=AT, sources=[], say=lambda _: None)
    assert made.score(["someone stole my card today"]).risky.all()
    assert "stand-ins" in made.manifest.training.proxies


def test_no_threshold_keeps_what_cannot_be_kept() -> None:
    few = Outcomes(np.linspace(0, 1, 20), np.ones(20, dtype=bool), np.ones(20, dtype=bool))
    assert threshold(few, error=0.01, share=0.18) == NEVER


def test_coverage_takes_equal_confidences_together() -> None:
    outcomes = Outcomes(np.array([0.9, 0.9, 0.5, 0.4]), np.array([True, False, True, True]), np.ones(4, dtype=bool))
    assert coverage_at(outcomes, [0.01, 0.25, 0.5]) == [0.0, 1.0, 1.0]


def test_labels_stand_for_topics(tmp_path: Path) -> None:
    file = tmp_path / "labels.yaml"
    file.write_text("labels:\n  parcel: delivery\n  refund: oos\n")
    topics = mapping(["refund=money", "stolen_card=oos"], file, {"parcel", "refund", "stolen_card"})
    assert topics == {"parcel": "delivery", "refund": "money", "stolen_card": "oos"}
    assert [row.label for row in renamed([Labelled("x", "stolen_card", "a:1")], topics)] == [OUTSIDE]
    for pair in ("refund", "gone=money"):
        with pytest.raises(InvalidInput, match="--map"):
            mapping([pair], None, {"refund"})


def test_risks_are_found_by_name() -> None:
    labels = ["lost_or_stolen_card", "card_payment_not_recognised", "compromised_card", "card_arrival", "exchange_rate"]
    assert risky(labels) == labels[:3]


class Fixed:
    """`ports.Topics` over two topics, one of which no label stands for."""

    def __init__(self) -> None:
        money = ["give me my cash back", "reimburse me", "I want my cash", "cash back now", "reimbursement for me"]
        fraud = ["somebody hacked me", "not my purchase", "scammed", "identity theft", "someone shops in my name"]
        rings = ["engrave a ring", "engrave my name", "do you engrave", "engraving a watch", "price of engraving"]
        self._topics = [
            Topic(name="money", description="Money back.", examples=money),
            Topic(name="fraud", description="Fraud.", examples=fraud, people_only=True),
            Topic(name="rings", description="Engraving.", examples=rings),
        ]

    def get(self, name: str) -> Topic | None:
        return next((topic for topic in self._topics if topic.name == name), None)

    def all(self) -> list[Topic]:
        return self._topics


async def test_a_trained_router_answers_in_production(artefact: Artefact, tmp_path: Path) -> None:
    rules = tmp_path / "risk.yaml"
    rules.write_text(
        "version: 1\nrules:\n"
        "  - {id: large, risk: elevated, reason: much money, amount_over: 500}\n"
        "  - {id: watched, risk: high, reason: a watched account, flags: [watched]}\n"
        "wants_person: {phrases: {en: [a person]}}\n"
    )
    router, bare = LocalRouter(Fixed(), rules, artefact), LocalRouter(Fixed(), rules)
    refund = await router.classify("refund my jacket please", topic_before=None)
    assert (refund.topic, refund.risk) == ("money", Risk.LOW)
    stolen = await router.classify("a thief has my wallet", topic_before=None)
    assert (stolen.topic, stolen.risk) == ("fraud", Risk.HIGH)
    parcel = await router.classify("where is my parcel", topic_before=None)
    assert (parcel.topic, parcel.abstained) == (OUT_OF_SCOPE, False)
    assert any("'parcel'" in reason and "no topic" in reason for reason in parcel.reasons)
    assert (await router.classify("can you engrave a ring", topic_before=None)).topic == "rings"
    assert refund.router_version != (await bare.classify("refund my jacket please", topic_before=None)).router_version
    large = await router.classify("refund my jacket please, $1,200.50", topic_before=None, flags=["watched"])
    assert large.risk is Risk.HIGH
    assert "an amount over 500" in large.reasons[1]
    for written in (
        "600 US dollars",
        "sechshundert Euro",
        "600,- €",
        "CA$600",
        "20 or 600 euros",
        "seiscientos euros",
        "600 zł",
    ):
        told = await router.classify(f"refund my jacket please, {written}", topic_before=None)
        assert told.risk is Risk.ELEVATED, written
    for written in ("600 points", "5 of the 600 mm shelves", "the $20 M jacket", "order 600", "on 6.00 pm", "499 US dollars"):
        told = await router.classify(f"refund my jacket please, {written}", topic_before=None)
        assert told.risk is Risk.LOW, (written, told.reasons)
    assert set(large.confidences) == {"topic", "risk", "complexity", "language", "sentiment", "wants_person"}


def test_an_aim_for_risks_costs_false_alarms_and_is_the_owners(artefact: Artefact) -> None:
    trade = artefact.manifest.training.risk_trade
    assert trade is not None
    assert [one.recall for one in trade] == sorted({one.recall for one in trade})
    assert [one.false_alarms for one in trade] == sorted(one.false_alarms for one in trade)
    found, target = np.array([0.9, 0.8, 0.7, 0.1, 0.6, 0.5, 0.2, 0.0]), np.array([True] * 4 + [False] * 4)
    assert RiskAim(1.0).cut(found, target) == 0.1
    assert RiskAim(0.6).cut(found, target) == 0.7
    for share, borne in ((0.0, 0), (0.25, 1), (0.5, 2)):
        assert (found[~target] >= RiskAim(false_alarms=share).cut(found, target)).sum() == borne


def test_an_aim_that_rests_on_less_than_one_message_is_called_a_guess(artefact: Artefact) -> None:
    assert [note for note in artefact.manifest.training.notes if "48 risks are too few" in note and "at least 143" in note]
    bounded = RiskAim(false_alarms=0.001)
    assert Risks(gate=artefact.parts.words.risk, others=200).doubts(bounded)[0].endswith("a guess; give at least 1000")
    assert not Risks(gate=artefact.parts.words.risk, others=2_000).doubts(bounded)
