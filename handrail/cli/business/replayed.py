"""A replay for people and for programs: what came out otherwise than expected stands first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handrail.cli.common.tables import arguments, moment, plain, print_rows, screen
from handrail.domain.counting import many
from handrail.replay.calls import ReplayRuling
from handrail.replay.report import Became, ReplayReport, RuledCall

SIDES = {True: "hit", False: "MISS", None: ""}
KINDS: Mapping[str, Callable[[RuledCall], bool]] = {
    "misses": lambda one: one.hit is False,
    "hits": lambda one: one.hit is True,
    "let-through": lambda one: one.let_through,
    "allow": lambda one: one.ruled is ReplayRuling.ALLOW,
    "allowed": lambda one: one.ruled is ReplayRuling.ALLOW,
    "confirm": lambda one: one.ruled is ReplayRuling.CONFIRM,
    "asked": lambda one: one.asks,
    "approve": lambda one: one.ruled is ReplayRuling.APPROVE,
    "held": lambda one: one.ruled is ReplayRuling.APPROVE,
    "block": lambda one: one.ruled is ReplayRuling.BLOCK,
    "blocked": lambda one: one.ruled is ReplayRuling.BLOCK,
    "refused": lambda one: one.ruled is ReplayRuling.REFUSED,
    "failed": lambda one: ReplayRuling.FAILED is one.ruled or one.became is Became.FAILED,
}


def shown_of(report: ReplayReport, only: str | None) -> list[RuledCall]:
    """The calls that were asked for."""
    return [one for one in report.calls if only is None or KINDS[only](one)]


def replay_document(report: ReplayReport, only: str | None) -> dict[str, Any]:
    """Counts over all calls, then those that were asked for."""
    hits = sum(one.hit is True for one in report.calls)
    return {
        **report.model_dump(mode="json", exclude={"calls"}),
        "total": len(report.calls),
        "ruled": report.ruled,
        "carried_out": sum(one.became is Became.DONE for one in report.calls),
        "expected": {"calls": report.expecting, "hits": hits, "misses": len(report.misses), "matrix": report.matrix},
        "let_through": [one.line for one in report.let_through],
        "by_rule": [one.model_dump(mode="json") for one in report.by_rule],
        "calls": [_document(one) for one in shown_of(report, only)],
    }


def _document(one: RuledCall) -> dict[str, Any]:
    return {**one.model_dump(mode="json"), "hit": one.hit, "let_through": one.let_through}


def print_replay(report: ReplayReport, only: str | None) -> None:
    """Print what was wrongly let through; expected against ruled; by rule; the calls; and in one line how it went."""
    if report.expecting:
        _print_expected(report)
    rows = [(one.ruled, one.rule, one.calls, *((one.hits, one.misses) if report.expecting else ())) for one in report.by_rule]
    headings = ("ruled", "by", "calls", *(("hits", "misses") if report.expecting else ()))
    print_rows(headings, rows, "No call.")
    screen().print("")
    calls = shown_of(report, only)
    _print_calls(calls, expecting=bool(report.expecting))
    _print_why(calls)
    screen().print("\n" + plain("\n".join(_summary(report, len(calls)))))


def _print_expected(report: ReplayReport) -> None:
    if report.let_through:
        screen().print(plain(f"LET THROUGH though something stricter was expected: {len(report.let_through)}"), style="bold")
        _print_calls(report.let_through, expecting=True)
    else:
        screen().print("Nothing was let through for which something stricter was expected.")
    screen().print("")
    columns = next(iter(report.matrix.values()))
    rows = [(row, *found.values()) for row, found in report.matrix.items()]
    print_rows(("expected \\ ruled", *columns), rows, "")
    screen().print("")


def _print_calls(calls: Sequence[RuledCall], *, expecting: bool) -> None:
    timed = len({one.at for one in calls}) > 1
    rows = [
        (
            one.line,
            *((moment(one.at),) if timed else ()),
            one.customer,
            one.tool,
            one.title if one.title != one.tool else arguments(one.arguments),
            f"{one.ruled} (asks first)" if one.asks and one.ruled is not ReplayRuling.CONFIRM else one.ruled,
            ", ".join(one.rules),
            *((one.expected or "", SIDES[one.hit]) if expecting else ()),
            one.became,
        )
        for one in calls
    ]
    expected = ("expected", "") if expecting else ()
    at = ("at",) if timed else ()
    print_rows(("line", *at, "customer", "tool", "what", "ruled", "by", *expected, "in the copy"), rows, "No such call.")


def _print_why(calls: Sequence[RuledCall]) -> None:
    """Print what the table has no room for: why the business refuses, and what failed."""
    for one in calls:
        words = one.words or (one.messages[0] if one.ruled in (ReplayRuling.REFUSED, ReplayRuling.FAILED) else "")
        if words:
            screen().print(plain(f"line {one.line}: {words}"))


def _summary(report: ReplayReport, shown: int) -> list[str]:
    counts = ", ".join(f"{number} {word}" for word, number in report.ruled.items() if number)
    done = sum(one.became is Became.DONE for one in report.calls)
    lines = [f"{many(len(report.calls), 'call')}: {counts}; {done} carried out in the copy of {report.copy_of}."]
    if shown < len(report.calls):
        lines.append(f"Shown: {shown} of them.")
    if report.reordered:
        lines.append("Ruled on in the order of their times, which is not that of the lines.")
    if report.skipped:
        lines.append(f"{many(report.skipped, 'line')} left out by --skip.")
    if report.expecting:
        hits = report.expecting - len(report.misses)
        lines.append(
            f"{hits} of {report.expecting} as expected; let through too easily: {len(report.let_through)}; "
            f"otherwise: {len(report.misses) - len(report.let_through)}."
        )
    lines.append(f"{report.seconds['copy']:.1f} s for the copy, {report.seconds['calls']:.1f} s for the calls.")
    return lines
