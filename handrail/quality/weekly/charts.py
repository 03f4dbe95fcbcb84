"""Charts as SVG elements: an interval against its target, and the weeks before. No script, no font, no file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element, SubElement

from handrail.domain.quality.weekly import PlanFact, PlanStanding

WIDTH, HEIGHT = 190, 30
SPARK_WIDTH, SPARK_HEIGHT = 96, 30
PAD = 6
COLOURS = {PlanStanding.MET: "#176b3a", PlanStanding.MISSED: "#a3261b", PlanStanding.OPEN: "#5a5f66"}
TARGET, LINE = "#1f4e9e", "#8a9099"


def interval(plan: PlanFact) -> Element:
    """Draw the fact with its interval, and the target as an upright line."""
    known = [one for one in (plan.low, plan.value, plan.high, plan.target) if one is not None]
    low, high = min(known), max(known)
    spread = (high - low) or abs(high) or 1.0
    low, high = low - 0.1 * spread, high + 0.1 * spread

    def x(value: float) -> str:
        return f"{PAD + (value - low) / (high - low) * (WIDTH - 2 * PAD):.1f}"

    drawn = svg(WIDTH, HEIGHT, f"{plan.title}: {plan.fact}; planned {plan.plan}")
    middle = str(HEIGHT / 2)
    SubElement(drawn, "line", x1=str(PAD), x2=str(WIDTH - PAD), y1=middle, y2=middle, stroke="#d5d9de")
    SubElement(
        drawn,
        "line",
        {"x1": x(plan.target), "x2": x(plan.target), "y1": "3", "y2": "27", "stroke": TARGET, "stroke-width": "2"},
    )
    if plan.value is not None and plan.low is not None and plan.high is not None:
        colour = COLOURS[plan.standing]
        across = {"x1": x(plan.low), "x2": x(plan.high), "y1": middle, "y2": middle, "stroke": colour, "stroke-width": "3"}
        SubElement(drawn, "line", across)
        SubElement(drawn, "circle", cx=x(plan.value), cy=middle, r="4.5", fill=colour)
    return drawn


def weeks(plan: PlanFact) -> Element:
    """Draw the weeks up to this one, the target as a dashed line; a week without a statement is left out."""
    points = list(enumerate(plan.earlier))
    known = [(place, value) for place, value in points if value is not None]
    drawn = svg(SPARK_WIDTH, SPARK_HEIGHT, f"{plan.title}, {len(known)} weeks up to this one")
    if not known:
        return drawn
    scale = _scale([value for _, value in known] + [plan.target])
    step = (SPARK_WIDTH - 2 * PAD) / max(len(points) - 1, 1)
    y = f"{scale(plan.target):.1f}"
    dashed = {"x1": "0", "x2": str(SPARK_WIDTH), "y1": y, "y2": y, "stroke": TARGET, "stroke-dasharray": "3 3"}
    SubElement(drawn, "line", dashed)
    path = " ".join(f"{PAD + place * step:.1f},{scale(value):.1f}" for place, value in known)
    SubElement(drawn, "polyline", {"points": path, "fill": "none", "stroke": LINE, "stroke-width": "1.5"})
    place, value = known[-1]
    SubElement(drawn, "circle", cx=f"{PAD + place * step:.1f}", cy=f"{scale(value):.1f}", r="3", fill=COLOURS[plan.standing])
    return drawn


def _scale(values: Sequence[float]) -> Callable[[float], float]:
    low, high = min(values), max(values)
    spread = (high - low) or 1.0

    def y(value: float) -> float:
        return SPARK_HEIGHT - PAD - (value - low) / spread * (SPARK_HEIGHT - 2 * PAD)

    return y


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
