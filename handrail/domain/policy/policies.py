"""A policy file: what it says. How it rules stands in `handrail.domain.policy.rulings`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any

from pydantic import Discriminator, Field, PlainSerializer, PlainValidator, Tag, model_validator

from handrail.domain.actions.proposals import Confirming, Ruling
from handrail.domain.base import Model
from handrail.domain.policy.batching import BatchTerms
from handrail.domain.policy.demanding import DefaultDemands, Demanding, WhoIsAsked


class Operator(StrEnum):
    """The way in which a fact is compared with a rule's value. `requires_approval` holds at the value and above."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    GREATER_THAN = "greater_than"
    GREATER_OR_EQUAL = "greater_or_equal"
    LESS_THAN = "less_than"
    LESS_OR_EQUAL = "less_or_equal"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    REQUIRES_APPROVAL = "requires_approval"


ORDERING = frozenset(
    {
        Operator.GREATER_THAN,
        Operator.GREATER_OR_EQUAL,
        Operator.LESS_THAN,
        Operator.LESS_OR_EQUAL,
        Operator.REQUIRES_APPROVAL,
    }
)
MEMBERSHIP = frozenset({Operator.IN, Operator.NOT_IN})

Plain = bool | Decimal | str


def plain(value: Any) -> Plain:
    """A flag, an exact number or a text. A float counts as the shortest decimal that it prints as, so 99.995 is 99.995.

    Raises:
        ValueError: it is none of these, or a number that is not finite.
    """
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite()):
        return Decimal(value)
    if isinstance(value, float) and isfinite(value):
        return Decimal(repr(value))
    raise ValueError(f"{value!r} is no text, no flag and no finite number")


Value = Plain | list[Plain]


def value_of(value: Any) -> Value:
    """A plain value, or a list of plain values of one kind.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, list | tuple):
        return plain(value)
    items = [plain(one) for one in value]
    if len({type(one) for one in items}) > 1:
        raise ValueError("a list holds values of one kind")
    return items


def exact(value: Decimal) -> int | float:
    """The number as JSON has it: whole where it is whole, else the shortest decimal."""
    return int(value) if value == value.to_integral_value() else float(value)


def _json(value: Value | None) -> Any:
    if isinstance(value, list):
        return [_json(one) for one in value]
    return exact(value) if isinstance(value, Decimal) else value


Scalar = Annotated[Plain, PlainValidator(plain), PlainSerializer(_json)]


class Comparison(Model):
    """One fact against one value, or against a list with `in` and `not_in`."""

    field: str = Field(min_length=1)
    operator: Operator
    value: Scalar | list[Scalar]

    @model_validator(mode="after")
    def _value_fits_operator(self) -> Comparison:
        if self.operator in MEMBERSHIP:
            if not isinstance(self.value, list) or not self.value:
                raise ValueError(f"{self.operator} needs a list of at least one value, for example [a, b]")
        elif isinstance(self.value, list):
            raise ValueError(f"{self.operator} needs one value, not a list; for a list use 'in' or 'not_in'")
        return self


class AllOf(Model):
    """Holds where every part holds."""

    all: list[Condition] = Field(min_length=1)


class AnyOf(Model):
    """Holds where at least one part holds."""

    any: list[Condition] = Field(min_length=1)


def _shape(value: Any) -> str:
    keys = value if isinstance(value, dict) else vars(value) if isinstance(value, Model) else ()
    return next((shape for shape in ("all", "any") if shape in keys), "comparison")


Condition = Annotated[
    Annotated[Comparison, Tag("comparison")] | Annotated[AllOf, Tag("all")] | Annotated[AnyOf, Tag("any")],
    Discriminator(_shape),
]


class Rule(Demanding):
    """A rule of a policy. Of `condition` and `expression` both must hold where both stand."""

    id: str = Field(min_length=1)
    name: str = ""
    description: str = ""
    condition: Condition | None = None
    expression: str | None = Field(default=None, min_length=1, max_length=2_000, description="CEL over the facts")
    action: Ruling
    message: str = Field(min_length=1)
    messages: dict[str, str] = Field(default_factory=dict, description="the message in other languages, by their code")

    @property
    def confirming(self) -> Confirming | None:
        """The yes of the customer that the rule asks for."""
        return self.of_customer(self.action)

    @model_validator(mode="after")
    def _says_when(self) -> Rule:
        if self.condition is None and self.expression is None:
            raise ValueError(f"rule {self.id} has neither condition nor expression; say when it holds")
        return self


class PolicyRules(Model):
    """The rules, and what holds where none of them matches: said in every file, so that nobody has to guess.

    `default` says who is asked by `default_action`, as a rule does.
    """

    version: str = "1.0"
    default_action: Ruling
    default: DefaultDemands = Field(default_factory=DefaultDemands)
    rules: list[Rule]

    @model_validator(mode="before")
    @classmethod
    def _says_what_else(cls, data: Any) -> Any:
        if isinstance(data, dict) and "default_action" not in data:
            raise ValueError(
                "default_action is missing; say what holds where no rule matches: allow, confirm, require_approval or block"
            )
        return data


class PolicyExample(Model):
    """A case that the file itself promises to rule so; the file is refused where it does not.

    `tool` is the proposal's action; left out, it is the first of the file's `applies_to`. `asked` says who is asked, in turn;
    left out, whoever is. Facts with a dot may be nested: `case: {turn: 3}` is `case.turn: 3`; `flat` gives them by their
    names. They stand before those that the file has as `given`. History that is left out is 0.
    """

    name: str = Field(min_length=1)
    facts: dict[str, Any] = Field(default_factory=dict)
    expect: Ruling
    asked: list[WhoIsAsked] | None = None
    tool: str | None = None


def flat(facts: Mapping[str, Any], objects: Collection[str] = (), prefix: str = "") -> dict[str, Any]:
    """Nested facts by their whole name; those that are `objects` themselves stay whole.

    Raises:
        ValueError: one name stands there twice.
    """
    found: dict[str, Any] = {}
    for name, value in facts.items():
        whole = f"{prefix}{name}"
        nested = isinstance(value, Mapping) and whole not in objects
        inner = flat(value, objects, f"{whole}.") if nested else {whole: value}
        if twice := sorted(set(inner) & set(found)):
            raise ValueError(f"{', '.join(twice)} stands there twice; keep one")
        found |= inner
    return found


class Policy(Model):
    """One policy file. With `applies_to` it rules on these tools only, and each must come with every fact that a rule names;
    without, a rule applies to whatever comes with its facts. `given` are facts that its examples share. `batch` is the ceiling
    under which people may approve several at once; without it each is decided by itself."""

    id: str = Field(min_length=1)
    name: str = ""
    description: str = ""
    category: str = ""
    applies_to: list[str] | None = Field(default=None, min_length=1)
    rules: PolicyRules
    batch: BatchTerms | None = None
    given: dict[str, Any] = Field(default_factory=dict)
    examples: list[PolicyExample] = Field(default_factory=list)

    @model_validator(mode="after")
    def _rules_on_something(self) -> Policy:
        if not self.rules.rules and self.applies_to is None:
            raise ValueError("has neither rules nor applies_to, so it would never rule; add one of them")
        return self


def comparisons(condition: Condition) -> list[Comparison]:
    """Every comparison in `condition`, from left to right."""
    match condition:
        case Comparison():
            return [condition]
        case AllOf(all=parts) | AnyOf(any=parts):
            return [one for part in parts for one in comparisons(part)]
