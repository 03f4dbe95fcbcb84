"""Claims that something was changed, known by the form of the sentence alone, whatever the verb."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handrail.domain.text.deeds.unlisted.parts import Part, pieces
from handrail.domain.text.deeds.unlisted.voices import done_at, early, harmless, own_beside, special, voice
from handrail.domain.text.figures.spans import is_unit_of_time
from handrail.domain.text.sentences import sentences

_FEW = 4
_COLONS = frozenset(":–—-")
_SHORT = 3
_REFUND = "refund"
_NAMED = 5
_Found = tuple[str, str]
"""The word or the phrase that tells of the change, and 'own' where the speaker did it, 'settled' where it tells not what."""


@dataclass(frozen=True, slots=True)
class Change:
    """A sentence that says something was changed; `verb` is the word or phrase that says so, `own` that the speaker did it.

    `settled` says that it does not tell what: 'consider it done'; `kind` is the kind of deed that the sentence means.
    """

    sentence: str
    language: str
    verb: str
    own: bool
    words: tuple[str, ...]
    settled: bool = False
    kind: str = ""


def changes(text: str, language: str | None) -> Iterator[Change]:
    """Every sentence of clean `text` that says something was changed, in order."""
    for one in sentences(text):
        for spoken, parts in pieces(one.text, language):
            found = _found(parts)
            if found is not None:
                verb, how = found
                words = tuple(word for part in parts for word in part.words)
                kind = _REFUND if how == _REFUND else ""
                yield Change(one.text, spoken, verb, how == "own", words, settled=how == "settled", kind=kind)


def is_told(part: Part) -> bool:
    """Tell if the clause by itself says that something was changed."""
    return _told(part, "", hung=False) is not None


def _found(parts: Sequence[Part]) -> _Found | None:
    # 'As requested' is a reason, no condition.
    hung = any(part.doubtful() and not (part.after == "join" and len(part.words) == 1) for part in parts) or _inverted(parts)
    if _led(parts):
        return " ".join(parts[0].words), "settled"
    reported = False
    before = ""
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        if part.after != "that":
            reported = reported and part.after == "join"
        reported = reported or part.has("reported")
        if part.asked or reported or not any(map(str.isalpha, part.words)):
            before = ""
            continue
        found = (
            _formula(part)
            or _liberty(part, following)
            or _paid_out(part)
            or _aware(part)
            or _went(part)
            or _told(part, before, hung=hung)
            or _henceforth(part)
            or _from_today(part)
            or (_headline(part) if len(parts) == 1 else None)
            or _coming(part)
            or (None if hung else _gone(part) or _sending(part))
        )
        if found is not None:
            return found
        before = helper_of(part)
    return None


def _inverted(parts: Sequence[Part]) -> bool:
    """German 'wird sie gemeldet, wird sie gesperrt': both clauses begin with a helper."""
    return len(parts) > 1 and all(0 in part.places("verb_first") for part in parts[:2]) and not parts[1].after


def _from_today(part: Part) -> _Found | None:
    """'From today you have the cheaper plan'; not 'from today you have 30 days'."""
    place = part.first("from_today")
    counted = any(map(str.isdigit, part.words)) or any(map(is_unit_of_time, part.words))
    if place != 0 or counted or part.doubtful() or part.has("ours", "goods"):
        return None
    told = part.means("you") or part.has("yours", "possess") or part.lexicon.person_in_verb
    return (part.words[0], "") if told and len(part.words) > part.places("from_today")[0] + 1 else None


def _formula(part: Part) -> _Found | None:
    for name in ("settled", "formula"):
        for place, size in part.places(name).items():
            if not part.doubtful(place):
                return " ".join(part.words[place : place + size]), name
    return None


def _led(parts: Sequence[Part]) -> bool:
    """'Done: the parcel goes to your office now.'"""
    words = parts[0].words
    return len(parts) > 1 and parts[0].ends in _COLONS and parts[0].form.lists["lead"].size(words, 0) == len(words)


def _liberty(part: Part, following: Part | None) -> _Found | None:
    """'I took the liberty of swapping them', unless of reading or checking."""
    place = part.first("liberty")
    if place is None or part.doubtful(place):
        return None
    end = place + part.places("liberty")[place]
    words = [*part.words[end : end + _SHORT], *(following.words if following and end == len(part.words) else [])]
    return None if any(word[:4] in part.form.lists["harmless"].stems for word in words) else (part.words[place], "own")


def _paid_out(part: Part) -> _Found | None:
    """'The money left our account': what left the business is a refund."""
    money, leaves = part.first("money"), part.first("departs")
    if money is None or leaves is None or leaves < money or part.doubtful(leaves) or not part.has("us"):
        return None
    return part.words[leaves], _REFUND


def _aware(part: Part) -> _Found | None:
    """'The warehouse knows about it': somebody told them."""
    place = part.first("aware")
    if place is None or not early(part, "outside", place) or part.doubtful() or part.means("other"):
        return None
    return " ".join(part.words[place : place + part.places("aware")[place]]), ""


def _went(part: Part) -> _Found | None:
    """Something that is said to be where the customer finds it, or a new thing that set out."""
    places = part.places("went")
    if not places or part.doubtful():
        return None
    moved = next((place for place in places if place not in part.places("be")), None)
    fresh = special(part)
    if part.has("inbox") and (part.has("now", "back") or moved is not None):
        purse = any("purse" in part.lexicon.phrase(part.words, place)[1] for place in range(len(part.words)))
        return part.words[next(iter(places))], _REFUND if purse else ""
    if fresh is not None and moved is not None and fresh < moved and not part.has("now"):
        return part.words[moved], ""
    return None


def _told(part: Part, before: str, *, hung: bool) -> _Found | None:
    """A verb of one's own, or one that says what was done to something; `before` is the helper of the clause before 'and'."""
    if part.has("by") or is_purpose(part):
        return None
    colleague = part.means("other")
    for place, word in enumerate(part.words):
        reached = place in part.places("spoke") and part.has("outside")
        done = reached or done_at(part, place)
        if not done and not part.form.says_past(word):
            continue
        if (harmless(part, place) and not reached) or (colleague and place in part.places("handed")):
            continue
        spoken = voice(part, place, before if part.after == "join" else "", done=done)
        if spoken is None or (spoken == "future" and hung) or _denied(part, place):
            continue
        if reached and spoken not in ("have", "past") and not early(part, "outside", _NAMED):
            continue
        return word, "own" if spoken in ("have", "past") else ""
    return None


