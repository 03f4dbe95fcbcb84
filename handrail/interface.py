"""Words of pages: a file for each language in a folder, read once. Keys are the same in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import yaml
from babel.core import negotiate_locale

Say = Callable[..., str]


class Interface:
    """The words of a room's pages in every language that the folder has. `default` is one of them."""

    def __init__(self, folder: Path, default: str = "en") -> None:
        self._folder, self._default = folder, default

    @cached_property
    def languages(self) -> Mapping[str, Mapping[str, str]]:
        """The words by the code of their language."""
        return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(self._folder.glob("*.yaml"))}

    def chosen(self, wanted: str, accepted: str = "") -> str:
        """Return the wanted language where there is one, else the first that the `Accept-Language` field names."""
        names = [wanted.strip(), *(part.split(";")[0].strip() for part in accepted.split(","))]
        return negotiate_locale([one for one in names if one], list(self.languages), sep="-") or self._default

    def words_of(self, language: str) -> Say:
        """Return the function that says a key in the language."""
        known = self.languages[language]

        def say(key: str, **values: object) -> str:
            return known[key].format(**values)

        return say
