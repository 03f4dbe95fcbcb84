"""Checks that every package which runs in production has a licence that a business may use it under."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements-runtime.lock", "requirements-embeddings.lock")
_NAMES = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_PARTS = re.compile(r"\s+(?:AND|OR)\s+|;")
_PERMISSIVE = re.compile(
    r"(?:MIT(?:-0| License)?|ISC(?: License(?: \(ISCL\))?)?|0BSD|CC0-1\.0|PSF-2\.0|Zlib|CNRI-Python"
    r"|(?:3-Clause )?BSD(?:-[23]-Clause| License)?|Apache(?:-| Software License| License)?(?:,? ?(?:Version )?2\.0)?)"
)
SHARED_CHANGES = {
    "certifi": "MPL-2.0: data, used unchanged",
    "orjson": "MPL-2.0 beside MIT or Apache-2.0, used unchanged",
    "psycopg": "LGPL-3.0: a library of its own, used unchanged and replaceable",
    "psycopg-binary": "LGPL-3.0: a library of its own, used unchanged and replaceable",
    "psycopg-pool": "LGPL-3.0: a library of its own, used unchanged and replaceable",
    "publicsuffixlist": "MPL-2.0: data, used unchanged",
    "python-stdnum": "LGPL-2.1 or later: a library of its own, used unchanged and replaceable",
}
"""Packages whose licence asks for changes to themselves to be shared, and nothing of what uses them."""
UNSAID = {
    "cel-python": "Apache-2.0 by the text in its wheel; its metadata names none",
    "imapclient": "BSD-3-Clause by the text in its wheel; its metadata names none",
}


def packages() -> list[str]:
    """Return the names of all packages that the locks of production pin."""
    return sorted({name for lock in LOCKS for name in _NAMES.findall((ROOT / lock).read_text(encoding="utf-8"))})


def licence(about: PackageMetadata) -> str:
    """Return what the package says of its licence: the expression, else the classifiers, else the first words."""
    if "License-Expression" in about:
        return about["License-Expression"]
    classified = [one.rpartition("::")[2].strip() for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    freely = about.get_all("License") or [""]
    return " AND ".join(classified) or freely[0].strip().partition("\n")[0]


def permissive(said: str) -> bool:
    """Return whether each licence that is named asks for no more than to be named itself."""
    parts = [part.strip().removeprefix("(") for part in _PARTS.split(said) if part.strip()]
    parts = [part.removesuffix(")") if part.count(")") > part.count("(") else part for part in parts]
    return bool(parts) and all(_PERMISSIVE.fullmatch(part) for part in parts)


def complaints() -> list[str]:
    """Return a line for each package that may not be used as it stands."""
    found = []
    for name in packages():
        try:
            said = licence(metadata(name))
        except PackageNotFoundError:  # another platform's, or one that this environment goes without
            continue
        if not permissive(said) and name not in SHARED_CHANGES and name not in UNSAID:
            found.append(
                f"{name}: {said or 'names no licence'}. Take another package, or say in {Path(__file__).name} why it may stay"
            )
    return found


def main() -> int:
    """Print what is wrong, or how many packages were looked at."""
    wrong = complaints()
    print("\n".join(wrong) or f"{len(packages())} packages of production have licences that a business may use them under")  # noqa: T201
    return len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main())
