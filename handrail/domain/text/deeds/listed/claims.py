"""Claims in a reply that something was done, or is as good as done, in nine languages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from handrail.domain.text.deeds.lexicon import MARKED, lexicons
from handrail.domain.text.deeds.listed.clauses import Clause, Mark, Sentence, Unit, parsed
from handrail.domain.text.figures.spans import is_unit_of_time
from handrail.domain.text.plain import clean

ANY = "any"
"""The kind of 'This is done': an effect of whatever kind."""
CHANGE = "change"
"""The kind of 'I have updated your booking': a change of one's own that no other kind names."""
OTHER = "other"
"""The kind of a change that no list of words knows: 'your warranty has been extended'."""
NARROW = frozenset({"end", "delete", "discount", "arrange", "invoice"})
"""Kinds whose nouns stand in any reply (account, invoice, ticket): only their own verbs make a claim of them."""
_DOUBTS = ("neg", "cond", "unsure", "general")
_ANY_ACT = frozenset({"act", "ownact", "way", "generic"})
_SUBJECTS = frozenset({"object", "both", "all"})
_ALL, _HALF = Decimal(100), Decimal(50)
_YOU = frozenset({"you", "du", "tu", "ty"})
_NEAR = 3
_STRANGERS = 1
_NO_COUNT = 20
"""A larger number beside a deed is a sum, not how many."""
_LEADS = frozenset({"aux", "you", "of"})
_LOOSE_LEADS = frozenset({"receive", "arrive", "light", "will", "give", "act"})
"""What stands before a sum without a currency; before a small number, which may be a count, only the first."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """The quantity in a claim: `count` of `noun` (object, item, a deed or nothing), `every` one but those that are `spared`,
    `each`, all of the money (`whole`), a `share` of it in percent, `another` one than before, or one more (`more`)."""

    count: int | None = None
    noun: str = ""
    every: bool = False
    spared: bool = False
    each: bool = False
    whole: bool = False
    share: Decimal | None = None
    another: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A deed that a sentence says was done. `own` says that the speaker claims it as theirs.

    `objects` and `amounts` stand with it, in `order` of place; `reference` are amounts that only describe. `pointed` are the
    objects that a pronoun may mean: one of them must be meant. `implied` is what a denial implies: 'not in full'.
    `adrift` says that it tells of one more by a pronoun that means nothing in the text: 'I have also refunded it.'
    `related` are kinds whose words stand in a sentence with a `verb` that no kind has; `language` is its own.
    """

    kind: str
    sentence: str
    own: bool = False
    objects: tuple[Mark, ...] = ()
    amounts: tuple[Mark, ...] = ()
    order: tuple[Mark, ...] = ()
    pointed: frozenset[str] = frozenset()
    quantity: Quantity = field(default_factory=Quantity)
    implied: bool = False
    adrift: bool = False
    related: frozenset[str] = frozenset()
    verb: str = ""
    language: str = ""


def claimed(text: str, language: str | None = None) -> list[Claim]:
    """Every claim of a deed in `text`, in order; denials, conditions, questions and offers are none."""
    found: list[Claim] = []
    header: Claim | None = None
    mentioned: list[str] = []
    group: list[str] = []
    denied: set[str] = set()
    for sentence in parsed(clean(text).replace(MARKED, " "), language):
        claims = list(_claims(sentence, mentioned, group, denied))
        if not claims:
            claims = list(_carried(sentence, header, found) if found or header or mentioned else _alike(sentence))
        if not (sentence.item and header):
            header = claims[-1] if claims and sentence.opens else None
        found += claims
        named = [unit.mark.value for unit in sentence.units if unit.mark and unit.mark.kind == "id"]
        mentioned += named
        group = named or group
    special = any(one.kind != ANY for one in found)
    return [one for one in found if not (special and _says_nothing(one))]


def _says_nothing(claim: Claim) -> bool:
    """'Done!' beside a claim that tells what."""
    return claim.kind == ANY and not claim.objects and claim.quantity == Quantity()


