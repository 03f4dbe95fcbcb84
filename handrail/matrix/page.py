"""The matrix as a page for people: markdown, and HTML that prints. Every word of the file is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from handrail.domain.text.packs import packs
from handrail.matrix.conditions import in_words
from handrail.matrix.table import CheckedMatrix, MatrixRow

TITLE = "Escalation matrix"
HEAD = ("#", "Row", "When", "Who", "Within", "Then, if nobody answers", "The customer is told")
_MARKS = re.compile(r"([\\`*_{}\[\]<>|#~!()])")
_STYLE = """
@page { size: A4 landscape; margin: 12mm }
body { font: 10pt/1.35 system-ui, sans-serif; color: #111; margin: 2em }
table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid #999; padding: .35em .5em; text-align: left; vertical-align: top }
th { background: #eee } thead { display: table-header-group } tr { break-inside: avoid }
td p { margin: 0 0 .3em } small { color: #555 }
""".strip()


def cells(rows: CheckedMatrix, place: int, row: MatrixRow) -> list[list[str]]:
    """The row's cells, each as lines of plain text, in the order of `HEAD`."""
    return [
        [str(place)],
        [row.id],
        in_words(row.when) or ["every other case"],
        [row.queue, f"tier {row.tier}, priority {row.priority}"],
        [span(row.respond_within_minutes)],
        [f"{one.queue}, tier {one.tier}, within {span(one.respond_within_minutes)}" for one in rows.chain(row)]
        or ["nobody: it stays here and is overdue"],
        _told(row.tell, row.says or ("" if "en" in {**rows.table.tell, **row.tell} else "takes_over")),
    ]


def _told(own: Mapping[str, str], says: str) -> list[str]:
    """The business's own sentences, else the English one of the language packs, which have it in the others."""
    shipped = packs().told(says) if says else {}
    lines = [f"{language}: {sentence}" for language, sentence in own.items()]
    lines += [f"en: {shipped['en']}"] if "en" in shipped and "en" not in own else []
    others = len(shipped.keys() - own.keys() - {"en"})
    return [*lines, f"{says}, as {others} other language packs have it"] if others else lines


def also_told(rows: CheckedMatrix) -> list[tuple[str, str]]:
    """List what customers are told whatever the row: a heading and a sentence each."""
    shipped = {name: {"en": packs().told(name)["en"]} for name in ("takes_over", "away", "late", "translated")}
    headed = (
        ("Where the row says nothing in the language", rows.table.tell or shipped["takes_over"]),
        ("While nobody is at work", rows.table.away or shipped["away"]),
        ("Where nobody answered in time", rows.table.late or shipped["late"]),
        ("Where nobody speaks the language", shipped["translated"]),
    )
    return [(f"{heading}, {language}", sentence) for heading, told in headed for language, sentence in told.items()]


def markdown(rows: CheckedMatrix, version: str) -> str:
    """One table, and what is told whatever the row."""
    lines = [f"# {TITLE}", "", f"Version `{version}`. The first row that matches decides.", ""]
    lines += [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    for place, row in enumerate(rows.table.rows, 1):
        made = ("<br>".join(_plain(line) for line in cell) for cell in cells(rows, place, row))
        lines.append(f"| {' | '.join(made)} |")
    lines += ["", *(f"- **{_plain(heading)}**: {_plain(sentence)}" for heading, sentence in also_told(rows))]
    return "\n".join(lines).rstrip() + "\n"


def html(rows: CheckedMatrix, version: str) -> str:
    """A page without anything from elsewhere."""
    head = "".join(f"<th>{escape(one)}</th>" for one in HEAD)
    body = "".join(f"<tr>{_tags(cells(rows, place, row))}</tr>\n" for place, row in enumerate(rows.table.rows, 1))
    told = "".join(f"<dt>{escape(heading)}</dt><dd>{escape(sentence)}</dd>\n" for heading, sentence in also_told(rows))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{TITLE}</h1>\n"
        f"<p>Version <code>{escape(version)}</code>. The first row that matches decides.</p>\n"
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>\n<dl>{told}</dl>\n</body></html>\n"
    )


def span(minutes: int) -> str:
    """`4 h`, `1 day`, `90 min`."""
    for size, one, many in ((24 * 60, "day", "days"), (60, "h", "h")):
        if minutes and minutes % size == 0:
            return f"{minutes // size} {one if minutes == size else many}"
    return f"{minutes} min"


def _tags(row: list[list[str]]) -> str:
    return "".join(f"<td>{''.join(f'<p>{escape(line)}</p>' for line in cell)}</td>" for cell in row)


def _plain(text: str) -> str:
    return _MARKS.sub(r"\\\1", " ".join(text.split()))
