"""The drawing follows the code."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from graphs.case import CaseNodes
from handrail.cli import drawing
from handrail.cli.main import app

NODES = set(CaseNodes.__dataclass_fields__)


def show(*form: str) -> Result:
    return CliRunner().invoke(app, ["graph", "show", "--format", *form])


def test_every_node_is_drawn() -> None:
    done = show("mermaid")

    assert done.exit_code == 0
    assert {name for name in NODES if name in done.stdout} == NODES


def test_the_picture_is_well_formed_and_has_an_arrow_per_edge() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "d<&>"), ("a", "d<&>")]
    _, _, text = drawing.svg(dict.fromkeys(["a", "b", "c", "d<&>"], "activity"), edges)

    assert len(ElementTree.fromstring(text).findall("{http://www.w3.org/2000/svg}path")) == len(edges)


def test_a_png_needs_a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drawing, "BROWSERS", ("no-such-browser",))

    without = show("png", "--out", str(tmp_path / "graph.png"))

    assert without.exit_code == 3
    assert "Chromium" in without.stderr


@pytest.mark.skipif(not any(map(shutil.which, drawing.BROWSERS)), reason="no Chromium on the PATH")
def test_a_png_is_a_png(tmp_path: Path) -> None:
    file = tmp_path / "graph.png"

    done = show("png", "--out", str(file))

    assert done.exit_code == 0, done.stderr
    assert file.read_bytes().startswith(b"\x89PNG")
