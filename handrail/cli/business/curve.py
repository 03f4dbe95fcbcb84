"""The risk-coverage curve: how much can be answered at which error. As SVG, as PNG, and in a terminal."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handrail.routing.model.features import Floats

WIDTH, HEIGHT = 720, 420
LEFT, TOP, RIGHT, BOTTOM = 64, 36, 20, 52
POINTS = 400
TITLE, ACROSS, UP = "Risk and coverage", "coverage: share of the messages within scope that are answered", "error"
INK, LINE, GRID = "#1f2430", "#2a62c4", "#d9dce3"
MARKS = (0.01, 0.02, 0.05)
COLUMNS, ROWS = 60, 12
SCALE = 2

Point = tuple[float, float]


def points(coverage: Floats, error: Floats) -> list[Point]:
    """Thin the curve to at most `POINTS` points, the last of them always."""
    step = max(1, math.ceil(len(coverage) / POINTS))
    chosen = [*range(0, len(coverage), step), len(coverage) - 1]
    return [(float(coverage[one]), float(error[one])) for one in dict.fromkeys(chosen)]


def top(curve: list[Point]) -> float:
    """The highest error on the axis: a round number above all that follows the first few answers."""
    highest = max((error for coverage, error in curve if coverage > 0.05), default=0.05)
    return max(0.06, math.ceil(highest * 50) / 50)


def _place(point: Point, highest: float) -> Point:
    across = LEFT + point[0] * (WIDTH - LEFT - RIGHT)
    up = HEIGHT - BOTTOM - min(point[1], highest) / highest * (HEIGHT - TOP - BOTTOM)
    return round(across, 1), round(up, 1)


def _grid(highest: float) -> list[tuple[Point, Point, str]]:
    """Lines with their words: coverage by fifths, error by the marks and the top."""
    across = [(_place((n / 5, 0), highest), _place((n / 5, highest), highest), f"{n / 5:.0%}") for n in range(6)]
    up = [(_place((0, mark), highest), _place((1, mark), highest), f"{mark:.0%}") for mark in (0, *MARKS, highest)]
    return across + up


def svg(coverage: Floats, error: Floats) -> bytes:
    """The curve as an SVG file."""
    curve = points(coverage, error)
    highest = top(curve)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" fill="{INK}" font-weight="bold">{TITLE}</text>',
    ]
    for start, end, words in _grid(highest):
        upright = start[0] == end[0]
        x, y, anchor = (start[0], start[1] + 18, "middle") if upright else (start[0] - 8, start[1] + 4, "end")
        parts.append(f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" stroke="{GRID}"/>')
        parts.append(f'<text x="{x}" y="{y}" fill="{INK}" text-anchor="{anchor}">{words}</text>')
    line = " ".join(f"{x},{y}" for x, y in (_place(point, highest) for point in curve))
    parts += [
        f'<polyline points="{line}" fill="none" stroke="{LINE}" stroke-width="2"/>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" fill="{INK}" text-anchor="middle">{ACROSS}</text>',
        f'<text x="14" y="{TOP - 10}" fill="{INK}">{UP}</text>',
        "</svg>",
    ]
    return "\n".join(parts).encode()


def png(coverage: Floats, error: Floats) -> bytes:
    """The curve as a PNG file.

    Raises:
        InvalidInput: Pillow, which comes with `handrail[local]`, is not installed.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ModuleNotFoundError as missing:
        from handrail.domain.errors import InvalidInput

        raise InvalidInput("--picture: a PNG needs Pillow. Install handrail[local], or name the file .svg.") from missing
    curve = points(coverage, error)
    highest = top(curve)
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), "#ffffff")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(13 * SCALE)

    def large(point: Point) -> Point:
        return point[0] * SCALE, point[1] * SCALE

    for start, end, words in _grid(highest):
        upright = start[0] == end[0]
        pen.line([large(start), large(end)], fill=GRID, width=SCALE)
        x, y, anchor = (start[0], start[1] + 6, "ma") if upright else (start[0] - 8, start[1], "rm")
        pen.text(large((x, y)), words, fill=INK, font=font, anchor=anchor)
    pen.line([large(_place(point, highest)) for point in curve], fill=LINE, width=2 * SCALE, joint="curve")
    pen.text(large((LEFT, 10)), TITLE, fill=INK, font=font)
    pen.text(large(((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8)), ACROSS, fill=INK, font=font, anchor="ms")
    pen.text(large((14, TOP - 18)), UP, fill=INK, font=font)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def terminal(coverage: Floats, error: Floats) -> str:
    """The curve in characters: for each coverage the smallest error at which so much can be answered."""
    curve = points(coverage, error)
    highest = top(curve)
    rows = [[" "] * (COLUMNS + 1) for _ in range(ROWS + 1)]
    for column in range(COLUMNS + 1):
        reached = [risk for covered, risk in curve if covered >= column / COLUMNS]
        if reached:
            rows[ROWS - round(min(min(reached), highest) / highest * ROWS)][column] = "•"
    lines = [f"{(ROWS - number) / ROWS * highest:6.1%} │{''.join(row)}" for number, row in enumerate(rows)]
    axis = "".join(f"{n / 5:.0%}".ljust(COLUMNS // 5) for n in range(6))
    return "\n".join([f"{UP} of the answers", *lines, f"       └{'─' * (COLUMNS + 1)}", f"        {axis} coverage"])
