"""The case graph as a picture, without a network, a browser or Graphviz: grandalf lays it out, Pillow draws it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Any

from grandalf.graphs import Edge, Vertex, graph_core
from grandalf.layouts import SugiyamaLayout
from langchain_core.runnables.graph import Edge as DrawnEdge
from langchain_core.runnables.graph import Graph as Drawable
from langchain_core.runnables.graph import Node
from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]

SCALE = 2
"""Drawn at this many times the size of the layout, so that lines and letters stay sharp on any screen."""
COLOURS = 32
MARGIN, PADDING = 24, 14
NAME_SIZE, NOTE_SIZE = 17, 12
LEVEL_GAP, NEIGHBOUR_GAP = 62, 46
PASSES = 12
PIECES = 24
DASH, GAP = 7.0, 5.0
HEAD, APART = 9.0, 9.0
SPREAD, REACH = 0.32, 400

PAPER, INK, QUIET = "#ffffff", "#1f2430", "#5b6472"
FORWARD, BACK = "#5b6472", "#b4540a"
DECIDES = "decides"
NOTES = {"asks": "asks a model", "writes": "writes", DECIDES: ""}
FILLS = {"asks": "#e6f4ea", "writes": "#fbeee3", DECIDES: "#e3ecfb"}
"""By what a node is marked for: it calls a model, something leaves the house in it, or it only decides."""
ENDS = "#f1f1f4"


@dataclass(slots=True)
class Box:
    """A node as the layout needs it; `xy` is its centre once it has been laid out."""

    name: str
    note: str
    fill: str
    w: float = 0.0
    h: float = 0.0
    xy: Point = (0.0, 0.0)


@dataclass(slots=True)
class EdgeLine:
    """An edge's way from box to box; `conditional` ones are dashed, `paired` ones have another that leads back."""

    conditional: bool
    paired: bool = False
    points: list[Point] = field(default_factory=list)

    def setpath(self, points: list[Point]) -> None:
        """Take the path from the layout, which calls this."""
        self.points = [(float(x), float(y)) for x, y in points]


