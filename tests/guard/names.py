"""Checks that no two classes of what ships have the same name; `python -m tests.guard.names`.

A name that means two things has to be looked up at every use. The check reads the folders below the working directory, or
the files and folders that are given, and prints each fault with all its places.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.guard.docstrings import FOLDERS, modules

Places = dict[str, list[str]]


def classes(paths: Iterable[Path]) -> Places:
    """Return the places (FILE:LINE) of each class by its name, those inside of classes and functions among them."""
    found: Places = defaultdict(list)
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(f"{path}:{node.lineno}")
    return found


def faults(places: Places) -> list[str]:
    """Return a line for each name that stands more than once."""
    return [
        f"class {name} stands {len(where)} times: {', '.join(where)}; "
        "give each a name that says which it is, such as OrderLine and BatchLine where both were Line"
        for name, where in sorted(places.items())
        if len(where) > 1
    ]


def main(given: Sequence[str]) -> int:
    """Print the faults; return 1 if there are any, 2 if there is no class to check."""
    places = classes(modules(given))
    if not places:
        sys.stdout.write(f"nothing to check: no class in {', '.join(given or FOLDERS)}\n")
        return 2
    found = faults(places)
    sys.stdout.write("".join(f"{fault}\n" for fault in found) or f"{len(places)} classes, each with a name of its own\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
