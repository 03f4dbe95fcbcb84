"""Sentences with words of deeds that claim none: what customers did, what the rule is, what something is for."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.text.deeds.unlisted.changes import helper_of, is_purpose, is_told
from handrail.domain.text.deeds.unlisted.parts import Part, parts_of

_TELLING = ("done:", "own:", "ahead:", "act:")
_TELLS = frozenset({"act", "ownact", "changed", "way"})
_FRONT = 2
_LAST = 2


def excused(text: str, language: str | None) -> bool:
    """Tell if no clause of the sentence `text` that has a deed's words says that the business did it."""
    split = parts_of(text, language)
    if split is None:
        return False
    parts = split[1]
    telling = before = False
    for part in parts:
        goes_on = before and part.after == "join" and not part.means("own") and not helper_of(part)
        before = is_purpose(part) or _wished(part) or _theirs(part) or _rule(part, parts) or _under(part, parts) or goes_on
        tells = _tells(part)
        if tells and not before:
            return False
        telling = telling or tells
    return telling


def _tells(part: Part) -> bool:
    for place, word in enumerate(part.words):
        names = part.lexicon.classes(word) | part.lexicon.phrase(part.words, place)[1]
        if any(name in _TELLS or name.startswith(_TELLING) for name in names):
            return True
    return False


def _theirs(part: Part) -> bool:
    """'You closed your account', 'haben Sie die Adresse geändert': no helper of the passive, nobody of the business."""
    if _since(part):
        return True
    if not _customer_acts(part) and part.form.lists["theirs"].within(part.lead) is None:
        return False
    undergone = part.has("passive", "future", "formula", "settled", "under_way")
    return not is_told(part) and not undergone and not any(map(part.means, ("own", "will", "receive")))


def _customer_acts(part: Part) -> bool:
    """Tell if the customer is the subject: in front, or at the helper, which may end the clause."""
    if (
        part.lexicon.verb_last
        and part.means("you", 0, 1)
        and any(at >= len(part.words) - _LAST for at in part.places("yours_have"))
    ):
        return True
    place = part.first("theirs")
    if place is None or place > _FRONT:
        return False
    after = place + part.places("theirs")[place]
    return after < len(part.words) and after not in part.places("state") and after not in part.places("passive")


def _since(part: Part) -> bool:
    """Spanish 'como canceló antes del envío': the subject, left out, is the customer."""
    if part.has("passive", "future", "formula"):
        return False
    lead, start = part.lead, part.places("since").get(0, 0)
    listed = part.form.lists["since"]
    led = start or any(listed.size(lead, len(lead) - size) == size for size in (1, 2, 3) if len(lead) >= size)
    verb = next((word for word in part.words[start:] if "light" not in part.lexicon.classes(word)), "")
    return bool(led) and part.form.customer_verb.fullmatch(verb) is not None


def _wished(part: Part) -> bool:
    """'Que la dirección sea cambiada': a passive of what is not yet so."""
    return part.has("wished") and not is_told(part)


def _under(part: Part, parts: Sequence[Part]) -> bool:
    """'If a card is stolen, a new one is sent': in the present, behind a condition that begins the sentence."""
    if part is parts[0] or parts[0].doubt != 0 or not (part.has("state", "under_way") or part.after == "join"):
        return False
    first = parts[0].words[0]
    led = "cond" in parts[0].lexicon.classes(first) or "cond" in parts[0].lexicon.phrase(parts[0].words, 0)[1]
    past = part.has("passive", "have", "now", "formula", "settled")
    return led and not past and not part.means("own") and not is_told(part)


def _rule(part: Part, parts: Sequence[Part]) -> bool:
    """'Discounts are given on full prices only': many things, in the present, nobody's in particular."""
    if not part.has("many") or part.means("own") or is_told(part) or 0 in part.places("article"):
        return False
    if part.has("yours", "now", "passive", "future") or any(map(str.isdigit, "".join(part.words))):
        return False
    bare = bool(part.form.lists["article"].exact)
    return bare or any(one.has("only") or any("cond" in one.lexicon.classes(word) for word in one.words) for one in parts)
