"""`release.yaml` in the business's folder: the release gate. Without it there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from handrail.definitions import Document, Live
from handrail.domain.quality.evaluation.releases import ReleaseFile
from handrail.domain.team.commands import folded
from handrail.shipped import read_one

FILE = "release.yaml"


class FileRelease:
    """The gate's rules over a file, which is read again when it changes; what cannot be used leaves the last good version.

    Where there is no file at the start there is no gate until the next start.
    """

    def __init__(self, folder: Path, *, every: float = 0.0) -> None:
        """Raises: DefinitionInvalid: the file cannot be used; a line for each problem."""
        file = folder / FILE
        self._live = Live(file, read_release, every=every) if file.exists() else None

    @property
    def problem(self) -> str | None:
        """The reason why the newest edit is not in force, or None where it is."""
        return self._live.problem if self._live else None

    def now(self) -> ReleaseFile | None:
        """The rules as the file says now; None where there is no gate."""
        return self._live.now().value if self._live else None


def read_release(documents: list[Document]) -> ReleaseFile:
    """The checked rules of the one document.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    return read_one(documents, ReleaseFile, _problems)


def _problems(document: Document, found: ReleaseFile) -> Iterator[str]:
    names = [folded(name) for name in found.gatekeepers]
    for index, name in enumerate(names):
        if not name:
            yield document.problem("gatekeepers: names nobody. Write a name.", "gatekeepers", index)
        elif name in names[:index]:
            yield document.problem(f"gatekeepers: {name!r} stands here twice. Keep one.", "gatekeepers", index)
