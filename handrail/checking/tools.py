"""Tools of a business as they are written: functions, arguments, previews against declared facts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from handrail.business import Kind, Tool, takes_now
from handrail.checking.findings import CheckPart, Collector
from handrail.checking.source import facts_given, of_function
from handrail.checking.subject import PackageUnderCheck
from handrail.domain.counting import many
from handrail.domain.errors import DefinitionInvalid, HandrailError
from handrail.policies.names import nearest, of_business
from handrail.policies.worlds import calendar_of
from handrail.postgres.migrations import load

_ARGUMENTS = {"known_customer": 2, "customer": 3, "samples": 1, "calls": 1}


def check(subject: PackageUnderCheck, found: Collector) -> None:
    """Look at everything that the package says in Python, without running its tools."""
    business = subject.business
    for name, arguments in _ARGUMENTS.items():
        _function(subject, found, name, getattr(business, name), arguments)
    seed = business.seed
    _function(subject, found, "seed", seed, 2 if seed and takes_now(seed) else 1)
    _declarations(subject, found)
    for tool in business.tools:
        _tool(subject, found, tool)
    reads = sum(tool.kind is Kind.READ for tool in business.tools)
    effects = len(business.tools) - reads
    found.looked_at(CheckPart.TOOLS, f"{many(reads, 'read')}, {many(effects, 'effect')}, {many(len(business.facts), 'fact')}")


def _function(
    subject: PackageUnderCheck, found: Collector, name: str, function: Callable[..., Any] | None, arguments: int
) -> None:
    if function is None:
        return
    place = of_function(function, subject.code.at(name))
    for words in _faults(name, function, arguments):
        found.error(CheckPart.TOOLS, place.file, place.line, words)


def _faults(name: str, function: Callable[..., Any], arguments: int) -> list[str]:
    if not inspect.iscoroutinefunction(inspect.unwrap(function)):
        return [f"{name}: is no `async def`, and Handrail awaits it. Write `async def {name}(...)`."]
    try:
        inspect.signature(function).bind(*range(arguments))
    except TypeError:
        return [f"{name}: does not take {many(arguments, 'argument')}, which it is called with. Correct its parameters."]
    return []


def _declarations(subject: PackageUnderCheck, found: Collector) -> None:
    business, code = subject.business, subject.code

    def say(argument: str, words: str) -> None:
        place = code.at(argument)
        found.error(CheckPart.TOOLS, place.file, place.line, words)

    try:
        subject.known = of_business(business)
    except DefinitionInvalid as error:
        say("facts", str(error))
    try:
        calendar_of(business)
    except HandrailError as error:
        say("calendar", str(error))
    if not business.disclosure.get("en", "").strip():
        say("disclosure", "disclosure: has no 'en', which is said where no other language fits. Add the English sentence.")
    if "segments" in business.customer_facts and not business.segments:
        say(
            "segments", "segments: `customer` may give them and none is listed. List every tag, so that a control can name it."
        )
    if business.customer is None and business.customer_facts:
        say("customer", "customer: is missing, and customer_facts declares what it gives. Add it, or declare nothing.")
    if business.migrations is not None:
        try:
            load(business.name, business.migrations)
        except (HandrailError, OSError) as error:
            say("migrations", f"migrations: {error}")


def _tool(subject: PackageUnderCheck, found: Collector, tool: Tool) -> None:
    place = of_function(tool.run, subject.code.at("tools"))

    def say(words: str) -> None:
        found.error(CheckPart.TOOLS, place.file, place.line, f"{tool.name}: {words}")

    for name, function in (("run", tool.run), ("preview", tool.preview)):
        if function is not None:
            for words in _faults(name, function, 2):
                say(words)
    if not tool.description.strip():
        say("has no description, which is all that the model is told of it. Add a sentence.")
    try:
        tool.arguments.model_json_schema()
    except Exception as error:  # noqa: BLE001 - pydantic raises many kinds; each means that no model can be told of it
        say(f"its arguments have no JSON schema ({error}). Use types that JSON has.")
    if tool.kind is Kind.READ and tool.preview is not None:
        say("is a read with a preview, which nobody would ever see. Remove the preview, or make it an effect.")
    if tool.preview is not None:
        _facts(subject, found, tool)


def _facts(subject: PackageUnderCheck, found: Collector, tool: Tool) -> None:
    assert tool.preview is not None  # noqa: S101 - the caller looked
    for name, place in (facts_given(tool.preview) or {}).items():
        if name not in subject.business.facts:
            right = nearest(name, subject.business.facts)
            words = (
                f"the preview of {tool.name} gives {name!r}, which `facts` does not declare. {right}. Declare or rename it."
            )
            found.error(CheckPart.TOOLS, place.file, place.line, words)
