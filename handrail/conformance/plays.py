"""Suites that a business brings to be proved: tasks as plays, and what the same calls do where nobody stands between.

A business's package has a module `conformance` with a function `suite(tasks, data)` that gives a `Suite`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

from handrail.business import look_here
from handrail.conformance.clock import set_to
from handrail.domain.errors import DefinitionInvalid, InvalidInput

EXAMPLES = "examples"
MODULE = "conformance"


CUSTOMER, PERSON = "customer", "person"


@dataclass(frozen=True, slots=True)
class PlayedCall:
    """A call that the model proposes. `worse` marks the one call of a play that must not come to anything.

    `asked` says who has to say yes before it is done, `"customer"`, `"person"` or both; where it is None nobody looks.

    Raises:
        InvalidInput: `asked` names somebody else.
    """

    tool: str
    arguments: Mapping[str, Any]
    worse: bool = False
    asked: Collection[str] | None = None

    def __post_init__(self) -> None:
        asked = self.asked or ()
        odd = [asked] if isinstance(asked, str) else [one for one in asked if one not in (CUSTOMER, PERSON)]
        if odd:
            raise InvalidInput(
                f"{self.tool}: asked: {odd[0]!r} is nobody who is asked. Write a list of 'customer' and 'person'."
            )

    def made(self, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Return whether that is this call; a preview may have pinned more arguments than the model gave."""
        return tool == self.tool and all(arguments.get(name) == value for name, value in self.arguments.items())


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """A customer's message and the calls that it leads to, one after another; then the agent replies, or hands over.

    `reply` are the agent's words; give them in the customer's language where that is not English.
    """

    message: str
    calls: tuple[PlayedCall, ...] = ()
    hands_over: bool = False
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Play:
    """One case. `kind` is empty where the task is played as it stands, else how it was changed for the worse.

    `clock` is the time at which it begins, where that is another than the suite's.
    """

    task: str
    customer_id: str
    turns: tuple[PlayedTurn, ...]
    kind: str = ""
    clock: datetime | str | None = None

    @property
    def calls(self) -> list[PlayedCall]:
        """Every call, in order."""
        return [call for turn in self.turns for call in turn.calls]


class Suite(Protocol):
    """The tasks of one file over one data set.

    It may have a `clock`, the time at which every case begins (`datetime` with a zone, or such a text); the machine's else.
    """

    @property
    def tasks(self) -> Sequence[str]:
        """The tasks' names, in the file's order."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables by which the business finds the same data, for seeding and for the worker."""
        ...

    @property
    def people(self) -> tuple[str, str]:
        """The names of two people: who approves, and who takes over; the business's reviewers, where it has such."""
        ...

    def play(self, task: str) -> Play:
        """The task as it stands."""
        ...

    def worse(self, task: str, *, every: bool) -> Sequence[Play]:
        """The task with one call changed for the worse; with `every`, once for each kind that applies."""
        ...

    def expected(self, calls: Sequence[PlayedCall]) -> Any:
        """The whole system of record, as JSON-ready data, after these calls were made directly on a fresh copy."""
        ...

    async def state(self, connection: Any) -> Any:
        """The whole system of record as the database has it now, in the same form."""
        ...


Call, Turn = PlayedCall, PlayedTurn
"""The names by which suites that were written earlier import them."""


def suite_clock(suite: Suite) -> datetime | None:
    """Return the time at which the suite's cases begin; None is the machine's.

    Raises:
        InvalidInput: it is no time with its zone.
    """
    return set_to(getattr(suite, "clock", None), "suite")


def play_clock(suite: Suite, play: Play) -> datetime | None:
    """Return the time at which the play begins: its own, else the suite's. Raises: see `suite_clock`."""
    return set_to(play.clock, f"task {play.task}") or suite_clock(suite)


def package_of(name: str) -> str:
    """`retail` is `examples.retail` where there is such an example; any other name is a package's own.

    Raises:
        DefinitionInvalid: there is no such package.
    """
    look_here()
    for candidate in (f"{EXAMPLES}.{name}", name):
        try:
            if find_spec(candidate) is not None:
                return candidate
        except ModuleNotFoundError:
            continue
    raise DefinitionInvalid(f"business: no package {name!r} and no example of that name. Name a package on the Python path.")


def load_suite(package: str, tasks: Path, data: Path | None) -> Suite:
    """The suite of `package` over the file `tasks` and the folder `data`.

    Raises:
        DefinitionInvalid: the package brings none.
        InvalidInput: a file is absent or cannot be used.
    """
    name = f"{package}.{MODULE}"
    if find_spec(name) is None:
        raise DefinitionInvalid(f"{package}: has no module {MODULE!r}. Add one with a function suite(tasks, data).")
    make = getattr(import_module(name), "suite", None)
    if not callable(make):
        raise DefinitionInvalid(f"{name}: has no function suite(tasks, data) that gives the tasks as plays.")
    return cast(Suite, make(tasks, data))
