"""`handrail language`: which languages are known, what a pack lacks, and how it does on its own examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.world import world

if TYPE_CHECKING:
    from handrail.routing.trial import TriedSentence

app = typer.Typer(no_args_is_help=True, help="Languages as packs: list them, check what one lacks, try it on its examples.")
PARTS = ("language", "person", "not_person", "yes", "no", "unsure", "not_yes", "risk", "calm")
HEADINGS = (
    "language",
    "",
    "agent",
    "language heard",
    "person heard",
    "no person",
    "yes heard",
    "no heard",
    "unsure",
    "no yes",
    "risk heard",
    "calm",
    "lacks",
)


@app.command("list")
def list_languages(ctx: typer.Context, as_json: Json = False) -> None:
    """List every language, and whether the agent answers in it or its cases go to people."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows
    from handrail.domain.text.completeness import level
    from handrail.domain.text.packs import packs

    _ = world(ctx).settings  # names the folder of other packs
    known = packs().by_code
    rows = [(code, pack.english, pack.name, str(level(code))) for code, pack in known.items()]
    if as_json:
        print_document([dict(zip(("code", "english", "name", "agent"), row, strict=True)) for row in rows])
    else:
        print_rows(("code", "english", "name", "agent"), rows, "No languages.")


@app.command()
def check(
    ctx: typer.Context,
    language: Annotated[str | None, typer.Argument(metavar="[CODE]", help="Its code or name.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every language, a line each.")] = False,
    as_json: Json = False,
) -> None:
    """Say what a pack lacks and try it on its own examples. Exit code 1 where cases would not be routed safely."""
    from handrail.cli.common.documents import print_document
    from handrail.domain.errors import InvalidInput
    from handrail.domain.text.packs import code_of, packs
    from handrail.routing.trial import Ear

    _ = world(ctx).settings  # names the folder of other packs
    if everything == (language is not None):
        raise InvalidInput("Name one language, or say --all: handrail language check de.")
    code = code_of(language) if language else None
    if language and code is None:
        raise InvalidInput(f"{language!r}: there is no such pack. Known: {', '.join(packs().by_code)}.")
    ear = Ear()
    found = [_checked(one, ear) for one in ([code] if code else packs().by_code)]
    if as_json:
        print_document([one.document() for one in found])
    else:
        _show(found, everything=everything)
    if any(one.unsafe or one.missed for one in found):
        raise typer.Exit(Exit.UNEXPECTED)


class _Checked:
    """A pack with what it lacks and what was heard in its examples."""

    def __init__(self, code: str, unsafe: list[str], unspoken: list[str], tried: list[TriedSentence]) -> None:
        from handrail.domain.text.completeness import level
        from handrail.domain.text.packs import packs

        self.code, self.pack, self.level = code, packs().by_code[code], str(level(code))
        self.unsafe, self.unspoken, self.tried = unsafe, unspoken, tried

    @property
    def missed(self) -> list[TriedSentence]:
        """The examples that were heard as something else."""
        return [one for one in self.tried if not one.passed]

    def count(self, part: str) -> str:
        """Return how many examples of a part were heard as they must be: `5 of 6`."""
        of = [one for one in self.tried if one.part == part]
        return f"{sum(one.passed for one in of)} of {len(of)}" if of else "–"

    def document(self) -> dict[str, Any]:
        """Everything, for `--json`."""
        return {
            "code": self.code,
            "english": self.pack.english,
            "agent": self.level,
            "unsafe": self.unsafe,
            "unspoken": self.unspoken,
            "tried": {part: self.count(part) for part in PARTS},
            "missed": [{"part": one.part, "text": one.text, "heard": one.found} for one in self.missed],
        }


def _checked(code: str, ear: Any) -> _Checked:
    from handrail.domain.text.completeness import unsafe, unspoken
    from handrail.domain.text.packs import packs

    pack = packs().by_code[code]
    return _Checked(code, list(unsafe(pack)), list(unspoken(code, pack)), list(ear.tried(code, pack.examples)))


def _show(found: Sequence[_Checked], *, everything: bool) -> None:
    from handrail.cli.common.tables import print_rows, screen

    rows = [
        (one.code, one.pack.english, one.level, *map(one.count, PARTS), str(len(one.unsafe) + len(one.unspoken)) or "")
        for one in found
    ]
    print_rows(HEADINGS, rows, "No languages.")
    for one in found:
        for words in one.unsafe:
            screen().print(f"{one.code}.toml: {words}")
        for words in [] if everything else one.unspoken:
            screen().print(f"{one.code}.toml: {words} (Until then its cases go to people.)")
        for miss in one.missed:
            screen().print(f"{one.code}: “{miss.text}” must be heard as {miss.wanted}, was {miss.found}")
