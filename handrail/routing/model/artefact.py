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
from handrail.routing.model.features import Features
from handrail.routing.model.gate import Calibrator
from handrail.routing.model.joined import SentenceMeanings, join
from handrail.routing.model.linear import Linear
from handrail.routing.model.sentence_encoder import Encoder, installed
from handrail.routing.model.stage import Scored, Stage, Thresholds

FORMAT = 2
"""Raise it when the same folder would classify otherwise."""
MANIFEST, ARRAYS = "manifest.json", "model.npz"
JOINED = "joined_"
_LATER = ("encoder", "joined_thresholds", "risk_trade")


class RiskTrade(Model):
    """A share of risks found, and the share of all other messages that it costs as false alarms; on held-out messages."""

    recall: float
    false_alarms: float


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
    risk_trade: list[RiskTrade] | None = Field(default=None, description="what other aims for risks would cost")
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
    encoder: str | None = Field(default=None, description="the model of meanings that the second stage was trained with")
    joined_thresholds: Thresholds | None = Field(default=None, description="of the second stage")
    training: Training
    libraries: dict[str, str]


@dataclass(frozen=True)
class Parts:
    """The learnt parts: the stage over words, and the one over words and meaning, where one was trained."""

    features: Features
    words: Stage
    meanings: SentenceMeanings | None = None
    joined: Stage | None = None


class Artefact:
    """A trained classifier; only read, safe to share between threads."""

    def __init__(self, manifest: Manifest, parts: Parts) -> None:
        self.manifest = manifest
        self.parts = parts
        self._risky = np.isin(manifest.labels, manifest.risk_labels)

    @property
    def slow(self) -> bool:
        """True where a message may take more than a millisecond."""
        return self.parts.joined is not None

    def score(self, texts: Sequence[str]) -> Scored:
        """Score every text, in order; the meaning is read only where the words alone leave it open or speak of a risk."""
        parts, limits = self.parts, self.manifest.joined_thresholds
        vectors = parts.features.vectors(texts)
        scored = parts.words.score(vectors, self.manifest.thresholds, self._risky)
        if parts.joined is None or parts.meanings is None or limits is None:
            return scored
        rows = np.flatnonzero(~scored.answered | scored.risky)
        if not len(rows):
            return scored
        both = join(vectors[rows], parts.meanings.rows([texts[row] for row in rows.tolist()]))
        return scored.revised(rows, parts.joined.score(both, limits, self._risky))

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
    def load(cls, folder: Path, encoder: Encoder | None = None) -> Artefact:
        """Read and check both files; `encoder` stands for the installed one.

        Raises:
            DefinitionInvalid: one is missing, unreadable, of another format, or does not fit its hash, or the model of
                meanings that it was trained with is not installed.
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
        return cls(manifest, _parts(arrays, _encoder(manifest.encoder, folder, encoder)))


def content_hash(manifest: Manifest, arrays: dict[str, Any]) -> str:
    """SHA-256 over all that decides: the manifest without its times, and every array with name, type and shape."""
    fields = manifest.model_dump(mode="json", exclude={"content_hash": True, "created_at": True, "training": {"seconds"}})
    # A router without them has the hash that it had before they were there.
    for part in (fields, fields["training"]):
        for name in _LATER:
            if part.get(name, ...) is None:
                del part[name]
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
    words, pieces = parts.features.rarity
    stages = {"": parts.words, JOINED: parts.joined}
    found = {"rarity_words": words, "rarity_pieces": pieces}
    for name, stage in stages.items():
        found |= {f"{name}{part}": value for part, value in _stage_arrays(stage).items()} if stage else {}
    return found | ({f"{JOINED}centre": parts.meanings.centre} if parts.meanings else {})


def _stage_arrays(stage: Stage) -> dict[str, Any]:
    gates = {"right": stage.right, "scope": stage.scope, "risk": stage.risk}
    machines = {"": stage.linear, "alarm_": stage.alarm}
    return {
        **{
            f"{name}{part}": getattr(machine, part)
            for name, machine in machines.items()
            if machine is not None
            for part in ("columns", "weights", "bias")
        },
        **{f"gate_{name}": gate.array() for name, gate in gates.items() if gate is not None},
    }


def _stage(arrays: dict[str, Any]) -> Stage:
    watched = "gate_risk" in arrays
    return Stage(
        Linear(arrays["columns"], arrays["weights"], arrays["bias"]),
        Calibrator.of(arrays["gate_right"]),
        Calibrator.of(arrays["gate_scope"]),
        Calibrator.of(arrays["gate_risk"]) if watched else None,
        Linear(arrays["alarm_columns"], arrays["alarm_weights"], arrays["alarm_bias"]) if watched else None,
    )


def _parts(arrays: dict[str, Any], encoder: Encoder | None) -> Parts:
    features = Features.of(arrays["rarity_words"], arrays["rarity_pieces"])
    second = {name.removeprefix(JOINED): value for name, value in arrays.items() if name.startswith(JOINED)}
    if encoder is None:
        return Parts(features, _stage(arrays))
    return Parts(features, _stage(arrays), SentenceMeanings(encoder, second["centre"]), _stage(second))


def _encoder(name: str | None, folder: Path, given: Encoder | None) -> Encoder | None:
    """The encoder that the router was trained with. Raises: DefinitionInvalid: it is not there, or is another one."""
    if name is None:
        return None
    try:
        found = given or installed()
    except DefinitionInvalid as error:
        raise DefinitionInvalid(f"{folder}: was trained with {name}. {error}") from error
    if found.name != name:
        raise DefinitionInvalid(
            f"{folder}: was trained with {name}, but {found.name} is installed. Install that, or train again."
        )
    return found
