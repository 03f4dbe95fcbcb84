"""The figures of a drill of the kill switch, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handrail.drills.kill_switch.outcome import SwitchReport


def print_report(found: SwitchReport) -> None:
    """The figures for people."""
    from handrail.cli.common.tables import print_pairs
    from handrail.domain.counting import many

    print_pairs(
        [
            ("cases", f"{found.cases}, {found.under_way} of them under way at the switch"),
            ("let out before it", f"{many(found.effects, 'effect')}, {many(found.replies, 'reply', 'replies')}"),
            ("switch held after", f"{found.seconds_to_switch:.3f} s"),
            (
                "last effect or reply",
                f"{found.seconds_to_last:.3f} s after the switch was asked for, at most {found.target_seconds:g}",
            ),
            ("after the switch", str(found.after_switch)),
            ("people's work", "went on" if found.people_work_ok else "did NOT go on"),
            ("cases ended", ", ".join(f"{status} {number}" for status, number in found.statuses.items())),
            ("because of", ", ".join(f"{reason} {number}" for reason, number in found.reasons.items())),
            ("result", "passed" if found.passed else "FAILED"),
        ]
    )
