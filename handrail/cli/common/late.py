"""Commands whose modules are loaded when they are called: the page of all commands needs their names and words alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

Command = Any
"""A command as typer has made it; its type is not among what typer exports."""


@dataclass(frozen=True, slots=True)
class LateCommand:
    """A command or a group of them in the `app` of a module below `handrail.cli`. `words` are what the page of all says."""

    module: str
    words: str
    group: bool = False

    def load(self, name: str) -> Command:
        """Load the module and return its command."""
        parent = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        parent.add_typer(import_module(f"handrail.cli.{self.module}").app, name=name if self.group else None)
        return typer.main.get_group(parent).commands[name]

    def page(self, name: str) -> Command:
        """Return a command that only says what it would do."""
        return TyperCommand(name, help=self.words)


class LateCommands(MutableMapping[str, Command]):
    """Commands by name, first those that are loaded; another is loaded when it is asked for."""

    def __init__(self, loaded: Mapping[str, Command], late: Mapping[str, LateCommand]) -> None:
        self._loaded, self._late = dict(loaded), late
        self._names = [*loaded, *(name for name in late if name not in loaded)]

    def pages(self) -> dict[str, Command]:
        """Return every command as the page of all commands needs it; nothing is loaded."""
        return {name: self._loaded.get(name) or self._late[name].page(name) for name in self._names}

    def __getitem__(self, name: str) -> Command:
        if name not in self._loaded:
            self._loaded[name] = self._late[name].load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._loaded[name] = command
        self._names.append(name)

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]
        self._names.remove(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
