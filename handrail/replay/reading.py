"""Reads a log of calls: every fault of every line at once, before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from handrail.domain.case.messages import IDENTIFIER, MAX_CHARACTERS
from handrail.domain.counting import many
from handrail.domain.errors import InvalidInput
from handrail.domain.policy.shapes import misfits
from handrail.policies.asked import flattened
from handrail.policies.names import PolicyNames, nearest
from handrail.replay.calls import EXPECTED, RecordedCall
from handrail.replay.lines import RIGHT, LineFault, json_object, json_value, moment, tool_named

KEYS = ("at", "customer", "tool", "arguments", "expected", "case", "topic", "said", "confirmed", "approved_by", "facts", "id")
FOREIGN = ("name", "function", "call_id", "type")
"""Keys of recorded tool calls as OpenAI's interfaces write them, and many others."""
FOREIGN_TYPES = ("function", "function_call")
SHOWN = 50


@dataclass(frozen=True, slots=True)
class CallNames:
    """The names that a log may use. `at` is the time of lines that have none; `skipped` are tools that are left out."""

    policies: PolicyNames
    tools: Collection[str]
    topics: Collection[str] = ()
    at: datetime | None = None
    skipped: Collection[str] = ()


@dataclass(slots=True)
class CallLog:
    """The calls in the order in which they are ruled on, and how many lines were left out by name."""

    calls: list[RecordedCall] = field(default_factory=list)
    skipped: int = 0

    @property
    def reordered(self) -> bool:
        """True if the order of time is not that of the lines."""
        lines = [one.line for one in self.calls]
        return lines != sorted(lines)


def read_log(text: str, file: str, known: CallNames, now: datetime) -> CallLog:
    """Read JSON Lines; `now` stands for the time where neither a line nor `known` has one.

    Raises:
        InvalidInput: a line for each fault, with file and line.
    """
    log, faults, untimed = CallLog(), list[tuple[int, str]](), list[int]()
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            read = json_object(line)
            if tool_named(read) in known.skipped:
                log.skipped += 1
                continue
        except LineFault as fault:
            faults.append((number, str(fault)))
            continue
        reader = LineReader(read, known, number)
        log.calls.append(reader.call(known.at or now))
        faults += [(number, words) for words in reader.faults]
        untimed += [number] if "at" not in read else []
    if known.at is None and len(untimed) < len(log.calls):
        faults += [(one, "at is missing, and other lines have it. Give it, or --at for all without.") for one in untimed]
    faults += _shared_cases(log.calls)
    if not log.calls and not faults:
        faults.append((1, f"holds no call to rule on. Write one a line, for example: {RIGHT}"))
    refuse_all(file, faults)
    log.calls = with_cases(sorted(log.calls, key=lambda one: one.at))
    return log


def with_cases(calls: list[RecordedCall]) -> list[RecordedCall]:
    """Give each customer a case for the calls that name none."""
    taken = {call.case for call in calls}
    fresh = (name for number in count(1) if (name := f"replay-{number}") not in taken)
    own: dict[str, str] = {}
    named = [call.case or own.get(call.customer) or own.setdefault(call.customer, next(fresh)) for call in calls]
    return [call.model_copy(update={"case": case}) for call, case in zip(calls, named, strict=True)]


