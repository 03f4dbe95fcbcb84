"""The profile as a picture: a bar for each part, as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.drills.bench.statistics.results import PartShare

WIDTH, LEFT, RIGHT, TOP, LINE, BAR = 720, 180, 110, 44, 28, 18
INK, FILL = "#1f2430", "#2a62c4"


def svg(shares: Sequence[PartShare]) -> str:
    """Return the picture of a worker's processor time per plain case."""
    whole, longest = sum(one.ms for one in shares), max(one.ms for one in shares)
    height = TOP + LINE * len(shares) + 12
    title = f"Worker: {whole:.1f} ms of processor time per plain case"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="24" fill="{INK}" font-weight="bold">{title}</text>',
    ]
    for number, one in enumerate(shares):
        y, long = TOP + LINE * number, round(one.ms / longest * (WIDTH - LEFT - RIGHT), 1)
        parts += [
            f'<text x="{LEFT - 10}" y="{y + 14}" fill="{INK}" text-anchor="end">{one.part}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{long}" height="{BAR}" fill="{FILL}"/>',
            f'<text x="{LEFT + long + 8}" y="{y + 14}" fill="{INK}">{one.ms:.1f} ms, {one.share:.0%}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
