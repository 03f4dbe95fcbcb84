"""Labelled messages: JSON lines with `text` and `label`, checked line by line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.domain.counting import many
from handrail.domain.errors import InvalidInput
from handrail.routing.model.features import normal

OUTSIDE = "oos"
"""The label of what is out of scope."""
LONGEST = 8_000
LABEL_LENGTH = 120
SHOWN = 5
FEWEST = 5
SEVERAL = ("labels", "intents", "classes", "tags")
"""Keys under which data with several labels a message has them."""
ONE_LABEL = (
    "A message goes one way, so that a router learns one label of each: write as `label` the one that decides where it goes, "
    "the gravest first, or leave the line out."
)
_EXAMPLE = '{"text": "where is my parcel", "label": "delivery"}'


@dataclass(frozen=True)
class Labelled:
    """A message, what it is about, and where it was read (`file:line`)."""

    text: str
    label: str
    place: str


def read(path: Path) -> list[Labelled]:
    """Every message of one file, in order; blank lines are passed over, other keys than text and label too.

    Raises:
        InvalidInput: the file cannot be read, holds nothing, or has bad lines; each with file, line and remedy.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read ({error.strerror}). Name a file of JSON lines.") from error
    found: list[Labelled] = []
    problems: list[str] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(_message(line, f"{path}:{number}"))
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        more = [f"... and {len(problems) - SHOWN} more lines"] if len(problems) > SHOWN else []
        raise InvalidInput("\n".join([*problems[:SHOWN], *more]))
    if not found:
        raise InvalidInput(f"{path}: holds no message. Write one on each line, such as {_EXAMPLE}.")
    return found


def _message(line: bytes, place: str) -> Labelled:
    """Raises: ValueError: what is wrong with the line, and what would be right."""
    try:
        fields = json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} is not UTF-8. Save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON ({error}). Write {_EXAMPLE}.") from error
    if not isinstance(fields, dict):
        raise ValueError(f"is no object. Write {_EXAMPLE}.")
    label = _words(fields, "label", LABEL_LENGTH).strip()
    return Labelled(_words(fields, "text", LONGEST), OUTSIDE if label.casefold() == OUTSIDE else label, place)


def _words(fields: dict[str, object], name: str, longest: int) -> str:
    if name not in fields:
        several = next((key for key in SEVERAL if isinstance(fields.get(key), list)), None)
        if name == "label" and several is not None:
            raise ValueError(f"{several}: holds a list, and label is missing. {ONE_LABEL}")
        raise ValueError(f"{name}: is missing. Write {_EXAMPLE}.")
    value = fields[name]
    if name == "label" and isinstance(value, list):
        raise ValueError(f"label: is a list of {len(value)}. {ONE_LABEL}")
    if not isinstance(value, str):
        raise ValueError(f"{name}: is no text but {type(value).__name__}. Put it in quotes.")
    if not value.strip():
        raise ValueError(f"{name}: is empty. Write some words, or remove the line.")
    if len(value) > longest:
        raise ValueError(f"{name}: has {len(value)} characters; at most {longest} are taken. Shorten it.")
    return value


@dataclass(frozen=True)
class Gathered:
    """The examples to learn from: one row per different message; `notes` say what was left out and why."""

    rows: list[Labelled]
    notes: list[str]

    @property
    def labels(self) -> list[str]:
        """The labels in order of name, without out of scope."""
        return sorted({row.label for row in self.rows} - {OUTSIDE})


def gather(rows: Sequence[Labelled]) -> Gathered:
    """Gather each message once, without those under two labels or without a word, without labels of too few messages.

    Raises:
        InvalidInput: fewer than two labels remain.
    """
    by_words: dict[str, list[Labelled]] = {}
    for row in rows:
        by_words.setdefault(normal(row.text), []).append(row)
    wordless = by_words.pop("", [])
    kept = [same[0] for same in by_words.values() if len({row.label for row in same}) == 1]
    torn = [same for same in by_words.values() if len({row.label for row in same}) > 1]
    counts = Counter(row.label for row in kept)
    rare = sorted(label for label, count in counts.items() if count < FEWEST and label != OUTSIDE)
    gathered = Gathered([row for row in kept if row.label not in rare], list(_notes(rows, kept, torn, wordless, rare)))
    if len(gathered.labels) < 2:
        names = ", ".join(gathered.labels) or "none"
        raise InvalidInput(
            f"label: {len(gathered.labels)} with at least {FEWEST} different messages ({names}), "
            f"{OUTSIDE} not counted. Give messages of at least two labels."
        )
    return gathered


def _notes(
    rows: Sequence[Labelled],
    kept: list[Labelled],
    torn: list[list[Labelled]],
    wordless: list[Labelled],
    rare: list[str],
) -> Iterator[str]:
    again = len(rows) - len(kept) - sum(map(len, torn)) - len(wordless)
    if again:
        yield f"{many(again, 'message stands', 'messages stand')} there more than once and count once"
    if torn:
        labels = " and ".join(sorted({row.label for row in torn[0]})[:2])
        found = many(len(torn), "message stands", "messages stand")
        yield f"{found} there under two labels and left out, such as {torn[0][0].place} ({labels})"
    if wordless:
        found = many(len(wordless), "message holds", "messages hold")
        yield f"{found} no word and left out, such as {wordless[0].place}"
    if rare:
        yield f"labels with fewer than {FEWEST} messages were left out: {', '.join(rare[:SHOWN])}"
