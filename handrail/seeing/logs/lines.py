"""Formats log records: JSON, one object a line, for machines; words in columns for people.

The standard library's own logging carries them: all of Handrail, its libraries and Temporal's core log there, so one formatter
sees everything, and a start loads nothing for it.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from handrail.seeing.logs import about
from handrail.seeing.logs.scrubbing import Scrubber

LONGEST = 2_000
"""Characters of one line's words; nobody needs more to know where to look."""
OF_ACTIVITY = {"workflow_id": "workflow", "workflow_run_id": "run", "activity_type": "activity", "attempt": "attempt"}
OF_WORKFLOW = {"workflow_id": "workflow", "run_id": "run", "attempt": "attempt"}


class LineFormatter(logging.Formatter):
    """The part that both forms share: scrubbed words, what a line is about, an error without its own words."""

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def words(self, record: logging.LogRecord) -> str:
        """Return the record's message, scrubbed; errors among its arguments in safe words."""
        try:
            said = str(record.msg) if not record.args else str(record.msg) % self._safe(record.args)
        except (TypeError, ValueError, KeyError):
            said = f"{record.msg} (its arguments do not fit)"
        return self._scrubber.text(" ".join(said.split()))[:LONGEST]

    def concerns(self, record: logging.LogRecord) -> dict[str, str]:
        """Return what the line is about: what was set around it, else what Temporal's own loggers tell."""
        found = dict(about.now())
        for name, known in (("temporal_activity", OF_ACTIVITY), ("temporal_workflow", OF_WORKFLOW)):
            told = getattr(record, name, None)
            if isinstance(told, dict):
                found |= {ours: str(told[theirs]) for theirs, ours in known.items() if told.get(theirs) is not None}
        return found

    def failure(self, record: logging.LogRecord) -> list[dict[str, Any]]:
        """Return the record's error with its causes; nothing where it has none."""
        error = record.exc_info[1] if record.exc_info else None
        return self._scrubber.trace(error) if error is not None else []

    def _safe(self, args: Any) -> Any:
        if isinstance(args, dict):
            return {name: self._scrubber.value(one) for name, one in args.items()}
        return tuple(self._scrubber.value(one) for one in args)


class JsonLines(LineFormatter):
    """An object a line: `at` (ISO, UTC), `level`, `logger`, `message`, what it is about, `trace` of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": self.words(record),
            **self.concerns(record),
        }
        if failure := self.failure(record):
            line["trace"] = failure
        return json.dumps(line, ensure_ascii=False)


class PlainLines(LineFormatter):
    """Time, level, logger and message; behind them what it is about, below them an error and where it was raised."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or lines."""
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        concerns = " ".join(f"{name}={value}" for name, value in self.concerns(record).items() if name != "build")
        line = f"{at} {record.levelname:<7} {record.name}  {self.words(record)}{f'  [{concerns}]' if concerns else ''}"
        below = [f"    {one['error']}\n" + "\n".join(f"      {place}" for place in one["at"]) for one in self.failure(record)]
        return "\n".join([line, *below]).rstrip()
