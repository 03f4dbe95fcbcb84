"""The local classifier without scikit-learn: its figures, kept between starts, learnt anew if damaged."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.preprocessing import normalize
from sklearn.utils import murmurhash3_32

from handrail.domain.autonomy.topics import Topic
from handrail.routing.learning.examples import learn_examples
from handrail.routing.lexicon import background
from handrail.routing.model.classifier import Classifier
from handrail.routing.model.features import PART, Features, normal
from handrail.routing.model.gate import logistic
from handrail.routing.model.hashing import murmur
from handrail.routing.model.identity import learnt_from
from handrail.routing.model.kept import KEPT, KeptClassifiers
from handrail.routing.model.trained import Trained
from handrail.shop import business
from handrail.topics.loader import FileTopics

EXACT = 1e-12
LETTERS = "abcdefghijklmnop qrstuvwxyzäöüßéçñłığ-日本語العربيةעבריתไทย😡0123456789"


@pytest.fixture(scope="module")
def topics() -> list[Topic]:
    return list(FileTopics(business.folder / "topics", business.by_name).all())


@pytest.fixture(scope="module")
def learnt(topics: list[Topic]) -> Classifier:
    return learn_examples(topics, background().groups)


@pytest.fixture(scope="module")
def sentences(topics: list[Topic]) -> list[str]:
    return [*(text for topic in sorted(topics, key=lambda one: one.name) for text in topic.examples), *spare()]


@pytest.fixture(scope="module")
def texts(sentences: list[str]) -> list[str]:
    chance = Random(5)
    words = " ".join(sentences).split()
    mixed = [" ".join(chance.choices(words, k=chance.randint(1, 40))) for _ in range(2_000)]
    noise = ["".join(chance.choices(LETTERS, k=chance.randint(0, 60))) for _ in range(500)]
    return [*sentences, *mixed, *noise, "", " ", "x" * 2_000, "order O-10024 for 12.50 EUR, mail a@b.example"]


def spare() -> list[str]:
    return [text for texts in background().groups.values() for text in texts]


def by_scikit_learn(learning: list[str], texts: list[str]) -> csr_matrix:
    """The vectors as scikit-learn's own vectorizers make them."""
    shared = {"n_features": PART, "alternate_sign": False, "norm": None, "lowercase": False, "token_pattern": None}
    kinds = ({"tokenizer": str.split, "ngram_range": (1, 2)}, {"analyzer": "char_wb", "ngram_range": (2, 5)})
    parts = []
    for kind in kinds:
        counts = HashingVectorizer(**shared, **kind)
        rarity = TfidfTransformer().fit(counts.transform(map(normal, learning))).idf_
        found = counts.transform(map(normal, texts))
        found.data = (1 + np.log(found.data)) * rarity[found.indices]
        parts.append(normalize(found) * np.sqrt(0.5))
    return hstack(parts, format="csr")


def test_the_hash_is_the_one_by_which_the_vectorizers_choose_columns() -> None:
    chance = Random(3)
    texts = ["", *("".join(chance.choices(LETTERS, k=chance.randint(1, 40))) for _ in range(20_000))]
    assert [murmur(text) for text in texts] == [abs(int(murmurhash3_32(text, 0))) for text in texts]


def test_likeness_is_what_scikit_learns_vectors_give(learnt: Classifier, sentences: list[str], texts: list[str]) -> None:
    known = learnt.features.vectors(sentences)
    theirs = by_scikit_learn(sentences, sentences)
    assert abs(known - theirs).max() < EXACT
    kept = [
        place for place, text in enumerate(sentences) if learnt.known.likeness(*learnt.features.vector(text)).max() > 1 - EXACT
    ]
    assert len(kept) >= learnt.known.count, "each known sentence is most like itself"
    wanted = (by_scikit_learn(sentences, texts) @ theirs.T).toarray()
    found = (learnt.features.vectors(texts) @ known.T).toarray()
    assert np.abs(found - wanted).max() < EXACT


