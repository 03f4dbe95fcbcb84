"""Replies about effects: what was done may be said, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.domain.actions.effects import EffectResult
from handrail.domain.text.deeds.held import held
from handrail.domain.text.deeds.listed.claims import claimed
from handrail.llm.offline.behaviour.lexicon import phrase
from tests.support.counting import calls
from tests.support.made import EFFECTS, FACTS, ORDERS, address, cancel, effect, named, refund

TABLE: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parent / "deeds.yaml").read_text("utf-8"))


def cases(verdict: str) -> list[tuple[str, str]]:
    return [(language, text) for language, by in TABLE.items() for text in by[verdict]]


@pytest.mark.parametrize(("language", "text"), cases("sent"))
def test_what_was_done_may_be_said(language: str, text: str) -> None:
    assert [one.message for one in held(named(text), EFFECTS, FACTS, language=language)] == []


@pytest.mark.parametrize(("language", "text"), cases("held"))
def test_what_was_not_done_may_not(language: str, text: str) -> None:
    assert held(named(text), EFFECTS, FACTS, language=language) != []


@pytest.mark.parametrize(("language", "text"), cases("held"))
def test_nor_where_the_language_is_not_known(language: str, text: str) -> None:
    assert held(named(text), EFFECTS, FACTS) != []


GRAMMAR: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "deeds_grammar.yaml").read_text("utf-8"))
NUMBERS = [f"O-200{number}" for number in range(11, 17)]
TOTAL = 90


@dataclass(frozen=True)
class World:
    """What was refunded, by order, and what was cancelled."""

    refunded: dict[str, int]
    cancelled: set[str]

    def effects(self) -> list[EffectResult]:
        return [
            *(refund(name, f"{amount}.00", f"{TOTAL - amount}.00") for name, amount in self.refunded.items()),
            *(cancel(name) for name in sorted(self.cancelled)),
        ]

    def facts(self) -> list[Any]:
        return [{"order_id": name, "status": "paid", "total_usd": float(TOTAL)} for name in NUMBERS]


@st.composite
def told(draw: st.DrawFn) -> tuple[World, str, str, bool]:
    """A world, a language, a reply of one to three sentences about it, and whether all of them are true."""
    refunded = draw(st.dictionaries(st.sampled_from(NUMBERS), st.sampled_from([12, 35, 60, TOTAL]), max_size=3))
    world = World(refunded, draw(st.sets(st.sampled_from(NUMBERS), max_size=2)))
    language = draw(st.sampled_from(sorted(GRAMMAR)))
    spoken = [draw(sentence(world, GRAMMAR[language])) for _ in range(draw(st.integers(1, 3)))]
    return world, language, " ".join(text for text, _ in spoken), all(true for _, true in spoken)


@st.composite
def sentence(draw: st.DrawFn, world: World, grammar: dict[str, Any]) -> tuple[str, bool]:
    kind = draw(st.sampled_from([name for name in grammar if name != "and"]))
    text = draw(st.sampled_from(grammar[kind]))
    some = draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3, unique=True))
    amount = draw(st.sampled_from([12, 35, 60, TOTAL]))
    listed = some[0] if len(some) == 1 else f"{', '.join(some[:-1])} {grammar['and']} {some[-1]}"
    true = {
        "some": set(some) <= world.refunded.keys(),
        "cancelled": set(some) <= world.cancelled,
        "sum": world.refunded.get(some[0]) == amount,
        "whole": world.refunded.get(some[0]) == TOTAL,
        "both": len(world.refunded) >= 2,
        "three": len(world.refunded) >= 3,
        "nothing": True,
    }
    return text.format(some=listed, one=some[0], sum=f"{amount} USD"), true[kind]


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told())
def test_a_reply_passes_where_all_of_it_is_true_and_nowhere_else(drawn: tuple[World, str, str, bool]) -> None:
    world, language, text, true = drawn
    assert (held(text, world.effects(), world.facts(), language=language) == []) is true, text


@pytest.mark.parametrize(
    "text", ["I have refunded order O-20011, ", "refund.", "and O-20011 ", "not ", "ich habe O-20012 erstattet "]
)
def test_work_grows_with_the_length_and_no_faster(text: str) -> None:
    """Counted in calls of functions: twice the text, at most a little more than twice the calls."""
    short, long = (calls(claimed, text * (size // len(text))) for size in (4_000, 8_000))
    assert long < 2.5 * short


@pytest.mark.parametrize("language", sorted(GRAMMAR))
def test_what_the_offline_model_tells_of_its_deeds_is_covered(language: str) -> None:
    money = refund(ORDERS["A"], "20.00", "100.00")
    stopped = cancel(ORDERS["D"]).model_copy(
        update={"result": {"order_id": ORDERS["D"], "status": "cancelled", "refunded_usd": 64.0}}
    )
    link = effect("send_password_reset", {}, {"sent_to": "m***@example.com"})
    telling = [
        ("done_refund", money),
        ("done_cancel_money", stopped),
        ("done_address", address(ORDERS["F"])),
        ("done_password", link),
    ]
    for name, done in [*telling, ("done", money)]:
        text = phrase(language, name, **{**done.arguments, **done.result})
        assert [one.message for one in held(text, [done], FACTS, language=language)] == [], text
        assert held(text, [], FACTS, language=language) != [], text


def test_the_message_says_what_is_so() -> None:
    done = refund("O-10021", "20.00", "100.00")
    (one,) = held("I have refunded both orders, O-10021 and O-10022.", [done], FACTS, language="en")
    assert "for O-10022, which was not done" in one.message
    assert "Say only what was done (refund: O-10021: 20.0; not done: O-10022)" in one.message


AGAIN = {
    "en": ("I have also refunded it.", "Same for {}."),
    "de": ("Ich habe sie auch erstattet.", "Gleiches gilt für {}."),
    "fr": ("Je l'ai également remboursée.", "De même pour {}."),
    "es": ("También lo he reembolsado.", "Lo mismo para {}."),
    "it": ("L'ho anche rimborsato.", "Lo stesso vale per {}."),
    "nl": ("Ik heb het ook terugbetaald.", "Hetzelfde geldt voor {}."),
    "sv": ("Jag har också återbetalat den.", "Detsamma gäller {}."),
    "pl": ("Zwróciliśmy ją także.", "To samo dotyczy {}."),
    "pt": ("Também o reembolsei.", "O mesmo vale para {}."),
}


@pytest.mark.parametrize("language", sorted(AGAIN))
def test_a_turn_that_goes_on_from_an_earlier_one_needs_a_second_effect(language: str) -> None:
    pronoun, alike = AGAIN[language]
    once, twice = EFFECTS[:1], EFFECTS[:2]
    for text, true in ((pronoun, True), (alike.format(ORDERS["B"]), True), (alike.format(ORDERS["C"]), False)):
        assert held(text, once, FACTS, language=language) != []
        assert (held(text, twice, FACTS, language=language) == []) is true
