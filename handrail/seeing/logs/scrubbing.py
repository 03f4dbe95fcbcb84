"""Keeps secrets and customers' words out of what is logged, whoever logs it.

An error's own words often quote what it was about: a customer's text, a row, a key in an address. So of an error stands its
kind and where it was raised; its words only where its kind is known to tell of nothing but machines.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

HIDDEN = "[hidden]"
SHORTEST_SECRET = 6
FRAMES = 12
"""Places of one error that are told, the innermost."""
CHAIN = 4
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(authorization|proxy-authorization)(['\"]?\s*[:=]\s*['\"]?)[^\r\n'\",}]+"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)\b([a-z_-]*(?:api[_-]?key|access[_-]?token|secret|password|passwd|signature|token|cookie))"
            r"(['\"]?\s*[:=]\s*['\"]?)(?!\[hidden\])[^\s'\"&,;})]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"(?i)([?&](?:key|sig|code|auth)=)[^\s&'\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"([a-z][a-z0-9+.-]*://)[^/\s:@]*:[^/\s@]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\bhr_([a-z]{2,12})_([a-z0-9]{12})_[A-Za-z0-9]+"), rf"hr_\1_\2_{HIDDEN}"),
    (re.compile(r"\b(?:hrc_|sk-|pk-|rk-|ghp_|xox[abprs]-|whsec_|AKIA|eyJ[A-Za-z0-9_-]+\.)[A-Za-z0-9._/+=-]{8,}"), HIDDEN),
    (re.compile(r"input_value=.*?(?=, input_type=)", re.DOTALL), f"input_value={HIDDEN}"),
    (re.compile(r"(?m)^(DETAIL|CONTEXT|QUERY|HINT):.*$"), rf"\1: {HIDDEN}"),
)
PLAIN: tuple[type[BaseException], ...] = (ConnectionError, TimeoutError)
"""Kinds of errors whose words tell of machines alone."""
PLAIN_NAMES = frozenset(
    {
        *("Unreachable", "StackFailed", "RPCError", "DefinitionInvalid", "ModelUnavailable"),
        *("OperationalError", "PoolTimeout", "TakesNoWrites"),
    }
)
"""Others of that sort, by name: this room knows no driver, and no domain."""


class Scrubber:
    """Scrubs texts of patterns of secrets, and of the given `secrets` wherever they stand."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {one for found in secrets for one in (found, found.strip()) if len(one) >= SHORTEST_SECRET}
        self._secrets = sorted(known, key=len, reverse=True)

    def text(self, words: str) -> str:
        """Return the text with `[hidden]` in place of secrets."""
        for one in self._secrets:
            words = words.replace(one, HIDDEN)
        for pattern, instead in PATTERNS:
            words = pattern.sub(instead, words)
        return words

    def value(self, value: Any) -> Any:
        """Return an argument of a log line as it may stand there; an error becomes its safe words."""
        if isinstance(value, BaseException):
            return self.error(value)
        return value

    def error(self, error: BaseException) -> str:
        """Return an error in safe words: its kind, of a validation also the fields, of a machine's trouble what it says."""
        kind, fields = type(error).__name__, _fields(error)
        if fields is not None:
            return f"{kind}: {fields}"
        if isinstance(error, PLAIN) or kind in PLAIN_NAMES:
            return f"{kind}: {self.text(str(error))}" if str(error) else kind
        return f"{kind}: {error.strerror}" if isinstance(error, OSError) and error.strerror else kind

    def trace(self, error: BaseException) -> list[dict[str, Any]]:
        """Return an error and its causes, the outermost first: `error`, and `at` as file:line in function, innermost last."""
        return [{"error": self.error(one), "at": places(one)} for one in chain(error)]


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it came from, as a traceback would tell them; a few."""
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and len(seen) < CHAIN and all(following is not one for one in seen):
        seen.append(following)
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def places(error: BaseException) -> list[str]:
    """Return where the error went by: names of files and functions, never a line of code or a value."""
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    return [f"{code.co_filename.rsplit('site-packages/', 1)[-1]}:{line} in {code.co_name}" for code, line in frames[-FRAMES:]]


def _fields(error: BaseException) -> str | None:
    """Return which fields of which model were wrong, and how, without what stood there; None for other errors."""
    errors = getattr(error, "errors", None)
    if type(error).__name__ != "ValidationError" or not callable(errors):
        return None
    try:
        found = errors(include_input=False, include_url=False, include_context=False)
    except TypeError:
        return None
    # A field that nobody declared has a name that somebody else chose.
    said = ("?" if one["type"] == "extra_forbidden" else ".".join(map(str, one["loc"])) for one in found)
    return ", ".join(f"{where or '-'} {one['type']}" for where, one in zip(said, found, strict=True))
