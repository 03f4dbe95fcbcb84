"""The names under which a model's server answers: which of them mean the same model, and what a change means.

Servers spell the same model in many ways: `gpt-5-mini`, `openai/gpt-5-mini`, `GPT-5-mini`, `gpt-5-mini:latest`, with the date
of its version behind it, or not at all. A deployment has a name of its own. So what counts is not what was asked for but what
was seen first, and that it changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from handrail.domain.base import Model, Stored

LATEST_CASES = 6
CONFIRMING_CASES = 3
"""A change is one once so many of the latest cases were answered under the new name; one odd answer is a proxy's fallback."""

_DATE = r"\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{8}|\d{6}|\d{4}|\d{3}|[0-9a-f]{40}"
_VERSION = re.compile(rf"(?P<stem>.+?)[-@:](?P<date>{_DATE})(?P<rest>-preview|-exp|-beta)?")
"""How vendors name the dated version behind a model's plain name; forty hex digits are a Git revision."""
_LATEST = re.compile(r"[-:@]latest$|@main$")
"""What says only that it is the newest; `@main` is how a model's newest revision is named where models are kept in Git."""


class Kin(StrEnum):
    """The relation of a model's name to those that are known."""

    FIRST = "first"
    SAME = "same"
    VERSION = "version"
    OTHER = "other"


class Meaning(StrEnum):
    """The owner's wish at a change: nothing, to be told, or a person's approval of everything until it is accepted."""

    IGNORE = "ignore"
    TELL = "tell"
    REVIEW = "review"


class Meanings(Model):
    """The meanings of changes; `version` is another version of the same model."""

    other: Meaning = Meaning.REVIEW
    version: Meaning = Meaning.TELL

    def of(self, kin: Kin) -> Meaning:
        """Return the meaning of this change."""
        return self.version if kin is Kin.VERSION else self.other


class AcceptedName(Stored):
    """A name that was seen and counts; `by_person`: a person accepted it."""

    name: str
    by_person: bool = False


class Notice(Stored):
    """A notice about a name, kept for good; `accepted`: from now on it counts as known."""

    name: str
    kin: Kin
    accepted: bool
    words: str
    actor: str = "handrail"


class Noticed(Notice):
    """A notice as it stands; `served` is the model and server that were asked."""

    served: str
    at: datetime


class NameChange(Model):
    """A change that is one, with its words for people."""

    words: str
    meaning: Meaning


class NameParts(NamedTuple):
    """A name in its parts: whose it is, what it is called, and the date of its version."""

    owners: tuple[str, ...]
    stem: str
    date: str | None


def spelled(name: str) -> NameParts:
    """The parts of a name, without case and without what only says that it is the newest."""
    *owners, last = (part for part in name.strip().casefold().split("/") if part)
    last = _LATEST.sub("", last)
    found = _VERSION.fullmatch(last)
    if not found:
        return NameParts(tuple(owners), last, None)
    return NameParts(tuple(owners), found["stem"] + (found["rest"] or ""), found["date"])


def alike(one: NameParts, other: NameParts) -> bool:
    """Return whether both name the same model, of any version. A provider that only one of them names makes no difference."""
    shorter, longer = sorted((one.owners, other.owners), key=len)
    return one.stem == other.stem and (not shorter or longer[-len(shorter) :] == shorter)


class Approved(Model):
    """The models that may answer: names, or `name@fingerprint` where the server's configuration counts as well.

    A plain name stands for its dated versions, too; a dated one for itself. Without a list it is whatever was seen first.
    """

    listed: list[str] = Field(default_factory=list)
    configured: str

    @classmethod
    def read(cls, listed: str, configured: str) -> Approved:
        """Read a comma-separated list of names; `configured` is the name that is asked for."""
        return cls(listed=[one.strip() for one in listed.split(",") if one.strip()], configured=configured)

    def kin(self, name: str, fingerprint: str | None, known: Iterable[AcceptedName]) -> Kin:
        """Relate this answer's name, in the server's words, to the approved and the known names."""
        said, seen = spelled(name), list(known)
        if any(one.by_person and spelled(one.name) == said for one in seen):
            return Kin.SAME
        if self.listed and not any(fits(entry, said, fingerprint) for entry in self.listed):
            return Kin.OTHER
        if not seen:
            return Kin.FIRST
        if any(same_name(entry, said) for entry in (*self.listed, *(one.name for one in seen))):
            return Kin.SAME
        akin = [spelled(one.name) for one in seen if alike(spelled(one.name), said)]
        if said.date and any(one.date for one in akin):
            return Kin.VERSION
        expected = akin or self.listed or alike(spelled(self.configured), said)
        return Kin.SAME if expected else Kin.OTHER

    def words(self, name: str, fingerprint: str | None, known: Iterable[AcceptedName], kin: Kin) -> str:
        """Describe the answer's name for people."""
        answers = f"the model answers as {shown(name)}"
        if kin is Kin.FIRST:
            asked = "as" if spelled(name) == spelled(self.configured) else f"where {self.configured}"
            return f"{answers}, {asked} was asked for; it is the first name seen"
        if self.listed and kin is Kin.OTHER:
            return f"{answers} with fingerprint {shown(fingerprint or '')}, approved are {', '.join(self.listed)}"
        before = ", ".join(shown(one.name) for one in known)
        return f"{answers}, known are {before}" + (": another version behind the same name" if kin is Kin.VERSION else "")


def same_name(entry: str, said: NameParts) -> bool:
    """Return whether the entry is the same model in the same version."""
    one = spelled(_without_fingerprint(entry)[0])
    return alike(one, said) and one.date == said.date


def fits(entry: str, said: NameParts, fingerprint: str | None) -> bool:
    """Return whether an entry of the list names this model, and this fingerprint where it asks for one."""
    name, wanted = _without_fingerprint(entry)
    approved = spelled(name)
    return alike(approved, said) and approved.date in (None, said.date) and wanted in (None, fingerprint)


def _without_fingerprint(entry: str) -> tuple[str, str | None]:
    name, at, fingerprint = entry.rpartition("@")
    return (name, fingerprint) if at and not re.fullmatch(f"{_DATE}|latest|main", fingerprint) else (entry, None)


def shown(words: str) -> str:
    """A server's words, bounded."""
    return repr(words[:80]) if words else "none"