def _undenied(named: list[str], denied: Collection[str], count: int | None) -> list[str]:
    """Return what 'both' may count: not what a denial names."""
    return [one for one in named if one not in denied] if count else named


def _claims(sentence: Sentence, mentioned: Sequence[str], group: Sequence[str], denied: set[str]) -> Iterator[Claim]:
    own = False
    before: list[str] = list(mentioned)
    group = list(group)
    alternatives = sentence.question and any("or" in unit.classes for unit in sentence.units)
    for clause in sentence.clauses:
        own = clause.has("own") or (own and clause.after in ("join", "punct") and not clause.has("aux", "other"))
        asked = _asked(clause) or (alternatives and clause.after == "that")
        kinds = {} if clause.denied or asked else dict(_kinds(clause, sentence, own))
        for kind, mine in kinds.items():
            yield _claim(kind, clause, sentence, own=mine, before=before, group=group, denied=denied)
        if not kinds:
            yield from _implied(clause, sentence)
        before += (named := [mark.value for mark in clause.marks("id")])
        denied.update(named if not kinds and clause.has("neg") else ())
        group = named or group


def _asked(clause: Clause) -> bool:
    """Return whether the clause is a question. 'I have refunded both, is that fine?' tells before it asks."""
    start = next((unit for unit in clause.units if not unit.classes & {"join", "but", "or", "light"}), None)
    return clause.question and not (start is not None and "own" in start.classes)


def _kinds(clause: Clause, sentence: Sentence, own: bool) -> Iterator[tuple[str, bool]]:
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
            if _sure(clause, sentence, place) and not any("inf" in one.classes for one in beside):
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
            if not _handed(clause, place) and _sure(clause, sentence, max(place, noun)):
                yield kind, own or "ownact" in unit.classes
        if (
            kind not in NARROW
            and not clause.predicate
            and (clause.marks("amount") or any(_bare(clause)))
            and not _doubted(clause, len(clause.units))
        ):
            yield kind, own  # 'Refund for A: 20.00 USD.'
    if not named:
        yield from _unnamed(clause, sentence, own)
    moving = _to_purse(clause)
    if moving is not None and _sure(clause, sentence, moving):
        yield "refund", own
    amount = _leading_amount(clause)
    for way in (clause.first("way"), clause.first("act") if clause.has("back") else None):
        if amount is not None and way is not None and amount < way and _sure(clause, sentence, way):
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
    subject = subject or any(place < purse for place, _ in _bare(clause))
    pronoun = any("it" in one.classes and after.classes & {"aux", "will", "travel"} for one, after in pairwise(before))
    return moving if subject or pronoun else None


def _unnamed(clause: Clause, sentence: Sentence, own: bool) -> Iterator[tuple[str, bool]]:
    """A deed of one's own that no word names: 'I have processed A', 'I have updated your booking'."""
    if not own or clause.has("about", "request"):
        return
    changed, acted = clause.first("changed"), clause.first("act")
    if changed is not None and _sure(clause, sentence, changed):
        yield CHANGE, True
    elif acted is not None and clause.marks("id") and not _handed(clause, acted) and _sure(clause, sentence, acted):
        yield ANY, True


def _promised(clause: Clause, sentence: Sentence, own: bool) -> Iterator[tuple[str, bool]]:
    """Yield what is said to be certain to happen."""
    if _provided(clause, sentence):
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
    if place is None or busy or len(strange) > _STRANGERS or _doubted(clause, place) or clause.has("will", "give"):
        return
    if strange and not clause.has("both", "all", "own", "also") and not clause.marks("id"):
        return
    yield ANY, own


def _sure(clause: Clause, sentence: Sentence, place: int) -> bool:
    if any("will" in unit.classes for unit in clause.units[:place]):
        return not _provided(clause, sentence)
    return not _doubted(clause, place)


