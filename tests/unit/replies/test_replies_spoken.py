"""Clock times, days and counts in words need a fact like those in digits, in nine languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handrail.domain.text.accounting.evidence import Evidence
from handrail.domain.text.reply.replies import rule_reply

FACTS = [{"order_id": "O-10016", "delivered_at": "2026-11-18T14:30:00Z", "lines": [{"name": "lamp", "quantity": 3}]}]
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def broken(language: str, text: str) -> set[str]:
    return {hit.rule for hit in rule_reply(text, Evidence.gather(FACTS), now=NOW, language=language)}


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("en", "It came at half past two.", "It came at half past three."),
        ("en", "It came at thirty minutes past two.", "It came at quarter to three."),
        ("en", "It came on the eighteenth of November.", "It came on the nineteenth of November."),
        ("en", "It came on November the eighteenth.", "It came on November the nineteenth."),
        ("de", "Es kam um halb drei.", "Es kam um halb vier."),
        ("de", "Es kam am achtzehnten November.", "Es kam am neunzehnten November."),
        ("fr", "Livré à deux heures et demie.", "Livré à trois heures."),
        ("fr", "Livré le dix-huit novembre.", "Livré le premier novembre."),
        ("fr", "Il y a trois articles.", "Il y a sept articles."),
        ("es", "Llegó a las dos y media.", "Llegó a las seis de la tarde."),
        ("es", "Llegó el dieciocho de noviembre.", "Llegó el diecinueve de noviembre."),
        ("es", "Tiene tres artículos.", "Tiene seis artículos."),
        ("it", "È arrivato alle due e mezza.", "È arrivato alle sei di sera."),
        ("it", "È arrivato il diciotto novembre.", "È arrivato il diciannove novembre."),
        ("it", "Ha tre articoli.", "Ha sette articoli."),
        ("nl", "Het kwam om half drie.", "Het kwam om half vier."),
        ("nl", "Het kwam op achttien november.", "Het kwam op de negentiende november."),
        ("sv", "Det kom halv tre.", "Det kom klockan tre."),
        ("sv", "Det kom den artonde november.", "Det kom den nittonde november."),
        ("pl", "Doręczono o wpół do trzeciej.", "Doręczono o trzeciej."),
        ("pl", "Doręczono osiemnastego listopada.", "Doręczono dziewiętnastego listopada."),
        ("pt", "Chegou às duas e meia.", "Chegou às seis da tarde."),
        ("pt", "Chegou no dia dezoito de novembro.", "Chegou no dia dezanove de novembro."),
        ("en", "It came.", "It takes a couple of weeks."),
        ("es", "Llegó.", "Tarda un par de semanas."),
        ("it", "È arrivato.", "Ci vuole un paio di settimane."),
    ],
)
def test_times_days_and_counts_in_words(language: str, right: str, wrong: str) -> None:
    assert broken(language, right) == set()
    assert broken(language, wrong) & {"time", "date", "number"}


@pytest.mark.parametrize(
    ("language", "right"),
    [
        ("de", "Es kam am Mittwoch, dem 18.11.2026."),
        ("de", "Es kam am Mittwoch, den 18. November."),
        ("sv", "Det kom onsdagen den 18 november."),
        ("en", "It came on Wednesday the 18th of November."),
        ("fr", "Livré mercredi, le 18 novembre."),
        ("es", "Llegó el miércoles, día 18 de noviembre."),
        ("it", "È arrivato mercoledì il 18 novembre."),
        ("pl", "Doręczono w środę, dnia 18 listopada."),
        ("pt", "Chegou quarta-feira, dia 18 de novembro."),
    ],
)
def test_a_weekday_goes_with_its_date_whatever_joins_them(language: str, right: str) -> None:
    assert broken(language, right) == set()
    assert "date" in broken(language, right.replace("18", "17"))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "At first I was not sure."),
        ("it", "Lei è sempre gentile, e sei il benvenuto."),
        ("pl", "Dbamy o pierwszej jakości obsługę."),
        ("en", "Would half past four suit you?"),
    ],
)
def test_words_that_are_no_times_pass(language: str, text: str) -> None:
    assert broken(language, text) == set()
