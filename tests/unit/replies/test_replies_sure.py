"""What is told as good as done, pledged or asked for without ground; and the plain replies that must pass."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.reply.replies import rule_reply

FACTS = [{"order_id": "O-10021", "total": 180.0, "currency": "USD", "expected": "2026-11-06"}]
TERMS = [
    "Refunds arrive in 3 to 5 days, at most within a week. Returns are possible within 30 days. A 2-year guarantee holds.",
]
SURE: dict[str, list[str]] = {
    "refund": [
        "Refund processed.",
        "Refund issued!",
        "The refund went through.",
        "Your refund is approved.",
        "Consider it refunded.",
        "I've put the money back on your card.",
        "You're all refunded!",
        "You'll see 180.00 USD in 3-5 days",
        "You will be refunded.",
        "We will refund you.",
        "I'm refunding you now.",
        "Your refund will arrive in 3 days.",
        "Your money will be back on your card soon.",
        "Full refund, guaranteed.",
        "I've gone ahead and issued the refund.",
        "Good news: refund approved!",
        "You've been refunded.",
        "180.00 USD is on the way to your card.",
        "Expect 180.00 USD within a week.",
        "Your card will be credited.",
        "Wir haben Ihnen 180.00 USD gutgeschrieben.",
        "Ihr Geld ist unterwegs.",
        "Sie erhalten Ihr Geld in 3 Tagen zurück.",
        "Vous recevrez votre remboursement.",
        "Recibirá su reembolso en 3 días.",
        "Riceverà il rimborso.",
        "U ontvangt uw geld terug.",
        "Du får pengarna tillbaka.",
        "Otrzyma Pan zwrot pieniędzy.",
        "Receberá o seu reembolso.",
    ],
    "cancel": [
        "It's cancelled.",
        "All set, the order is cancelled.",
        "I'll cancel the order.",
        "Wir stornieren Ihre Bestellung.",
    ],
    "address": [
        "We'll ship it to the new address instead.",
        "Your parcel will now go to the new address.",
        "The address is updated.",
    ],
}
ACTIONS = {"refund": "refund_order", "cancel": "cancel_order", "address": "change_shipping_address"}
CASES = [(kind, text) for kind, texts in SURE.items() for text in texts]


def effect(action: str, status: EffectStatus = EffectStatus.APPLIED) -> EffectResult:
    result = {"refunded_usd": 180.0} if action == "refund_order" else {}
    return EffectResult(
        effect_id="e-1",
        action=action,
        arguments={},
        status=status,
        result=result,
        applied_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def broken(text: str, *effects: EffectResult) -> set[str]:
    return {hit.rule for hit in rule_reply(text, Evidence.gather(FACTS, effects=effects, terms=TERMS))}


@pytest.mark.parametrize(("kind", "text"), CASES)
def test_as_good_as_done_needs_the_effect(kind: str, text: str) -> None:
    assert "promise" in broken(text) or "guaranteed" in text
    assert broken(text)
    assert broken(text, effect(ACTIONS[kind], EffectStatus.REFUSED))
    assert broken(text, effect(ACTIONS[kind])) <= {"commitment"}


def test_a_state_of_the_record_may_be_told_but_not_promised_as_ones_own() -> None:
    assert rule_reply("It's cancelled.", Evidence.gather([{"status": "cancelled"}])) == []
    assert (
        rule_reply("You'll see 180.00 USD in 3-5 days.", Evidence.gather([{"refunded_usd": 180.0}, *FACTS], terms=TERMS)) == []
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("We accept liability.", "commitment"),
        ("We take full responsibility for it.", "commitment"),
        ("Delivery by Friday is guaranteed.", "commitment"),
        ("I promise that it comes today.", "commitment"),
        ("We'll make it up to you with a free gift.", "commitment"),
        ("I've added a 20% discount.", "commitment"),
        ("I'll send you a gift card.", "commitment"),
        ("Sie erhalten von uns einen Gutschein.", "commitment"),
        ("Your CVV please?", "credentials"),
        ("What is your PIN?", "credentials"),
        ("Please send me your password and card number.", "credentials"),
        ("Wie lautet Ihr Passwort?", "credentials"),
        ("Bitte nennen Sie mir Ihr Passwort.", "credentials"),
        ("Donnez-moi votre mot de passe.", "credentials"),
        ("Envíeme su contraseña.", "credentials"),
        ("Mi dia la password.", "credentials"),
        ("Stuur mij uw wachtwoord.", "credentials"),
        ("Skicka ditt lösenord.", "credentials"),
        ("Proszę podać hasło.", "credentials"),
        ("Envie a sua senha.", "credentials"),
    ],
)
def test_pledges_and_secrets(text: str, rule: str) -> None:
    assert broken(text) - {"percent", "date"} == {rule}


def test_a_gift_that_was_given_may_be_told() -> None:
    assert broken("I've added a discount.", effect("grant_discount")) == set()
    assert broken("I've added a discount.", effect("refund_order")) == {"commitment"}


@pytest.mark.parametrize(
    "text",
    [
        "Refunds are processed within 5 days.",
        "A refund is possible within 30 days.",
        "Would you like me to refund 180.00 USD?",
        "Should I cancel the order?",
        "If you wish, I'll cancel the order.",
        "Please confirm and I will cancel the order.",
        "Once you confirm, I will change the address.",
        "You will receive your money back once the parcel has arrived.",
        "You will receive an answer about your refund.",
        "I will pass your refund request on to a colleague.",
        "I am sending your refund question to a colleague.",
        "I will ask a colleague to refund it.",
        "A colleague will look at your refund.",
        "I will check whether a refund is possible.",
        "I am sorry that the refund has not arrived.",
        "Your parcel will arrive on Friday.",
        "Your payment went through.",
        "Please use the link to set a new password.",
        "I can send you a link to reset your password.",
        "Never share your password with anyone.",
        "We will never ask for your password.",
        "Please do not send me your card number.",
        "Please send the last four digits of your card number.",
        "Please send me the order number and your e-mail address.",
        "We need your order number to reset your password.",
        "The lamp has a 2-year guarantee.",
        "We cannot guarantee the date.",
        "Is there a discount code on your order?",
        "We do not offer discounts.",
        "Eine Kollegin wird Ihre Erstattung prüfen.",
        "Sie können eine Erstattung beantragen.",
        "Das kann ich Ihnen nicht erstatten.",
        "Un collègue va examiner votre demande de remboursement.",
        "Un compañero revisará su reembolso.",
    ],
)
def test_plain_replies_pass(text: str) -> None:
    assert broken(text) == set()


def test_a_long_reply_takes_no_time() -> None:
    for text in ("we will issue " * 140, "refund of " * 200, "you will get " * 150, "send " * 400, "werden " * 280):
        assert rule_reply(text, Evidence(), longest=10) != []
