"""Generated cases, to measure how fast they are scored: a question, what tools returned, replies good and bad."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.case.messages import Author
from handrail.domain.quality.scores import LedgerAction, ScoredRecord, ScoringTerms, ScoringTopic, SpokenMessage

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
TERMS = ScoringTerms(
    topics=[ScoringTopic(name="orders", terms=["Orders and deliveries.", "You help with orders. State what tools returned."])]
)
ASKED = {
    "en": "Hello, I ordered a lamp last week and it has not arrived yet. Where is my order O-{n}, and can I return it?",
    "de": "Guten Tag, ich habe letzte Woche eine Lampe bestellt, die noch nicht da ist. Wo ist meine Bestellung O-{n}?",
    "fr": "Bonjour, j'ai commandé une lampe la semaine dernière et elle n'est pas arrivée. Où est ma commande O-{n} ?",
}
TOLD = {
    "en": (
        "Thank you. Your order O-{n} was placed on 1 May 2026 and has been shipped with DHL. It came to {sum} EUR.",
        "You can return order O-{n} until 1 June 2026. Is there anything else that I can help you with today?",
    ),
    "de": (
        "Vielen Dank für Ihre Nachricht. Ihre Bestellung O-{n} vom 1. Mai 2026 ist mit DHL unterwegs. Sie kostete {sum} EUR.",
        "Sie können die Bestellung O-{n} bis zum 1. Juni 2026 zurückgeben. Kann ich sonst noch etwas für Sie tun?",
    ),
    "fr": (
        "Merci de votre message. Votre commande O-{n} du 1 mai 2026 est en route avec DHL. Elle coûtait {sum} EUR.",
        "Vous pouvez retourner la commande O-{n} jusqu'au 1 juin 2026. Puis-je faire autre chose pour vous aujourd'hui ?",
    ),
}


def generated(number: int) -> Iterator[ScoredRecord]:
    """Yield so many cases, of three languages, two turns each; every tenth states a wrong sum."""
    languages = sorted(ASKED)
    for n in range(number):
        yield one_case(n, languages[n % len(languages)], wrong=n % 10 == 0)


def one_case(n: int, language: str, *, wrong: bool = False) -> ScoredRecord:
    """Return one case; with `wrong` its last reply names a sum that no tool returned."""
    about = {"n": 1000 + n, "sum": f"{64 + n % 900}.50"}
    replies = [text.format(**about) for text in TOLD[language]]
    if wrong:
        replies[1] += f" {9_000 + n}.25 EUR."
    messages, actions = [], []
    asked = ASKED[language].format(**about)
    spoken = [(author, text) for reply in replies for author, text in ((Author.CUSTOMER, asked), (Author.ASSISTANT, reply))]
    for place, (author, text) in enumerate(spoken):
        at = START + timedelta(minutes=place)
        messages.append(
            SpokenMessage(message_id=f"m{place}", author=author, text=text, at=at, turn=1 + place // 2, language=language)
        )
        if author is Author.ASSISTANT:
            actions.append(_action(f"{n}-reply-{place}", "reply", "reply", {"text": text}))
    paid = {"order_id": f"O-{about['n']}", "carrier": "DHL"}
    effect = _action(f"{n}-effect", "effect", "note_contact", paid).model_copy(
        update={"outcome": "applied", "applied_hash": "h", "applied_at": START}
    )
    return ScoredRecord(
        case_id=f"g-{n}",
        customer_id=f"C-{n}",
        topic="orders",
        language=language,
        messages=messages,
        actions=[*actions, effect],
        effects=[
            EffectResult(
                effect_id=effect.effect_id, action=effect.action, arguments=paid, status=EffectStatus.APPLIED, applied_at=START
            )
        ],
        facts=[
            {"order_id": f"O-{about['n']}", "status": "shipped", "carrier": "DHL", "ordered_on": "2026-05-01"},
            {"total": {"amount": about["sum"], "currency": "EUR"}, "returnable_until": "2026-06-01"},
        ],
        last_replies=["m3"],
    )


def _action(effect_id: str, kind: str, action: str, arguments: dict[str, str]) -> LedgerAction:
    return LedgerAction(
        effect_id=effect_id, kind=kind, action=action, arguments={**arguments}, arguments_hash="h", ruling="allow"
    )
