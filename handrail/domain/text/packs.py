"""Languages as packs: one TOML file each, with every word and sentence that belongs to a language.

`docs/agent/languages.md` explains each key to whoever writes one. The packs that ship lie in `handrail/languages`; `SHELF`
takes a folder of others, whose files replace shipped ones of the same name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from handrail.domain.base import Model, digest
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.text.letters import Goodbye, Mail, NameWords, Nudge

SHIPPED = Path(__file__).parents[2] / "languages"
FIRST = ("en", "de", "fr", "es", "it", "nl", "sv", "pl", "pt")
"""Languages in the order in which their words are looked for; the others follow by their codes."""
DEEDS = Path(__file__).with_name("words") / "deeds"
"""Words of deeds, by which a reply in a language can be checked: `de.toml`."""

Words = list[str]


class AskingWords(Model):
    """The ways to ask for a person, and what takes such a wish back; `asks` and `receivers` are patterns over the nouns."""

    phrases: Words = Field(default_factory=list)
    people: Words = Field(default_factory=list)
    bots: Words = Field(default_factory=list)
    between: Words = Field(default_factory=list)
    asks: Words = Field(default_factory=list)
    alone: Words = Field(default_factory=list)
    other: Words = Field(default_factory=list)
    bystanders: Words = Field(default_factory=list)
    receivers: Words = Field(default_factory=list)
    not_before: Words = Field(default_factory=list)
    are_you: Words = Field(default_factory=list)
    not_after: Words = Field(default_factory=list)
    complaint: Words = Field(default_factory=list)
    contrast: Words = Field(default_factory=list)


class Answers(Model):
    """Words that answer a question: a yes, a no, a doubt, what takes a yes back, and what changes nothing about either.

    `changes` narrow, move or replace what was agreed; a single word of them counts beside something that is named.
    """

    yes: Words = Field(default_factory=list)
    no: Words = Field(default_factory=list)
    unsure: Words = Field(default_factory=list)
    but: Words = Field(default_factory=list)
    changes: Words = Field(default_factory=list)
    polite: Words = Field(default_factory=list)
    about: Words = Field(default_factory=list)
    exact: bool = Field(default=False, description="the language denies by a word's ending: no word counts for a like one")


class Mood(Model):
    """Words of anger, strong and mild, and of delight."""

    strong: Words = Field(default_factory=list)
    mild: Words = Field(default_factory=list)
    delight: Words = Field(default_factory=list)


class Speech(Model):
    """Words that tell the language, carry no subject, join requests, ask for judgement, or take something back."""

    small: Words = Field(default_factory=list)
    pointing: Words = Field(default_factory=list)
    also: Words = Field(default_factory=list)
    judgement: Words = Field(default_factory=list)
    corrections: Words = Field(default_factory=list)


class Examples(Model):
    """Sentences on which the pack is tried: what must be heard, and where nothing was said."""

    language: Words = Field(default_factory=list)
    person: Words = Field(default_factory=list)
    not_person: Words = Field(default_factory=list)
    yes: Words = Field(default_factory=list)
    no: Words = Field(default_factory=list)
    unsure: Words = Field(default_factory=list)
    not_yes: Words = Field(default_factory=list)
    risk: dict[str, Words] = Field(default_factory=dict)
    calm: Words = Field(default_factory=list)


class Pack(Model):
    """A language. `told` are sentences for the customer by name, `risk` phrases by the kind of risk."""

    name: str = Field(min_length=1, description="the language's name for itself")
    english: str = Field(min_length=1, description="its name in English")
    also: Words = Field(default_factory=list, description="other codes for it")
    told: dict[str, str] = Field(default_factory=dict)
    person: AskingWords = Field(default_factory=AskingWords)
    answers: Answers = Field(default_factory=Answers)
    risk: dict[str, Words] = Field(default_factory=dict)
    mood: Mood = Field(default_factory=Mood)
    speech: Speech = Field(default_factory=Speech)
    mail: Mail = Field(default_factory=Mail)
    goodbye: Goodbye = Field(default_factory=Goodbye)
    nudge: Nudge = Field(default_factory=Nudge)
    names: NameWords = Field(default_factory=NameWords)
    examples: Examples = Field(default_factory=Examples)


@dataclass(frozen=True, eq=False)
class Packs:
    """All languages by their ISO 639-1 code."""

    by_code: Mapping[str, Pack]
    levels: dict[str, str] = field(default_factory=dict, compare=False)
    """How far each pack reaches, once it was asked; see `handrail.domain.text.completeness`."""

    @cached_property
    def digest(self) -> str:
        """Changes with every edit of a pack."""
        return digest({code: pack.model_dump() for code, pack in self.by_code.items()})

    def words(self, section: str, key: str) -> dict[str, Words]:
        """The list `key` of each language that has one."""
        found = {code: getattr(getattr(pack, section), key) for code, pack in self.by_code.items()}
        return {code: words for code, words in found.items() if words}

    def phrases(self, kind: str) -> dict[str, Words]:
        """The phrases of a kind of risk, by language."""
        return {code: pack.risk[kind] for code, pack in self.by_code.items() if pack.risk.get(kind)}

    def told(self, name: str) -> dict[str, str]:
        """A sentence for the customer, in each language that has it."""
        return {code: pack.told[name] for code, pack in self.by_code.items() if pack.told.get(name)}


class Told(Mapping[str, str]):
    """A sentence for the customer by language, out of the packs; they are read when it is first looked into."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, language: str) -> str:
        return packs().by_code[language].told[self._name]

    def __iter__(self) -> Iterator[str]:
        return iter(packs().told(self._name))

    def __len__(self) -> int:
        return len(packs().told(self._name))


