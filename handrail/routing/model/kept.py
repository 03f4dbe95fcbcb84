"""Classifiers kept from one start to the next: plain arrays of numbers in a folder of this machine, sealed by their hash.

Learning takes two seconds of a processor, most of it for loading scikit-learn. A file fits only the very examples, code and
libraries that it was learnt with; one that is damaged is noticed and learnt anew. No pickle is written or read.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import tempfile
import zipfile
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from handrail.domain.base import digest
from handrail.routing.lexicon import background
from handrail.routing.model.classifier import Classifier
from handrail.routing.model.features import PART, Features, Floats
from handrail.routing.model.gate import Calibrator
from handrail.routing.model.likeness import KnownSentences

ROUTING = Path(__file__).parents[1]
BESIDE = ("domain/text/scripts.py",)
"""Code outside routing by which text is folded."""
LIBRARIES = ("numpy", "scikit-learn", "scipy")
KEPT = 8
"""Files that stay in the folder: those that were used last."""
SEAL = "seal"

Arrays = dict[str, Any]

log = logging.getLogger(__name__)


class KeptClassifiers:
    """The classifiers in `folder`, which is made when the first is kept. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, learnt: str) -> Classifier | None:
        """The classifier of these examples, as `learnt_from` hashes them; None where none is kept, or it is damaged."""
        key = _key(learnt)
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            seal = arrays.pop(SEAL).tobytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            log.warning("%s: cannot be read (%s); it is learnt anew", path, error)
            return None
        if seal != _seal(key, arrays):
            log.warning("%s: does not fit its hash; it is learnt anew", path)
            return None
        with suppress(OSError):
            os.utime(path)
        return _classifier(arrays)

    def keep(self, learnt: str, classifier: Classifier) -> None:
        """Write it, whole or not at all; a folder that cannot be written is logged and costs the next start its time."""
        key, arrays = _key(learnt), _arrays(classifier)
        sealed: Arrays = {SEAL: np.frombuffer(_seal(key, arrays), dtype=np.uint8)}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".new-", delete=False) as file:
                try:
                    np.savez(file, allow_pickle=False, **arrays, **sealed)
                    file.flush()
                    os.replace(file.name, self._path(key))
                except BaseException:
                    os.unlink(file.name)
                    raise
            self._forget()
        except OSError as error:
            log.warning("%s: what was learnt cannot be kept (%s); the next start learns it again", self._folder, error)

    def _path(self, key: str) -> Path:
        return self._folder / f"topics-{key[:32]}.npz"

    def _forget(self) -> None:
        found = sorted(self._folder.glob("topics-*.npz"), key=_used, reverse=True)
        for path in found[KEPT:]:
            path.unlink(missing_ok=True)


def _used(path: Path) -> int:
    """Return the time at which the file was used last; another process may remove it at any moment."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@cache
def _made_by() -> str:
    """Change with the code, the sentences and the libraries by which a classifier is learnt and asked."""
    found = hashlib.sha256()
    for path in [*sorted(ROUTING.rglob("*.py")), *(ROUTING.parent / name for name in BESIDE)]:
        found.update(f"{path.relative_to(ROUTING.parent).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest([found.hexdigest(), background().groups, [version(name) for name in LIBRARIES], platform.machine()])


def _key(learnt: str) -> str:
    return digest([learnt, _made_by()])


def _seal(key: str, arrays: Arrays) -> bytes:
    whole = hashlib.sha256(key.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        whole.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        whole.update(array.tobytes())
    return whole.digest()


def _arrays(made: Classifier) -> Arrays:
    known, (words, pieces) = made.known, made.features.rarity
    return {
        "topics": np.array(made.topics),
        **_thin("words", words),
        **_thin("pieces", pieces),
        "columns": known.columns,
        "starts": known.starts,
        "places": known.places,
        "values": known.values,
        "weights": made.weights,
        "owners": made.owners,
        "gate": made.gate.array(),
    }


def _classifier(arrays: Arrays) -> Classifier:
    owners = arrays["owners"]
    return Classifier(
        topics=arrays["topics"].tolist(),
        features=Features.of(_full("words", arrays), _full("pieces", arrays)),
        known=KnownSentences(arrays["columns"], arrays["starts"], arrays["places"], arrays["values"], len(owners)),
        weights=arrays["weights"],
        owners=owners,
        gate=Calibrator.of(arrays["gate"]),
    )


def _thin(name: str, rarity: Floats) -> Arrays:
    """The weights without those of all that training never saw, which are one and the same."""
    unseen = rarity.max()
    seen = np.flatnonzero(rarity != unseen)
    return {f"{name}_unseen": unseen, f"{name}_seen": seen.astype(np.int32), f"{name}_rarity": rarity[seen]}


def _full(name: str, arrays: Arrays) -> Floats:
    rarity = np.full(PART, float(arrays[f"{name}_unseen"]))
    rarity[arrays[f"{name}_seen"]] = arrays[f"{name}_rarity"]
    return rarity
