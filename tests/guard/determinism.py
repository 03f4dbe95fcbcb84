"""Checks that workflow code, graphs and the domain are deterministic; `python -m tests.guard.determinism`.

ruff's `banned-api` knows names; this also knows what they are called by, builtins, order of sets and shared state. It reads
the folders below the working directory, or the files that are given, and prints each fault as FILE:LINE.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.guard.forbidden import names
from tests.guard.order import order
from tests.guard.rules import FOLDERS, Folder
from tests.guard.state import changes, state


def faults(path: Path, rules: Folder) -> list[str]:
    """Check one module."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    found = [*names(tree, rules), *(order(tree) if rules.strict else ()), *(state(tree) if rules.strict else changes(tree))]
    lines = {(getattr(node, "lineno", 1), words) for node, words in found}
    return [f"{path}:{line}: {words}" for line, words in sorted(lines)]


def modules(given: Sequence[str]) -> Iterator[tuple[Path, Folder]]:
    """Yield each guarded module with the rules of its folder."""
    for name, rules in FOLDERS.items():
        paths = [Path(one) for one in given if Path(one).is_relative_to(name)] if given else sorted(Path(name).rglob("*.py"))
        yield from ((path, rules) for path in paths)


def main(given: Sequence[str]) -> int:
    """Print the faults; give 1 if there are any."""
    checked = list(modules(given))
    if not checked:
        sys.stdout.write(f"nothing to check: none of {', '.join(FOLDERS)} is here\n")
        return 2
    found = [fault for path, rules in checked for fault in faults(path, rules)]
    sys.stdout.write("".join(f"{fault}\n" for fault in found) or f"{len(checked)} modules are deterministic\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