class Shelf:
    """The folders in which packs lie; wiring widens it once, before anything is read."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders

    def add(self, folder: Path) -> None:
        """Take a folder in, whose packs replace those of the same name.

        Raises:
            DefinitionInvalid: there is no such folder, or a pack in it cannot be used.
        """
        if folder in self.folders:
            return
        if not folder.is_dir():
            raise DefinitionInvalid(
                f"{folder}: there is no such folder of language packs. Create it, or name another one (HANDRAIL_LANGUAGES)."
            )
        read((*self.folders, folder))
        self.folders = (*self.folders, folder)


SHELF = Shelf(SHIPPED)


def packs() -> Packs:
    """Every language that is known, read once. Raises: DefinitionInvalid."""
    return read(SHELF.folders)


@cache
def read(folders: tuple[Path, ...]) -> Packs:
    """The packs in these folders; of two with one code the later counts.

    Raises:
        DefinitionInvalid: a line for each thing that is wrong in a file.
    """
    files = {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}
    order = sorted(files, key=lambda code: (FIRST.index(code) if code in FIRST else len(FIRST), code))
    return Packs({code: pack_in(files[code]) for code in order})


def pack_in(path: Path) -> Pack:
    """The pack in a file.

    Raises:
        DefinitionInvalid: its name is no code, or it is no TOML, or a key or value does not fit.
    """
    if not (2 <= len(path.stem) <= 3 and path.stem.isascii() and path.stem.islower() and path.stem.isalpha()):
        raise DefinitionInvalid(f"{path}:1: is no code of a language. Name the file after one, for example tr.toml.")
    try:
        text = path.read_text("utf-8")
        return Pack.model_validate(tomllib.loads(text), strict=True)
    except UnicodeDecodeError as error:
        raise DefinitionInvalid(f"{path}:1: is not UTF-8. Save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise DefinitionInvalid(f"{path}: is no TOML: {error}. Correct that line.") from error
    except ValidationError as error:
        raise DefinitionInvalid("\n".join(_problems(path, text, error))) from error


def _problems(path: Path, text: str, error: ValidationError) -> Iterator[str]:
    for found in error.errors(include_url=False):
        at = found["loc"]
        yield f"{path}:{_line(text, at)}: {'.'.join(map(str, at))}: {_words(found)}"


def _words(found: Any) -> str:
    match found["type"]:
        case "extra_forbidden":
            return "is no key of a pack. Compare with en.toml."
        case "missing":
            return "is missing. Add it."
        case _:
            return f"{repr(found['input'])[:60]} does not fit: {found['msg'][:1].lower()}{found['msg'][1:]}."


def _line(text: str, at: tuple[int | str, ...]) -> int:
    """The line of the last name in `at` within its section, counted from 1."""
    names = [one for one in at if isinstance(one, str)]
    section, place = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            section = bare.strip("[]")
            place = number if section == ".".join(names[:-1]) or section == ".".join(names) else place
        elif names and bare.partition("=")[0].strip() == names[-1] and section == ".".join(names[:-1]):
            return number
    return place


def code_of(name: str) -> str | None:
    """The code of the pack that `name` means: its code, another code for it, or its name; None where there is none."""
    wanted = name.casefold()
    for code, pack in packs().by_code.items():
        if wanted in (code, pack.english.casefold(), pack.name.casefold(), *(each.casefold() for each in pack.also)):
            return code
    return None
