"""Controls: live switches over the agent, which count for open cases too.

A control sets one scope to one level of the ladder `auto → review → draft → off`. Nothing is ever changed or deleted: the
newest entry of a hand that has not expired is what that hand says about the scope, and of all hands and scopes the strictest
holds. A hand is who may set a level without touching another's: people, Handrail itself (model trouble), a drill.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import Field

from handrail.domain.autonomy.topics import Autonomy, Dialled, Setting, dialled
from handrail.domain.base import Model, Stored
from handrail.domain.case.handoffs import Escalation
from handrail.domain.errors import InvalidInput, SwitchedOff

SOURCE = "control"
SWITCHED_OFF = "switched_off"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,119}")
DURATION = re.compile(r"([0-9]{1,5})\s*(s|m|h|d)")
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class ScopeKind(StrEnum):
    """A kind of thing that a control is about. A segment is a tag that the business gives to a customer."""

    GLOBAL = "global"
    TOPIC = "topic"
    TOOL = "tool"
    SEGMENT = "segment"


class Scope(Model):
    """`global`, or a kind with a name: `topic:refund`, `tool:refund_order`, `segment:vip`."""

    kind: ScopeKind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)

    @classmethod
    def parse(cls, text: str) -> Scope:
        """Raises: InvalidInput: it is no scope."""
        word, _, name = text.strip().partition(":")
        if word not in list(ScopeKind) or (word == ScopeKind.GLOBAL) != (not name) or (name and not NAME.fullmatch(name)):
            raise InvalidInput(f"scope: {text[:60]!r} is none. Write global, topic:NAME, tool:NAME or segment:NAME.")
        return cls(kind=ScopeKind(word), name=name)


GLOBAL = Scope(kind=ScopeKind.GLOBAL)


class Hand(StrEnum):
    """The origin of a control. None lifts what another has set; only a person's `clear` lifts all."""

    PERSON = "person"
    HANDRAIL = "handrail"
    DRILL = "drill"


class ControlRequest(Model):
    """A control as it is asked for. `lasting` is how long it holds, for good where it is None."""

    scope: Scope
    level: Autonomy
    hand: Hand = Hand.PERSON
    reason: str = Field(min_length=1, max_length=500)
    actor: str = Field(min_length=1, max_length=120)
    lasting: timedelta | None = None


class Control(Stored):
    """A control as it stands. Times are the database's: `asked_at` when it was asked for, `set_at` since when it holds."""

    control_id: int
    scope: str
    level: Autonomy
    hand: Hand
    reason: str
    actor: str
    asked_at: datetime
    set_at: datetime
    expires_at: datetime | None = None
    waited: bool = Field(default=True, description="what was under way had ended before it was set")

    @property
    def words(self) -> str:
        """The control in words for people: who set what, since when, until when, why."""
        until = f" until {self.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if self.expires_at else ""
        since = f"{self.set_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return f"{self.scope} is at '{self.level}' by {self.actor} since {since}{until}: {self.reason.rstrip('.')}."

    def setting(self) -> Setting:
        """Return the control as one source's word about the autonomy."""
        return Setting(source=SOURCE, autonomy=self.level, why=f"Control {self.words}")


class ControlsInForce(Stored):
    """The controls in force that concern one case, read at one moment. `tools` are those over single tools."""

    general: list[Control] = Field(default_factory=list)
    tools: list[Control] = Field(default_factory=list)
    unreadable: str | None = Field(default=None, description="why they could not be read; then everything is off")

    def settings(self, tool: str | None = None) -> list[Setting]:
        """Return the settings of the controls, together with those over `tool`."""
        if self.unreadable is not None:
            words = f"The controls cannot be read ({self.unreadable}), so nothing may leave."
            return [Setting(source=SOURCE, autonomy=Autonomy.OFF, why=words)]
        own = [one for one in self.tools if one.scope == f"{ScopeKind.TOOL}:{tool}"]
        return [one.setting() for one in (*self.general, *own)]

    def dialled(self, tool: str | None = None, settings: Iterable[Setting] = ()) -> Dialled:
        """The strictest of these controls and of what other sources say (`settings`)."""
        return dialled([*settings, *self.settings(tool)])


def concerning(controls: Sequence[Control], topic: str, segments: Iterable[str]) -> ControlsInForce:
    """Choose the controls that concern a case of this topic and of a customer with these segments."""
    scopes = {str(GLOBAL), f"{ScopeKind.TOPIC}:{topic}", *(f"{ScopeKind.SEGMENT}:{one}" for one in segments)}
    return ControlsInForce(
        general=[one for one in controls if one.scope in scopes],
        tools=[one for one in controls if one.scope.startswith(f"{ScopeKind.TOOL}:")],
    )


def reason_of(found: Dialled) -> str:
    """The reason code with which a case that may not go on alone reaches a person."""
    if found.autonomy is not Autonomy.OFF:
        return "draft"
    live = any(one.source == SOURCE and one.autonomy is Autonomy.OFF for one in found.settings)
    return SWITCHED_OFF if live else "autonomy_off"


def admit(found: Dialled, *, approved: bool) -> None:
    """Let something of the agent's out of the house, or not: at `review` only what a person approved.

    Raises:
        SwitchedOff: it stays.
    """
    if found.autonomy is Autonomy.AUTO or (found.autonomy is Autonomy.REVIEW and approved):
        return
    raise SwitchedOff(found.autonomy, found.why)


def stopped(refused: SwitchedOff) -> Escalation | None:
    """Return the reason why a person gets the case, or None where a person's approval is enough."""
    if refused.level == Autonomy.REVIEW:
        return None
    return Escalation(reason="draft" if refused.level == Autonomy.DRAFT else SWITCHED_OFF, words=str(refused))


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `2h` or `7d`. Raises: InvalidInput."""
    found = DURATION.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise InvalidInput(f"for: {text[:40]!r} is no length of time. Write for example 30m, 2h or 7d.")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])
