"""The amounts, dates, numbers and addresses that a text states.

Numbers are read as people write them: 1,234.50 and 1.234,50 and 1 234,50 are one amount; a single separator before exactly
three digits groups thousands, so $1.250 is never mistaken for a known 1.25.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from handrail.domain.text.plain import clean as clean
from handrail.domain.text.plain import compact as compact

_NUMBER = r"\d{1,3}(?:[ '’]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d+)*"
_TIMES = {
    "k": 1_000,
    "thousand": 1_000,
    "tausend": 1_000,
    "mille": 1_000,
    "mila": 1_000,
    "mil": 1_000,
    "duizend": 1_000,
    "tusen": 1_000,
    "tys": 1_000,
    "m": 1_000_000,
    "mio": 1_000_000,
    "mln": 1_000_000,
    "million": 1_000_000,
}
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"})
_CROWNS = frozenset({"SEK", "NOK", "DKK", "ISK"})
_CODES = (
    *("USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "HUF", "RON"),
    *("BGN", "BRL", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "JPY", "CNY", "INR"),
)
_CURRENCIES: dict[str, frozenset[str]] = {
    **{code.lower(): frozenset({code}) for code in _CODES},
    **dict.fromkeys(("$", "dollar", "dollars", "bucks", "dólares", "dollari"), _DOLLARS),
    **dict.fromkeys(("us$",), frozenset({"USD"})),
    **dict.fromkeys(("€", "euro", "euros"), frozenset({"EUR"})),
    **dict.fromkeys(("£", "pound", "pounds", "pfund", "quid"), frozenset({"GBP"})),
    **dict.fromkeys(("kr", "kronor", "kroner", "kronen"), _CROWNS),
    **dict.fromkeys(("zł", "zloty", "złoty", "złotych", "złote"), frozenset({"PLN"})),
    **dict.fromkeys(("r$", "reais"), frozenset({"BRL"})),
    **dict.fromkeys(("¥", "yen", "yuan"), frozenset({"JPY", "CNY"})),
    **dict.fromkeys(("₹", "rupees"), frozenset({"INR"})),
    **dict.fromkeys(("franken", "francs", "fr."), frozenset({"CHF"})),
}
_CURRENCY = "|".join(re.escape(name) for name in sorted(_CURRENCIES, key=len, reverse=True))
_MULTIPLIER = rf"(?:\s?(?P<times>{'|'.join(sorted(_TIMES, key=len, reverse=True))})(?![^\W\d_]))?"
_MONEY = re.compile(
    rf"(?<![\w.,])(?:(?P<before>{_CURRENCY})\s?(?P<first>{_NUMBER}){_MULTIPLIER}"
    rf"|(?P<second>{_NUMBER}){_MULTIPLIER.replace('times', 'more')}\s?(?P<after>{_CURRENCY})(?![^\W_]))",
    re.IGNORECASE,
)
ISO_CODE = re.compile(rf"\b(?:{'|'.join(_CODES)})\b")
_MEASURE = r"\s?(?:%|uhr\b|h\b|am\b|pm\b|kg\b|g\b|cm\b|mm\b|m\b|km\b|ml\b|l\b|lbs?\b|oz\b|inch|stars?\b|gb\b|tb\b|mb\b|\")"
_DECIMAL = re.compile(rf"(?<![\w.,])(?:\d{{1,3}}(?:[.,' ]\d{{3}})+|\d+)[.,]\d{{2}}(?![\d\w])(?!{_MEASURE})", re.IGNORECASE)
ANY_NUMBER = re.compile(rf"(?<![\w.,/-])(?:{_NUMBER})(?!\w)")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\b")

_MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar january janvier enero gennaio janeiro januari stycznia styczeń",
            "february feb februar février febrero febbraio fevereiro februari lutego luty",
            "march märz mars marzo março maart marca marzec",
            "april apr avril abril aprile kwietnia kwiecień",
            "may mai mayo maggio maio mei maj maja",
            "june jun juni juin junio giugno junho czerwca czerwiec",
            "july jul juli juillet julio luglio julho lipca lipiec",
            "august aug août agosto augustus augusti sierpnia sierpień",
            "september sept sep septembre septiembre settembre setembro września wrzesień",
            "october oct oktober okt octobre octubre ottobre outubro października październik",
            "november nov novembre noviembre novembro listopada listopad",
            "december dec dezember dez décembre diciembre dicembre dezembro grudnia grudzień",
        ),
        start=1,
    )
    for name in names.split()
}
# English "may" and "march" are also verbs: as months they are written with a capital.
_MONTH = "(?:" + "|".join(sorted((f"(?i:{name})" for name in _MONTHS if name not in ("may", "march")), key=len, reverse=True))
_MONTH += r"|May|MAY|March|MARCH|Mar)\b\.?"
_MONTHS["mar"] = 3
_ISO_DATE = re.compile(r"\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)(?:[T ]\d{2}:\d{2}[\d:.]*(?:Z|[+-]\d{2}:?\d{2})?)?")
_DAY_FIRST = re.compile(r"(?<![\d.,/-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-])")
_DAY_MONTH = re.compile(
    rf"(?<![\w.,])(\d{{1,2}})(?:st|nd|rd|th|er|\.|º|°)?\s+(?:of\s+|de\s+|di\s+)?({_MONTH})(?:,?\s+(?:de\s+)?(\d{{4}})\b)?"
)
_MONTH_DAY = re.compile(rf"\b({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?![.,]?\d)(?:,?\s+(\d{{4}})\b)?")

_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
WORD = re.compile(r"(?<![\w#])#?[^\W_]+(?:[-_/][^\W_]+)*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w-])\+?\(?\d[\d ().\-/]{5,22}\d(?![\w-])")
_LAST_DIGITS = re.compile(
    r"(?:ending(?:\s+(?:in|with))?|endet\s+auf|endend\s+auf|terminant\s+par|termina(?:da|do)?\s+(?:en|em|con)"
    r"|eindigt\s+op|slutar\s+på|kończąc\w*\s+się\s+na|[*•x]{2,16})[\s:]*(\d{2,6})\b",
    re.IGNORECASE,
)

Day = tuple[int | None, int, int]


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that a text states. `kind` is amount, date, identifier, email, phone or card; `shown` is as written."""

    kind: str
    shown: str
    start: int
    amount: Decimal | None = None
    currencies: frozenset[str] = frozenset()
    days: frozenset[Day] = frozenset()


