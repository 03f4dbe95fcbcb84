"""The parts of a language pack about letters: quotes, thanks, goodbyes and nudges, and where names stand."""

from __future__ import annotations

from pydantic import Field

from handrail.domain.base import Model

Words = list[str]


class Goodbye(Model):
    """Words by which customers thank and take their leave, and those that may stand beside without wanting anything."""

    thanks: Words = Field(default_factory=list)
    beside: Words = Field(default_factory=list)


class Nudge(Model):
    """Greetings and words by which customers ask whether anybody is there, and say nothing else."""

    words: Words = Field(default_factory=list)


class Mail(Model):
    """Marks by which mail programs set off what was written before; `prefixes` stand before a subject ("Re")."""

    wrote: Words = Field(default_factory=list)
    subject: Words = Field(default_factory=list)
    others: Words = Field(default_factory=list)
    prefixes: Words = Field(default_factory=list)
    original: Words = Field(default_factory=list)
    forwarded: Words = Field(default_factory=list)
    sent_from: Words = Field(default_factory=list)
    closings: Words = Field(default_factory=list)


class NameWords(Model):
    """Words beside which a person's name stands: who says it, who is greeted, who signs; and who is greeted without one."""

    called: Words = Field(default_factory=list)
    speaking: Words = Field(default_factory=list)
    greetings: Words = Field(default_factory=list)
    titles: Words = Field(default_factory=list)
    signs: Words = Field(default_factory=list)
    nobody: Words = Field(default_factory=list)
