"""Places in a business's Python code: lines of its functions, of the arguments of `Business(...)`, and of failures."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: Path
    line: int


def of_function(function: Callable[..., Any], otherwise: Place) -> Place:
    """The line in which a function begins."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return Place(Path(code.co_filename), code.co_firstlineno) if code else otherwise


def of_failure(error: BaseException, folder: Path, otherwise: Place) -> Place:
    """The last line of the package's own code that the error came through."""
    if isinstance(error, SyntaxError) and error.filename:
        return Place(Path(error.filename), error.lineno or 1)
    chain: BaseException | None = error
    while chain is not None:
        frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(chain.__traceback__)]
        own = [(Path(name), line) for name, line in frames if Path(name).is_relative_to(folder)]
        if own:
            return Place(*own[-1])
        chain = chain.__cause__ or chain.__context__
    return otherwise


class Definition:
    """The call of `Business(...)` in a package's folder, with the lines of its arguments."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start = Place(folder / "__init__.py", 1)
        self._lines: dict[str, Place] = {}
        for file in sorted(folder.rglob("*.py")):
            for call in _calls(file, "Business"):
                self._start = Place(file, call.lineno)
                self._lines = {one.arg: Place(file, one.value.lineno) for one in call.keywords if one.arg}
                return

    def at(self, argument: str = "") -> Place:
        """The line of an argument; that of the call where the argument is not given."""
        return self._lines.get(argument, self._start)


def facts_given(preview: Callable[..., Any]) -> dict[str, Place] | None:
    """Read the facts that a preview gives out of its code, with their lines; None where they cannot be read off it."""
    function = inspect.unwrap(preview)
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return None
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and _name(one) == "Preview"]
    given = [word.value for call in calls for word in call.keywords if word.arg == "facts"]
    if len(calls) != 1 or any(not isinstance(one, ast.Dict) for one in given):
        return None
    keys = [key for one in given if isinstance(one, ast.Dict) for key in one.keys]
    if not all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keys):
        return None
    file = Path(inspect.getsourcefile(function) or "")
    return {str(key.value): Place(file, first + key.lineno - 1) for key in keys if isinstance(key, ast.Constant)}


def _calls(file: Path, name: str) -> Iterator[ast.Call]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return
    yield from (one for one in ast.walk(tree) if isinstance(one, ast.Call) and _name(one) == name)


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
