"""The drawing follows the code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from graphs.case import CaseNodes
from handrail.cli.graphs import drawing
from handrail.cli.graphs.graph import drawable
from handrail.cli.main import app

NODES = set(CaseNodes.__dataclass_fields__)


def overlap(one: drawing.Box, other: drawing.Box) -> bool:
    return abs(one.xy[0] - other.xy[0]) < (one.w + other.w) / 2 and abs(one.xy[1] - other.xy[1]) < (one.h + other.h) / 2


def test_mermaid_has_every_node_and_every_edge() -> None:
    done = CliRunner().invoke(app, ["graph", "show"])

    assert done.exit_code == 0
    assert {name for name in NODES if f"\t{name}(" in done.stdout} == NODES
    assert done.stdout.count("->") == len(drawable().edges)


def test_boxes_keep_apart_and_every_line_runs_from_box_to_box() -> None:
    graph = drawable()
    boxes = {key: drawing.box(node) for key, node in graph.nodes.items()}
    lines = drawing.arrange(graph, boxes)
    placed = list(boxes.values())

    assert not [(a.name, b.name) for i, a in enumerate(placed) for b in placed[i + 1 :] if overlap(a, b)]
    for edge, line in zip(drawing.in_order(graph), lines, strict=True):
        for point, key in ((line.points[0], edge.source), (line.points[-1], edge.target)):
            one = boxes[key]
            assert abs(point[1] - one.xy[1]) == pytest.approx(one.h / 2)
            assert abs(point[0] - one.xy[0]) < one.w / 2


def test_a_png_shows_boxes_in_the_colours_of_what_they_do(tmp_path: Path) -> None:
    file = tmp_path / "graph.png"

    done = CliRunner().invoke(app, ["graph", "show", "--out", str(file), "--json"])

    assert json.loads(done.stdout) == {
        "format": "png",
        "out": str(file),
        "bytes": file.stat().st_size,
        "mermaid": None,
    }
    with Image.open(BytesIO(file.read_bytes())) as image:
        image.load()
        assert min(image.size) > 600
        colours = {bytes(colour) for _, colour in image.convert("RGB").getcolors(1_000_000) or [] if isinstance(colour, tuple)}
    wanted = {bytes.fromhex(colour[1:]) for colour in drawing.FILLS.values()}
    assert all(min(max(abs(a - b) for a, b in zip(one, other, strict=True)) for other in colours) < 4 for one in wanted)


def test_the_picture_is_the_same_in_every_process(tmp_path: Path) -> None:
    files = [tmp_path / f"{seed}.png" for seed in (1, 2)]
    for seed, file in enumerate(files, 1):
        subprocess.run(
            [sys.executable, "-m", "handrail.cli.main", "graph", "show", "--out", str(file)],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "graph.png"

    done = CliRunner().invoke(app, ["graph", "show", "--out", str(file)])

    assert done.exit_code == 3
    assert done.stderr.startswith(f"Error: --out: {file}: No such file or directory.")


def test_the_picture_of_the_documentation_is_todays() -> None:
    kept = Path(__file__).parents[3] / "docs" / "images" / "graph.png"
    with Image.open(kept) as old, Image.open(BytesIO(drawing.png(drawable()))) as new:
        assert (old.size, old.convert("RGB").tobytes()) == (new.size, new.convert("RGB").tobytes()), (
            f"draw it again: handrail graph show --out {kept.relative_to(Path.cwd())}"
        )
