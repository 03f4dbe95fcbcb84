"""Says what a log line is about: the case, the run, the request at work; each task sees its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

FIELDS = ("case", "workflow", "run", "activity", "attempt", "request", "build")
"""The names that a line may carry, in their order there; no other is taken."""
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed, only replaced
_always: dict[str, str] = {}


@contextmanager
def about(**facts: str) -> Iterator[None]:
    """Give every line that is logged inside these facts; inner ones are added to outer ones. Raises: ValueError."""
    token = _about.set({**_about.get(), **_known(facts)})
    try:
        yield
    finally:
        _about.reset(token)


def always(**facts: str) -> None:
    """Give every line of this process these facts. Raises: ValueError: a name is none of `FIELDS`."""
    _always.update(_known(facts))


def now() -> Mapping[str, str]:
    """Return what a line that is logged now is about."""
    found = {**_always, **_about.get()}
    return {name: found[name] for name in FIELDS if name in found}


def _known(facts: Mapping[str, str]) -> Mapping[str, str]:
    if unknown := facts.keys() - set(FIELDS):
        raise ValueError(f"a log line carries no {min(unknown)!r}. There are {', '.join(FIELDS)}.")
    return facts
