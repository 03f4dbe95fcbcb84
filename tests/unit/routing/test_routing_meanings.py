"""A router's second stage: asked where words leave it open, kept with its encoder, and no worse without one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from handrail.domain.errors import DefinitionInvalid
from handrail.routing.learning.labelled import OUTSIDE, Labelled, gather
from handrail.routing.learning.lesson import TrainingRequest
from handrail.routing.learning.report import measure
from handrail.routing.learning.training import train
from handrail.routing.model import sentence_encoder
from handrail.routing.model.artefact import MANIFEST, Artefact
from handrail.routing.model.combined import Schooled
from handrail.routing.model.sentence_encoder import PACKAGE, MiniLM, Single

AT = datetime(2026, 1, 1, tzinfo=UTC)
MEANT = {
    "parcel": ["parcel", "package", "box", "consignment", "shipment", "carton"],
    "refund": ["refund", "repayment", "money", "reimbursement", "credit", "compensation"],
    "stolen_card": ["thief", "robber", "pickpocket", "burglar", "swindler", "mugger"],
    OUTSIDE: ["song", "poem", "joke", "weather", "recipe", "novel"],
}
PLACES = {word: place for place, words in enumerate(MEANT.values()) for word in words}
STARTS = ["the {}", "about a {}", "it is the {}", "again the {}", "hello, a {}", "my {} please", "that {} of mine"]


class Thesaurus:
    """An encoder that knows synonyms: what a message is about is the place of its words."""

    name = "thesaurus 1"
    width = len(MEANT)

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(self, texts: list[str]) -> Single:
        self.asked += texts
        rows = np.full((len(texts), self.width), 0.1, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().replace(",", "").split():
                if word in PLACES:
                    row[PLACES[word]] += 1
        found: Single = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return found


def messages(words: slice) -> list[Labelled]:
    return [
        Labelled(start.format(word), label, "data:1")
        for label, known in MEANT.items()
        for start, word in product(STARTS, known[words])
    ]


@pytest.fixture(scope="module")
def encoder() -> Thesaurus:
    return Thesaurus()


def taught(encoder: Thesaurus | None) -> Artefact:
    return train(gather(messages(slice(5))), TrainingRequest(0.1, 0.2), at=AT, sources=[], say=lambda _: None, encoder=encoder)


@pytest.fixture(scope="module")
def joined(encoder: Thesaurus) -> Artefact:
    return taught(encoder)


UNSEEN = messages(slice(5, 6))
"""Each about a word that training never saw, whose meaning it did."""


def test_meaning_finds_what_words_cannot(joined: Artefact) -> None:
    words, both = measure(taught(None), UNSEEN).report, measure(joined, UNSEEN).report
    assert words.accuracy is not None
    assert both.accuracy is not None
    assert both.accuracy == 1.0 > words.accuracy
    assert both.promise.coverage > words.promise.coverage
    assert both.risk_recall == 1.0


def test_meaning_is_asked_only_where_words_leave_it_open_or_speak_of_a_risk(joined: Artefact, encoder: Thesaurus) -> None:
    texts = [row.text for row in messages(slice(6))]
    first = joined.parts.words.score(
        joined.parts.features.vectors(texts), joined.manifest.thresholds, np.isin(joined.manifest.labels, ["stolen_card"])
    )
    wanted = [text for text, answered, risky in zip(texts, first.answered, first.risky, strict=True) if not answered or risky]
    encoder.asked.clear()
    scored = joined.score(texts)
    assert encoder.asked == wanted
    assert 0 < len(wanted) < len(texts)
    assert (scored.confidence[first.answered] == first.confidence[first.answered]).all()


def test_an_answer_of_the_words_stays_and_its_risk_is_looked_at_again(joined: Artefact) -> None:
    texts = [row.text for row in messages(slice(5)) if row.label == "stolen_card"]
    scored = joined.score(texts)
    assert scored.risky.all()
    assert [joined.manifest.labels[best] for best in scored.best] == ["stolen_card"] * len(texts)


def test_both_stages_come_back_from_the_folder(joined: Artefact, encoder: Thesaurus, tmp_path: Path) -> None:
    joined.save(tmp_path)
    again = Artefact.load(tmp_path, encoder)
    texts = [row.text for row in messages(slice(6))]
    assert again.manifest == joined.manifest
    assert np.array_equal(again.score(texts).confidence, joined.score(texts).confidence)
    assert np.array_equal(again.score(texts).risk, joined.score(texts).risk)


def test_another_encoder_is_refused(joined: Artefact, tmp_path: Path) -> None:
    joined.save(tmp_path)
    other = Thesaurus()
    other.name = "thesaurus 2"
    with pytest.raises(DefinitionInvalid, match=r"trained with thesaurus 1, but thesaurus 2 is installed\. Install that"):
        Artefact.load(tmp_path, other)


def test_without_its_package_a_router_says_what_to_install(
    joined: Artefact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined.save(tmp_path)
    sentence_encoder.installed.cache_clear()
    monkeypatch.setattr(sentence_encoder, "PACKAGE", "no-such-package")
    with pytest.raises(
        DefinitionInvalid, match=r"trained with thesaurus 1.*no-such-package is not installed\. Install it: make embeddings"
    ):
        Artefact.load(tmp_path)


def test_a_router_of_words_keeps_its_hash_and_names_no_encoder(tmp_path: Path) -> None:
    made = taught(None)
    made.save(tmp_path)
    fields = json.loads((tmp_path / MANIFEST).read_text())
    for later in ("encoder", "joined_thresholds"):
        assert fields.pop(later) is None
    (tmp_path / MANIFEST).write_text(json.dumps(fields))
    assert Artefact.load(tmp_path).manifest.content_hash == made.manifest.content_hash


def test_a_message_is_scored_once_however_often_it_is_asked_about(joined: Artefact, encoder: Thesaurus) -> None:
    class Topics:
        topics = ("parcel", "refund")

    asked = joined.score
    calls: list[int] = []

    class Counted:
        manifest = joined.manifest

        def score(self, texts: list[str]) -> object:
            calls.append(len(texts))
            return asked(texts)

    schooled = Schooled(Topics(), Counted())  # type: ignore[arg-type]
    for _ in range(3):
        schooled.opinions(["the shipment"])
    assert calls == [1]


@pytest.fixture(scope="module")
def real() -> MiniLM:
    try:
        return MiniLM()
    except DefinitionInvalid as error:
        pytest.skip(str(error))


def test_the_installed_model_knows_what_means_the_same(real: MiniLM) -> None:
    rows = real.vectors(["Where is my card?", "My card has not arrived yet", "What a lovely song", ""])
    likeness = rows @ rows.T
    assert np.allclose(np.diag(likeness), 1, atol=1e-5)
    assert likeness[0, 1] > 0.6 > 0.3 > likeness[0, 2]
    assert real.name.startswith(PACKAGE)


def test_a_long_message_costs_the_installed_model_no_more(real: MiniLM) -> None:
    words = "where is my parcel and when does it come " * 30
    assert np.array_equal(real.vectors([words]), real.vectors([words * 50]))
