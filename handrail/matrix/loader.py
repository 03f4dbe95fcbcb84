"""The escalation matrix in force: one YAML file, read again when it changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from handrail.definitions import Document, Live, refuse
from handrail.domain.case.routes import Route
from handrail.domain.money import Money, largest
from handrail.matrix.checks import problems
from handrail.matrix.conditions import MatrixCase
from handrail.matrix.table import CheckedMatrix, MatrixFile, MatrixRow
from handrail.rates import RateFile


class FileMatrix:
    """Implements `handrail.ports.Matrix` over a file, which is read again when it changes.

    With `topics`, a row may name only these; with `facts`, only these facts of a customer. A change that cannot be used
    leaves the last good version in force and `problem` says why. Amounts are converted by the `rates.yaml` beside it.
    """

    def __init__(
        self,
        file: Path,
        *,
        topics: Collection[str] | None = None,
        facts: Collection[str] | None = None,
        every: float = 0.0,
    ) -> None:
        """Raises: DefinitionInvalid: there is no file, or it cannot be used; a line for each problem."""
        self._rates = RateFile(file.with_name("rates.yaml"), every=every)
        self._live = Live(file, lambda documents: build(documents, topics, facts), every=every)

    @property
    def version(self) -> str:
        """The hash of the file in force."""
        return self._live.version

    @property
    def problem(self) -> str | None:
        """The reason why the newest edit is not in force, or None where it is."""
        return self._live.problem

    def now(self) -> CheckedMatrix:
        """The matrix in force."""
        return self._live.now().value

    def all(self) -> list[MatrixRow]:
        """The rows in force, in their order."""
        return list(self.now().table.rows)

    def route(
        self,
        *,
        reason: str,
        topic: str,
        risk: str,
        language: str,
        amounts: Collection[Money] = (),
        customer: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Route:
        """Return the case's route, stamped with the row and the version of the file."""
        known = {"reason": reason, "topic": topic, "risk": risk, "language": language}
        amount = largest(amounts, self._rates.now())
        loaded = self._live.now()
        return loaded.value.route(MatrixCase(**known, amount=amount, customer=dict(customer or {}), at=at), loaded.version)

    def fallback(self) -> Route:
        """The route of the last row, which takes what no other takes."""
        loaded = self._live.now()
        return loaded.value.to(loaded.value.table.rows[-1], loaded.version)


def build(
    documents: list[Document], topics: Collection[str] | None = None, facts: Collection[str] | None = None
) -> CheckedMatrix:
    """The checked matrix of the one document.

    Raises:
        DefinitionInvalid: a line for each problem.
    """
    (document,) = documents
    table = document.parse(MatrixFile)
    refuse(list(problems(document, table, topics, facts)))
    return CheckedMatrix(table)
