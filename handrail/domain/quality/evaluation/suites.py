"""Suites: tests that a business writes itself, played in an evaluation besides its corrections."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from handrail.domain.base import Model

NAME = r"^[a-z0-9][a-z0-9_-]{1,59}$"


class SuiteMessage(Model):
    """A message of the case: the customer's, or what the agent had answered."""

    customer: str | None = Field(default=None, min_length=1, max_length=10_000)
    agent: str | None = Field(default=None, min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _one(self) -> SuiteMessage:
        if (self.customer is None) == (self.agent is None):
            raise ValueError("a message is the customer's or the agent's. Write one of customer: and agent:")
        return self


class SuiteRead(Model):
    """A read with its answer; what is asked otherwise is refused as not on record."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    value: Any
    ok: bool = True


class SuitePreview(Model):
    """A preview: an effect with exactly these arguments, and the facts that rules see. It never runs."""

    action: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict)
    situation: dict[str, Any] = Field(default_factory=dict)


class SuiteEffect(Model):
    """An effect with arguments; those that only explain are not compared."""

    action: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class SuiteExpectation(Model):
    """An expectation: one of these.

    `proposes` an effect, first of its kind; `never` lets one with these arguments through; `reply` with every amount, date and
    reference of these words; `to_people` gives the case to people.
    """

    proposes: SuiteEffect | None = None
    never: SuiteEffect | None = None
    reply: str | None = Field(default=None, min_length=1, max_length=10_000)
    to_people: bool = False

    @model_validator(mode="after")
    def _one(self) -> SuiteExpectation:
        if sum((self.proposes is not None, self.never is not None, self.reply is not None, self.to_people)) != 1:
            raise ValueError("expects one thing. Write one of proposes:, never:, reply: and to_people: true")
        return self


class SuiteTest(Model):
    """A case up to the agent's turn, and what the agent should do."""

    __test__ = False

    id: str = Field(pattern=NAME)
    topic: str
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    said: list[SuiteMessage] = Field(min_length=1, max_length=40)
    reads: list[SuiteRead] = Field(default_factory=list, max_length=40)
    previews: list[SuitePreview] = Field(default_factory=list, max_length=40)
    expect: SuiteExpectation

    @model_validator(mode="after")
    def _asked(self) -> SuiteTest:
        if self.said[-1].customer is None:
            raise ValueError(f"the test {self.id!r} ends with the agent's words. End with the customer's, which are answered")
        return self


class SuiteFile(Model):
    """The whole of a suite's file."""

    version: int = Field(default=1, ge=1, le=1)
    tests: list[SuiteTest] = Field(min_length=1, max_length=2_000)
