"""When a language model is in trouble: too many failures, too slow, or not the one that was approved."""

from __future__ import annotations

import re
from datetime import timedelta

from pydantic import Field

from handrail.domain.model import Model, Stored

SLOW_SHARE = 0.05
"""p95 is over a limit exactly where more than this share of the calls took longer than it."""
DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|\d{4})")
"""How vendors name the dated version behind a model's plain name."""


class Tally(Stored):
    """How the calls of one window went; `slow` are those over the latency limit."""

    calls: int = 0
    failed: int = 0
    slow: int = 0


class Limits(Model):
    """What counts as trouble, over `window`; `lasting` is how long a step down holds."""

    calls: int = Field(default=10, ge=1, description="fewer calls than this prove nothing")
    share: float = Field(default=0.5, gt=0, le=1, description="of the calls that failed")
    slow: timedelta = timedelta(seconds=20)
    window: timedelta = timedelta(seconds=60)
    lasting: timedelta = timedelta(minutes=15)


def trouble(tally: Tally, limits: Limits) -> str | None:
    """What is wrong with the model, for people, or None. A few calls, and a single bad one among many, are no trouble."""
    if tally.calls < limits.calls:
        return None
    within = f"of {tally.calls} model calls in {limits.window.total_seconds():g} s"
    if tally.failed >= limits.share * tally.calls:
        return f"{tally.failed} {within} failed"
    if tally.slow > max(1.0, SLOW_SHARE * tally.calls):
        return f"{tally.slow} {within} took longer than {limits.slow.total_seconds():g} s"
    return None


class Approved(Model):
    """The models that may answer: names, or `name@fingerprint` where the server's configuration counts as well.

    `plain` is a name that also stands for its dated versions (`gpt-5-mini` for `gpt-5-mini-2025-08-07`).
    """

    exact: list[str] = Field(default_factory=list)
    plain: str | None = None

    @classmethod
    def read(cls, listed: str, configured: str) -> Approved:
        """From a comma-separated list; the configured model where nothing is listed."""
        exact = [one.strip() for one in listed.split(",") if one.strip()]
        return cls(exact=exact) if exact else cls(plain=configured)

    def objection(self, model: str, fingerprint: str | None) -> str | None:
        """Why an answer of this model is not wanted, or None. `model` and `fingerprint` are the server's words."""
        if self.plain is not None:
            fine = model == self.plain or (model.startswith(self.plain) and DATED.fullmatch(model[len(self.plain) :]))
            return None if fine else f"the model answers as {shown(model)}, approved is {self.plain}"
        if any(fits(one, model, fingerprint) for one in self.exact):
            return None
        whose = f"{shown(model)} with fingerprint {shown(fingerprint or '')}"
        return f"the model answers as {whose}, approved are {', '.join(self.exact)}"


def fits(approved: str, model: str, fingerprint: str | None) -> bool:
    """Whether an entry of the list names this model, and this fingerprint where it asks for one."""
    name, at, wanted = approved.partition("@")
    return name == model and (not at or wanted == fingerprint)


def shown(words: str) -> str:
    """A server's words, bounded."""
    return repr(words[:80]) if words else "none"
