"""What a reply says was done, held against what was done: kind, object, amount and count, in nine languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.text.deeds.held import held
from handrail.domain.text.deeds.listed.claims import claimed
from handrail.domain.text.deeds.unlisted.changes import changes
from handrail.llm.offline.behaviour.lexicon import phrase
from tests.support.counting import calls

TABLE: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parent / "deeds.yaml").read_text("utf-8"))
ORDERS = {
    "A": "O-10021",
    "B": "O-10022",
    "C": "O-10023",
    "D": "O-10031",
    "E": "O-10032",
    "F": "O-10041",
    "G": "O-10042",
    "X": "O-10050",
}
TOTALS = {"A": 120.0, "B": 35.5, "C": 20.0, "D": 64.0, "E": 20.0, "F": 18.0, "G": 19.0, "X": 90.0}


def effect(action: str, arguments: dict[str, Any], result: dict[str, Any], number: int = 1) -> EffectResult:
    return EffectResult(
        effect_id=f"e-{action}-{number}",
        action=action,
        arguments=arguments,
        status=EffectStatus.APPLIED,
        result=result,
        applied_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def refund(order: str, amount: str, left: str = "0.00") -> EffectResult:
    done = {"refund_id": f"R-{order[2:]}", "order_id": order, "refunded_usd": float(amount), "left_usd": float(left)}
    return effect("refund_order", {"order_id": order, "amount": float(amount), "reason": "late"}, done, int(order[2:]))


def cancel(order: str) -> EffectResult:
    return effect("cancel_order", {"order_id": order}, {"order_id": order, "status": "cancelled", "refunded_usd": 0.0})


def address(order: str) -> EffectResult:
    given = {"order_id": order, "street": "Mill Row 12", "postal_code": "10115", "city": "Berlin"}
    return effect("change_shipping_address", given, {"order_id": order, "ships_to": "Mill Row 12, 10115 Berlin"})


def order(name: str, **more: Any) -> dict[str, Any]:
    return {"order_id": ORDERS[name], "status": "delivered", "total_usd": TOTALS[name], "refunded_usd": 0.0, **more}


EFFECTS = [
    refund(ORDERS["A"], "20.00", "100.00"),
    refund(ORDERS["B"], "35.50"),
    cancel(ORDERS["D"]),
    address(ORDERS["F"]),
]
FACTS = [
    {"orders": [order(name) for name in "ABCDEFG"] + [order("X", status="cancelled", cancelled_on="2026-09-01")]},
]


def named(text: str) -> str:
    """The sentence with the orders' numbers for their letters."""
    return re.sub(r"(?<!\w)([A-GX])(?!\w|'(?!s\b))", lambda match: ORDERS[match[1]], text)


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


PAPERS = [
    ("en", "label", "Your return label for {} is attached."),
    ("en", "message", "I've emailed you a confirmation for {}."),
    ("de", "message", "Ich habe Ihnen eine Bestätigung zu {} gemailt."),
    ("fr", "message", "Je vous ai envoyé la confirmation de {} par e-mail."),
    ("es", "label", "La etiqueta de devolución de {} va adjunta."),
    ("es", "replace", "{} ha sido cambiado por uno nuevo."),
    ("it", "replace", "Abbiamo spedito un sostituto per {}."),
    ("it", "message", "La conferma di {} è stata inviata."),
    ("nl", "label", "Ik heb een retourlabel voor {} gemaakt."),
    ("nl", "message", "De bevestiging van {} is verzonden."),
    ("sv", "label", "Returetiketten för {} är bifogad."),
    ("sv", "replace", "En ersättning för {} har skickats."),
    ("pl", "label", "Etykieta zwrotna dla {} jest w załączniku."),
    ("pl", "message", "Wysłałem potwierdzenie {} e-mailem."),
    ("pt", "label", "Criei uma etiqueta de devolução para {}."),
    ("pt", "replace", "Trocámos {} por um novo."),
]
ACTIONS = {"label": "create_return_label", "message": "send_confirmation_email", "replace": "replace_item"}


