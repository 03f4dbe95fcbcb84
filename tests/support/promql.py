"""The part of Prometheus's language that the alert rules are written in, over scrapes that a test made.

Enough to fire a rule in a drill without a Prometheus server: selectors, `increase`, `max_over_time`, `absent`, `sum`,
`max` and `min` by labels, `time()`, arithmetic, a comparison, `or`, `and on()`. What is not understood raises.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Value = float | Vector
TOKEN = re.compile(r'\s*(\d+\.?\d*(?=[^\w]|$)|[a-zA-Z_:][\w:]*|"[^"]*"|=~|!=|==|>=|<=|[-+*/(){}<>=,]|\[\w+\])')
COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
}
ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
AGGREGATE: Mapping[str, Callable[[list[float]], float]] = {"sum": math.fsum, "max": max, "min": min}


@dataclass
class Scrapes:
    """What was scraped of each job, in order; `now` is when the rules are evaluated, in seconds since 1970."""

    now: float
    taken: list[dict[str, Vector]] = field(default_factory=list)

    def take(self, **jobs: str | None) -> None:
        """Take a scrape of each job's text; None is one that did not answer."""
        found: dict[str, Vector] = {}
        for job, text in jobs.items():
            name = f"handrail-{job}"
            found.setdefault("up", {})[frozenset({("job", name)})] = float(text is not None)
            for family in text_string_to_metric_families(text or ""):
                for one in family.samples:
                    found.setdefault(one.name, {})[frozenset({*one.labels.items(), ("job", name)})] = one.value
        self.taken.append(found)

    def firing(self, expression: str) -> Vector:
        """Return the series for which the expression holds."""
        found = Reader(self, expression).read()
        assert isinstance(found, dict), expression
        return found


class Reader:
    """Reads and evaluates one expression."""

    def __init__(self, scrapes: Scrapes, text: str) -> None:
        self._scrapes, self._tokens, self._at = scrapes, list(tokens(text)), 0

    def read(self) -> Value:
        """Return its value. Raises: ValueError: more stands there than was understood."""
        found = self._either()
        if self._at != len(self._tokens):
            raise ValueError(f"not understood: {' '.join(self._tokens[self._at :])}")
        return found

    def _next(self, wanted: str | None = None) -> str:
        token = self._tokens[self._at]
        if wanted is not None and token != wanted:
            raise ValueError(f"expected {wanted}, found {token}")
        self._at += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _either(self) -> Value:
        found = self._both()
        while self._peek() == "or":
            self._next()
            more = self._both()
            assert isinstance(found, dict)
            assert isinstance(more, dict)
            found = {**more, **found}
        return found

    def _both(self) -> Value:
        found = self._compared()
        while self._peek() == "and":
            for word in ("and", "on", "(", ")"):
                self._next(word)
            found = found if self._compared() else {}
        return found

    def _compared(self) -> Value:
        left = self._chain(("+", "-"), lambda: self._chain(("*", "/"), self._single))
        if self._peek() not in COMPARE:
            return left
        holds, right = COMPARE[self._next()], self._chain(("+", "-"), self._single)
        assert isinstance(left, dict)
        assert isinstance(right, float)
        return {labels: value for labels, value in left.items() if holds(value, right)}

    def _chain(self, signs: tuple[str, ...], part: Callable[[], Value]) -> Value:
        found = part()
        while self._peek() in signs:
            found = combined(ARITHMETIC[self._next()], found, part())
        return found

    def _single(self) -> Value:
        token = self._next()
        if token[0].isdigit():
            return float(token)
        if token == "(":
            found = self._compared()
            self._next(")")
            return found
        if token in AGGREGATE:
            return self._aggregated(AGGREGATE[token])
        if token == "time":
            self._next("(")
            self._next(")")
            return self._scrapes.now
        if token in ("increase", "max_over_time", "absent"):
            self._next("(")
            called = {"increase": self._increase, "max_over_time": self._highest, "absent": self._absent}[token]
            found = called(self._next())
            self._next(")")
            return found
        return self._selected(token, self._scrapes.taken[-1], self._matchers())

    def _aggregated(self, together: Callable[[list[float]], float]) -> Vector:
        by: set[str] = set()
        if self._peek() == "by":
            self._next()
            by = {name for name in self._until(")") if name not in "(,"}
        self._next("(")
        inner = self._compared()
        self._next(")")
        assert isinstance(inner, dict)
        groups: dict[Labels, list[float]] = {}
        for labels, value in inner.items():
            if not math.isnan(value):
                groups.setdefault(frozenset(one for one in labels if one[0] in by), []).append(value)
        return {labels: together(values) for labels, values in groups.items()}

    def _absent(self, name: str) -> Vector:
        matchers = self._matchers()
        found = self._selected(name, self._scrapes.taken[-1], matchers)
        return {} if found else {frozenset((label, value) for label, sign, value in matchers if sign == "="): 1.0}

    def _highest(self, name: str) -> Vector:
        matchers = self._ranged()
        highest: Vector = {}
        for scrape in self._scrapes.taken:
            for labels, value in self._selected(name, scrape, matchers).items():
                highest[labels] = max(value, highest.get(labels, value))
        return highest

    def _ranged(self) -> list[tuple[str, str, str]]:
        matchers = self._matchers()
        if not self._next().startswith("["):
            raise ValueError("a range is expected")
        return matchers

    def _increase(self, name: str) -> Vector:
        matchers = self._ranged()
        first: Vector = {}
        for scrape in self._scrapes.taken:
            first = {**self._selected(name, scrape, matchers), **first}
        last = self._selected(name, self._scrapes.taken[-1], matchers)
        # As Prometheus has it: a series begins with its first value, and has not increased by that.
        return {labels: value - first[labels] for labels, value in last.items()}

    def _matchers(self) -> list[tuple[str, str, str]]:
        if self._peek() != "{":
            return []
        self._next()
        parts = [one for one in self._until("}") if one != ","]
        return [(parts[place], parts[place + 1], parts[place + 2].strip('"')) for place in range(0, len(parts), 3)]

    def _until(self, end: str) -> list[str]:
        found: list[str] = []
        while (token := self._next()) != end:
            found.append(token)
        return found

    @staticmethod
    def _selected(name: str, scrape: dict[str, Vector], matchers: list[tuple[str, str, str]]) -> Vector:
        def fits(labels: Labels) -> bool:
            have = dict(labels)
            return all(
                re.fullmatch(value, have.get(label, "")) is not None if sign == "=~" else have.get(label, "") == value
                for label, sign, value in matchers
            )

        return {labels: value for labels, value in scrape.get(name, {}).items() if fits(labels)}


def tokens(text: str) -> Iterator[str]:
    """Yield the tokens. Raises: ValueError: something is none."""
    place = 0
    while place < len(text.rstrip()):
        found = TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"not understood: {text[place:]}")
        yield found[1]
        place = found.end()


def combined(do: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Return the two combined; one of them is a number."""
    if isinstance(left, dict):
        assert isinstance(right, float)
        return {labels: do(value, right) for labels, value in left.items()}
    if isinstance(right, dict):
        return {labels: do(left, value) for labels, value in right.items()}
    return do(left, right)
