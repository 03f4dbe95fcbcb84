"""What a reply may say. Replies are proposals too: each figure needs a fact, each deed needs an effect.

A reply that breaks a rule is blocked; the message of the hit tells a model what to leave out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from handrail.domain.commitments import GIFTS, pledges, solicited
from handrail.domain.effects import EffectResult, EffectStatus
from handrail.domain.figures import Claim, claims, clean
from handrail.domain.known import Known
from handrail.domain.promises import STEMS, Promise, promises, states
from handrail.domain.proposals import RuleHit, Ruling

POLICY = "replies"
LONGEST = 2_000

_TOP_LEVELS = "com|net|org|info|biz|io|app|dev|xyz|top|site|online|shop|store|link|click|ru|cn|uk|de|fr|nl|pl|eu|co|me|ly|gg"
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}://|www\.|\b(?:javascript|data|mailto|tel|vbscript):)[^\s<>\"')\]]+"
    rf"|(?<![\w@.-])(?:[a-z0-9-]{{1,63}}\.)+(?:{_TOP_LEVELS})\b(?![\w.+-]*@)(?:[/:?#][^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
_INTERNAL = re.compile(
    r"\b(?:system prompt|system message|developer (?:message|prompt)|(?:my|hidden|internal|initial) (?:instructions|prompt)"
    r"|tool[ _]calls?|function[ _]calls?|guardrails?|policy[_ ]version|tool_choice)\b|<\|?/?(?:system|assistant|tool|im_)\w*",
    re.IGNORECASE,
)
_NAMES = {
    "amount": "The amount",
    "date": "The date",
    "identifier": "The number",
    "email": "The e-mail address",
    "phone": "The phone number",
    "card": "The card number",
}


def rule_reply(
    text: str,
    *,
    facts: Iterable[Any],
    effects: Sequence[EffectResult] = (),
    customer_texts: Sequence[str] = (),
    tool_names: Collection[str] = (),
    internal: Collection[str] = (),
    allowed_links: Collection[str] = (),
    stems: Mapping[str, tuple[str, ...]] = STEMS,
    longest: int = LONGEST,
) -> list[RuleHit]:
    """Every rule that the reply `text` breaks; an empty list where it may be sent.

    `facts` is JSON-like data from systems of record; `effects` are this case's. What the customer wrote may be repeated, but
    is no evidence of a deed. `tool_names` and `internal` (policy and rule ids) must not appear; a name that is an ordinary
    word is passed over. `allowed_links` holds hosts ('example.com', with what is below it), prefixes
    ('https://example.com/help') and e-mail addresses. `stems` maps a kind of deed to parts of effects' action names.
    """
    facts = list(facts)
    applied = [one for one in effects if one.status is EffectStatus.APPLIED]
    done = Known().learn([[one.arguments, one.result] for one in applied])
    record = Known().learn(facts) | done
    said = Known()
    for words in customer_texts:
        said.hear(words)
    plain = clean(text)
    hits = [
        *_length(plain, longest),
        *_links(plain, allowed_links),
        *_figures(_without_links(plain), record, said, allowed_links),
        *_deeds(plain, applied, facts, record, stems),
        *_commitments(plain, applied),
        *_leaks(plain, {*tool_names, *internal}),
    ]
    return list({(hit.rule, hit.message): hit for hit in hits}.values())


def _hit(rule: str, message: str) -> RuleHit:
    return RuleHit(policy=POLICY, rule=rule, ruling=Ruling.BLOCK, message=message)


def _length(text: str, longest: int) -> Iterator[RuleHit]:
    if not text.strip():
        yield _hit("length", "The reply is empty. Answer the customer.")
    if len(text) > longest:
        yield _hit("length", f"The reply has {len(text):,} characters, at most {longest:,} are sent. Say it shorter.")


def _links(text: str, allowed: Collection[str]) -> Iterator[RuleHit]:
    for match in _LINK.finditer(text):
        link = match[0].rstrip(".,;:!?*_")
        if not _allowed(link, allowed):
            yield _hit("link", f"The link {link[:80]} is not on the list of allowed links. Leave it out.")


def _without_links(text: str) -> str:
    return _LINK.sub(lambda match: " " * len(match[0]), text)


def _allowed(link: str, allowed: Collection[str]) -> bool:
    if link.lower().startswith("mailto:"):
        return link[7:].partition("?")[0].casefold() in {one.casefold() for one in allowed}
    full = link if "://" in link else f"https://{link}"
    # Browsers read a backslash as a slash and what stands before '@' as a name: both hide the real host.
    if "\\" in full or not full.isascii():
        return False
    try:
        parts = urlsplit(full)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme.lower() not in ("https", "http") or "@" in parts.netloc or port not in (None, 80, 443):
        return False
    return any(_within(host, parts.path, one) for one in allowed)


def _within(host: str, path: str, allowed: str) -> bool:
    parts = urlsplit(allowed if "://" in allowed else f"https://{allowed}")
    wanted = (parts.hostname or "").rstrip(".")
    prefix = parts.path.rstrip("/")
    same_host = bool(wanted) and (host == wanted or (not prefix and host.endswith(f".{wanted}")))
    return same_host and ".." not in path and (path == prefix or path.startswith(f"{prefix}/") or not prefix)


def _figures(text: str, record: Known, said: Known, allowed: Collection[str]) -> Iterator[RuleHit]:
    known = record | said
    addresses = {one.casefold() for one in allowed}
    for claim in claims(text):
        # A card number that a customer typed must not be repeated to whoever reads along.
        evidence = record if claim.kind == "card" else known
        if claim.kind == "email" and claim.shown.casefold() in addresses:
            continue
        if not evidence.covers(claim):
            yield _hit(claim.kind, f"{_NAMES[claim.kind]} {claim.shown} is in none of the facts. State what a tool returned.")
        elif claim.currencies and record.currencies and not claim.currencies & record.currencies:
            used = ", ".join(sorted(record.currencies))
            yield _hit("currency", f"The amount {claim.shown} has another currency than the facts ({used}). Use theirs.")


def _deeds(
    text: str, applied: list[EffectResult], facts: list[Any], record: Known, stems: Mapping[str, tuple[str, ...]]
) -> Iterator[RuleHit]:
    stand = states(facts)
    for promise in promises(text):
        matching = [one for one in applied if _did(one, promise.kind, stems)]
        if matching:
            yield from _promised_amounts(promise, Known().learn([[one.arguments, one.result] for one in matching]), record)
        elif promise.own or promise.kind not in stand:
            words = (
                f"{promise.sentence.strip()[:120]!r} says that something was done ({promise.kind}), which was not done here."
            )
            yield _hit("promise", f"{words} Say what is so, or do it first.")


def _commitments(text: str, applied: list[EffectResult]) -> Iterator[RuleHit]:
    given = any(stem in one.action.lower() for one in applied for stem in GIFTS)
    for pledge in pledges(text):
        if not (pledge.kind == "gift" and given):
            words = f"{pledge.sentence[:120]!r} commits the business ({pledge.kind}), which no reply may do by itself."
            yield _hit("commitment", f"{words} Leave it out.")
    for sentence in solicited(text):
        words = f"{sentence[:120]!r} asks for a password, a code or a card number, which no customer should write here."
        yield _hit("credentials", f"{words} Leave it out.")


def _did(effect: EffectResult, kind: str, stems: Mapping[str, tuple[str, ...]]) -> bool:
    """By its name, or by its result: a cancellation that says `refunded: 80.00` also gave the money back."""
    return any(stem in effect.action.lower() for stem in stems.get(kind, ())) or kind in states(effect.result)


def _promised_amounts(promise: Promise, done: Known, record: Known) -> Iterator[RuleHit]:
    """The customer's own figures are no evidence of what was done, and at least one figure must be the effect's."""
    if promise.kind != "refund" or not promise.own:
        return
    amounts: list[Claim] = [one for one in claims(promise.sentence) if one.kind == "amount"]
    strange = [one for one in amounts if not record.covers(one)]
    if not strange and amounts and not any(done.covers(one) for one in amounts):
        strange = amounts
    for claim in strange:
        figures = ", ".join(str(one) for one in sorted(done.amounts, key=Decimal)) or "none"
        yield _hit("promise", f"{claim.shown} is not the amount of what was done ({figures}). State the amount of the effect.")


def _leaks(text: str, internal: Collection[str]) -> Iterator[RuleHit]:
    lower = text.lower()
    for name in sorted(internal):
        telling = any(not character.isalpha() for character in name) or re.search(r"[a-z][A-Z]", name)
        if telling and re.search(rf"(?<![\w-]){re.escape(name.lower())}(?![\w-])", lower):
            yield _hit("internal", f"The reply names {name}, which is internal. Say it in the customer's words.")
    for match in _INTERNAL.finditer(text):
        yield _hit("internal", f"The reply speaks of {match[0]!r}, which is internal. Leave it out.")