def png(graph: Drawable) -> bytes:
    """The graph as a PNG file. Boxes say what a node does; dashed lines are chosen by a router, warm ones lead back."""
    boxes = {key: box(node) for key, node in graph.nodes.items()}
    lines = arrange(graph, boxes)
    points = [point for line in lines for point in line.points]
    points += [corner for one in boxes.values() for corner in corners(one)]
    left, top = (min(point[axis] for point in points) - MARGIN for axis in (0, 1))
    right, bottom = (max(point[axis] for point in points) + MARGIN for axis in (0, 1))
    image = Image.new("RGB", (math.ceil((right - left) * SCALE), math.ceil((bottom - top) * SCALE)), PAPER)
    pen = Pen(ImageDraw.Draw(image), (left, top))
    for line in lines:
        pen.line(line)
    for one in boxes.values():
        pen.box(one)
    file = BytesIO()
    image.quantize(COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def box(node: Node) -> Box:
    """The node with its size: its name, and below what its metadata says."""
    marks = [mark for mark in NOTES if (node.metadata or {}).get(mark)] or ([] if node.name.startswith("_") else [DECIDES])
    note = " · ".join(NOTES[mark] for mark in marks)
    made = Box(node.name.strip("_"), note, FILLS[marks[0]] if marks else ENDS)
    made.w = max(font(NAME_SIZE).getlength(made.name), font(NOTE_SIZE).getlength(note)) / SCALE + 2 * PADDING
    made.h = NAME_SIZE + (NOTE_SIZE + 4 if note else 0) + 1.5 * PADDING
    return made


def arrange(graph: Drawable, boxes: dict[str, Box]) -> list[EdgeLine]:
    """Lay the graph out in levels from top to bottom; sets each box's centre and gives the lines."""
    vertices = {key: Vertex(key) for key in boxes}
    for key, vertex in vertices.items():
        vertex.view = boxes[key]
    ways = {(edge.source, edge.target) for edge in graph.edges}
    edges = []
    for edge in in_order(graph):
        made = Edge(vertices[edge.source], vertices[edge.target])
        made.view = EdgeLine(edge.conditional, (edge.target, edge.source) in ways)
        edges.append(made)
    # Not its `Graph`, which keeps the edges in a set: another picture each time.
    layout: Any = SugiyamaLayout(graph_core(list(vertices.values()), edges))
    layout.xspace, layout.yspace = NEIGHBOUR_GAP, LEVEL_GAP
    layout.route_edge = attach
    first = graph.first_node()
    layout.init_all(roots=[vertices[first.id]] if first else None)
    layout.draw(PASSES)
    return [edge.view for edge in edges]


def in_order(graph: Drawable) -> list[DrawnEdge]:
    """The edges as their nodes stand in the code, not as LangGraph happened to meet them."""
    places = {key: place for place, key in enumerate(graph.nodes)}
    return sorted(graph.edges, key=lambda edge: (places[edge.source], places[edge.target]))


def attach(edge: Any, points: list[Point]) -> None:
    """Let a line leave and meet its boxes at their borders; two that run straight side by side keep apart."""
    start, end = edge.v[0].view, edge.v[1].view
    first, last = border(start, points[1]), border(end, points[-2])
    aside = (-APART if first[1] < last[1] else APART) if edge.view.paired and len(points) == 2 else 0.0
    points[0], points[-1] = (first[0] + aside, first[1]), (last[0] + aside, last[1])


def border(one: Box, towards: Point) -> Point:
    """The point of the box's lower or upper border from which a line goes there."""
    x, y = one.xy
    down = towards[1] >= y
    offset = max(-SPREAD, min(SPREAD, (towards[0] - x) / REACH)) * one.w
    return x + offset, y + (one.h / 2 if down else -one.h / 2)


def corners(one: Box) -> tuple[Point, Point]:
    """Upper left and lower right."""
    x, y = one.xy
    return (x - one.w / 2, y - one.h / 2), (x + one.w / 2, y + one.h / 2)


def curve(points: list[Point]) -> list[Point]:
    """A smooth way through the points that leaves and arrives vertically: Bézier curves from one to the next."""
    way = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        for step in range(1, PIECES + 1):
            t = step / PIECES
            near, far = (1 - t) ** 2 * (1 + 2 * t), t**2 * (3 - 2 * t)
            bend = 3 * t * (1 - t)
            way.append((near * x0 + far * x1, (1 - t) ** 3 * y0 + bend * middle + t**3 * y1))
    return way


def dashes(way: list[Point]) -> Iterator[list[Point]]:
    """The pieces of a dashed line."""
    stroke, left, on = [way[0]], DASH, True
    for (x0, y0), (x1, y1) in pairwise(way):
        length = math.dist((x0, y0), (x1, y1))
        done = 0.0
        while length - done > left:
            done += left
            point = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length)
            if on:
                yield [*stroke, point]
            stroke, on = [point], not on
            left = DASH if on else GAP
        left -= length - done
        stroke.append((x1, y1))
    if on:
        yield stroke


def font(size: int) -> Any:
    """Pillow's own font, so that the picture is the same on every machine."""
    return ImageFont.load_default(size * SCALE)


class Pen:
    """Draws in the layout's coordinates; `origin` becomes the upper left corner."""

    def __init__(self, draw: ImageDraw.ImageDraw, origin: Point) -> None:
        self._draw, self._origin = draw, origin

    def _at(self, point: Point) -> Point:
        return (point[0] - self._origin[0]) * SCALE, (point[1] - self._origin[1]) * SCALE

    def line(self, line: EdgeLine) -> None:
        """A line with its head; those that lead back up are warm."""
        way = curve(line.points)
        colour = BACK if line.points[-1][1] < line.points[0][1] else FORWARD
        for stroke in dashes(way[:-2]) if line.conditional else [way[:-2]]:
            self._draw.line([self._at(point) for point in stroke], fill=colour, width=2 * SCALE - 1, joint="curve")
        self._head(way[-1], way[-1][1] >= way[-3][1], colour)

    def _head(self, tip: Point, down: bool, colour: str) -> None:
        back = tip[1] - HEAD if down else tip[1] + HEAD
        self._draw.polygon([self._at(p) for p in (tip, (tip[0] - HEAD / 2, back), (tip[0] + HEAD / 2, back))], fill=colour)

    def box(self, one: Box) -> None:
        """A box with its name and note."""
        upper, lower = corners(one)
        radius = 10 if one.note else one.h / 2
        self._draw.rounded_rectangle(
            [self._at(upper), self._at(lower)], radius * SCALE, fill=one.fill, outline=INK, width=SCALE
        )
        x, y = one.xy
        lift = (NOTE_SIZE + 4) / 2 if one.note else 0
        self._draw.text(self._at((x, y - lift)), one.name, INK, font(NAME_SIZE), anchor="mm")
        if one.note:
            self._draw.text(self._at((x, y + NAME_SIZE / 2 + 2)), one.note, QUIET, font(NOTE_SIZE), anchor="mm")
