"""Failures, each in one line with its remedy, and the exit code for it."""

from __future__ import annotations

import json
import sys
import traceback
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    REFUSED = 3
    UNKNOWN_CASE = 4
    CONFLICT = 5
    NOTHING_ANSWERS = 6
    TIMED_OUT = 7


EPILOG = (
    "Exit codes: 0 done · 1 unexpected, or what was tried does not hold · 2 wrong usage · 3 refused, invalid input, or "
    "not as it should be · 4 unknown case · 5 conflict with what is recorded · 6 nothing answers (is the stack up?) · "
    "7 not in time. "
    "With --json every command prints one JSON document on standard out, an error as "
    '{"error": {"type": …, "message": …}}.'
)

CODES: dict[str, Exit] = {
    "UnknownCase": Exit.UNKNOWN_CASE,
    "CaseConflict": Exit.CONFLICT,
    "EffectConflict": Exit.CONFLICT,
    "Unreachable": Exit.NOTHING_ANSWERS,
    "TimedOut": Exit.TIMED_OUT,
    "Refused": Exit.REFUSED,
    "BusinessRefused": Exit.REFUSED,
    "UnknownApproval": Exit.REFUSED,
    "DefinitionInvalid": Exit.REFUSED,
    "KeysAway": Exit.NOTHING_ANSWERS,
    "KeyTrouble": Exit.REFUSED,
}
"""By name, so that `handrail --help` need not load the domain; the first class of an error's own order counts."""

_DATABASE_LINES = {
    "TakesNoWrites": (
        Exit.NOTHING_ANSWERS,
        "PostgreSQL answers and takes no writes now, as during a failover. Try again; `handrail doctor` says whether it does.",
    ),
    "OperationalError": (
        Exit.NOTHING_ANSWERS,
        "PostgreSQL went away. Start the stack with `handrail up`, or set HANDRAIL_DATABASE_URL.",
    ),
    "UndefinedTable": (Exit.NOTHING_ANSWERS, "The database has no tables yet. Run `handrail migrate`."),
    "InvalidSchemaName": (Exit.NOTHING_ANSWERS, "The database has no tables yet. Run `handrail migrate`."),
}


def judge(error: BaseException) -> tuple[Exit, str]:
    """The exit code and the line for people. A driver's own words are not passed on: they may hold a password."""
    names = [kind.__name__ for kind in type(error).__mro__]
    if not {"psycopg", "psycopg_pool"}.isdisjoint(kind.__module__.split(".")[0] for kind in type(error).__mro__):
        known = next((_DATABASE_LINES[name] for name in names if name in _DATABASE_LINES), None)
        return known or (Exit.UNEXPECTED, f"PostgreSQL: {names[0]}. Run again with --debug to see more.")
    code = next((CODES[name] for name in names if name in CODES), Exit.UNEXPECTED)
    if code is Exit.UNEXPECTED and "HandrailError" not in names:
        return code, f"Unexpected {names[0]}: {without_values(error)}. Run again with --debug to see where."
    return code, str(error)


def without_values(error: BaseException) -> str:
    """The error's words. Those of what does not fit a model name the fields, and not what stands in them."""
    listed = getattr(error, "errors", None)
    if type(error).__name__ != "ValidationError" or listed is None:
        return str(error)
    found = listed(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)


def report(error: BaseException, *, as_json: bool, debug: bool) -> Exit:
    """Tell it, and give the exit code; of tasks that ran together the first failure is told."""
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    code, words = judge(error)
    tell(type(error).__name__, words, as_json=as_json)
    return code


def tell(kind: str, words: str, *, as_json: bool) -> None:
    """One JSON document on standard out, or one line on standard error."""
    from handrail.cli.common.tables import plain

    if as_json:
        sys.stdout.write(json.dumps({"error": {"type": kind, "message": words}}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"Error: {plain(words)}\n")
