"""Files of tasks, in YAML or JSON: an id for each, perhaps the time at which it begins, and whatever else the suite reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from handrail.conformance.clock import set_to
from handrail.definitions import Document, refuse
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.shapes import FactType, read

TASKS = "tasks"
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """A task of a file, with the suite's own keys in `data`; `clock` is None where it begins by the machine's time."""

    id: str
    clock: datetime | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaskList:
    """A file of tasks by their ids, in its order; `clock` is the time at which those begin that say nothing else."""

    clock: datetime | None
    tasks: Mapping[str, TaskEntry]


def read_tasks(file: Path) -> TaskList:
    """Read a file: a list of tasks, or `clock` and `tasks`. A task moves the clock with `after`, or has a `clock` of its own.

    Raises:
        DefinitionInvalid: it cannot be read or used; a line for each thing, with file and line.
    """
    try:
        document = Document.of(file, file.read_bytes())
    except OSError as error:
        raise DefinitionInvalid(f"{file}: cannot be read ({error.strerror}). Name the file of tasks.") from error
    return TaskReader(document).read()


class TaskReader:
    """Reads a document, and gathers what is wrong with it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems: list[str] = []

    def read(self) -> TaskList:
        """The tasks. Raises: see `read_tasks`."""
        data, at = self._document.data, Place()
        head = data if isinstance(data, dict) else {}
        clock = self._clock(head.get("clock"), "clock")
        for key in head.keys() - {"clock", TASKS}:
            self._say(f"{key}: is no key that is known here. Known: clock, tasks.", key)
        if head:
            data, at = head.get(TASKS), (TASKS,)
        if not isinstance(data, list) or not data:
            self._say("holds no tasks. Write a list of them, or `clock:` and `tasks:`.", *at)
            data = []
        found = dict(self._tasks(data, at, clock))
        refuse(self._problems)
        return TaskList(clock, found)

    def _tasks(self, given: list[Any], where: Place, clock: datetime | None) -> Iterator[tuple[str, TaskEntry]]:
        known: set[str] = set()
        for number, one in enumerate(given):
            at = (*where, number)
            name = one.get("id") if isinstance(one, dict) else None
            if not isinstance(name, str) or not name:
                self._say("a task is an object with an `id`. Write for example {id: four, customer: C-1}.", *at)
                continue
            if name in known:
                self._say(f"id: {name!r} stands here twice. Choose another.", *at, "id")
            known.add(name)
            rest = {key: value for key, value in one.items() if key not in ("id", "clock", "after")}
            yield name, TaskEntry(name, self._begins(one, at, clock), rest)

    def _begins(self, task: Mapping[str, Any], at: Place, clock: datetime | None) -> datetime | None:
        own = self._clock(task.get("clock"), *at, "clock")
        if "after" not in task:
            return own or clock
        try:
            length: timedelta = read(FactType.DURATION, task["after"], "after")
            if "clock" in task:
                self._say("after: stands beside a clock of its own. Keep one of them.", *at, "after")
            elif clock is None:
                self._say("after: moves the file's clock, and there is none. Add `clock:` before `tasks:`.", *at, "after")
            else:
                return set_to(clock + length, "after")
        except InvalidInput as error:
            self._say(f"{str(error).rstrip('.')}.", *at, "after")
        except OverflowError:
            self._say("after: leads out of the calendar. Write a shorter one, for example '26h'.", *at, "after")
        return None

    def _clock(self, value: Any, *at: str | int) -> datetime | None:
        try:
            return set_to(value, "")
        except InvalidInput as error:
            self._say(str(error).removeprefix(": "), *at)
            return None

    def _say(self, words: str, *at: str | int) -> None:
        self._problems.append(self._document.problem(words, *at))
