"""A trained router as a folder: `manifest.json`, for people and programs, and `model.npz`, plain arrays of numbers.

Nothing in it is code: no pickle is written or read, and what was trained is checked against its hash before it is used.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, ValidationError

from handrail.domain.base import Model, digest
from handrail.domain.errors import DefinitionInvalid
from handrail.routing.model.features import Features, Floats
from handrail.routing.model.gate import Calibrator, Flags, evidence
from handrail.routing.model.linear import Linear, Rows

FORMAT = 2
"""Raise it when the same folder would classify otherwise."""
MANIFEST, ARRAYS = "manifest.json", "model.npz"


class Thresholds(Model):
    """`answer`: confidence from which the label counts; `outside`: probability of being within scope below which a message is
    called out of scope; `risk`: probability from which it is a risk. 1.01 is never reached."""

    answer: float = Field(ge=0, le=1.01)
    outside: float = Field(ge=0, le=1.01)
    risk: float | None = Field(default=None, ge=0, le=1.01)


class Training(Model):
    """A summary of the training: its messages, and the results on those held out in turn; shares are 0 to 1."""

    messages: int
    outside: int = Field(description="messages out of scope among them")
    proxies: str = Field(description="what stood for out of scope where there were too few such messages")
    suspect: int = Field(description="messages whose label looks wrong; they count less")
    sources: dict[str, str] = Field(description="file name and its SHA-256")
    accuracy: float
    accuracy_spread: float = Field(description="standard deviation over the folds")
    out_of_scope_auroc: float | None
    coverage: float
    risk_recall: float | None
    risk_false_alarms: float | None
    seed: int
    seconds: float
    notes: list[str]


class Manifest(Model):
    """All but the numbers. `topics` says which topic a label stands for; the others are their own."""

    format: int
    content_hash: str
    created_at: datetime
    labels: list[str] = Field(min_length=2)
    topics: dict[str, str]
    risk_labels: list[str]
    stated_error: float
    stated_oos_share: float
    thresholds: Thresholds
    training: Training
    libraries: dict[str, str]


@dataclass(frozen=True)
class Scored:
    """Messages as the artefact sees them, one entry each: `best` as a place in `labels`, the rest probabilities.

    `confidence`: that the best label is right; `scope`: that the message is within scope; `risk`: that it is about one of the
    risk labels; `risky`: that it is or may be, as the threshold for risks has it.
    """

    scores: Floats
    best: Rows
    confidence: Floats
    scope: Floats
    risk: Floats
    risky: Flags


@dataclass(frozen=True)
class Parts:
    """The learnt parts: scores for each label and one more for none, the gates over them, and what tells risks alone."""

    features: Features
    linear: Linear
    right: Calibrator
    scope: Calibrator
    risk: Calibrator | None
    alarm: Linear | None


class Artefact:
    """A trained classifier; only read, safe to share between threads."""

    def __init__(self, manifest: Manifest, parts: Parts) -> None:
        self.manifest = manifest
        self.parts = parts
        self._risky = np.isin(manifest.labels, manifest.risk_labels)

    def score(self, texts: Sequence[str]) -> Scored:
        """Every text, in order."""
        vectors = self.parts.features.vectors(texts)
        scores, known = self.parts.linear.scores(vectors)
        ours, outside = scores[:, :-1], scores[:, -1]
        rows = evidence(ours, outside, known)
        best = ours.argmax(axis=1)
        risk, cut = np.zeros(len(rows)), self.manifest.thresholds.risk
        if self.parts.risk is not None and self.parts.alarm is not None:
            alarm = self.parts.alarm.scores(vectors)[0][:, 1]
            risk = self.parts.risk.probability(risk_evidence(ours, outside, alarm, self._risky))
        return Scored(
            scores=ours,
            best=best,
            confidence=self.parts.right.probability(rows),
            scope=self.parts.scope.probability(rows),
            risk=risk,
            risky=self._risky[best] | (risk >= cut if cut is not None else np.zeros(len(rows), dtype=bool)),
        )

    def save(self, folder: Path) -> None:
        """Write both files.

        Raises:
            DefinitionInvalid: the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(folder / ARRAYS, **_arrays(self.parts))
            text = self.manifest.model_dump_json(indent=2) + "\n"
            (folder / MANIFEST).write_text(text, encoding="utf-8")
        except OSError as error:
            raise DefinitionInvalid(f"{folder}: cannot be written ({error.strerror}). Name another folder.") from error

    @classmethod
    def load(cls, folder: Path) -> Artefact:
        """Read and check both files.

        Raises:
            DefinitionInvalid: one is missing, unreadable, of another format, or does not fit its hash.
        """
        again = "Train it again with `handrail router train`."
        manifest = _manifest(folder / MANIFEST, again)
        if manifest.format != FORMAT:
            raise DefinitionInvalid(f"{folder / MANIFEST}: format {manifest.format} is not read here, only {FORMAT}. {again}")
        try:
            with np.load(folder / ARRAYS, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DefinitionInvalid(f"{folder / ARRAYS}: cannot be read ({error}). {again}") from error
        if content_hash(manifest, arrays) != manifest.content_hash:
            raise DefinitionInvalid(f"{folder}: is not what was trained: the content does not fit its hash. {again}")
        return cls(manifest, _parts(arrays))


def risk_evidence(scores: Floats, outside: Floats, alarm: Floats, risky: Flags) -> Floats:
    """Return how much each message is like any risk label, as columns.

    Best and second risk score, best other score, their difference, the same where negative, outside, and the score of a model
    that tells risks from all else.
    """
    theirs, others = scores[:, risky], scores[:, ~risky]
    ranked = -np.sort(-theirs, axis=1)
    second = ranked[:, min(1, ranked.shape[1] - 1)]
    other = others.max(axis=1, initial=-1.0)
    lead = ranked[:, 0] - other
    return np.column_stack([ranked[:, 0], second, other, lead, np.minimum(lead, 0), outside, alarm])


def content_hash(manifest: Manifest, arrays: dict[str, Any]) -> str:
    """SHA-256 over all that decides: the manifest without its times, and every array with name, type and shape."""
    fields = manifest.model_dump(mode="json", exclude={"content_hash": True, "created_at": True, "training": {"seconds"}})
    whole = hashlib.sha256(digest(fields).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        whole.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode() + array.tobytes())
    return whole.hexdigest()


def sealed(manifest: Manifest, parts: Parts) -> Artefact:
    """The artefact with the hash of its content in its manifest."""
    return Artefact(manifest.model_copy(update={"content_hash": content_hash(manifest, _arrays(parts))}), parts)


def _manifest(path: Path, again: str) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DefinitionInvalid(f"{path}: cannot be read ({error.strerror}). Name a folder that training wrote.") from error
    except (ValidationError, json.JSONDecodeError) as error:
        words = str(error).splitlines()[1:2] if isinstance(error, ValidationError) else [str(error)]
        raise DefinitionInvalid(f"{path}: is no manifest of a trained router ({' '.join(words)}). {again}") from error


def _arrays(parts: Parts) -> dict[str, Any]:
    gates = {"right": parts.right, "scope": parts.scope, "risk": parts.risk}
    words, pieces = parts.features.rarity
    machines = {"": parts.linear, "alarm_": parts.alarm}
    return {
        "rarity_words": words,
        "rarity_pieces": pieces,
        **{
            f"{name}{part}": getattr(machine, part)
            for name, machine in machines.items()
            if machine is not None
            for part in ("columns", "weights", "bias")
        },
        **{f"gate_{name}": gate.array() for name, gate in gates.items() if gate is not None},
    }


def _parts(arrays: dict[str, Any]) -> Parts:
    return Parts(
        Features.of(arrays["rarity_words"], arrays["rarity_pieces"]),
        Linear(arrays["columns"], arrays["weights"], arrays["bias"]),
        Calibrator.of(arrays["gate_right"]),
        Calibrator.of(arrays["gate_scope"]),
        Calibrator.of(arrays["gate_risk"]) if "gate_risk" in arrays else None,
        Linear(arrays["alarm_columns"], arrays["alarm_weights"], arrays["alarm_bias"]) if "gate_risk" in arrays else None,
    )
