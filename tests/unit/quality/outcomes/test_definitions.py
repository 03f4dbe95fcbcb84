"""`outcomes.yaml`, the period, and the words for too few cases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from handrail.definitions import Document
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.domain.outcomes import IndicatorTally
from handrail.domain.quality.watch.indicators import INDICATORS
from handrail.quality.outcomes.loader import OUTCOMES, SHIPPED, load_outcomes, read_outcomes
from handrail.quality.outcomes.period import period_of
from handrail.quality.outcomes.report import result

NOW = datetime(2026, 4, 1, 10, 30, tzinfo=UTC)
WANTED = """
indicators:
  NAME:
    version: 1
    statistic: KIND
    title: A title
    numerator: these
    denominator: of those
    matures_after_hours: HOURS
"""


def written(name: str = "repeat_48h", kind: str = "rate", hours: str = "48", head: str = "version: 1") -> Document:
    text = head + WANTED.replace("NAME", name).replace("KIND", kind).replace("HOURS", hours)
    return Document.of(Path(OUTCOMES), text.encode())


def test_the_shipped_file_defines_every_view(tmp_path: Path) -> None:
    shipped = load_outcomes(tmp_path)
    assert shipped.value.indicators.keys() == INDICATORS.keys()
    (tmp_path / OUTCOMES).write_bytes(SHIPPED.read_bytes().replace(b"minimum: 30", b"minimum: 50"))
    own = load_outcomes(tmp_path)
    assert own.value.minimum == 50
    assert own.version != shipped.version


@pytest.mark.parametrize(
    ("document", "line", "words"),
    [
        (written("happiness"), 3, "indicators.happiness: no view of the record counts that. Known: abandonment, agent_sec"),
        (written(kind="mean"), 5, "indicators.repeat_48h.statistic: 'mean' is not what the view gives. Write 'rate'."),
        (written("csat", hours="0"), 5, "'rate' is not what the view gives. Write 'mean' or 'median'."),
        (written(hours="24"), 9, "24 is too soon, for the view looks 48 hours ahead. Write 48 or more."),
        (written(hours="soon"), 9, "indicators.repeat_48h.matures_after_hours: 'soon' does not fit"),
        (written(head="version: 1\nzone: Berlin"), 2, "is no time zone; write one such as Europe/Berlin or UTC"),
        (written(head="excluded_channels: [drill, 'a b']"), 1, "excluded_channels: 'a b' is no channel."),
        (written(head="survey_share: 30"), 1, "survey_share: 30 does not fit"),
        (written(head="share: 1"), 1, "share: is no key that is known here. Known: confidence,"),
    ],
)
def test_a_wrong_file_is_refused_by_its_line(document: Document, line: int, words: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        read_outcomes([document])
    assert str(refused.value).startswith(f"{OUTCOMES}:{line}: ")
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("since", "until", "zone", "start", "end"),
    [
        ("7d", None, "UTC", "2026-03-25T00:00:00Z", "2026-04-01T10:30:00Z"),
        # The clock went forward on 29 March: the midnights are 23:00 before it, 22:00 behind it.
        ("7d", "1d", "Europe/Berlin", "2026-03-24T23:00:00Z", "2026-03-30T22:00:00Z"),
        ("1w", "2026-03-28", "Europe/Berlin", "2026-03-24T23:00:00Z", "2026-03-27T23:00:00Z"),
        ("24h", None, "Europe/Berlin", "2026-03-31T10:30:00Z", "2026-04-01T10:30:00Z"),
        ("2026-03-01T08:00:00+02:00", "2026-03-02T08:00", "Europe/Berlin", "2026-03-01T06:00:00Z", "2026-03-02T07:00:00Z"),
    ],
)
def test_a_day_is_the_business_own(since: str, until: str | None, zone: str, start: str, end: str) -> None:
    found = period_of(since, until, NOW, zone)
    assert (found.since, found.until) == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("since", "until", "words"),
    [
        ("yesterday", None, "--since: 'yesterday' is no time. Write 7d, 24h,"),
        ("9999w", None, "--since: '9999w' is before 1970."),
        ("0001-01-01T00:00:00+09:00", None, "is not between 1970 and 2199"),
        ("0001-01-01", None, "is before 1970"),
        ("2026-02-30", None, "--since: '2026-02-30' is no time."),
        ("2026-05-01", None, "--since: '2026-05-01' is not in the past."),
        ("0h", None, "is not in the past"),
        ("7d", "9d", "--until: '9d' is not after --since '7d'."),
        ("7d", "", "--until: '' is no time."),
    ],
)
def test_a_wrong_period_is_refused(since: str, until: str | None, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        period_of(since, until, NOW, "UTC")
    assert words in str(refused.value)


def test_too_few_say_nothing(tmp_path: Path) -> None:
    wanted = load_outcomes(tmp_path).value
    few = IndicatorTally(indicator="escalation", n=7, numerator=1, customers=7, immature=3)
    found = result(wanted.indicators["escalation"], few)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.statement == "n = 7, no statement; 3 too young"
    alone = IndicatorTally(indicator="csat", n=40, customers=1, immature=0)
    found = result(wanted.indicators["csat"], alone)
    assert (found.value, found.statement) == (None, "n = 40, no statement of a single customer")
