"""Evaluation of a router on labelled messages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter

import numpy as np
from pydantic import Field
from sklearn.metrics import roc_auc_score

from handrail.domain.base import Model, Stored
from handrail.domain.case.classification import OUT_OF_SCOPE
from handrail.ports import Router


class LabelledMessage(Stored):
    """A message with the topic it is about, or `out_of_scope`."""

    text: str
    label: str


class Share(Model):
    """`hits` of `of`, with Wilson's 95 % interval; `value` is None where there is nothing to count."""

    hits: int
    of: int
    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def count(cls, outcomes: Sequence[bool]) -> Share:
        hits, of = sum(outcomes), len(outcomes)
        if not of:
            return cls(hits=0, of=0, value=None, low=None, high=None)
        z, p = 1.96, hits / of
        middle = (p + z * z / (2 * of)) / (1 + z * z / of)
        reach = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
        return cls(hits=hits, of=of, value=p, low=max(0.0, middle - reach), high=min(1.0, middle + reach))


class Figures(Model):
    """`accuracy` over messages within scope; `recall` for every label; `false_accepts` are messages out of scope that got a
    topic; `auroc` tells scope from the rest by the confidence, None where one kind is absent; latencies in milliseconds."""

    messages: int
    accuracy: Share
    out_of_scope_recall: Share
    false_accepts: dict[str, int]
    recall: dict[str, Share]
    auroc: float | None
    latency_ms_p50: float = Field(ge=0)
    latency_ms_p99: float = Field(ge=0)


async def evaluate(router: Router, rows: Sequence[LabelledMessage]) -> Figures:
    """Classify every row as a new case's first message.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError("rows: there are none; give at least one labelled message.")
    found, seconds = [], []
    for row in rows:
        start = perf_counter()
        found.append(await router.classify(row.text, topic_before=None))
        seconds.append(perf_counter() - start)
    right = [one.topic == row.label for one, row in zip(found, rows, strict=True)]
    outside = [row.label == OUT_OF_SCOPE for row in rows]
    scope = [1 - one.confidence if one.topic == OUT_OF_SCOPE else one.confidence for one in found]
    accepted = [one.topic for one, out in zip(found, outside, strict=True) if out and one.topic != OUT_OF_SCOPE]
    return Figures(
        messages=len(rows),
        accuracy=Share.count([hit for hit, out in zip(right, outside, strict=True) if not out]),
        out_of_scope_recall=Share.count([hit for hit, out in zip(right, outside, strict=True) if out]),
        false_accepts={topic: accepted.count(topic) for topic in sorted(set(accepted))},
        recall={
            label: Share.count([hit for hit, row in zip(right, rows, strict=True) if row.label == label])
            for label in sorted({row.label for row in rows})
        },
        auroc=None if len(set(outside)) == 1 else float(roc_auc_score([not out for out in outside], scope)),
        latency_ms_p50=float(np.percentile(seconds, 50)) * 1000,
        latency_ms_p99=float(np.percentile(seconds, 99)) * 1000,
    )
