"""Charts as SVG elements: an interval against its target, and the weeks before. No script, no font, no file."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from handrail.domain.quality.weekly import PlanFact, PlanStanding
from handrail.pages.sparks import LEVEL, PAD, spark, svg

WIDTH, HEIGHT = 190, 30
COLOURS = {PlanStanding.MET: "#176b3a", PlanStanding.MISSED: "#a3261b", PlanStanding.OPEN: "#5a5f66"}


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
        {"x1": x(plan.target), "x2": x(plan.target), "y1": "3", "y2": "27", "stroke": LEVEL, "stroke-width": "2"},
    )
    if plan.value is not None and plan.low is not None and plan.high is not None:
        colour = COLOURS[plan.standing]
        across = {"x1": x(plan.low), "x2": x(plan.high), "y1": middle, "y2": middle, "stroke": colour, "stroke-width": "3"}
        SubElement(drawn, "line", across)
        SubElement(drawn, "circle", cx=x(plan.value), cy=middle, r="4.5", fill=colour)
    return drawn


def weeks(plan: PlanFact) -> Element:
    """Draw the weeks up to this one, the target as a dashed line; a week without a statement is left out."""
    known = sum(1 for value in plan.earlier if value is not None)
    words = f"{plan.title}, {known} weeks up to this one"
    return spark(plan.earlier, words, level=plan.target, last=COLOURS[plan.standing])
