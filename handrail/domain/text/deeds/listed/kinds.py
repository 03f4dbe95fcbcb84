"""Kinds of deeds that a clause tells of: what is said to have happened, and what is promised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from handrail.domain.text.deeds.lexicon import lexicons
from handrail.domain.text.deeds.listed.claim import ANY, CHANGE, NARROW
from handrail.domain.text.deeds.listed.clauses import Clause, Sentence, Unit
from handrail.domain.text.deeds.listed.doubts import NEAR, doubted, provided, sure
from handrail.domain.text.deeds.listed.sums import bare_figures

_ANY_ACT = frozenset({"act", "ownact", "way", "generic"})
_SUBJECTS = frozenset({"object", "both", "all"})
_YOU = frozenset({"you", "du", "tu", "ty"})
_STRANGERS = 1


def kinds_told(clause: Clause, sentence: Sentence, own: bool) -> Iterator[tuple[str, bool]]:
    """Yield each kind of deed, and whether it is the speaker's own."""
    found: set[str] = set()
    for kind, mine in (*_told(clause, sentence, own), *_promised(clause, sentence, own)):
        found.add(kind)
        yield kind, mine
    if not found:
        yield from _generic(clause, own)


def _told(clause: Clause, sentence: Sentence, own: bool) -> Iterator[tuple[str, bool]]:
    """Yield what is said to have happened."""
    lexicon = lexicons()[sentence.language]
    for place, unit in enumerate(clause.units):
        mine = unit.kinds("own")
        for kind in unit.kinds("done") | mine:
            beside = clause.units[max(0, place - 1) : place] + clause.units[place + 1 : place + 2 * lexicon.verb_last]
            if sure(clause, sentence, place) and not any("inf" in one.classes for one in beside):
                yield kind, own or kind in mine
    named = any(unit.kinds(form) - NARROW for unit in clause.units for form in ("noun", "done", "own"))
    for kind, noun in _nouns(clause):
        for place, unit in enumerate(clause.units):
            plain = kind not in NARROW and unit.classes & (_ANY_ACT if kind != "address" else {"generic"})
            meant = place and "inf" in clause.units[place - 1].classes
            if (
                not (plain or kind in unit.kinds("act"))
                or place == noun
                or meant
                or (kind in NARROW and (_yours(clause, place) or _thanked(sentence, kind)))
            ):
                continue
            if not _handed(clause, place) and sure(clause, sentence, max(place, noun)):
                yield kind, own or "ownact" in unit.classes
        if (
            kind not in NARROW
            and not clause.predicate
            and (clause.marks("amount") or any(bare_figures(clause)))
            and not doubted(clause, len(clause.units))
        ):
            yield kind, own  # 'Refund for A: 20.00 USD.'
    if not named:
        yield from _unnamed(clause, sentence, own)
    moving = _to_purse(clause)
    if moving is not None and sure(clause, sentence, moving):
        yield "refund", own
    amount = _leading_amount(clause)
    for way in (clause.first("way"), clause.first("act") if clause.has("back") else None):
        if amount is not None and way is not None and amount < way and sure(clause, sentence, way):
            yield "refund", own


def _to_purse(clause: Clause) -> int | None:
    """The place of what moves an order's money to the customer: 'A is on its way back to your card'."""
    purse, moving = clause.first("purse"), clause.first("travel")
    if moving is None and clause.has("back"):
        moving = clause.first("act")
    if purse is None or moving is None or clause.has("about", "request", "noun:address", "noun:message", "other"):
        return None
    before = clause.units[:purse]
    subject = any(unit.classes & _SUBJECTS or (unit.mark and unit.mark.kind in ("id", "amount")) for unit in before)
    subject = subject or any(place < purse for place, _ in bare_figures(clause))
    pronoun = any("it" in one.classes and after.classes & {"aux", "will", "travel"} for one, after in pairwise(before))
    return moving if subject or pronoun else None


def _unnamed(clause: Clause, sentence: Sentence, own: bool) -> Iterator[tuple[str, bool]]:
    """A deed of one's own that no word names: 'I have processed A', 'I have updated your booking'."""
    if not own or clause.has("about", "request"):
        return
    changed, acted = clause.first("changed"), clause.first("act")
    if changed is not None and sure(clause, sentence, changed):
        yield CHANGE, True
    elif acted is not None and clause.marks("id") and not _handed(clause, acted) and sure(clause, sentence, acted):
        yield ANY, True