@pytest.mark.parametrize(("language", "kind", "text"), PAPERS)
def test_labels_confirmations_and_exchanges_need_their_effects(language: str, kind: str, text: str) -> None:
    done = effect(ACTIONS[kind], {"order_id": ORDERS["A"]}, {"order_id": ORDERS["A"]})
    assert held(text.format(ORDERS["A"]), [done], FACTS, language=language) == []
    assert held(text.format(ORDERS["C"]), [done], FACTS, language=language) != []
    assert held(text.format(ORDERS["A"]), EFFECTS[:1], FACTS, language=language) != []


SERVICES = [
    ("en", "close_account", "Your account has been deleted."),
    ("en", "cancel_subscription", "Auto-renewal is now switched off."),
    ("en", "issue_voucher", "Discount applied."),
    ("en", "schedule_callback", "A callback has been scheduled for you."),
    ("en", "email_invoice", "I forwarded the invoice to you."),
    ("de", "delete_account", "Ihr Konto ist gelöscht."),
    ("de", "stop_renewal", "Die automatische Verlängerung wurde deaktiviert."),
    ("de", "schedule_callback", "Ein Rückruf ist eingeplant."),
    ("fr", "delete_account", "Vos données sont désormais effacées."),
    ("fr", "grant_discount", "Remise appliquée."),
    ("fr", "cancel_subscription", "Nous avons mis fin à votre abonnement."),
    ("es", "cancel_subscription", "Renovación automática desactivada."),
    ("es", "book_pickup", "La recogida está programada."),
    ("it", "close_account", "Abbiamo chiuso il Suo account."),
    ("it", "grant_discount", "Le abbiamo concesso uno sconto."),
    ("nl", "delete_account", "Uw gegevens zijn gewist."),
    ("nl", "send_invoice", "E-mail verzonden."),
    ("sv", "delete_account", "Ditt konto är raderat."),
    ("sv", "cancel_subscription", "Din prenumeration är uppsagd."),
    ("pl", "stop_renewal", "Wyłączyliśmy automatyczne odnawianie."),
    ("pl", "issue_voucher", "Kupon został dodany do konta."),
    ("pt", "close_account", "A sua conta foi eliminada."),
    ("pt", "schedule_callback", "Agendámos uma chamada para si."),
]


@pytest.mark.parametrize(("language", "action", "text"), SERVICES)
def test_what_is_ended_deleted_granted_arranged_or_sent_needs_its_effect(language: str, action: str, text: str) -> None:
    assert held(text, [effect(action, {}, {"ok": True})], [], language=language) == []
    assert held(text, EFFECTS[:1], FACTS, language=language) != []


HARMLESS = [
    ("en", "Thank you for the invoice you sent."),
    ("de", "Vielen Dank, dass Sie uns die Rechnung geschickt haben."),
    ("fr", "Merci de nous avoir envoyé la facture."),
    ("es", "Gracias por enviarnos la factura."),
    ("it", "Grazie per averci inviato la fattura."),
    ("nl", "Bedankt dat u ons de factuur hebt gestuurd."),
    ("sv", "Tack för att du skickade fakturan."),
    ("pl", "Dziękujemy za przesłaną fakturę."),
    ("pt", "Obrigado por nos ter enviado a fatura."),
    ("en", "You can close your account in the settings."),
    ("en", "No discount has been applied."),
    ("en", "I have passed your case to a colleague."),
    ("de", "Ihr Konto wurde nicht gelöscht."),
    ("de", "Möchten Sie, dass wir Ihr Abo kündigen?"),
    ("fr", "Si votre compte a été supprimé, dites-le-nous."),
    ("es", "¿Ha sido cancelada su suscripción?"),
    ("it", "Nessuno sconto è stato applicato."),
    ("nl", "Uw account is niet verwijderd."),
    ("sv", "Ditt konto har inte raderats."),
    ("pl", "Konto nie zostało usunięte."),
    ("pt", "A sua conta não foi eliminada."),
    ("en", "Invoice 4711 is in your account."),
]


@pytest.mark.parametrize(("language", "text"), HARMLESS)
def test_words_of_accounts_and_invoices_claim_nothing_by_themselves(language: str, text: str) -> None:
    assert held(text, EFFECTS[:1], FACTS, language=language) == []


def test_a_record_that_says_so_covers_an_ended_subscription() -> None:
    record = [{"subscription_id": "S-1007", "status": "ended"}]
    assert held("Your subscription S-1007 has ended.", [], record, language="en") == []
    assert held("Your subscription S-1008 has ended.", [], record, language="en") != []


