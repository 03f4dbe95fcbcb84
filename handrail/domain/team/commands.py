"""Commands that people send to a case that is with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Annotated

from pydantic import Field, StringConstraints

from handrail.domain.actions.proposals import ROLES
from handrail.domain.base import Model
from handrail.domain.case.messages import MAX_CHARACTERS, MAX_NAME
from handrail.domain.case.requests import Receipt as Receipt

NOBODY = "Temporal Web UI"
"""The name of whoever clicks without having said who they are."""
MAX_REASON = 500
"""Characters of why somebody should not decide."""

Reviewer = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME)]
"""Who does it: nothing that people answer for is done by nobody."""


class ClaimCase(Model):
    """The `claim` update: this person takes the case; `instead_of` names who had it and lets it go, where somebody did."""

    reviewer: Reviewer
    instead_of: Reviewer | None = None


class Release(Model):
    """The `release` update: whoever has the case puts it back into its queue."""

    reviewer: Reviewer


class Recuse(Model):
    """The `recuse` update: this person should not decide the case and has no part in it; the audit keeps the `reason`."""

    reviewer: Reviewer
    reason: str = Field(min_length=1, max_length=MAX_REASON)


class PersonReply(Model):
    """The `reply` update: a person answers the customer. The same `message_id` is taken once."""

    reviewer: Reviewer
    text: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    message_id: str | None = None


class HandBack(Model):
    """The `hand_back` update: the agent goes on; `note` says what the person found out or did.

    `topic` rules what the case is about. It has to be named where the case is about none of the agent's topics.
    """

    reviewer: Reviewer
    note: str = Field(min_length=1, max_length=2_000)
    topic: str | None = Field(default=None, max_length=MAX_NAME)


class ResolveCase(Model):
    """The `resolve` update: the person ends the case, with a last reply or without."""

    reviewer: Reviewer
    note: str | None = Field(default=None, max_length=2_000)
    reply: str | None = Field(default=None, max_length=MAX_CHARACTERS)


def same_name(one: str, other: str) -> bool:
    """Return whether two names are the same, whatever their case, width and spaces."""
    return folded(one) == folded(other)


def folded(name: str) -> str:
    """The name as names are compared."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_recused(who: str, recused: Collection[str]) -> bool:
    """Return whether this person is among those who should not decide; `recused` has names as they are compared."""
    return folded(who) in recused


def holds(held: str, wanted: str) -> bool:
    """Return whether the role `held` may do what `wanted` may: the same, or higher on the ladder."""
    return held == wanted or (held in ROLES and wanted in ROLES and ROLES.index(held) > ROLES.index(wanted))
