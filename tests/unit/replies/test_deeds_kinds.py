"""Replies about labels, services and accounts: each needs the effect of its kind."""

from __future__ import annotations

import pytest

from handrail.domain.text.deeds.held import held
from tests.support.made import EFFECTS, FACTS, ORDERS, effect, named

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