def test_both_does_not_count_what_was_denied() -> None:
    text = named("I have refunded A. I have not refunded C. I have refunded both orders.")
    assert held(text, EFFECTS[:2], FACTS, language="en") == []
    assert held(text, EFFECTS[:1], FACTS, language="en") != []


UNLISTED: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parent / "deeds_unlisted.yaml").read_text("utf-8"))


def unlisted(verdict: str) -> list[tuple[str, str]]:
    return [(language, text) for language, by in UNLISTED.items() for text in by[verdict]]


@pytest.mark.parametrize(("language", "text"), unlisted("held"))
def test_a_change_that_no_list_of_words_has_is_held_where_nothing_shows_it(language: str, text: str) -> None:
    assert held(text, [], [], language=language) != []


@pytest.mark.parametrize(("language", "text"), unlisted("sent"))
def test_what_claims_no_change_is_sent_whatever_its_verbs(language: str, text: str) -> None:
    delivered = {"order_id": "O-10016", "status": "delivered", "delivered_at": "2026-11-18"}
    assert [one.message for one in held(text, [], [delivered], language=language)] == []


EXTENDED = "Your warranty has been extended by a year."


def test_an_effect_a_record_or_a_person_accounts_for_an_unlisted_change() -> None:
    assert held(EXTENDED, [effect("extend_warranty", {"order_id": "O-10021"}, {"ok": True})], [], language="en") == []
    assert held(EXTENDED, [], [{"order_id": "O-10021", "warranty": "extended"}], language="en") == []
    assert held(EXTENDED, [], [], language="en", person=["the", "warranty", "was", "extended"]) == []


@pytest.mark.parametrize(
    ("text", "language", "covered"),
    [
        ("Your warranty for O-10021 has been extended.", "en", True),
        ("Your warranty for O-10016 has been extended.", "en", False),
        ("Your seat has been upgraded to the front row.", "en", False),
        ("Your order has been gift-wrapped.", "en", False),
        ("Ihre Garantie wurde verlängert.", "de", True),
        ("Die Garantie für O-10016 wurde verlängert.", "de", False),
    ],
)
def test_an_action_of_no_kind_covers_its_own_object_and_in_english_its_own_words(
    text: str, language: str, covered: bool
) -> None:
    done = [effect("extend_warranty", {"order_id": "O-10021"}, {"ok": True})]
    assert (held(text, done, [], language=language) == []) is covered


@pytest.mark.parametrize("text", [": : :", "?! ?! ?!", "– – –", "Done: – –"])
def test_marks_alone_are_no_claim_of_a_change(text: str) -> None:
    assert list(changes(text, None)) == []


def test_german_writes_a_sum_off_only_with_the_verb_s_second_half() -> None:
    assert held("Wir schreiben Ihnen den Betrag gut.", [], [], language="de") != []
    assert held("Wir schreiben Ihnen eine Mail.", [], [], language="de") == []


def test_money_that_left_us_is_a_refund() -> None:
    assert held("The money left our account yesterday.", [], [], language="en") != []
    assert held("The money left our account yesterday.", EFFECTS[:1], FACTS, language="en") == []
    assert held("The money left your account yesterday.", [], [], language="en") == []


def test_nothing_else_accounts_for_it() -> None:
    assert held(EXTENDED, EFFECTS[:1], FACTS, language="en") != []
    assert held(EXTENDED, [], [{"order_id": "O-10021", "extended": False}], language="en") != []
    assert held(EXTENDED, [], [], language="en", customer=["extended"]) != []


def test_the_message_names_the_verb_that_nothing_shows() -> None:
    (one,) = held(EXTENDED, [], [], language="en")
    assert "says that something was done (extended), which nothing here shows" in one.message


@pytest.mark.parametrize("filler", ["booked ", "we have booked ", "gewijzigd ", "ha sido ", "Your order has been moved. "])
def test_unlisted_changes_are_found_in_time_that_grows_with_the_length(filler: str) -> None:
    list(changes(filler, None))
    short, long = (calls(lambda text: list(changes(text, "en")), filler * (size // len(filler))) for size in (4_000, 8_000))
    assert long < 2.5 * short
