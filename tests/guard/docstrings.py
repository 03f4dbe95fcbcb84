"""Checks that docstrings name their thing first; `python -m tests.guard.docstrings`.

A first line has to be deciphered where it begins with a relative clause ("What ...", "Whether ..."), or with half a sentence
whose thing is left out ("For people.", "Until it ends."). The check reads the folders below the working directory, or the
files that are given, and prints each fault as FILE:LINE.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

FOLDERS = ("workflows", "graphs", "activities", "handrail", "examples", "worker.py")
OPENING = re.compile(
    r"(?:What|Whatever|Whether|Which|Whichever|Who|Whoever|Whom|Whose|Where|Wherever|When|Whenever|How|However|Why"
    r"|That|Those|It|As|Of|For|In|Into|From|To|Until|After|Before|On|At|By|Once)(?![\w-])",
    re.IGNORECASE,
)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def faults(path: Path) -> list[str]:
    """Check the docstrings of one file."""
    return [
        f"{path}:{line}: {words!r} does not begin with its thing; name it, then say what it does: "
        '"Return ...", "Read ..." for a function, "A ..." for a class'
        for line, words in first_lines(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        if OPENING.match(words)
    ]


def first_lines(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring's first line."""
    for node in ast.walk(tree):
        if isinstance(node, Documented) and (words := ast.get_docstring(node)):
            yield node.body[0].lineno, words.splitlines()[0]


def modules(given: Sequence[str]) -> Iterator[Path]:
    """Yield each guarded file, or those that are given."""
    for name in given or FOLDERS:
        path = Path(name)
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def main(given: Sequence[str]) -> int:
    """Print the faults; return 1 if there are any, 2 if there is nothing to check."""
    checked = list(modules(given))
    if not checked:
        sys.stdout.write(f"nothing to check: none of {', '.join(given or FOLDERS)} is here\n")
        return 2
    found = [fault for path in checked for fault in faults(path)]
    sys.stdout.write("".join(f"{fault}\n" for fault in found) or f"{len(checked)} files name their things first\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
