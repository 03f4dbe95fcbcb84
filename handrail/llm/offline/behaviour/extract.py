"""Arguments in what a customer wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from handrail.domain.text.figures.mentions import mentions

ORDER = re.compile(r"\bO-?\s?(\d{4,9})\b", re.IGNORECASE)
EACH = re.compile(
    r"\b(?:each|apiece|per order|je|jeweils|chacun|chacune|cada|ciascun[oa]?|elk|vardera|każd\w+)\b", re.IGNORECASE
)
# Lengths are bounded and beginnings anchored, so that no text makes the search slow.
NAME = r"[^\W\d_][\w.'’-]{0,30}"
POSTAL = (
    r"(?:(?:D|A|CH|F|B|L|NL|SE|PL|PT|ES|I)-)?\d{4,5}(?:-\d{4})?"
    r"|\d{2}-\d{3}|\d{3}\s\d{2}|\d{4}\s?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}"
)
STREET = (
    rf"(?<!\w)(?:\d{{1,5}}[a-zA-Z]?,?\s{{1,3}}{NAME}(?:\s{NAME}){{0,5}}|{NAME}(?:\s{NAME}){{0,4}}\s\d{{1,5}}\s?[a-zA-Z]?\b)"
)
CITY = rf"{NAME}(?:\s{NAME}){{0,2}}"
EUROPEAN = re.compile(rf"(?P<street>{STREET})\s{{0,3}}[,;\n]\s{{0,3}}(?P<postal_code>{POSTAL})\s+(?P<city>{CITY})")
AMERICAN = re.compile(
    rf"(?P<street>{STREET})\s{{0,3}}[,;\n]\s{{0,3}}(?P<city>{CITY})\s?,?\s{{1,3}}(?:(?P<state>[A-Z]{{2}})\s)?(?P<postal_code>{POSTAL})\b"
)
LEAD = re.compile(
    r"^.*\b(?:to|is|at|address|nach|an|zu|lautet|adresse|à|au|est|a|en|es|dirección|naar|is|para|do|na|till)\b[:\s]+(?=\S*\s*\S*\d|\S)",
    re.IGNORECASE | re.DOTALL,
)
COUNTRIES = {
    "US": r"usa|united states|u\.s\.",
    "DE": r"germany|deutschland|allemagne|alemania",
    "FR": r"france|frankreich|francia",
    "ES": r"spain|españa|spanien|espagne",
    "IT": r"italy|italia|italien|italie",
    "NL": r"netherlands|nederland|niederlande|pays-bas",
    "GB": r"united kingdom|uk|great britain|england",
    "AT": r"austria|österreich|autriche",
    "CH": r"switzerland|schweiz|suisse",
    "PT": r"portugal",
    "PL": r"poland|polska|polen",
    "SE": r"sweden|sverige|schweden",
}


def orders(text: str) -> list[str]:
    """Order numbers as `O-…`, in order of mention, each once."""
    return list(dict.fromkeys(f"O-{number}" for number in ORDER.findall(text)))


@dataclass(frozen=True, slots=True)
class NamedSum:
    """A sum of money that a customer names: its value, and the ISO codes that its spelling may mean."""

    value: float
    currencies: frozenset[str]


def sums(text: str) -> list[NamedSum]:
    """Every sum of money named, in order of mention."""
    named = (one for one in mentions(text) if one.kind == "amount" and one.currencies)
    return [NamedSum(float(one.amount), one.currencies) for one in named if one.amount is not None]


def amount(text: str) -> float | None:
    """The last amount of money named, in the money's main unit."""
    return next((one.value for one in reversed(sums(text))), None)


def sum_for(order: str, text: str) -> NamedSum | None:
    """The sum that the text names for the order; None where it names none, or leaves open whose it is.

    Of one order the last sum counts, which corrects the ones before. Of several, each has its own, in order of mention.
    """
    named, found = orders(text), sums(text)
    if not found:
        return None
    if len(named) <= 1 or (len(found) == 1 and EACH.search(text)):
        return found[-1]
    return found[named.index(order)] if order in named and len(found) == len(named) else None


def address(text: str) -> dict[str, Any]:
    """street, postal_code, city, and country as two letters where it is named; empty where there is no address."""
    for pattern in (EUROPEAN, AMERICAN):
        if match := pattern.search(text):
            found = {name: match[name].strip() for name in ("street", "postal_code", "city")}
            found["street"] = _without_lead(found["street"])
            return found | _country(text[match.end() :])
    return {}


def _without_lead(street: str) -> str:
    """The street's name without the words before it that belong to the sentence ("please send it to Elm Street 5")."""
    return LEAD.sub("", street, count=1) or street


def _country(rest: str) -> dict[str, str]:
    words = rest.split("\n")[0][:40].lower()
    for code, names in COUNTRIES.items():
        if re.match(rf"[\s,]*(?:{names}|{code.lower()})\b", words):
            return {"country": code}
    return {}
