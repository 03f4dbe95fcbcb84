"""The functions and macros of expressions; each is told in docs/agent/policies.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, TypeAlias

from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.policy.shapes import READERS, Amount, FactType, ListOf, MapOf, Shape, kind, unfit
from handrail.policies.language.calendars import WorkingDays
from handrail.policies.language.nodes import RuleNode, RuleSources, Slots, elements
from handrail.policies.language.operations import added, alike, together, worth

N, T, F = FactType.NUMBER, FactType.TEXT, FactType.FLAG
MONEY, DATE, TIME, DURATION = FactType.MONEY, FactType.DATE, FactType.TIME, FactType.DURATION

Build: TypeAlias = Callable[[list[RuleNode], RuleSources], RuleNode]
MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
HAS = "has"
_ORDERED = (N, MONEY, DATE, TIME, DURATION)


@dataclass(frozen=True, slots=True)
class RuleFunction:
    """`usage` is how it is written; `accepts` the shapes of its arguments, as far as they are fixed."""

    usage: str
    build: Build
    accepts: tuple[tuple[Shape, ...], ...] = ()
    least: int | None = None


def call(name: str, given: list[RuleNode], world: RuleSources) -> RuleNode:
    """Raises: DefinitionInvalid: the arguments do not fit; names how it is written."""
    known = FUNCTIONS[name]
    if known.accepts:
        least = len(known.accepts) if known.least is None else known.least
        given = [
            _as_written(one, known.accepts[index]) if index < len(known.accepts) else one for index, one in enumerate(given)
        ]
        fits = all(one.shape in wanted for one, wanted in zip(given, known.accepts, strict=False))
        if not least <= len(given) <= len(known.accepts) or not fits:
            raise _misused(name, given)
    return known.build(given, world)


def _as_written(node: RuleNode, wanted: tuple[Shape, ...]) -> RuleNode:
    if node.text is None or T in wanted or not isinstance(wanted[0], FactType):
        return node
    return alike(node, RuleNode(wanted[0], node.run))[0]


def _misused(name: str, given: list[RuleNode]) -> DefinitionInvalid:
    got = ", ".join(kind(one.shape) for one in given) or "nothing"
    return DefinitionInvalid(f"{name}: is given {got}. Write {FUNCTIONS[name].usage}")


def _plain(result: FactType, work: Callable[..., Any]) -> Build:
    def build(given: list[RuleNode], world: RuleSources) -> RuleNode:
        runs = [one.run for one in given]
        return RuleNode(result, lambda slots: work(*(run(slots) for run in runs)))

    return build


def _size(given: list[RuleNode], world: RuleSources) -> RuleNode:
    if len(given) != 1 or not (given[0].shape is T or isinstance(given[0].shape, ListOf | MapOf)):
        raise _misused("size", given)
    run = given[0].run
    return RuleNode(N, lambda slots: Decimal(len(run(slots))))


def _matches(given: list[RuleNode], world: RuleSources) -> RuleNode:
    text, pattern = given
    if pattern.text is not None:
        _pattern(pattern.text, DefinitionInvalid)
    return RuleNode(F, lambda slots: bool(_pattern(pattern.run(slots), InvalidInput).search(text.run(slots))))


def _pattern(text: str, wrong: type[Exception]) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise wrong(f"matches: {text!r} is no pattern ({error})") from error


def _sum(given: list[RuleNode], world: RuleSources) -> RuleNode:
    if len(given) != 1 or not isinstance(given[0].shape, ListOf) or given[0].shape.item not in (N, MONEY, DURATION):
        raise _misused("sum", given)
    items, shape = given[0], given[0].shape.item

    def run(slots: Slots) -> Any:
        if shape is N:
            return sum(elements(items, slots), Decimal(0))
        if shape is DURATION:
            return sum(elements(items, slots), timedelta(0))
        total = Amount(Decimal(0), "")
        for one in elements(items, slots):
            total = added(total, one, world.rates)
        return total

    return RuleNode(shape, run)


def _extreme(name: str, pick: Callable[..., Any]) -> Build:
    def build(given: list[RuleNode], world: RuleSources) -> RuleNode:
        if len(given) == 2:
            given = list(alike(*given))
        shapes = {one.shape for one in given}
        shape = shapes.pop() if len(shapes) == 1 else None
        listed = len(given) == 1 and isinstance(shape, ListOf)
        found = shape.item if listed and isinstance(shape, ListOf) else shape
        if found not in _ORDERED or not (listed or len(given) > 1):
            raise _misused(name, given)

        def compare(left: Any, right: Any) -> int:
            one, other = together(left, right, world.rates)
            return (one > other) - (one < other)

        def run(slots: Slots) -> Any:
            values = list(elements(given[0], slots)) if listed else [one.run(slots) for one in given]
            if not values:
                raise InvalidInput(f"{name} of an empty list; ask for its size first")
            return pick(values, key=cmp_to_key(compare)) if found is MONEY else pick(values)

        return RuleNode(found, run)

    return build


def _abs(given: list[RuleNode], world: RuleSources) -> RuleNode:
    run = given[0].run
    if given[0].shape is MONEY:
        return RuleNode(MONEY, lambda slots: (one := run(slots))._replace(number=abs(one.number)))
    return RuleNode(given[0].shape, lambda slots: abs(run(slots)))


def _round(value: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    if places != places.to_integral_value() or not 0 <= places <= 8:
        raise InvalidInput(f"round: {places} is no number of places from 0 to 8")
    return round(value, int(places))


def _money(given: list[RuleNode], world: RuleSources) -> RuleNode:
    if len(given) == 1:
        if given[0].text is None:
            return RuleNode(MONEY, _reading(MONEY, given[0].run))
        return alike(given[0], RuleNode(MONEY, given[0].run))[0]
    number, currency = given
    if currency.text is not None and not re.fullmatch("[A-Z]{3}", currency.text):
        raise DefinitionInvalid(f"money: {currency.text!r} is no currency. Use an ISO code, for example 'EUR'")
    return RuleNode(MONEY, lambda slots: Amount(number.run(slots), _currency(currency.run(slots))))


def _currency(text: str) -> str:
    if not re.fullmatch("[A-Z]{3}", text):
        raise InvalidInput(f"{text[:20]!r} is no currency; an ISO code is, for example 'EUR'")
    return text


def _amount(given: list[RuleNode], world: RuleSources) -> RuleNode:
    money, currency = given

    def run(slots: Slots) -> Decimal:
        found, wanted = money.run(slots), _currency(currency.run(slots))
        if found.currency in ("", wanted):
            return Decimal(found.number)
        return worth(found, world.rates) / worth(Amount(Decimal(1), wanted), world.rates)

    return RuleNode(N, run)


def _reading(shape: FactType, run: Callable[[Slots], Any]) -> Callable[[Slots], Any]:
    def read(slots: Slots) -> Any:
        value = run(slots)
        found = READERS[shape](value)
        if found is None:
            raise unfit(shape, value, "the text")
        return found

    return read


def _read_as(shape: FactType) -> Build:
    def build(given: list[RuleNode], world: RuleSources) -> RuleNode:
        one = given[0]
        if one.shape is TIME:
            return RuleNode(DATE, lambda slots: _day(world.calendar, one.run(slots)))
        if one.text is None:
            return RuleNode(shape, _reading(shape, one.run))
        return alike(one, RuleNode(shape, one.run))[0]

    return build


def _length(unit: timedelta) -> Build:
    step = unit // timedelta(microseconds=1)
    return _plain(N, lambda length: Decimal(length // timedelta(microseconds=1)) / step)


def _calendar(result: FactType, name: str, work: Callable[..., Any]) -> Build:
    def build(given: list[RuleNode], world: RuleSources) -> RuleNode:
        calendar = world.calendar
        if calendar is None:
            raise DefinitionInvalid(
                f"{name}: the business names no calendar. Give it one: calendar=Calendar('DE', 'BY', 'Europe/Berlin')"
            )
        runs = [one.run for one in given]
        return RuleNode(result, lambda slots: work(calendar, *(_day(calendar, run(slots)) for run in runs)))

    return build


def _day(calendar: WorkingDays | None, value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    return calendar.day(value) if calendar else value.astimezone(UTC).date()


def _add_days(calendar: WorkingDays, start: date, count: Decimal) -> date:
    if count != count.to_integral_value():
        raise InvalidInput(f"{count} is no whole number of business days")
    return calendar.after(start, int(count))


def _lookup(given: list[RuleNode], world: RuleSources) -> RuleNode:
    name = given[0].text if given else None
    if name is None:
        raise _misused("lookup", given)
    table = world.tables.get(name)
    if table is None:
        known = ", ".join(sorted(world.tables)) or "none; write tables.yaml beside the policies folder"
        raise DefinitionInvalid(f"lookup: there is no table {name!r}. Known: {known}")
    keys = given[1:]
    if len(keys) != len(table.keys) or any(one.shape not in (T, N, F) for one in keys):
        raise DefinitionInvalid(f"lookup: {name} is looked up by {', '.join(table.keys)}; give {len(table.keys)} of them")
    if table.shape not in (N, T, F, MONEY):
        raise _misused("lookup", given)
    for position, one in enumerate(keys):
        _known_key(name, table, position, one)
    shape = table.shape
    assert isinstance(shape, FactType)  # noqa: S101 -- a cell is never an object
    read = READERS[shape]
    return RuleNode(shape, lambda slots: read(table.at(name, [_key(one.run(slots)) for one in keys])))


def _known_key(name: str, table: Any, position: int, one: RuleNode) -> None:
    rows = [table.rows]
    for _ in range(position):
        rows = [inner for row in rows for inner in row.values()]
    known = list(dict.fromkeys(key for row in rows for key in row))
    if one.text is not None and one.text not in known:
        raise DefinitionInvalid(f"lookup: {name} has no {table.keys[position]} {one.text!r}. Known: {', '.join(known)}")


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


_WHEN = (DATE, TIME)
FUNCTIONS: Mapping[str, RuleFunction] = {
    "size": RuleFunction("size(list), of a list, a map or a text", _size),
    "contains": RuleFunction("text.contains('…')", _plain(F, lambda text, part: part in text), ((T,), (T,))),
    "startsWith": RuleFunction("text.startsWith('…')", _plain(F, lambda text, part: text.startswith(part)), ((T,), (T,))),
    "endsWith": RuleFunction("text.endsWith('…')", _plain(F, lambda text, part: text.endswith(part)), ((T,), (T,))),
    "matches": RuleFunction("text.matches('…')", _matches, ((T,), (T,))),
    "lower": RuleFunction("lower(text)", _plain(T, lambda text: text.lower()), ((T,),)),
    "sum": RuleFunction("sum(list), of numbers, money or durations", _sum),
    "min": RuleFunction("min(list) or min(a, b), of numbers, money or times", _extreme("min", min)),
    "max": RuleFunction("max(list) or max(a, b), of numbers, money or times", _extreme("max", max)),
    "abs": RuleFunction("abs(number), or of money or a duration", _abs, ((N, MONEY, DURATION),)),
    "round": RuleFunction("round(number, places)", _plain(N, _round), ((N,), (N,)), least=1),
    "money": RuleFunction("money('12.50 USD') or money(number, 'USD')", _money, ((T, N), (T,)), least=1),
    "amount": RuleFunction("amount(money, 'USD')", _amount, ((MONEY,), (T,))),
    "currency": RuleFunction("currency(money)", _plain(T, lambda money: money.currency), ((MONEY,),)),
    "date": RuleFunction("date('2026-11-28') or date(time)", _read_as(DATE), ((T, TIME),)),
    "timestamp": RuleFunction("timestamp('2026-11-28T09:30:00Z')", _read_as(TIME), ((T,),)),
    "duration": RuleFunction("duration('36h'); units are d, h, m and s", _read_as(DURATION), ((T,),)),
    "days": RuleFunction("days(duration)", _length(timedelta(days=1)), ((DURATION,),)),
    "hours": RuleFunction("hours(duration)", _length(timedelta(hours=1)), ((DURATION,),)),
    "business_days_between": RuleFunction(
        "business_days_between(day, day)",
        _calendar(N, "business_days_between", lambda calendar, start, end: Decimal(calendar.between(start, end))),
        (_WHEN, _WHEN),
    ),
    "add_business_days": RuleFunction(
        "add_business_days(day, number)", _calendar(DATE, "add_business_days", _add_days), (_WHEN, (N,))
    ),
    "is_business_day": RuleFunction(
        "is_business_day(day)", _calendar(F, "is_business_day", lambda calendar, day: calendar.has(day)), (_WHEN,)
    ),
    "lookup": RuleFunction("lookup('table', key, …), with the table's name in quotes", _lookup),
}
