"""Claims known by learned weights: what they catch, what accounts for them, and how they are learned."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.deeds.held import held
from handrail.domain.text.deeds.learned.features import LONGEST, pieces
from handrail.domain.text.deeds.learned.suspicion import suspected
from handrail.domain.text.deeds.learned.weights import Weights, labelled, weights
from handrail.domain.text.words import LANGUAGES
from handrail.drills.text.learning import judged
from tests.support.counting import calls

FALSE = (
    ("en", "Your parcel goes out tonight."),
    ("en", "The courier is turning back with your parcel."),
    ("en", "The bank has released it."),
    ("de", "Der Kurier dreht um und bringt Ihnen das Paket."),
    ("fr", "La bonne adresse est maintenant sur la commande."),
    ("es", "El banco le devuelve el dinero hoy."),
    ("it", "Il corriere torna indietro con il Suo pacco."),
    ("nl", "Het nieuwe adres staat nu bij uw bestelling."),
    ("sv", "Budet vänder om med ditt paket."),
    ("pl", "Kurier zawraca z Pana paczką."),
    ("pt", "O novo endereço já está na encomenda."),
)
RIGHT = (
    ("en", "Your order is being processed."),
    ("en", "Which address should it go to?"),
    ("de", "Wenn Sie möchten, kann ich eine Kollegin fragen."),
    ("fr", "Vous disposez de 30 jours pour renvoyer l'article."),
    ("es", "Todavía no he cambiado nada."),
    ("it", "Mi dispiace per il disagio."),
    ("nl", "Een collega kijkt naar uw vraag."),
    ("sv", "Banken bestämmer själv när pengarna syns."),
    ("pl", "Proszę podać numer zamówienia."),
    ("pt", "A manta é de lã."),
)


def effect(action: str, arguments: dict[str, Any], result: dict[str, Any]) -> EffectResult:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    return EffectResult(
        effect_id="e-1", action=action, arguments=arguments, status=EffectStatus.APPLIED, result=result, applied_at=at
    )


@pytest.mark.parametrize(("language", "text"), FALSE)
def test_a_claim_in_the_present_or_about_others_is_held(language: str, text: str) -> None:
    assert held(text, [], [], language=language)


@pytest.mark.parametrize(("language", "text"), RIGHT)
def test_a_sentence_that_claims_nothing_is_sent(language: str, text: str) -> None:
    assert not held(text, [], [], language=language)


def test_the_same_examples_give_the_same_weights() -> None:
    again = Weights.learn(labelled("de"))
    assert again == weights("de")
    taught = [again.score(row.features) > 0 for row in labelled("de") if row.claim]
    assert sum(taught) > 0.9 * len(taught)


def test_weights_do_not_depend_on_the_order_of_the_examples() -> None:
    for language in LANGUAGES:
        rows = labelled(language)
        again, backwards = weights(language), Weights.learn(rows[::-1])
        assert max(abs(again.score(row.features) - backwards.score(row.features)) for row in rows) < 0.02, language


def test_weights_know_sentences_that_they_never_saw_better_than_chance() -> None:
    found = list(judged(labelled("en")))
    claims, others = [taken for claim, taken in found if claim], [taken for claim, taken in found if not claim]
    assert sum(claims) / len(claims) > 0.6
    assert sum(others) / len(others) < 0.2


def test_what_a_record_says_may_be_repeated() -> None:
    text = "The courier is turning back with your parcel."
    told = {"events": [{"note": "Courier turning back to sender with parcel"}]}
    assert held(text, [], [{"courier": "parcel", "note": "back"}], language="en")
    assert not held(text, [], [told], language="en")
    assert not held(text, [], [], language="en", quoted=["I called them: the courier is turning back with the parcel."])


def test_what_an_effect_was_given_may_be_said_of_it() -> None:
    moved = effect("change_address", {"order_id": "O-1001", "street": "12 Mill Lane"}, {"order_id": "O-1001"})
    assert not held("The courier is turning back with your parcel, to 12 Mill Lane.", [moved], [], language="en")
    assert held("The courier is turning back with your parcel, to 12 Mill Lane.", [], [], language="en")


def test_an_effect_accounts_for_no_other_kind_of_claim() -> None:
    paid = effect("refund_order", {"order_id": "O-1001", "amount": "20.00"}, {"refund_id": "R-1", "amount": "20.00"})
    assert held("The courier is turning back with your parcel.", [paid], [], language="en")


def test_a_sentence_without_end_is_read_in_pieces() -> None:
    assert [len(words) for words in pieces("back again " * LONGEST)] == [LONGEST, LONGEST]
    assert (
        len(calls_at := [calls(lambda text: list(suspected(text, "en", ())), "our van turns back " * n) for n in (200, 400)])
        == 2
    )
    assert calls_at[1] < 2.5 * calls_at[0]
