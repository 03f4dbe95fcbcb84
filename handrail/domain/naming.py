"""Names of people and things in a reply: words that a language writes with a capital where it would not otherwise.

German writes every noun so; there, and at the beginning of a sentence anywhere, only what stands where a name stands is
taken for one: after a greeting, a title, 'your colleague', or alone as a signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CAPITAL = r"[^\W\d_a-zß-ÿ][^\W\d_]*[^\W\d_A-ZÀ-Þ][^\W\d_]*(?:['’-][^\W\d_]+)*"
_RUN = rf"{_CAPITAL}(?:\s{_CAPITAL}){{0,3}}"
_CUED = re.compile(
    r"(?:^|(?<=[.!?\n])\s*)(?i:hi|hello|dear|hey|hallo|liebe[rs]?|guten (?:tag|morgen)|sehr geehrte[rs]?(?: (?:herr"
    r"|frau))?|bonjour|cher|chère"
    r"|hola|estimad[oa]|querid[oa]|buongiorno|ciao|gentile|beste|geachte|hej|kära|dzień dobry|drog[ia]|szanown[aey]"
    r"|olá|car[oa])"
    rf"\s+({_RUN})"
    r"|\b(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Sr|Sra|Señora?|Sig|Signora?|Dhr|Mevr|Pani?"
    r"|Senhora?)\b\.?"
    rf"\s+({_RUN})"
    r"|\b(?i:colleagues?|specialist|manager|kolleg(?:e|en|in)|collègue|compañer[oa]|collega|kollega|koleg(?:a|i)"
    r"|named|called"
    rf"|namens|heißt|appelée?|llamad[oa])\s+({_RUN})"
)
_SIGNED = re.compile(rf",\s*\n+\s*({_RUN})\s*$")
_WORD = re.compile(rf"(?<![\w@.'’-])({_CAPITAL})(?![\w@-])")
_BEGINS = re.compile(r"(?:^|[.!?…:;\n\"“”„«»(•*–—-])\s*$")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_TITLE_CASE = 0.6
_NOUNS_ARE_CAPITAL = frozenset(("de", "lb"))
_NO_NAMES = frozenset(
    word
    for line in (
        "january february march april may june july august september october november december monday tuesday wednesday",
        "thursday friday saturday sunday english german french spanish italian dutch swedish polish portuguese european",
        "american british i'm i'll i've i'd i’m i’ll i’ve i’d ok okay internet monsieur madame customer team support",
        "sir there all sie ihnen ihr ihre ihrer ihren ihrem du dir dein kundin kunde kunden you everyone usted ustedes",
        "lei la voi vous u uw pan pani pana państwo você senhor senhora cliente klant kund klient",
    )
    for word in line.split()
)


def names_in(text: str, language: str | None = "en") -> Iterator[str]:
    """Every word that may be a name, as it is written; text must be `figures.clean`. None: a language that is not known."""
    found: dict[str, None] = {}
    for match in [*_CUED.finditer(text), *_SIGNED.finditer(text)]:
        for run in filter(None, match.groups()):
            found |= dict.fromkeys(run.split())
    if language and language not in _NOUNS_ARE_CAPITAL:
        for sentence in _SENTENCE.split(text):
            found |= dict.fromkeys(_within(sentence))
    return (word for word in found if word.casefold() not in _NO_NAMES)


def _within(sentence: str) -> Iterator[str]:
    """Capitalised words that do not begin the sentence; a heading in title case says nothing."""
    words = re.findall(r"[^\W\d_]+", sentence)
    capital = list(_WORD.finditer(sentence))
    if len(words) > 3 and len(capital) / len(words) > _TITLE_CASE:
        return
    for match in capital:
        if not _BEGINS.search(sentence[: match.start()]):
            yield match[1]