def _doubted(clause: Clause, place: int) -> bool:
    """Return whether a denial, a condition or a possibility stands before the unit. 'I can confirm that' is none."""
    # 'Storniert wurde nichts': where the verb stands in front, its denial follows.
    before = clause.units[:place] or [unit for unit in clause.units[1 : _NEAR + 2] if "neg" in unit.classes]
    if clause.units and "bare" in clause.units[0].classes and clause.has("are") and not clause.marks("id"):
        return True
    confirms = next((at for at, unit in enumerate(before) if "confirm" in unit.classes), -1)
    return any(
        unit.classes & set(_DOUBTS) and not ("unsure" in unit.classes and at < confirms) and "not_only" not in unit.classes
        for at, unit in enumerate(before)
    )


def _provided(clause: Clause, sentence: Sentence) -> bool:
    """Return whether what lies ahead hangs on something, anywhere in the sentence, or is denied in its clause."""
    if sentence.question and (clause.question or clause.after == "that"):
        return True
    if any(unit.classes & {"neg", "general"} and "not_only" not in unit.classes for unit in clause.units):
        return True
    for other in sentence.clauses:
        confirms = other.first("confirm")
        for at, unit in enumerate(other.units):
            if "cond" in unit.classes or ("unsure" in unit.classes and not (confirms is not None and at < confirms)):
                return True
    return False


def _nouns(clause: Clause) -> Iterator[tuple[str, int]]:
    """The deeds that are named, each with its place; a request for one, or news about it, is not the deed."""
    for place, unit in enumerate(clause.units):
        around = [*clause.units[max(0, place - _NEAR) : place], *clause.units[place + 1 : place + 2]]
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
    bare = {place for place, _ in _bare(clause)} if clause.has("purse", "back", "travel") else set()
    for place, unit in enumerate(clause.units):
        if (unit.mark and unit.mark.kind == "amount") or place in bare:
            return place
        if "object" in unit.classes:
            return None
    return None


def _before(clause: Clause, name: str, place: int) -> bool:
    return any(name in unit.classes for unit in clause.units[:place])


def _claim(
    kind: str,
    clause: Clause,
    sentence: Sentence,
    *,
    own: bool,
    before: Sequence[str],
    group: Sequence[str],
    denied: Collection[str],
) -> Claim:
    quantity = _quantity(clause, kind)
    objects = tuple(clause.marks("id"))
    claim = Claim(
        kind=kind,
        sentence=sentence.text,
        own=own,
        objects=objects,
        amounts=tuple(_amounts(clause)) or (tuple(_bare_sums(clause)) if kind == "refund" else ()),
        order=tuple(unit.mark for unit in clause.units if unit.mark),
        quantity=quantity,
    )
    named = _undenied(list(dict.fromkeys(before)), denied, quantity.count)
    if not objects and not quantity.count and group and _goes_on(clause):
        return replace(claim, objects=tuple(Mark("id", one.upper(), one) for one in group))
    if not objects and quantity.count and len(named) == quantity.count and quantity.noun in ("", "object"):
        return replace(claim, objects=tuple(Mark("id", one.upper(), one) for one in named))
    if not objects and len(group) > 1 and _means_several(clause):
        return replace(claim, objects=tuple(Mark("id", one.upper(), one) for one in group))
    if not objects and not quantity.count and clause.has("it") and named:
        return replace(claim, pointed=frozenset(named[-1:]))
    if quantity.more and clause.has("it") and not objects and not named and not claim.amounts:
        return replace(claim, adrift=not clause.has("object", "item"))
    return claim


def _goes_on(clause: Clause) -> bool:
    """Return whether the clause shares the subject and the object of the one before: 'A was lost and refunded'."""
    units = [unit for unit in clause.units if "join" not in unit.classes]
    verb = bool(units) and ("aux" in units[0].classes or bool(units[0].kinds("done") | units[0].kinds("own")))
    return verb and clause.after == "join" and not clause.comma and not clause.has("own", "you", "object", "another")


def _means_several(clause: Clause) -> bool:
    """'I cancelled them', 'las he cancelado'."""
    clitic = any(
        "clitic" in one.classes and (after.classes & {"aux", "own"} or after.kinds("own"))
        for one, after in pairwise(clause.units)
    )
    return clitic or (clause.has("them") and not clause.has("object", "item"))


