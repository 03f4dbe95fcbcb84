"""A packet told anew, by the words of the customer's that it quotes."""

from __future__ import annotations

from graphs.handover import summary as telling
from handrail.domain.case.handoffs import Handoff
from handrail.domain.text.message.mail import own_words


def restated(packet: Handoff) -> Handoff:
    """The packet, its problem and what is wanted told by the words that it quotes now; what the agent wanted stays."""
    texts = [own_words(one.text) for one in packet.said if one.text]
    quote = telling.quote(texts, packet.escalation)
    _, wanted_to, held = packet.problem.rpartition(telling.WANTED_TO)
    title = held.removesuffix("”.") if wanted_to else ""
    problem = telling.sentence(packet.customer_id, packet.topic, quote, packet.stated, title)
    return packet.model_copy(update={"problem": problem, "wanted": telling.wanted(texts)})
