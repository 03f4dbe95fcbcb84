"""`tables.yaml`: tables that rules look into, such as the free bags by status and cabin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from handrail.definitions import Document, refuse
from handrail.domain.base import Model
from handrail.domain.errors import InvalidInput
from handrail.domain.policy.shapes import FactType, Shape, amount, number


class LookupTable(Model):
    """`rows` nest as deep as there are `keys`; every value is of one type."""

    description: str = ""
    keys: list[str] = Field(min_length=1, max_length=4, description="what each level is looked up by")
    rows: dict[str, Any] = Field(min_length=1)

    @property
    def shape(self) -> Shape:
        """The type of its values: numbers, texts, flags or money."""
        return kind_of(next(_values(self.rows, len(self.keys))))

    def at(self, name: str, keys: list[str]) -> Any:
        """The value under the keys, as it is written.

        Raises:
            InvalidInput: there is no such row: 'bags has no status "platinum"'.
        """
        found: Any = self.rows
        for position, (what, key) in enumerate(zip(self.keys, keys, strict=True)):
            if key not in found:
                under = f" under {', '.join(keys[:position])}" if position else ""
                raise InvalidInput(f"the table {name} has no {what} {key!r}{under}. Known: {', '.join(found)}")
            found = found[key]
        return found


class Tables(Model):
    """The whole file."""

    version: int = Field(ge=1, le=1)
    tables: dict[str, LookupTable] = Field(min_length=1)


def read_tables(document: Document) -> Mapping[str, LookupTable]:
    """The tables of a file.

    Raises:
        DefinitionInvalid: a line for each thing that is wrong.
    """
    tables = document.parse(Tables).tables
    refuse([document.problem(words, "tables", name, *at) for name, one in tables.items() for at, words in _wrong(name, one)])
    return tables


def kind_of(value: Any) -> FactType:
    """The type of a cell; a text such as '50 USD' is money."""
    if isinstance(value, bool):
        return FactType.FLAG
    if number(value) is not None:
        return FactType.NUMBER
    return FactType.MONEY if amount(value) else FactType.TEXT


def _wrong(name: str, table: LookupTable) -> Iterator[tuple[tuple[str, ...], str]]:
    cells = list(_cells(table.rows, len(table.keys), ("rows",)))
    kinds: dict[FactType, tuple[str, ...]] = {}
    for at, value in cells:
        depth = len(at) - 1
        where = f"{name}: {' / '.join(at[1:])}"
        if isinstance(value, dict | list) or value is None:
            words = "is empty" if not value else f"goes deeper than keys says ({', '.join(table.keys)})"
            yield at, f"{where} {words}. Put one value there."
        elif depth < len(table.keys):
            missing = ", ".join(table.keys[depth:])
            yield at, f"{where} is {value!r}, and should hold rows by {missing}. Nest it, or take {missing} out of keys."
        else:
            kinds.setdefault(kind_of(value), at)
    if len(kinds) > 1:
        (first, _), (other, at), *_ = kinds.items()
        yield at, f"{name}: {' / '.join(at[1:])} is a {other.value}, and the first value a {first.value}. Write one type."
    if len(set(table.keys)) < len(table.keys):
        yield ("keys",), f"{name}: keys holds a name twice. Name each level otherwise."


def _cells(rows: Any, depth: int, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if depth and isinstance(rows, dict) and rows:
        for key, value in rows.items():
            yield from _cells(value, depth - 1, (*at, key))
    else:
        yield at, rows


def _values(rows: Any, depth: int) -> Iterator[Any]:
    return (value for _, value in _cells(rows, depth, ()))