def test_scores_are_those_of_the_sparse_product(learnt: Classifier, sentences: list[str], texts: list[str]) -> None:
    theirs = by_scikit_learn(sentences, sentences)
    ours = theirs[: len(sentences) - len(spare())]
    kept = [
        *range(ours.shape[0]),
        *(ours.shape[0] + np.flatnonzero((theirs[ours.shape[0] :] @ ours.T).max(axis=1).toarray() < 0.5)),
    ]
    assert len(kept) == learnt.known.count
    scores = (by_scikit_learn(sentences, texts) @ theirs[kept].T).toarray() @ learnt.weights
    for row, found in zip(scores, learnt.predict(texts), strict=True):
        own = row[: len(learnt.topics)]
        shares = np.exp(8.0 * (own - own.max()))
        assert abs(shares / shares.sum() - np.array(list(found.shares.values()))).max() < EXACT
        assert found.background == pytest.approx(max(0.0, row[len(learnt.topics) :].max()), abs=EXACT)


def test_the_logistic_function_is_scipys() -> None:
    values = np.r_[np.linspace(-50, 50, 10_001), -1e6, 1e6, -745.2, 709.8, 0.0]
    assert np.abs(logistic(values) - expit(values)).max() < EXACT


def test_what_is_kept_answers_the_same(tmp_path: Path, topics: list[Topic], learnt: Classifier, texts: list[str]) -> None:
    folder = KeptClassifiers(tmp_path / "made")
    key = learnt_from(topics)
    assert folder.get(key) is None
    folder.keep(key, learnt)
    again = folder.get(key)
    assert again is not None
    assert again.predict(texts) == learnt.predict(texts)
    assert folder.get(learnt_from(topics[1:])) is None, "other examples are another classifier"
    assert (tmp_path / "made").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["cut", "empty", "swapped", "changed", "pickle"])
def test_what_is_damaged_is_noticed_and_learnt_anew(
    damage: str, tmp_path: Path, topics: list[Topic], learnt: Classifier, caplog: pytest.LogCaptureFixture
) -> None:
    folder, key = KeptClassifiers(tmp_path), learnt_from(topics)
    folder.keep(key, learnt)
    (file,) = tmp_path.glob("*.npz")
    whole = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(whole[: len(whole) // 2])
        case "empty":
            file.write_bytes(b"")
        case "swapped":
            folder.keep("of other examples", learnt)
            (other,) = set(tmp_path.glob("*.npz")) - {file}
            other.replace(file)
        case "changed":
            with np.load(file) as stored:
                arrays = dict(stored)
            np.savez(file, **(arrays | {"weights": arrays["weights"] + 1e-9}))
        case "pickle":
            np.savez(file, topics=np.array([object()]), seal=np.zeros(32, dtype=np.uint8))
    with caplog.at_level(logging.WARNING):
        assert folder.get(key) is None
    assert "learnt anew" in caplog.text
    made = Trained.on(topics, kept=folder)
    assert made.classifier.predict(["where is my order"]) == learnt.predict(["where is my order"])
    assert folder.get(key) is not None, "it is written again"


def test_a_folder_that_cannot_be_written_costs_the_next_start_alone(
    tmp_path: Path, topics: list[Topic], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    made = Trained.on(topics, kept=KeptClassifiers(tmp_path / "file" / "folder"))
    assert made.classifier.topics
    assert "cannot be kept" in caplog.text


def test_the_folder_does_not_grow(tmp_path: Path, learnt: Classifier) -> None:
    folder = KeptClassifiers(tmp_path)
    for number in range(KEPT + 3):
        folder.keep(f"examples {number}", learnt)
    assert len(list(tmp_path.iterdir())) == KEPT
    assert folder.get(f"examples {KEPT + 2}") is not None


def test_a_start_with_a_kept_classifier_loads_neither_scikit_learn_nor_scipy(
    tmp_path: Path, topics: list[Topic], learnt: Classifier
) -> None:
    KeptClassifiers(tmp_path).keep(learnt_from(topics), learnt)
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from handrail.routing.router import LocalRouter\n"
        "from handrail.shop import business\n"
        "from handrail.topics.loader import FileTopics\n"
        "topics = FileTopics(business.folder / 'topics', business.by_name)\n"
        f"router = LocalRouter(topics, business.folder / 'risk.yaml', kept=Path({str(tmp_path)!r}))\n"
        "found = asyncio.run(router.classify('Hi, where is my order O-10024?', topic_before=None))\n"
        "print(found.topic, sorted({'sklearn', 'scipy'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["order_status", "[]"]


def test_the_columns_of_a_text_do_not_depend_on_what_was_read_before(learnt: Classifier) -> None:
    fresh = Features.of(*learnt.features.rarity)
    one, other = learnt.features.vector("where is my parcel"), fresh.vector("where is my parcel")
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