def number(written: str) -> Decimal:
    """The number that a person means by `written`, digits with '.', ',', ' ' or an apostrophe between them."""
    digits = re.sub(r"[ '’]", "", written)
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return Decimal(digits)
    whole, _, last = digits.rpartition(marks[-1])
    mixed = len(set(marks)) > 1
    grouped = not mixed and len(last) == 3 and not whole.startswith("0")
    if grouped or (not mixed and len(marks) > 1):
        return Decimal(re.sub(r"[.,]", "", digits))
    return Decimal(f"{re.sub(r'[.,]', '', whole)}.{last}")


def claims(text: str) -> list[Claim]:
    """What `text` (see `clean`) states, in no special order. Counts such as '3 days' and clock times are no claims."""
    return Scan(text).found


class Scan:
    """Takes claims out of a text one kind after the other; what was taken is blank for the next kind.

    `dateless` is the text without dates and times, `rest` what no claim covers in the end.
    """

    def __init__(self, text: str) -> None:
        self.rest = text
        self.found: list[Claim] = []
        self._take(_EMAIL, lambda match: Claim("email", match[0], match.start()))
        self._dates()
        self._take(_CLOCK, None)
        self.dateless = self.rest
        self._take(_MONEY, _money)
        self._take(_LAST_DIGITS, lambda match: Claim("identifier", match[1], match.start()))
        self._take(_UUID, lambda match: Claim("identifier", match[0], match.start()))
        self._take(WORD, _identifier)
        self._take(_PHONE, _phone)
        self._take(_DECIMAL, lambda match: Claim("amount", match[0], match.start(), amount=number(match[0])))
        self._take(WORD, _long_number)

    def _take(self, pattern: re.Pattern[str], read: Callable[[re.Match[str]], Claim | None] | None) -> None:
        def blank(match: re.Match[str]) -> str:
            claim = read(match) if read else None
            if claim:
                self.found.append(claim)
            return " " * len(match[0]) if claim or read is None else match[0]

        self.rest = pattern.sub(blank, self.rest)

    def _dates(self) -> None:
        for match, days in _dates(self.rest):
            self.found.append(Claim("date", match[0].strip(), match.start(), days=days))
            self.rest = self.rest[: match.start()] + " " * len(match[0]) + self.rest[match.end() :]


