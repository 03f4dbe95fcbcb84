"""A case in words: the problem, what the customer wants, what was tried, what is still to be found out. Only what is known."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphs.handover.deeds import TurnKnowledge, doubts, undecided, undone, unread
from handrail.domain.actions.proposals import Proposal, ProposalKind, Ruling
from handrail.domain.case.classification import FurtherWish
from handrail.domain.case.handoffs import CaseTrail, Escalation, PolicyHit, StatedFact, Versions
from handrail.domain.case.messages import Author, Message
from handrail.domain.case.routes import OUTCOME_UNKNOWN
from handrail.domain.rollout.ramps import ServedRelease
from handrail.domain.text.message.cards import without_cards
from handrail.domain.text.plain import compact

QUOTE = 240
WORDS = 1_000
FEW = 6
WANTED_TO = "; the agent wanted to “"
_ENDS = re.compile(r"(?<=[.!?…])\s+|\n+")
ASKED = "The agent asked, and was not answered"
_NAMED = re.compile(r"What is (.+)\? The customer named it")
_QUOTED = re.compile("“([^”]*)”?")
_FIND_OUT: Mapping[str, str] = {
    "approval_expired": "Shall it be done? Nobody decided in time.",
    "customer_unsure": "Does the customer want it? They did not answer clearly, or took their yes back.",
    "approval_rejected": "What can be offered instead of what was declined?",
    "out_of_scope": "What is it about? It fits none of the agent's topics.",
    "unknown_customer": "Who is this? No customer with this id is known, and nothing was looked up.",
    "unsupported_language": "What do the words mean? The agent does not answer in this language.",
    "low_confidence": "Is the suggested reply right? The agent was not sure.",
    "guardrail": "Is the suggested reply right? It did not pass; the rules that it broke are among the policy hits.",
    OUTCOME_UNKNOWN: "Did it happen? Nobody knows: look in the system that does it, then tell the customer.",
    "action_failed": "Did it happen? The last action ended with an error; the ledger under “effects” is the truth.",
}


def trail(
    told: TurnKnowledge, matrix: str = "", model: str = "", served: ServedRelease | None = None, *, sure: bool = True
) -> CaseTrail:
    """Return what this turn tried, the rules it met, and the versions it met them in; `sure`: see `tried`."""
    router = told.classification.router_version if told.classification else ""
    policies = dict.fromkeys(one.verdict.policy_version for one in told.ruled if one.verdict.policy_version)
    return CaseTrail(
        tried=tried(told, sure=sure),
        hits=hits(told),
        versions=Versions(
            router=router,
            policies=list(policies),
            matrix=matrix,
            model=model,
            release=served.release if served else "",
            arm=served.arm or "" if served else "",
        ),
    )


def tried(told: TurnKnowledge, *, sure: bool = True) -> list[str]:
    """List what the agent did and what came of it, in order; card numbers hidden.

    Not `sure`: the turn was cut off and nobody has read the ledger, so what is not known as done may have been.
    """
    lines = []
    for one in told.exchanges:
        arguments = ", ".join(f"{name}={value}" for name, value in one.call.arguments.items())
        words = one.result.get("refused") or one.result.get("declined")
        lines.append(f"{one.call.tool}({arguments}): {'done' if one.ok else words or 'refused'}")
    strict = [one.verdict for one in told.ruled if one.verdict.ruling is not Ruling.ALLOW]
    lines += [f"{verdict.title}: {verdict.ruling} ({'; '.join(verdict.messages)})" for verdict in strict]
    lines += [*doubts(told), *(undone(told) if sure else [])]
    return [clipped(without_cards(line[: WORDS + 80]), WORDS) for line in dict.fromkeys(lines)]


def hits(told: TurnKnowledge) -> list[PolicyHit]:
    """Every rule that held or stopped something in this turn."""
    found = [
        PolicyHit(
            policy=hit.policy,
            rule=hit.rule,
            ruling=hit.ruling,
            message=clipped(without_cards(hit.message[: WORDS + 80]), WORDS),
            version=one.verdict.policy_version,
        )
        for one in told.ruled
        for hit in one.verdict.hits
        if hit.ruling is not Ruling.ALLOW
    ]
    return list({str(hit): hit for hit in found}.values())


def problem(told: TurnKnowledge, quote: str, stated: Sequence[StatedFact], why: Escalation) -> str:
    """The problem in one sentence: who, about what, in the customer's most telling words, and what the agent wanted to do."""
    held = [one.verdict.title for one in undecided(told)]
    return sentence(told.row.customer_id, told.row.topic or "", quote, stated, held[-1] if held else "")


def sentence(customer_id: str, topic: str, quote: str, stated: Sequence[StatedFact], title: str) -> str:
    """The problem in one sentence; `title` is of what the agent wanted to do, if anything."""
    words = f"Customer {customer_id} writes about {(topic or 'something not yet classified').replace('_', ' ')}"
    words += f": “{quote}”" if quote else ""
    missing = [one.value for one in stated if one.kind in ("number", "amount") and one.value not in quote][:3]
    words += f" ({', '.join(missing)})" if missing else ""
    words += f"{WANTED_TO}{title}”" if title else ""
    return f"{words}."


