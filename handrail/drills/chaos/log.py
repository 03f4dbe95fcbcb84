"""The log of operations: each try with its outcome, written before it is made and when its answer comes."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from handrail.domain.base import Stored


class Act(StrEnum):
    """An act of a customer or a person on a case."""

    OPEN = "open"
    SAY = "say"
    DECIDE = "decide"
    CLAIM = "claim"
    REPLY = "reply"
    HAND_BACK = "hand back"
    RESOLVE = "resolve"


class Certainty(StrEnum):
    """The knowledge of an operation's sender. `UNKNOWN`: it may have happened, and may not have."""

    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Operation(Stored):
    """A try. `key` is the same for each try of the same thing; times are epoch seconds; without an answer it is unknown."""

    number: int
    case_id: str
    act: Act
    key: str
    invoked: float
    ended: float | None = None
    known: Certainty = Certainty.UNKNOWN
    words: str = ""


class OperationLog:
    """Keeps every operation; with a `file` also there, a JSON line for the invocation and a line for the answer."""

    def __init__(self, file: Path | None = None) -> None:
        self._all: list[Operation] = []
        self._file: TextIO | None = file.open("w", encoding="utf-8") if file else None

    def invoke(self, case_id: str, act: Act, key: str) -> int:
        """Note that it is tried now, and return its number."""
        number = len(self._all)
        self._all.append(Operation(number=number, case_id=case_id, act=act, key=key, invoked=time.time()))
        self._write({"invoke": number, "case": case_id, "act": act, "key": key, "at": self._all[-1].invoked})
        return number

    def end(self, number: int, known: Certainty, words: str = "") -> None:
        """Note what its sender knows of it."""
        update = {"ended": time.time(), "known": known, "words": words[:300]}
        self._all[number] = self._all[number].model_copy(update=update)
        self._write({known: number, "at": update["ended"], "words": update["words"]})

    def all(self) -> list[Operation]:
        """Return the operations in the order of their invocations."""
        return list(self._all)

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()

    def _write(self, line: dict[str, object]) -> None:
        if self._file:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()


def together(operations: Iterable[Operation]) -> Certainty:
    """Return what is known of a thing from all tries of it: a success counts, and a failure only if none is unknown."""
    found = {one.known for one in operations}
    return (
        Certainty.OK
        if Certainty.OK in found
        else Certainty.UNKNOWN
        if Certainty.UNKNOWN in found or not found
        else Certainty.FAIL
    )


def counted(operations: Iterable[Operation]) -> dict[Act, Counter[Certainty]]:
    """Count outcomes by act."""
    counts: dict[Act, Counter[Certainty]] = {act: Counter() for act in Act}
    for operation in operations:
        counts[operation.act][operation.known] += 1
    return counts
