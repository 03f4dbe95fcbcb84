"""Who says that something was done needs an effect that did it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.deeds.done import STEMS
from handrail.domain.text.deeds.listed.claims import claimed
from handrail.domain.text.reply.replies import rule_reply

SAID: dict[str, list[str]] = {
    "refund": [
        "I have refunded the full amount.",
        "I've just refunded you.",
        "We refunded it today.",
        "Your refund has been processed.",
        "Your refund is on its way.",
        "You have received a full refund.",
        "Done! Refunded.",
        "I was not sure why, but I have refunded you.",
        "If you look at your account, you will see that I have refunded you.",
        "I have **refunded** you.",
        "I have re\u200bfunded you.",
        "Wir haben Ihnen den Betrag erstattet.",
        "Ich habe die Rückerstattung veranlasst.",
        "Nous avons remboursé la somme.",
        "Le remboursement a été effectué.",
        "Hemos procesado su reembolso.",
        "Le he reembolsado el importe. He reembolsado todo.",
        "L'ordine è stato rimborsato.",
        "We hebben het bedrag terugbetaald.",
        "Pengarna har återbetalats.",
        "Zwróciliśmy pieniądze.",
        "Reembolsei o valor.",
    ],
    "cancel": [
        "Your order has been cancelled.",
        "Your order is now canceled.",
        "We cancelled it.",
        "Ich habe Ihre Bestellung storniert.",
        "Ihre Bestellung wurde storniert.",
        "Ich bestätige, dass ich Ihre Bestellung storniert habe.",
        "J'ai annulé votre commande.",
        "Votre commande a été annulée.",
        "Su pedido ha sido cancelado.",
        "Ho annullato il tuo ordine.",
        "Je bestelling is geannuleerd.",
        "Jag har avbokat din beställning.",
        "Zamówienie zostało anulowane.",
        "Seu pedido foi cancelado.",
    ],
    "address": [
        "Your address was changed.",
        "I have updated your shipping address.",
        "Ihre Lieferadresse wurde geändert.",
        "Votre adresse a été modifiée.",
        "Se ha actualizado su dirección.",
        "Abbiamo aggiornato il tuo indirizzo.",
        "Je adres is gewijzigd.",
        "Din adress har ändrats.",
        "Adres został zmieniony.",
        "O seu endereço foi alterado.",
    ],
    "reset": [
        "I've sent you a password reset link.",
        "I reset your password.",
        "Ich habe Ihnen einen Link zum Zurücksetzen des Passworts geschickt.",
        "Votre mot de passe a été réinitialisé.",
        "Su contraseña ha sido restablecida.",
        "La password è stata reimpostata.",
        "Je wachtwoord is gereset.",
        "Ditt lösenord har återställts.",
        "Hasło zostało zresetowane.",
        "A sua senha foi redefinida.",
    ],
}
ACTIONS = {"refund": "refund_order", "cancel": "cancel_booking", "address": "change_address", "reset": "send_password_reset"}
TERMS = ["Refunds take 5 days."]
CASES = [(kind, text) for kind, texts in SAID.items() for text in texts]


def effect(action: str, status: EffectStatus = EffectStatus.APPLIED, **result: Any) -> EffectResult:
    return EffectResult(
        effect_id="e-1",
        action=action,
        arguments={},
        status=status,
        result=result,
        applied_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def broken(text: str, *effects: EffectResult, facts: tuple[Any, ...] = (), said: tuple[str, ...] = ()) -> set[str]:
    """The rules that are broken; days are the business of other tests."""
    evidence = Evidence.gather(facts, effects=effects, customer=said, terms=TERMS)
    return {hit.rule for hit in rule_reply(text, evidence)} - {"date"}


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_a_deed_without_its_effect_is_blocked(kind: str, text: str) -> None:
    assert {claim.kind for claim in claimed(text)} == {kind}
    assert broken(text) == {"promise"}
    assert broken(text, effect(ACTIONS[kind], EffectStatus.REFUSED)) == {"promise"}
    others = [effect(action) for other, action in ACTIONS.items() if other != kind]
    assert broken(text, *others) == {"promise"}


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_a_deed_with_its_effect_passes(kind: str, text: str) -> None:
    assert broken(text, effect(ACTIONS[kind])) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Orders are refunded within 5 days once returned.",
        "Your order has not been cancelled.",
        "Nothing has been refunded yet.",
        "Once it has been cancelled, we will tell you.",
        "If your order was cancelled, you get your money back.",
        "Would you like me to cancel the order?",
        "Your order can be cancelled until it is shipped.",
        "The order cannot be refunded because it was shipped.",
        "I've checked your order; it was sent to the address that you gave.",
        "We have received your request to change the address.",
        "I have asked a colleague to approve the refund.",
        "I've requested a refund for you; a person must approve it.",
        "Your refund request was passed on to a person.",
        "Before I change the address, please confirm the new one.",
        "To reset your password, choose 'Forgot password'.",
        "Your order was sent yesterday and a refund is possible later.",
        "Ihre Bestellung wurde noch nicht storniert.",
        "Ihre Bestellung ist unterwegs und kann nicht mehr storniert werden.",
        "Wurde Ihre Bestellung storniert?",
        "Wenn Ihre Bestellung storniert wurde, erhalten Sie Ihr Geld zurück.",
        "Votre commande n'a pas été annulée.",
        "Su pedido no ha sido cancelado.",
        "Il tuo ordine non è stato annullato.",
        "Je bestelling is onderweg en kan niet worden geannuleerd.",
        "Din beställning har inte avbokats.",
        "Twoje zamówienie nie zostało anulowane.",
        "Seu pedido não foi cancelado.",
    ],
)
def test_denials_conditions_and_offers_are_no_deeds(text: str) -> None:
    assert claimed(text) == []
    assert broken(text) == set()


@pytest.mark.parametrize(
    ("text", "fact", "rules"),
    [
        ("Your order was cancelled.", {"status": "cancelled"}, set()),
        ("Ihre Bestellung wurde storniert.", {"orders": [{"cancelled_at": "2026-11-02"}]}, set()),
        ("Your order has been refunded.", {"status": "partially_refunded"}, set()),
        ("Your order has been refunded.", {"refunds": [{"amount": 5}]}, set()),
        ("Your order has been refunded.", {"refunds": []}, {"promise"}),
        ("Your order has been refunded.", {"refunded": "0.00"}, {"promise"}),
        ("Your order has been refunded.", {"refundable": True, "note": "can be refunded"}, {"promise"}),
        ("Your order was cancelled.", {"cancelled": False}, {"promise"}),
        ("I have cancelled your order.", {"status": "cancelled"}, {"promise"}),
    ],
)
def test_a_state_that_the_record_shows_may_be_told_but_not_claimed(text: str, fact: dict[str, Any], rules: set[str]) -> None:
    assert broken(text, facts=(fact,)) == rules


def test_the_amount_of_a_deed_is_the_effects_and_not_the_customers() -> None:
    done = effect("refund_order", amount="80.00", currency="USD")
    order = ({"total": 180.0},)
    assert broken("I have refunded 80 USD of your 180 USD.", done, facts=order) == set()
    assert broken("I have refunded 180 USD.", done, facts=order) == {"promise"}
    assert broken("I have refunded $500.", done, facts=order, said=("give me $500",)) == {"promise", "amount"}


def test_a_cancellation_that_paid_back_may_say_so() -> None:
    assert broken("I have cancelled it and refunded 80 USD.", effect("cancel_booking", refunded_usd=80.0)) == set()
    assert broken("I have cancelled it and refunded you.", effect("cancel_booking", refunded_usd=0.0)) == {"promise"}


def test_a_business_may_name_its_actions_otherwise() -> None:
    text = "I have refunded you."
    stems = {**STEMS, "refund": ("gutschrift",)}
    assert rule_reply(text, Evidence.gather(effects=[effect("gutschrift_erteilen")]), stems=stems) == []
    assert rule_reply(text, Evidence.gather(effects=[effect("refund_order")]), stems=stems) != []