def quote(texts: Sequence[str], why: Escalation) -> str:
    """The customer's most telling words in quoted `texts`: the sentence with the most figures and words, and one beside it."""
    spoken = texts[:-1] if why.reason == "customer_asked" and len(texts) > 1 else texts
    ranked: list[tuple[float, int, int, str]] = []
    for place, text in enumerate(spoken):
        for index, part in enumerate(_ENDS.split(text)):
            words = part.split()
            figures = sum(any(character.isdigit() for character in word) for word in words)
            ranked.append((min(figures, 2) * 4 + min(len(words), 16) / 4 + place / 8, place, index, " ".join(words)))
    if not ranked:
        return ""
    _, place, index, best = max(ranked)
    beside = [one for one in ranked if one[1] == place and one[2] != index and len(one[3].split()) >= FEW // 2]
    chosen = [(index, best)]
    if beside and len(best) + len(max(beside)[3]) < QUOTE:
        chosen.append((max(beside)[2], max(beside)[3]))
    return clipped(" … ".join(one.rstrip(" .!?…") for _, one in sorted(chosen)), QUOTE)


def wanted(texts: Sequence[str]) -> str:
    """The customer's last quoted words; where they are few, also what they said before."""
    if not texts:
        return ""
    last = texts[-1]
    before = [one for one in texts[:-1] if len(one.split()) >= FEW]
    few = len(last.split()) < FEW * 2 and not any(character.isdigit() for character in last)
    return clipped(f"{last} (before that: {before[-1]})" if few and before else last, WORDS)


def open_questions(
    transcript: Sequence[Message], stated: Sequence[StatedFact], known: Sequence[Any], why: Escalation
) -> list[str]:
    """List the agent's unanswered questions, and what a person has to find out."""
    questions = unanswered(transcript, why)
    if why.reason in _FIND_OUT:
        questions.append(_FIND_OUT[why.reason])
    record = compact(json.dumps(list(known), default=str, ensure_ascii=False)) if known else ""
    strange = [one.value for one in stated if known and one.kind == "number" and compact(one.value) not in record]
    questions += [f"What is {value}? The customer named it, and it is in none of the verified facts." for value in strange[:5]]
    attached = next((one.value for one in stated if one.kind == "attachment"), None)
    if attached:
        questions.append(f"Is the attachment needed (“{attached}”)? None can be taken here: ask for it another way if it is.")
    return questions


def customers_words(question: str) -> list[str]:
    """The customer's words in one of the open questions."""
    if question.startswith(ASKED):
        return []
    named = _NAMED.match(question)
    return [*([named[1]] if named else []), *_QUOTED.findall(question)]


def left(besides: Sequence[FurtherWish]) -> list[str]:
    """List the wishes that no turn has seen to."""
    wishes = [(one.topic.replace("_", " "), clipped(" ".join(one.sentences), QUOTE)) for one in besides]
    return [f"The customer also writes about {topic}, which nobody has seen to: “{words}”" for topic, words in wishes]


def unanswered(transcript: Sequence[Message], why: Escalation) -> list[str]:
    """The questions in the agent's last message, where nothing came back but a wish for a person, or nothing at all."""
    asked = next((place for place in range(len(transcript) - 1, -1, -1) if transcript[place].author is Author.ASSISTANT), None)
    if asked is None:
        return []
    after = [one for one in transcript[asked + 1 :] if one.author is Author.CUSTOMER]
    if after and not (why.reason == "customer_asked" and len(after) == 1):
        return []
    questions = [part.strip() for part in _ENDS.split(transcript[asked].text) if part.strip().endswith("?")]
    return [f"The agent asked, and was not answered: “{clipped(one, QUOTE)}”" for one in questions]


def next_step(told: TurnKnowledge, why: Escalation, *, sure: bool = True) -> str:
    """Suggest a person's first step; `sure`: see `tried`."""
    if told.begun:
        return f"{doubts(told)[-1]}. Look in the other system first; then tell the customer."
    if not sure and (open_ones := unread(told)):
        return f"{open_ones[-1]}. Look there first; then tell the customer."
    left = undone(told)
    if left:
        return f"{left[-1]}. Carry it out or tell the customer why not."
    open_now = undecided(told)
    if open_now:
        return f"Decide on it yourself: {open_now[-1].verdict.title}. Then answer the customer."
    if why.reason in ("customer_asked", "out_of_scope", "unsupported_language"):
        return "Answer the customer."
    return "Read the facts, then answer the customer or hand the case back with a note."


def draft(proposals: Sequence[Proposal]) -> str | None:
    """The reply that the agent would have sent."""
    return next((str(one.arguments.get("text", "")) for one in proposals if one.kind is ProposalKind.REPLY), None)


def clipped(text: str, limit: int) -> str:
    """Cut the text to at most `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
