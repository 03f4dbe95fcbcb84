"""What the owner's page calls outcomes: read once for many pages, and again when the file changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from handrail.definitions import Document
from handrail.quality.outcomes.loader import SHIPPED
from handrail.wiring.front import desk
from handrail.wiring.front.desk import DeskHouse


def test_titles_are_read_once_and_again_when_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, of = list[Path](), Document.of

    def counted(path: Path, content: bytes) -> Document:
        read.append(path)
        return of(path, content)

    monkeypatch.setattr(Document, "of", counted)
    monkeypatch.setattr(desk, "LOOK_SECONDS", 0.0)
    nobody = cast(Any, None)
    house = DeskHouse(nobody, nobody, nobody, nobody, tmp_path)
    shipped = house.titles()
    assert [house.titles() for _ in range(3)] == [shipped] * 3
    assert read == [SHIPPED]

    name, title = next(iter(shipped.items()))
    own = tmp_path / SHIPPED.name
    own.write_text(SHIPPED.read_text().replace(title, "Ours"))
    assert house.titles()[name] == "Ours"
    own.write_text(SHIPPED.read_text().replace(title, "Ours, edited"))
    assert house.titles()[name] == "Ours, edited"
    assert read == [SHIPPED, own, own]