def is_purpose(part: Part) -> bool:
    """Tell if the clause says what something is for: 'so that it can be checked', 'damit die Adresse geändert wird'."""
    listed, lead = part.form.lists["purpose"], part.lead
    leads = any(listed.size(lead, len(lead) - size) == size for size in (1, 2) if len(lead) >= size)
    return leads or 0 in part.places("purpose")


def _denied(part: Part, place: int) -> bool:
    """Tell if it is denied or doubted before the verb, right behind it, or behind one that stands in front."""
    return part.doubtful(place) or part.means("neg", place + 1, place + 2 if place else _SHORT + 1)


def helper_of(part: Part) -> str:
    """Name what the clause says that something was done with, for a clause after 'and' that leaves it out."""
    for place in range(len(part.words)):
        if place in part.places("passive"):
            return "passive"
        if place in part.places("have") and (not part.form.adjacent or own_beside(part, place)):
            return "have"
        if place in part.places("state") and early(part, "yours", 2):
            return "state"
    return "past" if part.form.adjacent and part.means("own", 0, 2) else ""


def _henceforth(part: Part) -> _Found | None:
    """'Your cover now runs until June': something of the customer's that is not as it was, whatever the verb."""
    place = part.first("henceforth")
    if place is None or place < 2 or len(part.words) <= place + 1 or not early(part, "yours", 2):
        return None
    if part.has("goods") or part.doubtful(place) or part.means("neg") or any(at >= place for at in part.places("harmless")):
        return None
    return part.words[place], ""


def _headline(part: Part) -> _Found | None:
    """'Access restored!': a sentence of a few words that ends with what was done."""
    last = len(part.words) - 1
    if not 1 <= last < _FEW or part.ends == ":" or any(map(part.means, ("own", "you", "aux", "will"))):
        return None
    if last - 1 in part.places("yours") or not done_at(part, last) or _denied(part, last) or harmless(part, last):
        return None
    return part.words[last], ""


def _gone(part: Part) -> _Found | None:
    """'The duplicate booking is gone'; that a parcel is gone is the customer's trouble."""
    place = part.first("vanished")
    return (part.words[place], "") if place and not part.has("goods") and not part.means("own") else None


def _sending(part: Part) -> _Found | None:
    """'We are sending you a spare charger.'"""
    place = part.first("sends")
    if place is None or not part.has("special"):
        return None
    return (part.words[place], "own") if part.lexicon.person_in_verb or part.means("own") else None


def _coming(part: Part) -> _Found | None:
    """Swedish 'kommer att kompenseras', whose 'att' begins a clause."""
    first = part.words[0]
    if part.lexicon.language != "sv" or part.lead[-2:] != ("kommer", "att") or not first.endswith("as"):
        return None
    known = part.form.lists["harmless"], part.form.lists["fact"]
    return None if any(word in one for one in known for word in (first, re.sub("s$", "ts", first))) else (first, "")