def refuse_all(file: str, faults: list[tuple[int, str]]) -> None:
    """Raises: InvalidInput: there are faults; each by the number of its line."""
    if faults:
        lines = [f"{file}:{number}: {words}" for number, words in sorted(faults)]
        more = [f"… and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        raise InvalidInput("\n".join([*lines[:SHOWN], *more, f"{many(len(lines), 'fault')}; nothing was run."]))


def _shared_cases(calls: list[RecordedCall]) -> Iterator[tuple[int, str]]:
    owners: dict[str, RecordedCall] = {}
    for one in calls:
        first = owners.setdefault(one.case, one) if one.case else one
        if first.customer != one.customer and first.customer and one.customer:
            words = f"case {one.case!r} belongs to {first.customer!r} in line {first.line}, to {one.customer!r} here"
            yield one.line, f"{words}. A case has one customer."


class LineReader:
    """Reads one object; what is wrong gathers in `faults`."""

    def __init__(self, read: Mapping[str, Any], known: CallNames, line: int) -> None:
        self._read, self._known, self._line = read, known, line
        self.faults: list[str] = []

    def call(self, now: datetime) -> RecordedCall:
        """Make the call, with something harmless for each part that has a fault."""
        self._keys()
        tool = self._named_tool()
        return RecordedCall(
            line=self._line,
            at=self._time(now),
            customer=self._text("customer", 'Say whose call it is: "customer": "C-1"', needed=True) or "",
            tool=tool,
            arguments=self._arguments(),
            expected=EXPECTED.get(self._among("expected", EXPECTED) or ""),
            case=self._case(),
            topic=self._among("topic", self._known.topics),
            said=self._said(),
            confirmed=self._flag("confirmed"),
            approved_by=self._people(),
            facts=self._facts(tool),
            call_id=self._id(),
        )

    def _keys(self) -> None:
        for key in self._read:
            if key not in (*KEYS, *FOREIGN):
                self.faults.append(f"{key[:60]!r} is no key that is known here. {nearest(key, KEYS)}.")
        if self._read.get("type", "function") not in FOREIGN_TYPES:
            self.faults.append("type: only calls of functions are ruled on. Leave other lines out, and the key.")

    def _named_tool(self) -> str:
        tool = tool_named(self._read)
        if tool is None:
            self.faults.append(f"tool is missing. {nearest('', self._known.tools)}.")
        elif tool not in self._known.tools:
            words = f"tool: {tool[:60]!r} is no tool of this business. {nearest(tool, self._known.tools)}."
            self.faults.append(f"{words} Or leave its lines out: --skip {tool[:60]}")
        return tool or ""

    def _time(self, now: datetime) -> datetime:
        if "at" not in self._read:
            return now
        try:
            return moment("at", self._read["at"])
        except InvalidInput as error:
            self.faults.append(str(error))
            return now

    def _arguments(self) -> dict[str, Any]:
        function = self._read.get("function")
        given = self._read.get("arguments", function.get("arguments", {}) if isinstance(function, dict) else {})
        if isinstance(given, str):
            try:
                given = json_value(given or "{}")
            except LineFault as fault:
                self.faults.append(f"arguments: the text {fault}")
                return {}
        if isinstance(given, dict):
            return given
        self.faults.append('arguments: is no object. Write {"order_id": "O-1"}, or the same as JSON in a text.')
        return {}

    def _text(self, key: str, right: str, *, needed: bool = False) -> str | None:
        value = self._read.get(key)
        if value is None and not needed:
            return None
        if isinstance(value, str) and value.strip():
            return value
        self.faults.append(f"{key} is missing. {right}." if value in (None, "") else f"{key}: is no text. {right}.")
        return None

    def _among(self, key: str, names: Collection[str]) -> str | None:
        value = self._text(key, f"Known: {', '.join(names)}")
        if value is not None and value not in names:
            self.faults.append(f"{key}: {value[:60]!r} is none. Known: {', '.join(names)}.")
        return value

    def _case(self) -> str | None:
        value = self._text("case", 'Write an id, such as "case": "c-17"')
        if value is not None and not IDENTIFIER.fullmatch(value):
            self.faults.append(f"case: {value[:40]!r} is no id. Use 1 to 120 letters, digits, '_', '.', ':' or '-'.")
        return value

    def _said(self) -> str | None:
        value = self._text("said", "Write the customer's own words")
        if value is not None and len(value) > MAX_CHARACTERS:
            self.faults.append(f"said: has {len(value):,} characters; {MAX_CHARACTERS:,} are the most of a message.")
        return value

    def _flag(self, key: str) -> bool:
        value = self._read.get(key)
        if value is not None and not isinstance(value, bool):
            self.faults.append(f"{key}: is not true or false. Write true where the customer said yes to exactly this.")
        return value is True

    def _people(self) -> list[str]:
        given = self._read.get("approved_by")
        people = given if isinstance(given, list) else [] if given is None else [given]
        if all(isinstance(one, str) and one.strip() for one in people):
            return people
        self.faults.append('approved_by: names nobody. Write "approved_by": "ann", or a list of names.')
        return []

    def _facts(self, tool: str) -> dict[str, Any]:
        given = self._read.get("facts") or {}
        if not isinstance(given, dict):
            self.faults.append('facts: is no object. Write, for example, {"case": {"turn": 2}}.')
            return {}
        names = self._known.policies.named_by([tool] if tool in self._known.policies.arguments else [])
        try:
            facts = flattened(given, names)
        except InvalidInput as error:
            self.faults.append(str(error))
            return {}
        for name, value in facts.items():
            if name not in names or name.startswith(("proposal.", "now")):
                self.faults.append(f"facts: {name!r} is none that can be given. {nearest(name, names)}.")
            elif value is not None:
                self.faults += [f"facts: {words}." for _, words in misfits(names[name], value, name)]
        return facts

    def _id(self) -> str | None:
        given = self._read.get("id", self._read.get("call_id"))
        if given is None or (isinstance(given, str | int) and not isinstance(given, bool)):
            return None if given is None else str(given)
        self.faults.append("id: is neither text nor a number.")
        return None
