"""A claim of a deed: its kind, and what stands with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from handrail.domain.text.deeds.listed.clauses import Mark

ANY = "any"
"""The kind of 'This is done': an effect of whatever kind."""
CHANGE = "change"
"""The kind of 'I have updated your booking': a change of one's own that no other kind names."""
OTHER = "other"
"""The kind of a change that no list of words knows: 'your warranty has been extended'."""
NARROW = frozenset({"end", "delete", "discount", "arrange", "invoice"})
"""Kinds whose nouns stand in any reply (account, invoice, ticket): only their own verbs make a claim of them."""


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
