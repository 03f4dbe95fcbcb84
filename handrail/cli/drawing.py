"""The case graph as a picture, from the code itself."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import defaultdict
from html import escape
from pathlib import Path

from langchain_core.runnables.graph import Graph

from handrail.domain.errors import InvalidInput

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 150, 44, 230, 110, 60
COLOURS = {"activity": "#dbeafe", "workflow": "#dcfce7", None: "#f1f5f9"}
Place = tuple[float, float]


def png(graph: Graph) -> bytes:
    """The graph as a PNG.

    Raises:
        InvalidInput: no Chromium is on the PATH.
    """
    kinds = {name: (one.metadata or {}).get("execute_in") for name, one in graph.nodes.items()}
    width, height, picture = svg(kinds, [(edge.source, edge.target) for edge in graph.edges])
    return painted(picture, width, height)


def ranks(nodes: list[str], edges: list[tuple[str, str]]) -> dict[str, int]:
    """How far each node is from the first, by the shortest way; the last one stands below all."""
    first, last = nodes[0], nodes[-1]
    found, border = {first: 0}, [first]
    while border:
        here = border.pop(0)
        for target in [target for source, target in edges if source == here and target not in found]:
            found[target] = found[here] + 1
            border.append(target)
    return {**found, last: max(found.values()) + (0 if found[last] == max(found.values()) else 1)}


def svg(kinds: dict[str, str | None], edges: list[tuple[str, str]]) -> tuple[int, int, str]:
    """(width, height, document)."""
    rows: dict[int, list[str]] = defaultdict(list)
    for name, rank in ranks(list(kinds), edges).items():
        rows[rank].append(name)
    widest = max(len(row) for row in rows.values())
    width, height = widest * ACROSS + 2 * MARGIN, len(rows) * DOWN + MARGIN
    places: dict[str, Place] = {}
    for rank, row in sorted(rows.items()):
        for index, name in enumerate(row):
            places[name] = (width / 2 + (index - (len(row) - 1) / 2) * ACROSS, MARGIN + rank * DOWN)
    lines = "".join(arrow(places[source], places[target]) for source, target in edges)
    boxes = "".join(box(name, kinds[name], place) for name, place in places.items())
    marker = '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="14">'
    )
    tip = f'<defs>{marker}<path d="M0 0L8 4L0 8z" fill="#475569"/></marker></defs>'
    return width, height, f'{head}{tip}<rect width="100%" height="100%" fill="white"/>{lines}{boxes}</svg>\n'


def box(name: str, kind: str | None, place: Place) -> str:
    """A node; blue runs as an activity, green in the workflow."""
    x, y = place
    frame = f'x="{x - WIDTH / 2}" y="{y - HEIGHT / 2}" width="{WIDTH}" height="{HEIGHT}" rx="10"'
    words = escape(name.strip("_"))
    return (
        f'<rect {frame} fill="{COLOURS.get(kind, COLOURS[None])}" stroke="#475569"/>'
        f'<text x="{x}" y="{y + 5}" text-anchor="middle" fill="#0f172a">{words}</text>'
    )


def arrow(source: Place, target: Place) -> str:
    """Down: a curve. Up or beside: a dashed one that bows out."""
    (x1, y1), (x2, y2) = source, target
    if y2 > y1:
        start, end = y1 + HEIGHT / 2, y2 - HEIGHT / 2
        bow = 0 if y2 - y1 <= DOWN else (WIDTH if x1 >= x2 else -WIDTH)
        path = f"M{x1} {start}C{x1 + bow} {start + 40} {x2 + bow} {end - 40} {x2} {end}"
        return f'<path d="{path}" fill="none" stroke="#475569" marker-end="url(#tip)"/>'
    side = -1 if x2 <= x1 else 1
    x1, x2 = x1 + side * WIDTH / 2, x2 + (side if y1 != y2 else -side) * WIDTH / 2
    path = f"M{x1} {y1}C{x1 + side * 60} {y1} {x2 + (side * 60 if y1 != y2 else 0)} {y2} {x2} {y2}"
    return f'<path d="{path}" fill="none" stroke="#b45309" stroke-dasharray="5 4" marker-end="url(#tip)"/>'


def painted(picture: str, width: int, height: int) -> bytes:
    """The SVG as Chromium paints it."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise InvalidInput("--format: png needs Chromium on the PATH. Install it, or take mermaid.")
    with tempfile.TemporaryDirectory() as folder:
        page, image = Path(folder, "graph.html"), Path(folder, "graph.png")
        page.write_text(f'<!doctype html><meta charset="utf-8"><body style="margin:0">{picture}', encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile"]
        shot = [f"--screenshot={image}", f"--window-size={width},{height}"]
        done = subprocess.run(  # noqa: S603 - a program found on the PATH, on a page of our own
            [browser, *options, *shot, page.as_uri()], capture_output=True, timeout=60, check=False
        )
        if not image.exists():
            raise InvalidInput(f"--format: {browser} made no picture (exit code {done.returncode}). Take mermaid.")
        return image.read_bytes()
