"""`rates.yaml`: what the business counts in and what other currencies are worth; a business may have none."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from handrail.definitions import Document, Live, Pace, refuse
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.money import Rates
from handrail.domain.text.figures.cldr import currencies_in_use

_log = logging.getLogger(__name__)


class RateFile:
    """The file in force, read again when it changes.

    Raises:
        DefinitionInvalid: the first reading of a file that is there fails; `file:line` for each thing that is wrong.
    """

    def __init__(self, path: Path, *, every: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._every, self._clock = path, every, clock
        self._pace = Pace(every, clock)
        self._pace.due()
        self._live = self._open() if path.exists() else None

    def now(self) -> Rates | None:
        """Return the rates in force; None where there is no file, or none that could ever be used."""
        if self._live is None and self._pace.due() and self._path.exists():
            try:
                self._live = self._open()
            except DefinitionInvalid as error:
                _log.warning("%s", error)
        return self._live.now().value if self._live else None

    def _open(self) -> Live[Rates]:
        return Live(self._path, lambda documents: read_rates(documents[0]), every=self._every, clock=self._clock)


def read_rates(document: Document) -> Rates:
    """Return the rates of a file.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    found = document.parse(Rates)
    refuse(
        [
            document.problem(f"rates.{code}: is no currency in use. Use an ISO code, for example 'EUR'.", "rates", code)
            for code in found.rates
            if code not in currencies_in_use()
        ]
        + [
            document.problem(f"rates.{code}: {rate} is no rate. Use a number above 0.", "rates", code)
            for code, rate in found.rates.items()
            if rate <= 0
        ]
    )
    return found