def _amounts(clause: Clause) -> Iterator[Mark]:
    """The amounts that are said to have moved: not 'of your 180 USD', not what is left."""
    seen = False
    for place, unit in enumerate(clause.units):
        if unit.mark is None or unit.mark.kind != "amount":
            continue
        before = clause.units[max(0, place - 2) : place]
        more = any(one.mark and one.mark.kind == "amount" for one in clause.units[place + 1 :])
        described = any("of" in one.classes for one in before) and (seen or more or _object_near(clause, place))
        remains = any("left" in one.classes for one in clause.units[max(0, place - 1) : place + 2])
        if not described and not remains:
            yield unit.mark
        seen = True


def _bare_sums(clause: Clause) -> Iterator[Mark]:
    """Sums without a currency: 'I have refunded 35 for A', 'you will get sixty-four back'."""
    yield from (mark for _, mark in _bare(clause))


def _bare(clause: Clause) -> Iterator[tuple[int, Mark]]:
    """Each number that stands where a sum does, with its place; a small one may be a count ('few')."""
    for place, unit in enumerate(clause.units):
        value = _figure(unit)
        if value is None or _counts(clause.units, place, few=value <= _NO_COUNT):
            continue
        before = clause.units[place - 1] if place else None
        leads = _LEADS if value <= _NO_COUNT else _LEADS | _LOOSE_LEADS
        named = before is not None and value > _NO_COUNT and bool(before.kinds("noun") - NARROW)
        if before is None or before.classes & leads or before.kinds("done") or before.kinds("own") or named:
            shown = unit.mark.shown if unit.mark else unit.text
            yield place, Mark("amount", shown, "few" if value <= _NO_COUNT else "", readings=(value,))


def _figure(unit: Unit) -> Decimal | None:
    if unit.mark:
        return unit.mark.readings[0] if unit.mark.kind == "number" else None
    return Decimal(unit.text) if unit.text.isdecimal() else None


def _counts(units: Sequence[Unit], place: int, *, few: bool) -> bool:
    """Return whether the number counts what follows, is the end of a range, or the number of something."""
    if place and "object" in units[place - 1].classes:
        return True
    near = [*units[max(0, place - 2) : place], *units[place + 1 : place + 3]]
    if any(_figure(one) is not None for one in near):
        return True
    after = units[place + 1] if place + 1 < len(units) else None
    if after is None or after.mark:
        return False
    return (
        not after.classes
        or bool(after.classes & {"object", "item"})
        or (few and "of" in after.classes)
        or is_unit_of_time(after.text)
    )


def _object_near(clause: Clause, place: int) -> bool:
    return any(
        "object" in unit.classes or (unit.mark and unit.mark.kind == "id") for unit in clause.units[max(0, place - 4) : place]
    )


def _quantity(clause: Clause, kind: str) -> Quantity:
    units = clause.units
    names = frozenset(name for unit in units for name in unit.classes)
    count, noun = _count(units, kind)
    whole = next((at for at, unit in enumerate(units) if unit.classes & {"full", "rest"}), None)
    denied = whole is not None and any("neg" in unit.classes for unit in units[max(0, whole - _NEAR) : whole])
    return Quantity(
        count=count,
        noun=noun,
        every="all" in names,
        spared="except" in names,
        each="each" in names,
        whole=(whole is not None and not denied) or _share(clause) == _ALL,
        share=_share(clause),
        another="another" in names,
        more="also" in names,
    )


def _share(clause: Clause) -> Decimal | None:
    percents = [mark.readings[0] for mark in clause.marks("percent") if mark.readings]
    return percents[0] if percents else _HALF if clause.has("half") else None


def _count(units: Sequence[Unit], kind: str) -> tuple[int | None, str]:
    for place, unit in enumerate(units):
        count = 2 if "both" in unit.classes else _number(unit)
        if count is None or _of_which(units, place):
            continue
        noun = _counted(units[place + 1 :], kind)
        if "both" in unit.classes or noun in ("object", "deed"):
            return count, noun
        if noun == "" and place and "all" in units[place - 1].classes:
            return count, noun
    every = next((place for place, unit in enumerate(units) if "all" in unit.classes), None)
    return None, "" if every is None else _counted(units[every + 1 :], kind)


