"""The drill of replies: right ones and wrong ones by the thousand, each ruled on as the guardrail does."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.reply.replies import rule_reply
from handrail.drills.text import forms

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TERMS = "You work for Brightshop. Goods can be returned within 30 days; refunds take 3 to 5 business days to arrive."
ORDER = "O-10016"
PEOPLE = (("Marla", "Venlow"), ("Jörg", "Tannhofer"), ("Łucja", "Żurawska"), ("Inês", "Côrte"), ("Per", "Åkerlind"))
TODAY = NOW.date()
TARGETS = {"right": 0.01, "wrong": 0.005}
"""The largest share of right replies that may be held, and of wrong ones that may be sent."""


@dataclass(frozen=True, slots=True)
class ReplyTrial:
    """One reply with what the case knows; `right` says whether it should be sent."""

    kind: str
    language: str
    right: bool
    text: str
    evidence: Evidence = field(repr=False)


@dataclass(frozen=True, slots=True)
class Miss:
    """A right reply that was held, or a wrong one that was sent; `rules` are those that held it."""

    kind: str
    language: str
    right: bool
    text: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrialTally:
    """Trials by (kind, language, right), and the misses among them."""

    tried: Counter[tuple[str, str, bool]]
    misses: list[Miss]

    def share(self, right: bool) -> float:
        """The share of right replies that were held, or of wrong ones that were sent."""
        of = sum(count for key, count in self.tried.items() if key[2] is right)
        return sum(one.right is right for one in self.misses) / of if of else 0.0

    def counts(self, right: bool) -> list[tuple[str, int, int]]:
        """(kind or language, misses, trials), kinds first."""
        of, missed = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
        for (kind, language, side), count in self.tried.items():
            if side is right:
                of.update({(0, kind): count, (1, language): count})
        for one in self.misses:
            if one.right is right:
                missed.update([(0, one.kind), (1, one.language)])
        return [(key[1], missed[key], of[key]) for key in sorted(of)]

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        sides = {
            name: {
                "share": round(self.share(right), 5),
                "target": TARGETS[key],
                "counts": [{"name": one, "missed": missed, "of": of} for one, missed, of in self.counts(right)],
                "misses": [asdict(one) for one in self.misses if one.right is right],
            }
            for name, key, right in (("right_held", "right", True), ("wrong_sent", "wrong", False))
        }
        return {**sides, "passed": self.passed}

    @property
    def passed(self) -> bool:
        """Both shares are within `TARGETS`."""
        return self.share(True) <= TARGETS["right"] and self.share(False) <= TARGETS["wrong"]


def run(trials: Iterable[ReplyTrial] | None = None) -> TrialTally:
    """Rule on every trial."""
    tried: Counter[tuple[str, str, bool]] = Counter()
    misses = []
    for trial in trials if trials is not None else all_trials():
        tried[trial.kind, trial.language, trial.right] += 1
        rules = tuple(sorted({hit.rule for hit in rule_reply(trial.text, trial.evidence, now=NOW, language=trial.language)}))
        if bool(rules) is trial.right:
            misses.append(Miss(trial.kind, trial.language, trial.right, trial.text, rules))
    return TrialTally(tried, misses)


def all_trials() -> Iterator[ReplyTrial]:
    """Every table."""
    for locale in forms.LOCALES:
        yield from dates(locale)
        yield from money(locale)
        yield from clocks(locale)
    for language in carriers():
        yield from small(language)
        yield from letters(language)


def dates(locale: str) -> Iterator[ReplyTrial]:
    """Days in all forms: right, one day off, another month, another year, another day of the week."""
    language = forms.language_of(locale)
    lines = carriers()[language]["date"]
    for number, day in enumerate(forms.DAYS):
        evidence = _evidence(_order(delivered_at=f"{day}T09:00:00Z" if number % 2 else str(day)))
        for place, form in enumerate((*forms.LENGTHS, *forms.SKELETONS)):
            line = lines[(number + place) % len(lines)]
            yield ReplyTrial("date", language, True, line.format(forms.day_as(day, form, locale)), evidence)
            for other in forms.wrong_days(day, form):
                shown = forms.day_as(other, form, locale)
                if not forms.reads_right(shown, day):
                    yield ReplyTrial("date", language, False, line.format(shown), evidence)
            swapped = forms.wrong_weekday(day, form, locale)
            if swapped:
                yield ReplyTrial("date", language, False, line.format(swapped), evidence)


def money(locale: str) -> Iterator[ReplyTrial]:
    """Sums in all forms: right, another amount, another currency, the first number of a range."""
    language = forms.language_of(locale)
    lines = carriers()[language]["money"]
    for number, (amount, currency) in enumerate(forms.SUMS):
        told = {"total": float(amount), "currency": currency} if number % 2 else {f"total_{currency.lower()}": str(amount)}
        evidence = _evidence({"order_id": ORDER, "carrier": "Parcel North", **told})
        right = forms.right_sums(amount, currency)
        other = forms.SUMS[(number + 1) % len(forms.SUMS)][1]
        for place, style in enumerate(forms.STYLES):
            line = lines[(number + place) % len(lines)]
            shown = forms.sum_as(amount, currency, style, locale)
            yield ReplyTrial("money", language, True, line.format(shown), evidence)
            wrong = [forms.sum_as(one, currency, style, locale) for one in forms.wrong_sums(amount)]
            wrong.append(forms.sum_as(amount, other, style, locale))
            for written in wrong:
                if written not in right:
                    yield ReplyTrial("money", language, False, line.format(written), evidence)
            low = forms.sum_as(amount - Decimal("3"), currency, style, locale)
            yield ReplyTrial("money", language, False, carriers()[language]["range"].format(low, shown), evidence)


def clocks(locale: str) -> Iterator[ReplyTrial]:
    """Clock times and percentages."""
    language = forms.language_of(locale)
    lines = carriers()[language]
    for moment, other in ((time(14, 30), time(15, 30)), (time(9, 0), time(9, 30)), (time(18, 45), time(6, 45))):
        evidence = _evidence(_order(pick_up_at=f"2026-11-21T{moment}"))
        yield ReplyTrial("time", language, True, lines["time"].format(forms.clock_as(moment, locale)), evidence)
        yield ReplyTrial("time", language, False, lines["time"].format(forms.clock_as(other, locale)), evidence)
    for share, other_share in ((15, 51), (5, 50), (100, 10)):
        evidence = _evidence(_order(discount_percent=share))
        yield ReplyTrial("percent", language, True, lines["percent"].format(forms.share_as(share, locale)), evidence)
        yield ReplyTrial("percent", language, False, lines["percent"].format(forms.share_as(other_share, locale)), evidence)


def small(language: str) -> Iterator[ReplyTrial]:
    """Counts, durations, relative days, weekdays, identifiers, addresses, telephones and links."""
    lines = carriers()[language]
    three = _evidence({"order_id": ORDER, "lines": [{"name": "Lamp", "quantity": 3}]})
    numbers = lines["numbers"]
    for right, wrong in (("3", "4"), (numbers["right"], numbers["wrong"]), ("3", "13")):
        yield ReplyTrial("count", language, True, lines["count"].format(right), three)
        yield ReplyTrial("count", language, False, lines["count"].format(wrong), three)
    for right, wrong in (("30", "60"), ("30", "14")):
        yield ReplyTrial("duration", language, True, lines["duration"].format(right), _evidence(_order()))
        yield ReplyTrial("duration", language, False, lines["duration"].format(wrong), _evidence(_order()))
    due = _evidence(_order(delivery_expected=str(TODAY + timedelta(days=1))))
    relative = lines["relative"]
    yield ReplyTrial("relative", language, True, relative["line"].format(relative["right"]), due)
    for wrong in relative["wrong"]:
        yield ReplyTrial("relative", language, False, relative["line"].format(wrong), due)
    for locale in forms.LOCALES:
        if forms.language_of(locale) == language:
            for days in (1, 2, 3, 4, 5):
                day = TODAY + timedelta(days=days)
                there = _evidence(_order(delivery_expected=str(day)))
                yield ReplyTrial("weekday", language, True, lines["weekday"].format(forms.weekday_as(day, locale)), there)
                other = forms.weekday_as(day + timedelta(days=1), locale)
                yield ReplyTrial("weekday", language, False, lines["weekday"].format(other), there)
    known = _evidence(_order(email="marla@example.org", phone="+49 30 901820"))
    for kind, right, wrong in (
        ("identifier", ORDER, "O-10061"),
        ("identifier", "10016", "10017"),
        ("identifier", "PN-7741-220", "PN-7741-229"),
        ("email", "marla@example.org", "carla@example.org"),
        ("phone", "+49 30 901820", "+49 30 901828"),
        ("phone", "+49 (30) 901820", "+44 20 7946 0018"),
    ):
        yield ReplyTrial(kind, language, True, lines[kind].format(right), known)
        yield ReplyTrial(kind, language, False, lines[kind].format(wrong), known)
    for wrong in (
        "pay.example.ai",
        "https://bright.it/pay",
        "refund-shop.cz",
        "www.shop.lol/x",
        "brightshop.com.br",
        "münze.de",
    ):
        yield ReplyTrial("link", language, False, lines["link"].format(wrong), known)


def letters(language: str) -> Iterator[ReplyTrial]:
    """Ordinary sentences that claim nothing, and whole replies that the facts hold."""
    written = _yaml("letters.yaml")[language]
    week = TODAY + timedelta(days=4)
    locale = next(one for one in forms.LOCALES if forms.language_of(one) == language)
    for number, text in enumerate(written["courtesy"]):
        first, last = PEOPLE[number % len(PEOPLE)]
        evidence = _evidence(_order(), {"customer": {"name": f"{first} {last}"}})
        yield ReplyTrial("courtesy", language, True, text.format(first=first, last=last), evidence)
    for number, text in enumerate(written["replies"]):
        first, last = PEOPLE[number % len(PEOPLE)]
        order = _order(total=133.5, currency="USD", delivered_at="2026-11-18", delivery_expected=str(week))
        evidence = Evidence.gather(
            [order, {"customer": {"name": f"{first} {last}"}}],
            effects=[_refund()],
            terms=[TERMS],
            customer=["What of my 2 items?"],
        )
        shown = {
            "order": ORDER,
            "item": "Copper Lantern",
            "carrier": "Parcel North",
            "tracking": "PN-7741-220",
            "money": forms.sum_as(Decimal("133.50"), "USD", "code", locale),
            "day": forms.day_as(date(2026, 11, 18), "long", locale),
            "week": forms.day_as(week, "full", locale),
        }
        yield ReplyTrial("reply", language, True, text.format(first=first, last=last, **shown), evidence)


def carriers() -> dict[str, Any]:
    """The sentences that carry a value, by language."""
    return _yaml("carriers.yaml")


@functools.cache
def _yaml(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return loaded


def _order(**told: Any) -> dict[str, Any]:
    items = [{"name": "Copper Lantern", "quantity": 2}]
    return {"order_id": ORDER, "items": items, "carrier": "Parcel North", "tracking": "PN-7741-220", **told}


def _evidence(*facts: Any) -> Evidence:
    return Evidence.gather(facts, terms=[TERMS])


def _refund() -> EffectResult:
    return EffectResult(
        effect_id="e-1",
        action="refund_order",
        arguments={"order_id": ORDER, "amount": "133.50", "currency": "USD"},
        status=EffectStatus.APPLIED,
        result={"order_id": ORDER, "refunded": "133.50", "currency": "USD"},
        applied_at=NOW,
    )
