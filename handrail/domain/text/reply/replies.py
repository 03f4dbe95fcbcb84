"""Checks of a reply. Replies are proposals too: each figure needs a fact, each deed needs an effect.

A reply that breaks a rule is blocked; the message of the hit tells a model what to leave out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import datetime
from functools import lru_cache

from handrail.domain.actions.effects import EffectResult, EffectStatus
from handrail.domain.actions.proposals import RuleHit, Ruling
from handrail.domain.text.accounting.account import unaccounted, without_figures
from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.deeds.done import STEMS
from handrail.domain.text.deeds.held import held
from handrail.domain.text.deeds.listed.claim import OTHER
from handrail.domain.text.message.entities import addresses
from handrail.domain.text.plain import clean, compact
from handrail.domain.text.reply.advice import Subject, advice
from handrail.domain.text.reply.commitments import GIFTS, Pledge, pledges, solicited
from handrail.domain.text.reply.links import strange_links, without_links
from handrail.domain.text.reply.names import names_in

POLICY = "replies"
LONGEST = 2_000
COPIED_WORDS = 8
"""So many words in a row, as they stand in an instruction to the model, were copied from it."""

_INTERNAL = re.compile(
    r"\b(?:system prompt|system message|developer (?:message|prompt)|(?:my|hidden|internal|initial) (?:instructions|prompt)"
    r"|tool[ _]calls?|function[ _]calls?|guardrails?|policy[_ ]version|tool_choice)\b|<\|?/?(?:system|assistant|tool|im_)\w*",
    re.IGNORECASE,
)


def rule_reply(
    text: str,
    evidence: Evidence,
    *,
    now: datetime | None = None,
    language: str | None = None,
    allowed_links: Collection[str] = (),
    tool_names: Collection[str] = (),
    internal: Collection[str] = (),
    instructions: Sequence[str] = (),
    forbidden: Collection[Subject] = tuple(Subject),
    stems: Mapping[str, tuple[str, ...]] = STEMS,
    longest: int = LONGEST,
) -> list[RuleHit]:
    """Every rule that the reply `text` breaks; an empty list where it may be sent.

    `now` is the customer's moment, against which 'tomorrow' is read; `language` is the one that the customer writes.
    `tool_names` and `internal` (policy and rule ids) must not appear; a name that is an ordinary word is passed over. For
    `allowed_links` see `strange_links`. `instructions` are what the model is told and must not recite; `forbidden` are
    subjects without advice. `stems` maps a kind of deed to parts of action names.
    """
    applied = [one for one in evidence.effects if one.status is EffectStatus.APPLIED]
    whole = clean(text)
    plain = whole[:longest]
    hits = [
        *_length(whole, longest),
        *_links(plain, allowed_links),
        *_figures(without_links(plain), evidence, now, language, allowed_links),
        *_names(without_links(plain), evidence, language),
        *_advice(plain, forbidden),
        *_deeds(plain, evidence, stems, language, pledged := _pledged(plain, applied)),
        *_commitments(plain, pledged),
        *_leaks(plain, {*tool_names, *internal}),
        *_recited(plain, instructions),
    ]
    return list({(hit.rule, hit.message): hit for hit in hits}.values())


def _hit(rule: str, message: str) -> RuleHit:
    return RuleHit(policy=POLICY, rule=rule, ruling=Ruling.BLOCK, message=message)


def _length(text: str, longest: int) -> Iterator[RuleHit]:
    if not text.strip():
        yield _hit("length", "The reply is empty. Answer the customer.")
    if len(text) > longest:
        yield _hit("length", f"The reply has {len(text):,} characters, at most {longest:,} are sent. Say it shorter.")


def _figures(
    text: str, evidence: Evidence, now: datetime | None, language: str | None, allowed: Collection[str]
) -> Iterator[RuleHit]:
    for found in unaccounted(text, evidence, now=now, language=language, allowed=allowed):
        yield _hit(found.rule, found.message)


def _links(text: str, allowed: Collection[str]) -> Iterator[RuleHit]:
    for link in strange_links(text, allowed):
        yield _hit("link", f"The link {link[:80]} is not on the list of allowed links. Leave it out.")


def _names(text: str, evidence: Evidence, language: str | None) -> Iterator[RuleHit]:
    ours, theirs = evidence.ours, evidence.customer
    for match in addresses(text):
        said = [compact(word) for word in match[0].split()]
        if not all(any(word in known for known in (ours.words, theirs.words, ours.digits, theirs.digits)) for word in said):
            yield _hit("address", f"The address {match[0]!r} is in none of the facts. State what a tool returned.")
    for name in names_in(without_figures(text, language), language):
        if not any(_named(name, known, language) for known in (ours.words, theirs.words)):
            yield _hit("name", f"The name {name} is in none of the facts. Leave it out, or name what a tool returned.")


def _named(name: str, known: Set[str], language: str | None) -> bool:
    """Return whether the name is known, as it is or with an ending of its case."""
    whole = compact(name)
    if whole in known or whole.removesuffix("s") in known or any(compact(part) in known for part in re.split("['’-]", name)):
        return True
    if language != "pl" or len(whole) < 4:
        return False
    stem = whole[: max(3, len(whole) - 2)]
    return any(word.startswith(stem) and abs(len(word) - len(whole)) <= 3 for word in known)


def _advice(text: str, forbidden: Collection[Subject]) -> Iterator[RuleHit]:
    for subject, sentence in advice(text, forbidden):
        words = f"{sentence[:120]!r} gives {subject} advice, which no reply may."
        yield _hit("advice", f"{words} Leave it out, or say that nobody here advises on it.")


def _recited(text: str, instructions: Sequence[str]) -> Iterator[RuleHit]:
    """Words in a row as they stand in what the model was told."""
    spoken = _runs(text)
    for told in instructions:
        shared = spoken & _told_runs(told)
        if shared:
            yield _hit("internal", f"The reply recites an instruction ({' '.join(min(shared))!r}). Leave it out.")


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[place : place + COPIED_WORDS]) for place in range(len(words) - COPIED_WORDS + 1)}


_told_runs = lru_cache(maxsize=64)(_runs)


def _deeds(
    text: str, evidence: Evidence, stems: Mapping[str, tuple[str, ...]], language: str | None, pledged: Sequence[Pledge]
) -> Iterator[RuleHit]:
    """Deeds that nothing covers; a gift that is held as a commitment is not held twice."""
    customer, person = evidence.customer.words, evidence.person.words
    gifts = {pledge.sentence.strip() for pledge in pledged if pledge.kind == "gift"}
    uncovered = held(
        text,
        evidence.effects,
        evidence.facts,
        stems=stems,
        language=language,
        customer=customer,
        person=person,
        quoted=evidence.quotable,
        known=evidence.records,
    )
    for one in uncovered:
        if one.claim.kind not in ("discount", OTHER) or one.claim.sentence.strip() not in gifts:
            yield _hit("promise", one.message)


def _pledged(text: str, applied: list[EffectResult]) -> list[Pledge]:
    """Pledges that nothing allows: a gift is allowed where one was given."""
    given = any(stem in one.action.lower() for one in applied for stem in GIFTS)
    return [one for one in pledges(text) if not (one.kind == "gift" and given)]


def _commitments(text: str, pledged: Sequence[Pledge]) -> Iterator[RuleHit]:
    for pledge in pledged:
        words = f"{pledge.sentence[:120]!r} commits the business ({pledge.kind}), which no reply may do by itself."
        yield _hit("commitment", f"{words} Leave it out.")
    for sentence in solicited(text):
        words = f"{sentence[:120]!r} asks for a password, a code or a card number, which no customer should write here."
        yield _hit("credentials", f"{words} Leave it out.")


def _leaks(text: str, internal: Collection[str]) -> Iterator[RuleHit]:
    lower = text.lower()
    for name in _telling(frozenset(internal)):
        # Looking for the letters first spares most names the pattern.
        if name.lower() in lower and re.search(rf"(?<![\w-]){re.escape(name.lower())}(?![\w-])", lower):
            yield _hit("internal", f"The reply names {name}, which is internal. Say it in the customer's words.")
    for match in _INTERNAL.finditer(text):
        yield _hit("internal", f"The reply speaks of {match[0]!r}, which is internal. Leave it out.")


@lru_cache(maxsize=8)
def _telling(internal: frozenset[str]) -> tuple[str, ...]:
    """Return the names that are no ordinary words."""
    marked = (name for name in internal if any(not character.isalpha() for character in name) or re.search("[a-z][A-Z]", name))
    return tuple(sorted(marked))