def _of_which(units: Sequence[Unit], place: int) -> bool:
    """Return whether the number counts those of which some are meant: 'one of your 3 orders', 'of your 3 orders, A'."""
    back = place
    while back and units[back - 1].classes & {"light", "of", "you"} and not _is_one(units[back - 1]) and place - back < _NEAR:
        back -= 1
    if back == 0:
        return place > 1 and "of" in units[0].classes and any(unit.mark and unit.mark.kind == "id" for unit in units)
    return back < place and _is_one(units[back - 1])


def _is_one(unit: Unit) -> bool:
    return "single" in unit.classes or (unit.mark is None and (unit.text.isdecimal() or _number(unit) is not None))


def _number(unit: Unit) -> int | None:
    if "count" not in unit.classes:
        return None
    if unit.text.isdigit():
        return int(unit.text)
    return next(one for one in (lexicon.numbers.get(unit.text) for lexicon in lexicons().values()) if one)


def _counted(following: Sequence[Unit], kind: str) -> str:
    """Return what is counted: an order, an item, a deed, something strange, or nothing by name."""
    for unit in following[:4]:
        if unit.kinds("noun") and kind in unit.kinds("noun"):
            return "deed"
        if "object" in unit.classes:
            return "object"
        if "item" in unit.classes or (not unit.classes and not unit.mark):
            return "item"
        if unit.mark or not unit.classes & {"light", "another", "count", "all"}:
            return ""
    return ""


def _implied(clause: Clause, sentence: Sentence) -> Iterator[Claim]:
    """Yield what a denial lets the reader think: 'it was not refunded in full' says that some was."""
    negated = clause.first("neg")
    if negated is None or clause.has("cond", "unsure", "will") or clause.question:
        return
    done = {kind for unit in clause.units for kind in unit.kinds("done")}
    whole = clause.first("full")
    other = clause.first("another")
    if (whole is not None and whole > negated) or (other is not None and other < negated):
        for kind in done:
            yield Claim(kind, sentence.text, implied=True)


def _carried(sentence: Sentence, header: Claim | None, found: Sequence[Claim]) -> Iterator[Claim]:
    """A sentence that borrows its deed: 'B too.', 'The same goes for B.', a line of a list under 'Refunded:'."""
    objects = [mark for clause in sentence.clauses if not clause.denied for mark in clause.marks("id")]
    clauses = sentence.clauses
    if not objects or any(clause.has("neg", "cond", "unsure") for clause in clauses):
        return
    listed = header is not None and sentence.item and not any(_own_way(clause) for clause in clauses)
    alike = any(clause.has("same") for clause in clauses)
    added = any(clause.has("also") for clause in clauses) and not any(
        _own_way(clause) or _strange(clause) for clause in clauses
    )
    last = header if listed else found[-1] if found and (alike or added) else None
    if last is not None:
        amounts = tuple(mark for clause in clauses for mark in clause.marks("amount"))
        order = tuple(unit.mark for unit in sentence.units if unit.mark)
        yield replace(
            last,
            sentence=sentence.text,
            objects=tuple(objects),
            amounts=amounts,
            order=order,
            quantity=Quantity(more=added or alike),
        )


def _alike(sentence: Sentence) -> Iterator[Claim]:
    """'Same for A.' with nothing before it, which goes on where an earlier turn ended."""
    clauses = sentence.clauses
    objects = tuple(mark for clause in clauses for mark in clause.marks("id"))
    busy = any(clause.has("neg", "cond", "unsure") or _own_way(clause) or _strange(clause) for clause in clauses)
    if objects and not busy and not sentence.question and any(clause.has("same", "also") for clause in clauses):
        yield Claim(ANY, sentence.text, objects=objects)


def _own_way(clause: Clause) -> bool:
    return clause.predicate


def _strange(clause: Clause) -> bool:
    return any(not unit.classes and not unit.mark for unit in clause.units)