def _promised(clause: Clause, sentence: Sentence, own: bool) -> Iterator[tuple[str, bool]]:
    """Yield what is said to be certain to happen."""
    if provided(clause, sentence):
        return
    units = clause.units
    will = clause.first("will", "managed")
    for place, unit in enumerate(units):
        for kind in unit.kinds("ahead") | (unit.kinds("apart") if "particle" in units[-1].classes else frozenset()):
            yield kind, True
        for kind in unit.kinds("verb"):
            if _meant_as_verb(units, place, will):
                yield kind, True
    handing = clause.has("other", "about", "request")
    nouns = [kind for kind, _ in _nouns(clause) if kind not in NARROW - {"discount"}]
    amount = _leading_amount(clause)
    if clause.has("give") and (own or will is not None) and not handing:
        yield from ((kind, True) for kind in nouns)
        if amount is not None:
            yield "refund", True
    if "refund" in nouns or amount is not None:
        receive = clause.first("receive")
        told = clause.has("you", "will") or receive in (0, 1) or lexicons()[sentence.language].person_in_verb
        if receive is not None and told and not clause.has("about", "request") and not _before(clause, "own", receive):
            yield "refund", False
        if clause.has("arrive") and not clause.has("request", "about"):
            yield "refund", False
    if clause.has("new_address") and clause.has("will", "arrive", "give", "pred", "way"):
        yield "address", own


def _generic(clause: Clause, own: bool) -> Iterator[tuple[str, bool]]:
    """'This is done': nothing else may stand beside it."""
    place = clause.first("generic")
    strange = [unit for unit in clause.units if not unit.classes and not unit.mark]
    busy = clause.has("pred", "about", "receive") or (place is not None and _before(clause, "you", place))
    if place is None or busy or len(strange) > _STRANGERS or doubted(clause, place) or clause.has("will", "give"):
        return
    if strange and not clause.has("both", "all", "own", "also") and not clause.marks("id"):
        return
    yield ANY, own


def _nouns(clause: Clause) -> Iterator[tuple[str, int]]:
    """The deeds that are named, each with its place; a request for one, or news about it, is not the deed."""
    for place, unit in enumerate(clause.units):
        around = [*clause.units[max(0, place - NEAR) : place], *clause.units[place + 1 : place + 2]]
        if any(one.classes & {"request", "about"} for one in around):
            continue
        for kind in unit.kinds("noun"):
            yield kind, place


def _yours(clause: Clause, place: int) -> bool:
    """Return whether the customer acts: 'the invoice you sent', 'you closed your account'."""
    before = [unit for unit in clause.units[max(0, place - 2) : place] if "aux" not in unit.classes]
    return bool(before) and "you" in before[-1].classes and not clause.has("own") and before[-1].text in _YOU


def _thanked(sentence: Sentence, kind: str) -> bool:
    """Return whether the customer sent it: 'thank you for sending us the invoice'."""
    return kind == "invoice" and any(clause.has("thanks") for clause in sentence.clauses)


def _handed(clause: Clause, place: int) -> bool:
    """Return whether it went to a colleague: 'I have sent your refund to the team'."""
    return any("other" in unit.classes for unit in clause.units[place + 1 :])


def _meant_as_verb(units: Sequence[Unit], place: int, will: int | None) -> bool:
    """Return whether the speaker acts: 'I will refund', 'we refund'; not 'your refund', 'to refund'."""
    if will is not None and will < place and not any(unit.classes & {"inf"} for unit in units[place - 1 : place]):
        between = units[will + 1 : place]
        return not any(unit.classes & {"pred", "give", "about", "other"} for unit in between)
    back = place - 1
    while (
        back >= 0 and (units[back].mark or units[back].classes & {"aux", "light", "also"}) and "inf" not in units[back].classes
    ):
        back -= 1
    article = units[place].kinds("noun") and place and units[place - 1].classes == {"light"}
    return back >= 0 and "own" in units[back].classes and not article


def _leading_amount(clause: Clause) -> int | None:
    """The place of the first amount, where no order or parcel stands before it, whose price it would be."""
    bare = {place for place, _ in bare_figures(clause)} if clause.has("purse", "back", "travel") else set()
    for place, unit in enumerate(clause.units):
        if (unit.mark and unit.mark.kind == "amount") or place in bare:
            return place
        if "object" in unit.classes:
            return None
    return None


def _before(clause: Clause, name: str, place: int) -> bool:
    return any(name in unit.classes for unit in clause.units[:place])
