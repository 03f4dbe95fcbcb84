"""Checks that what ships stays short: files of 250 lines, functions of 40; `python -m tests.guard.lengths`.

`lengths.toml` names what is longer, each with a ceiling. A ceiling is lowered with what it names, and never raised: part the
file by subject instead. The check reads the folders below the working directory and prints each fault on a line.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.guard.docstrings import FOLDERS, modules

FILE, FUNCTION = 250, 40
SLACK = 10
"""Lines by which something may be shorter than its ceiling before the ceiling has to follow."""
LIST = Path(__file__).parent / "lengths.toml"
Lengths = dict[str, int]


def functions(path: Path, text: str) -> Iterator[tuple[str, int]]:
    """Yield each function of a module as PATH:NAME with its lines; of two with one name the longer counts."""
    for node in ast.walk(ast.parse(text, str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def measured(paths: Iterable[Path]) -> tuple[Lengths, Lengths]:
    """Return the lines of each file and of each function."""
    files: Lengths = {}
    found: Lengths = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        files[str(path)] = len(text.splitlines())
        for name, lines in functions(path, text):
            found[name] = max(lines, found.get(name, 0))
    return files, found


def faults(lengths: Lengths, ceilings: Mapping[str, int], limit: int) -> Iterator[str]:
    """Yield a line for what is too long, and for each ceiling that no longer fits."""
    for name, lines in sorted(lengths.items()):
        bound = ceilings.get(name, limit)
        if lines > bound:
            yield f"{name} has {lines} lines, {bound} are allowed; part it by subject"
    for name, bound in sorted(ceilings.items()):
        lines = lengths.get(name, 0)
        if lines <= limit:
            yield f"{name} needs no ceiling any more; take it off {LIST.name}"
        elif bound > lines + SLACK:
            yield f"{name} has {lines} lines; lower its ceiling of {bound} in {LIST.name}"


def main(given: Sequence[str], listed: Path = LIST) -> int:
    """Print the faults; return 1 if there are any, 2 if there is nothing to check."""
    paths = list(modules(given))
    if not paths:
        sys.stdout.write(f"nothing to check: none of {', '.join(given or FOLDERS)} is here\n")
        return 2
    ceilings = tomllib.loads(listed.read_text(encoding="utf-8"))
    files, found = measured(paths)
    wrong = [*faults(files, ceilings["files"], FILE), *faults(found, ceilings["functions"], FUNCTION)]
    kept = f"{len(files)} files and {len(found)} functions are no longer than they may be\n"
    sys.stdout.write("".join(f"{fault}\n" for fault in wrong) or kept)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
