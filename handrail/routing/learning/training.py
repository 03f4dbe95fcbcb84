"""Training a router on labelled messages: cross-fitted scores first, then what is decided from them, then the final fit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.sparse import csr_matrix, vstack
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from handrail.domain.counting import many
from handrail.routing.learning.held_out import Say, TrainingSet, dealt
from handrail.routing.learning.labelled import OUTSIDE, Gathered
from handrail.routing.learning.lesson import Lesson, TrainingRequest
from handrail.routing.learning.risks import risky
from handrail.routing.learning.thresholds import UNFORESEEN_SHARE
from handrail.routing.lexicon import background
from handrail.routing.model.artefact import FORMAT, Artefact, Manifest, Parts, Training, sealed
from handrail.routing.model.features import Features
from handrail.routing.model.joined import SentenceMeanings, join
from handrail.routing.model.sentence_encoder import Encoder

ENOUGH_OUTSIDE = 30
CLAIMED = 0.35
CLAIMED_SHARE = 0.25


def train(
    gathered: Gathered,
    wanted: TrainingRequest,
    *,
    at: datetime,
    sources: Sequence[Path],
    say: Say,
    encoder: Encoder | None = None,
) -> Artefact:
    """A router over the labels of `gathered`; `say` is told what goes on. A few minutes for 15,000 messages.

    `encoder`: a model of meanings for a second stage, which is asked where words alone leave a message open.
    """
    start = perf_counter()
    labels = gathered.labels
    own = [row.text for row in gathered.rows]
    rows_outside = sum(row.label == OUTSIDE for row in gathered.rows)
    few = rows_outside < ENOUGH_OUTSIDE
    say(f"{many(len(own), 'message')}, {many(len(labels), 'label')}, {rows_outside} out of scope")
    spare = [text for texts in background().groups.values() for text in texts] if few else []
    features = Features([*own, *spare])
    names = {label: number for number, label in enumerate([*labels, OUTSIDE])}
    vectors = features.vectors(own)
    kept = unclaimed(vectors, features) if few else []
    sheet = TrainingSet(
        _stacked(vectors, features.vectors(kept)) if kept else vectors,
        np.array([names[row.label] for row in gathered.rows] + [len(labels)] * len(kept), dtype=np.intp),
        labels,
    )
    risk_labels = list(risky(labels) if wanted.risk_labels is None else wanted.risk_labels)
    theirs = np.append(np.isin(labels, risk_labels), False)
    lesson = Lesson(wanted, theirs, few=few, say=say)
    with threadpool_limits(limits=1):
        fold = dealt(sheet, wanted.seed)
        words = lesson.learn(sheet, fold, early=encoder is not None)
        last, parts = words, Parts(features, words.stage)
        if encoder is not None:
            say(f"reading {many(len(own) + len(kept), 'message')} with {encoder.name}")
            meanings, rows = SentenceMeanings.learn(encoder, [*own, *kept])
            last = lesson.learn(replace(sheet, vectors=join(sheet.vectors, rows)), fold, before=words)
            parts = Parts(features, words.stage, meanings, last.stage)
    manifest = Manifest(
        format=FORMAT,
        content_hash="",
        created_at=at,
        labels=labels,
        topics=dict(wanted.topics or {}),
        risk_labels=risk_labels,
        stated_error=wanted.error,
        stated_oos_share=wanted.share,
        thresholds=words.thresholds,
        encoder=encoder.name if encoder else None,
        joined_thresholds=last.thresholds if encoder else None,
        training=Training(
            messages=len(own),
            outside=rows_outside,
            proxies=_stood_in(len(kept), wanted.share) if few else "none needed",
            suspect=last.suspect,
            sources={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sources},
            seed=wanted.seed,
            seconds=round(perf_counter() - start, 1),
            notes=[*gathered.notes, *last.risks.doubts(wanted.risk)],
            risk_trade=list(last.risks.trade),
            **last.figures,
        ),
        libraries={name: version(name) for name in ("scikit-learn", "numpy", "scipy")},
    )
    return sealed(manifest, parts)


def _stood_in(sentences: int, share: float) -> str:
    unforeseen = share * UNFORESEEN_SHARE if sentences else share
    rest = f", and for {share - unforeseen:.1%} like {sentences} background sentences" if sentences else ""
    return (
        f"the promise rests on stand-ins: it holds for {unforeseen:.1%} of messages like a label left out{rest}, "
        "labels that look wrong not counted; give messages labelled oos for a promise about real ones"
    )


def unclaimed(vectors: csr_matrix, features: Features) -> list[str]:
    """The background without the groups that the labels are about, and without single sentences close to a message."""
    kept = []
    for texts in background().groups.values():
        likeness = (features.vectors(texts) @ vectors.T).max(axis=1).toarray().ravel()
        if (likeness >= CLAIMED).mean() < CLAIMED_SHARE:
            kept += [text for text, close in zip(texts, likeness, strict=True) if close < CLAIMED]
    return kept


def _stacked(*blocks: csr_matrix) -> csr_matrix:
    return vstack(blocks, format="csr")
