"""`handrail text`: see how a text is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.common.options import Json
from handrail.domain.counting import listed

if TYPE_CHECKING:
    from handrail.domain.text.figures.mentions import Mention

app = typer.Typer(no_args_is_help=True, help="Read money, dates and numbers out of a text.")
MOST = 3


@app.callback()
def group() -> None:
    """Read texts."""


@app.command()
def read(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What somebody wrote.")],
    language: Annotated[str | None, typer.Option(help="Its language, for example 'de'; else it is not known.")] = None,
    as_json: Json = False,
) -> None:
    """Show every amount, percentage, number, date and identifier of a text, as routing and the reply's check see it."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows
    from handrail.domain.errors import InvalidInput
    from handrail.domain.text.figures.mentions import mentions
    from handrail.domain.text.figures.vocabulary import LANGUAGES

    if language is not None and language not in LANGUAGES:
        raise InvalidInput(f"--language: {language!r} is not read. Use one of {', '.join(LANGUAGES)}.")
    found = mentions(text, language)
    if as_json:
        print_document([_document(one) for one in found])
    else:
        rows = [(one.shown, one.kind, _values(one), listed(sorted(one.currencies), MOST)) for one in found]
        print_rows(("written", "kind", "read as", "currency"), rows, "Nothing is stated in figures.")


def _document(one: Mention) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "shown": one.shown,
        "start": one.start,
        "end": one.end,
        "readings": [format(value.normalize(), "f") for value in one.readings],
        "negative": one.negative,
        "currencies": sorted(one.currencies),
        "days": sorted(_day(day) for day in one.days),
        "weekday": one.weekday,
        "times": sorted(f"{hour:02}:{minute:02}" for hour, minute in one.times),
        "relative": one.relative,
    }


def _values(one: Mention) -> str:
    values = [format(value.normalize(), "f") for value in one.readings]
    days = [listed(sorted(map(_day, one.days)), MOST)] if one.days else []
    times = [f"{hour:02}:{minute:02}" for hour, minute in sorted(one.times)]
    weekday = [("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[one.weekday]] if one.weekday is not None else []
    relative = [f"today {one.relative:+}"] if one.relative is not None else []
    return " or ".join([("-" if one.negative else "") + value for value in values] + days) or " ".join(
        weekday + times + relative
    )


def _day(day: tuple[int | None, int, int]) -> str:
    year, month, number = day
    return f"{year:04}-{month:02}-{number:02}" if year else f"--{month:02}-{number:02}"
