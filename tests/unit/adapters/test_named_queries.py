"""Named queries: what is loaded, what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handrail.domain.errors import DefinitionInvalid
from handrail.domain.personal.places import tables
from handrail.drills.queries import QUERIES as DRILLS
from handrail.postgres.queries import QUERIES, Queries


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    return folder


def test_every_block_is_a_query(tmp_path: Path) -> None:
    queries = Queries(
        write(
            tmp_path, a="-- name: one\nSELECT 1;\n-- why\nSELECT 2;\n\n-- name: two\nSELECT 3", b="-- name: three\nSELECT 'ü'"
        )
    )
    assert dict(queries) == {
        "one": b"SELECT 1;\n-- why\nSELECT 2;",
        "two": b"SELECT 3",
        "three": "SELECT 'ü'".encode(),
    }


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "holds no named queries"),
        ({"a": ""}, "holds no named queries"),
        ({"a": "SELECT 1"}, r"^a\.sql:1: has SQL before the first"),
        ({"a": "SELECT 0;\n-- name: one\nSELECT 1"}, r"^a\.sql:1: has SQL before the first"),
        ({"a": "-- name: one\n\n-- name: two\nSELECT 1"}, r"^a\.sql:1: one is empty"),
        ({"a": "-- name: One\nSELECT 1"}, r"^a\.sql:1: 'One' is no name"),
        ({"a": "-- name:\nSELECT 1"}, r"^a\.sql:1: '' is no name"),
        (
            {"a": "-- name: one\nSELECT 1", "b": "-- name: two\nSELECT 1\n-- name: one\nSELECT 2"},
            r"^b\.sql:3: .*'one' is taken",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(DefinitionInvalid, match=words):
        Queries(write(tmp_path, **files))


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DefinitionInvalid, match=r"no query is named 'nope' in sql/; known: .*open_case"):
        QUERIES["nope"]


def test_every_query_is_used() -> None:
    folder = Path(__file__).parents[3] / "handrail"
    used = set(re.findall(r'"([a-z_]+)"', "".join(file.read_text() for file in folder.rglob("*.py"))))
    places = {f"{verb}_{name}" for name, one in tables().items() if one.person for verb in ("erase", "access")}
    assert {*QUERIES, *DRILLS} - used - places == set()
