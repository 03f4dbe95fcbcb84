"""Twelve conversations with the shop, and every fact that their customers stated. None of them is anybody's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PERSON = "I would like to talk to a real person, please."
CARD = "4242 4242 4242 4242"


@dataclass(frozen=True, slots=True)
class Conversation:
    """`needs` picks the order. `{order}`, `{total}`, `{refundable}` and `{product}` are filled in, in turns and facts alike.

    `facts` are (kind, value) as the packet must list them; `words` must stand among the customer's own words.
    """

    name: str
    turns: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    words: tuple[str, ...] = ()
    needs: dict[str, Any] = field(default_factory=lambda: {"status": "delivered"})
    never: tuple[str, ...] = ()


CONVERSATIONS = (
    Conversation(
        "broken, two questions, a person",
        ("One thing in order {order} arrived with a crack.", "It was expected on 3 March 2026, too.", PERSON),
        (("number", "{order}"), ("date", "3 March 2026")),
        ("arrived with a crack", "real person"),
    ),
    Conversation(
        "a new address and a telephone number",
        (
            "Where is my order {order}? It must go to 12 Harbour Lane, 20457 Northquay, US.",
            "The courier can call me at +1 415 555 0172.",
            PERSON,
        ),
        (("number", "{order}"), ("address", "12 Harbour Lane, 20457 Northquay"), ("phone", "+1 415 555 0172")),
        ("The courier can call me",),
        {"status": "shipped"},
    ),
    Conversation(
        "German",
        (
            "Guten Tag, wo ist meine Bestellung {order}? Sie sollte am 3. März hier sein.",
            "Bitte schreiben Sie mir an bea.kunde@example.net.",
            "Ich möchte mit einem Menschen sprechen.",
        ),
        (("number", "{order}"), ("date", "3. März"), ("email", "bea.kunde@example.net")),
        ("Sie sollte am 3. März hier sein",),
        {"status": "shipped", "language": "de"},
    ),
    Conversation(
        "French, an attachment, a name",
        (
            "Bonjour, je m'appelle Céline Dupré. Ma commande {order} est abîmée, ci-joint une photo; je demande 45,90 €.",
            "Je voudrais parler à une vraie personne, s'il vous plaît.",
        ),
        (("number", "{order}"), ("name", "Céline Dupré"), ("attachment", "ci-joint"), ("amount", "45,90 €")),
        ("est abîmée",),
        {"status": "delivered", "language": "fr"},
    ),
    Conversation(
        "a change of mind",
        (
            "Please cancel order {order}.",
            "I have changed my mind: I keep it if it comes by 12.05.2026.",
            PERSON,
        ),
        (("number", "{order}"), ("date", "12.05.2026")),
        ("Please cancel order", "I have changed my mind: I keep it"),
        {"status": "shipped"},
    ),
    Conversation(
        "a payment with the bank's reference",
        (
            "Did my payment of {total} USD for order {order} go through? I paid on May 4th 2026.",
            "My bank's reference is REF-88213456.",
            PERSON,
        ),
        (("amount", "{total} USD"), ("number", "{order}"), ("date", "May 4th 2026"), ("number", "REF-88213456")),
        ("My bank's reference",),
        {"status": "paid"},
    ),
    Conversation(
        "a tracking number that nobody knows",
        ("Where is order {order}? The parcel is TRK99912345600042.", PERSON),
        (("number", "{order}"), ("number", "TRK99912345600042")),
        (),
        {"status": "shipped"},
    ),
    Conversation(
        "a dispute, and more while a person has it",
        (
            "I was charged twice for order {order} and I dispute one of the {total} USD charges with my bank.",
            "It happened on 2026-03-02, call me at +44 20 7946 0958.",
        ),
        (("number", "{order}"), ("amount", "{total} USD"), ("date", "2026-03-02"), ("phone", "+44 20 7946 0958")),
        ("charged twice",),
    ),
    Conversation(
        "a stolen card, its number never passed on",
        (f"My card {CARD} was stolen yesterday! I did not buy for 89.99 USD and 45.00 USD in your store, that is fraud.",),
        (("card", "ending in 4242"), ("amount", "89.99 USD"), ("amount", "45.00 USD")),
        ("was stolen yesterday",),
        never=(CARD, CARD.replace(" ", "")),
    ),
    Conversation(
        "a product by its name, above the limit",
        ("In order {order} the {product} is not what I ordered. I want a full refund of {refundable} USD for order {order}.",),
        (("number", "{order}"), ("name", "{product}"), ("amount", "{refundable} USD")),
        ("is not what I ordered",),
        {"status": "delivered", "refunded": False, "refundable_over": 600},
    ),
    Conversation(
        "Spanish, everything in one breath",
        (
            "Hola, me llamo Lucía Vega. Mi pedido {order} no llegó el 12/05/2026. "
            "Mi correo es lucia.vega@example.net y mi teléfono +34 612 345 678.",
            "Quiero hablar con una persona de verdad, por favor.",
        ),
        (
            *(("name", "Lucía Vega"), ("number", "{order}"), ("date", "12/05/2026")),
            *(("email", "lucia.vega@example.net"), ("phone", "+34 612 345 678")),
        ),
        ("Mi correo es",),
        {"status": "shipped", "language": "es"},
    ),
    Conversation(
        "two orders, four turns",
        (
            "What is the status of order {order}?",
            "And I also bought O-99999 for 19.90 USD, see the attached receipt.",
            "I am moving to 7 Orchard Way, Elmsworth, NY 31200 on June 1st 2026.",
            PERSON,
        ),
        (
            *(("number", "{order}"), ("number", "O-99999"), ("amount", "19.90 USD"), ("attachment", "attached")),
            *(("address", "7 Orchard Way, Elmsworth, NY 31200"), ("date", "June 1st 2026")),
        ),
        ("I am moving",),
    ),
)
