"""Reading a text takes time in proportion to its length, whatever it holds."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from handrail.domain.text.figures.mentions import mentions
from handrail.domain.text.figures.references import references
from handrail.domain.text.sentences import sentences

LENGTH = 4_000
KINDS = {
    "digits": "1",
    "digits between blanks": "1 ",
    "lines": "1\n",
    "prices": "Widget A  $12.50, EUR 1.234,50\n",
    "quotes": "> ",
    "one word": "a",
    "commas": "1,",
    "points": "1.",
    "dashes": "1-",
    "slashes": "1/",
    "apostrophes": "1'",
    "grouped": "1 234 ",
    "no blanks": "a.b",
    "at signs": "a@",
    "dollars": "$",
    "number words": "two ",
    "hundreds": "hundred ",
    "months": "May 5 ",
    "ranges": "20-30 ",
    "ends": "20 and ",
    "full stops": ".",
    "brackets": "(1",
    "codes": "A1 ",
    "telephones": "+1 ",
    "currencies": "US dollars ",
    "raised": "1\u0301",
    "prose": "Am 8. März kommt die Lieferung für 12,50 €. ",
}


def cost(read: Callable[[str], object], text: str) -> float:
    """CPU seconds, the least of three."""
    found = []
    for _ in range(3):
        began = time.process_time()
        read(text)
        found.append(time.process_time() - began)
    return min(found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("read", [mentions, sentences, references])
def test_four_times_the_text_takes_about_four_times_as_long(read: Callable[[str], object], kind: str) -> None:
    read("one $ 5")
    short = (KINDS[kind] * LENGTH)[:LENGTH]
    # A quadratic reader would need sixteen times as long; a floor of a millisecond keeps the clock's grain out.
    assert cost(read, short * 4) < 9 * max(cost(read, short), 0.001)


_COLD = """
from handrail.domain.text.figures import cldr, dates, measures, mentions, money, readers, spelled
mentions.warm()
rooms = (cldr, dates, measures, mentions, money, readers, spelled)
tables = {f"{room.__name__}.{name}": one for room in rooms for name, one in vars(room).items() if hasattr(one, "cache_info")}
print(*(name for name, one in tables.items() if not one.cache_info().currsize))
"""


def test_a_warm_worker_builds_no_table_with_the_first_customer() -> None:
    done = subprocess.run([sys.executable, "-c", _COLD], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