def _dates(text: str) -> list[tuple[re.Match[str], frozenset[Day]]]:
    found: list[tuple[re.Match[str], frozenset[Day]]] = []
    taken: set[int] = set()
    for pattern, read in (
        (_ISO_DATE, lambda m: [(int(m[1]), int(m[2]), int(m[3]))]),
        (_DAY_FIRST, _either_way),
        (_DAY_MONTH, lambda m: [(int(m[3]) if m[3] else None, _month(m[2]), int(m[1]))]),
        (_MONTH_DAY, lambda m: [(int(m[3]) if m[3] else None, _month(m[1]), int(m[2]))]),
    ):
        for match in pattern.finditer(text):
            days = frozenset(day for day in read(match) if _exists(day))
            if days and not taken & set(range(*match.span())):
                taken |= set(range(*match.span()))
                found.append((match, days))
    return found


def _either_way(match: re.Match[str]) -> list[Day]:
    year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
    one, two = int(match[1]), int(match[3])
    return [(year, two, one)] if match[2] == "." else [(year, two, one), (year, one, two)]


def _month(name: str) -> int:
    return _MONTHS[name.rstrip(".").lower()]


def _exists(day: Day) -> bool:
    try:
        date(day[0] or 2024, day[1], day[2])
    except ValueError:
        return False
    return True


def _money(match: re.Match[str]) -> Claim:
    times = match["times"] or match["more"]
    amount = number(match["first"] or match["second"]) * (_TIMES[times.lower()] if times else 1)
    currency = (match["before"] or match["after"]).lower()
    return Claim("amount", match[0].strip(), match.start(), amount=amount, currencies=_CURRENCIES[currency])


def _identifier(match: re.Match[str]) -> Claim | None:
    word = match[0]
    digits = sum(character.isdigit() for character in word)
    letters = any(character.isalpha() for character in word)
    if word.startswith("#"):
        wanted = digits >= 3
    elif letters:
        wanted = digits >= (3 if word[0].isalpha() else 5) or bool(re.fullmatch(r"[A-Z]{1,4}-\d{2}", word))
    else:
        wanted = False
    return Claim("identifier", word, match.start()) if wanted else None


def _long_number(match: re.Match[str]) -> Claim | None:
    digits = [character for character in match[0] if character.isdigit()]
    return Claim("identifier", match[0], match.start()) if len(digits) >= 5 else None


def _phone(match: re.Match[str]) -> Claim | None:
    digits = "".join(character for character in match[0] if character.isdigit())
    if 13 <= len(digits) <= 19 and _luhn(digits):
        return Claim("card", match[0], match.start())
    plain = match[0].isdigit() or bool(re.fullmatch(r"\d+[.,]\d+", match[0]))
    return Claim("phone", match[0].strip(), match.start()) if 7 <= len(digits) <= 19 and not plain else None


def _luhn(digits: str) -> bool:
    total = 0
    for index, character in enumerate(reversed(digits)):
        value = int(character) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
