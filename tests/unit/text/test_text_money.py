"""How money is read and written in nine languages: a table of spellings, each with its amount and currency."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from babel.numbers import format_currency

from handrail.domain.text.figures.cldr import LOCALES
from handrail.domain.text.figures.mentions import mentions

# `spelling = amount CODE`; `?` is a currency that the spelling leaves open, `%` a percentage; without a right side: no money.
# Several amounts are parted by `;`, two readings of one by `|`.
TABLE = {
    "en": """
        $600 = 600 USD
        600 US dollars = 600 USD
        600 U.S. dollars = 600 USD
        CA$600 = 600 CAD
        A$1,234.50 = 1234.50 AUD
        $600 CAD = 600 CAD
        600 Canadian dollars = 600 CAD
        £12.99 = 12.99 GBP
        ten pounds = 10 GBP
        600 quid = 600 GBP
        USD180 = 180 USD
        EUR: 95 = 95 EUR
        (EUR) 95 = 95 EUR
        C$95 to 80€50 = 95 CAD; 80.50 EUR
        between 20 and 30 euros = 20 EUR; 30 EUR
        $20-$30 = 20 USD; 30 USD
        $20–30 = 20 USD; 30 USD
        -600 USD = 600 USD
        (1,234.50 USD) = 1234.50 USD
        ₹1,00,000.50 = 100000.50 INR
        20 euros and 50 cents = 20.50 EUR
        50 cents = 0.50 USD
        99p = 0.99 GBP
        $.50 = 0.50 USD
        two hundred and fifty dollars = 250 USD
        a hundred bucks = 100 USD
        a thousand pounds = 1000 GBP
        1.5k USD = 1500 USD
        2 million dollars = 2000000 USD
        $1.250 = 1250 USD
        50% off = 50 %
        fifty percent = 50 %
        half the price = 50 %
        the $20 M shirt = 20|20000000 USD
        2 150 USD lamps = 150|2150 USD
        600 points =
        a 600 mm shelf =
        an iPhone 15 Pro with 1080p =
        order O-10021 of 2026-11-02 at 3:05 PM =
        call +1 555 010 9999 =
        half an hour =
        2 of 5 pounds of sugar =
        ALL 5 ITEMS =
    """,
    "de": """
        600,- € = 600 EUR
        600,-- EUR = 600 EUR
        € 600,- = 600 EUR
        600.– CHF = 600 CHF
        5.- Fr. = 5 CHF
        Fr. 50.- = 50 CHF
        CHF 1’234.50 = 1234.50 CHF
        1'234.50 Franken = 1234.50 CHF
        80 Rappen = 0.80 CHF
        zwanzig Fränkli = 20 CHF
        sechshundert Euro = 600 EUR
        zweihundertfünfzig Euro = 250 EUR
        tausend Dollar = 1000 USD
        1.234,50 € = 1234.50 EUR
        1.234 EUR = 1234 EUR
        600 US-Dollar = 600 USD
        600 kanadischen Dollar = 600 CAD
        600 Schwedische Kronen = 600 SEK
        50 Cent = 0.50 EUR
        50 ct = 0.50 EUR
        12 Euro 50 = 12.50 EUR
        20 Euro und 50 Cent = 20.50 EUR
        20–30 EUR = 20 EUR; 30 EUR
        20 bis 30 Euro = 20 EUR; 30 EUR
        2 Tsd. Euro = 2000 EUR
        1,5 Mio. € = 1500000 EUR
        50 % Rabatt = 50 %
        zwanzig Prozent = 20 %
        die Hälfte = 50 %
        600 Punkte =
        600 Gramm =
        Größe 42 =
        am 8.11.2026 um 17.30 Uhr =
        Rechnung 2026-0815 =
        +49 30 1234567 =
        3 Stück zu je 500 g =
    """,
    "fr": """
        600 € = 600 EUR
        600\u00a0€ = 600 EUR
        1\u202f234,50\u00a0€ = 1234.50 EUR
        1 234,50 $US = 1234.50 USD
        1 234,50 $ CA = 1234.50 CAD
        12 € 50 = 12.50 EUR
        80€50 = 80.50 EUR
        80,50 euros = 80.50 EUR
        quatre-vingts euros = 80 EUR
        quatre-vingt-dix-neuf euros = 99 EUR
        septante francs = 70 CHF
        deux cent cinquante euros = 250 EUR
        mille euros = 1000 EUR
        600 francs suisses = 600 CHF
        600 dollars canadiens = 600 CAD
        600 livres sterling = 600 GBP
        couronnes suédoises : 600 SEK = 600 SEK
        50 centimes = 0.50 EUR
        20 euros et 50 centimes = 20.50 EUR
        20 à 30 euros = 20 EUR; 30 EUR
        3 millions d'euros = 3000000 EUR
        2 k€ = 2000 EUR
        20 M€ = 20000000 EUR
        −600 € = 600 EUR
        50 % = 50 %
        cinquante pour cent = 50 %
        la moitié = 50 %
        600 points =
        5 livres de lecture =
        le 8 novembre 2026 à 15 h 05 =
        un article neuf =
        600 km =
        01 23 45 67 89 =
    """,
    "es": """
        600 € = 600 EUR
        1.234,50 € = 1234.50 EUR
        600 dólares = 600 USD
        600 dólares estadounidenses = 600 USD
        US$600 = 600 USD
        MX$600 = 600 MXN
        $1,234.50 = 1234.50 MXN
        600 pesos mexicanos = 600 MXN
        seiscientos euros = 600 EUR
        treinta y cinco euros = 35 EUR
        ciento veintiún euros = 121 EUR
        mil euros = 1000 EUR
        600 mil euros = 600000 EUR
        un millón de dólares = 1000000 USD
        600 coronas suecas = 600 SEK
        600 libras esterlinas = 600 GBP
        50 céntimos = 0.50 EUR
        20 euros y 50 céntimos = 20.50 EUR
        entre 20 y 30 euros = 20 EUR; 30 EUR
        EUR 95,50 = 95.50 EUR
        95,50 EUR = 95.50 EUR
        600,- EUR = 600 EUR
        50 % = 50 %
        veinte por ciento = 20 %
        la mitad = 50 %
        600 puntos =
        el 8 de noviembre de 2026 =
        600 gramos y 30 cm =
        pedido O-10021 =
        a las 15:05 =
        once artículos =
    """,
    "it": """
        600 € = 600 EUR
        € 600 = 600 EUR
        1.234,50 € = 1234.50 EUR
        euro 95 = 95 EUR
        600 dollari = 600 USD
        600 dollari statunitensi = 600 USD
        600 dollari canadesi = 600 CAD
        seicento euro = 600 EUR
        duecentocinquanta euro = 250 EUR
        ventotto euro = 28 EUR
        mille euro = 1000 EUR
        duemila euro = 2000 EUR
        600 franchi svizzeri = 600 CHF
        600 corone svedesi = 600 SEK
        600 sterline britanniche = 600 GBP
        50 centesimi = 0.50 EUR
        20 euro e 50 centesimi = 20.50 EUR
        tra 20 e 30 euro = 20 EUR; 30 EUR
        2 milioni di euro = 2000000 EUR
        600,00 EUR = 600 EUR
        EUR 1.234 = 1234 EUR
        80€50 = 80.50 EUR
        50% = 50 %
        venti per cento = 20 %
        la metà = 50 %
        600 punti =
        l'8 novembre 2026 =
        5 lei =
        ordine O-10021 =
        alle 15:05 =
        taglia 42 =
    """,
    "nl": """
        € 600,- = 600 EUR
        600,- euro = 600 EUR
        € 1.234,50 = 1234.50 EUR
        € -1.234,50 = 1234.50 EUR
        600 euro = 600 EUR
        zeshonderd euro = 600 EUR
        tweehonderdvijftig euro = 250 EUR
        vijfentwintig euro = 25 EUR
        duizend euro = 1000 EUR
        600 Amerikaanse dollar = 600 USD
        600 Amerikaanse dollars = 600 USD
        US$ 600 = 600 USD
        C$ 600 = 600 CAD
        600 Zweedse kronen = 600 SEK
        600 Zwitserse frank = 600 CHF
        50 cent = 0.50 EUR
        50 ct = 0.50 EUR
        20 euro en 50 cent = 20.50 EUR
        12 euro 50 = 12.50 EUR
        20 tot 30 euro = 20 EUR; 30 EUR
        2 miljoen euro = 2000000 EUR
        EUR 95 = 95 EUR
        1,5k EUR = 1500 EUR
        50% = 50 %
        vijftig procent = 50 %
        de helft = 50 %
        600 punten =
        op 8-11-2026 om 15.05 uur =
        onze bestelling =
        600 gram =
        maat 42 =
    """,
    "sv": """
        600 kr = 600 SEK
        600 kr. = 600 SEK
        kr 600 = 600 SEK
        600:- = 600 SEK
        600 kronor = 600 SEK
        600 SEK = 600 SEK
        1 234,50 kr = 1234.50 SEK
        1\u00a0234,50\u00a0kr = 1234.50 SEK
        sexhundra kronor = 600 SEK
        två hundra femtio kronor = 250 SEK
        tusen kronor = 1000 SEK
        75 öre = 0.75 SEK
        20 kronor och 50 öre = 20.50 SEK
        600 svenska kronor = 600 SEK
        600 danska kronor = 600 DKK
        600 euro = 600 EUR
        600 amerikanska dollar = 600 USD
        600 schweiziska franc = 600 CHF
        600 brittiska pund = 600 GBP
        US$ 600 = 600 USD
        20–30 kr = 20 SEK; 30 SEK
        20 till 30 kronor = 20 SEK; 30 SEK
        2 miljoner kronor = 2000000 SEK
        50 spänn = 50 SEK
        50 % = 50 %
        femtio procent = 50 %
        hälften = 50 %
        600 poäng =
        den 8 november 2026 kl. 15.05 =
        sex artiklar =
        600 gram =
        storlek 42 =
    """,
    "pl": """
        600 zł = 600 PLN
        600zł = 600 PLN
        1 234,50 zł = 1234.50 PLN
        600 złotych = 600 PLN
        5 złotych = 5 PLN
        2 złote = 2 PLN
        600 PLN = 600 PLN
        dwieście pięćdziesiąt złotych = 250 PLN
        sto dwadzieścia trzy złote = 123 PLN
        tysiąc złotych = 1000 PLN
        dwa tysiące złotych = 2000 PLN
        2 tys. zł = 2000 PLN
        1,5 mln zł = 1500000 PLN
        50 gr = 0.50 PLN
        50 groszy = 0.50 PLN
        20 złotych i 50 groszy = 20.50 PLN
        600 euro = 600 EUR
        600 dolarów amerykańskich = 600 USD
        600 dolarów kanadyjskich = 600 CAD
        600 koron szwedzkich = 600 SEK
        600 koron czeskich = 600 CZK
        600 Kč = 600 CZK
        600 franków szwajcarskich = 600 CHF
        20–30 zł = 20 PLN; 30 PLN
        50% = 50 %
        pięćdziesiąt procent = 50 %
        połowa = 50 %
        600 punktów =
        5 leków =
        8 listopada 2026 r. o 15:05 =
        600 kg =
        rozmiar 42 =
        600 123 456 =
    """,
    "pt": """
        R$ 1.234,50 = 1234.50 BRL
        R$600 = 600 BRL
        600 reais = 600 BRL
        -R$ 600,00 = 600 BRL
        600 € = 600 EUR
        1 234,50 € = 1234.50 EUR
        600 euros = 600 EUR
        seiscentos euros = 600 EUR
        duzentos e cinquenta euros = 250 EUR
        cento e vinte e cinco reais = 125 BRL
        mil reais = 1000 BRL
        600 mil reais = 600000 BRL
        600 dólares americanos = 600 USD
        US$ 600 = 600 USD
        CA$ 600 = 600 CAD
        600 francos suíços = 600 CHF
        600 coroas suecas = 600 SEK
        600 libras esterlinas = 600 GBP
        50 centavos = 0.50 BRL
        50 cêntimos = 0.50 EUR
        20 euros e 50 cêntimos = 20.50 EUR
        20 a 30 euros = 20 EUR; 30 EUR
        2 milhões de reais = 2000000 BRL
        EUR 95,50 = 95.50 EUR
        50% = 50 %
        vinte por cento = 20 %
        metade = 50 %
        600 pontos =
        8 de novembro de 2026 às 15h05 =
        pedido O-10021 =
        600 gramas =
        tamanho 42 =
    """,
}


def rows() -> Iterator[tuple[str, str, str]]:
    for language, lines in TABLE.items():
        for line in filter(None, (one.strip(" \n") for one in lines.split("\n"))):
            spelling, _, wanted = line.rpartition("=")
            yield language, spelling.strip(" "), wanted.strip()


@pytest.mark.parametrize(("language", "spelling", "wanted"), list(rows()))
def test_the_table_of_spellings(language: str, spelling: str, wanted: str) -> None:
    found = [one for one in mentions(spelling, language) if one.kind in ("amount", "percent")]
    shown = " ; ".join(f"{'/'.join(map(str, one.readings))} {sorted(one.currencies)}" for one in found) or "no money"
    print(f"{language}  {spelling:40} → {shown}")  # noqa: T201
    parts = [one.strip() for one in wanted.split(";") if one.strip()]
    assert len(found) == len(parts), found
    for one, part in zip(found, parts, strict=True):
        values, code = part.split()
        assert set(one.readings) == {Decimal(value) for value in values.split("|")}
        assert one.kind == ("percent" if code == "%" else "amount")
        assert code == "%" or code in one.currencies
        assert (one.amount is None) == ("|" in values)


@pytest.mark.parametrize(("language", "spelling", "wanted"), [row for row in rows() if row[2] and "%" not in row[2]])
def test_money_is_read_where_the_language_is_not_known(language: str, spelling: str, wanted: str) -> None:
    codes = {part.split()[1] for part in wanted.split(";")}
    assert codes & {code for one in mentions(f"{spelling}!") for code in one.currencies}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("form", ["standard", "accounting", "name"])
def test_what_babel_writes_is_read(locale: str, form: str) -> None:
    for written in ("0.5", "5", "99.9", "133.5", "1000", "1234.5", "12345.67", "1234567.89", "-1234.5"):
        for code in ("EUR", "USD", "CAD", "GBP", "CHF", "SEK", "PLN", "BRL", "CZK", "INR"):
            value = Decimal(written)
            text = format_currency(value, code, locale=locale, format_type=form)  # type: ignore[arg-type]
            for language in (locale[:2], None):
                (found,) = mentions(f"Total {text}.", language)
                assert (found.kind, found.amount) == ("amount", abs(value)), (text, found)
                assert code in found.currencies, (text, found)
