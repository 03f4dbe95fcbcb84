"""The drawing follows the code."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from graphs.case import CaseNodes
from handrail.cli import drawing
from handrail.cli.main import app

NODES = set(CaseNodes.__dataclass_fields__)


@pytest.mark.parametrize("form", ["mermaid", "svg"])
def test_every_node_is_drawn(form: str) -> None:
    done = CliRunner().invoke(app, ["graph", "show", "--format", form])

    assert done.exit_code == 0
    assert {name for name in NODES if name in done.stdout} == NODES


def test_the_svg_is_well_formed_and_has_an_arrow_per_edge() -> None:
    text = drawing.drawn("svg").decode()
    root = ElementTree.fromstring(text)

    assert len(root.findall("{http://www.w3.org/2000/svg}path")) == drawing.drawn("mermaid").decode().count("->")


def test_a_png_needs_a_file_and_a_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_file = CliRunner().invoke(app, ["graph", "show", "--format", "png"])
    monkeypatch.setattr(drawing, "BROWSERS", ("no-such-browser",))
    without_browser = CliRunner().invoke(app, ["graph", "show", "--format", "png", "--out", str(tmp_path / "graph.png")])

    assert (without_file.exit_code, without_browser.exit_code) == (3, 3)
    assert "--out" in without_file.stderr
    assert "Chromium" in without_browser.stderr


@pytest.mark.skipif(not any(map(shutil.which, drawing.BROWSERS)), reason="no Chromium on the PATH")
def test_a_png_is_a_png(tmp_path: Path) -> None:
    file = tmp_path / "graph.png"

    done = CliRunner().invoke(app, ["graph", "show", "--format", "png", "--out", str(file)])

    assert done.exit_code == 0, done.stderr
    assert file.read_bytes().startswith(b"\x89PNG")
