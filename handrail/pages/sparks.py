"""Sparks: small charts of one row of numbers as SVG elements. No script, no font, no file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element, SubElement

WIDTH, HEIGHT = 96, 30
PAD = 6
LEVEL, LINE = "#1f4e9e", "#8a9099"


def spark(points: Sequence[float | None], words: str, *, level: float | None, last: str, width: int = WIDTH) -> Element:
    """Draw the points as a line that ends in a dot of the colour `last`, and the level as a dashed line.

    A point that is None is left out. `words` say what is drawn.
    """
    known = [(place, value) for place, value in enumerate(points) if value is not None]
    drawn = svg(width, HEIGHT, words)
    if not known:
        return drawn
    y = _scale([value for _, value in known] + ([] if level is None else [level]))
    step = (width - 2 * PAD) / max(len(points) - 1, 1)
    if level is not None:
        dashed = {"x1": "0", "x2": str(width), "stroke": LEVEL, "stroke-dasharray": "3 3"}
        SubElement(drawn, "line", {**dashed, "y1": f"{y(level):.1f}", "y2": f"{y(level):.1f}"})
    path = " ".join(f"{PAD + place * step:.1f},{y(value):.1f}" for place, value in known)
    SubElement(drawn, "polyline", {"points": path, "fill": "none", "stroke": LINE, "stroke-width": "1.5"})
    place, value = known[-1]
    SubElement(drawn, "circle", cx=f"{PAD + place * step:.1f}", cy=f"{y(value):.1f}", r="3", fill=last)
    return drawn


def svg(width: int, height: int, words: str) -> Element:
    """Return an empty drawing that says in words what it shows."""
    about = {
        "role": "img",
        "aria-label": words,
        "width": str(width),
        "height": str(height),
        "viewBox": f"0 0 {width} {height}",
    }
    drawn = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **about})
    SubElement(drawn, "title").text = words
    return drawn


def _scale(values: Sequence[float]) -> Callable[[float], float]:
    low, high = min(values), max(values)
    spread = (high - low) or 1.0

    def y(value: float) -> float:
        return HEIGHT - PAD - (value - low) / spread * (HEIGHT - 2 * PAD)

    return y
