"""Words of pages and letters: a file for each language in a folder, read once. Keys are the same in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import yaml
from babel.core import negotiate_locale

from handrail.domain.case.messages import Author, Message

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


def author_of(message: Message) -> str:
    """Return the key of the words that say whose words they are."""
    if message.author is Author.ASSISTANT and message.approved:
        return "script_by_approved"
    return f"script_by_{message.author.value}"


def written(say: Say, message: Message) -> str:
    """Return a message of a transcript as its customer reads it, its time in UTC: of one that they withdrew, that they did."""
    mark = f" · {say('script_edited')}" if message.edited_at else ""
    text = say("script_withdrawn") if message.withdrawn_at else message.text
    return f"{say(author_of(message))} · {message.at:%Y-%m-%d %H:%M} UTC{mark}\n{text}"
