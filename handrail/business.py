"""A company's business: typed tools over its own systems, and a folder of topics, policies, risk rules and matrix.

A business is a package named by `HANDRAIL_BUSINESS`, with a `business: Business`; nothing outside it knows what an order is.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel, field_validator

from handrail.domain.errors import DefinitionInvalid
from handrail.domain.money import Money as Money
from handrail.domain.policy.shapes import FactType as FactType
from handrail.domain.policy.shapes import ListOf as ListOf
from handrail.domain.policy.shapes import MapOf as MapOf
from handrail.domain.policy.shapes import Object as Object
from handrail.domain.policy.shapes import Shape as Shape
from handrail.domain.policy.shapes import json_ready
from handrail.domain.text.asking import AskedValue as AskedValue
from handrail.domain.text.asking import asking as asking
from handrail.domain.text.packs import Told


async def _sending_nothing() -> None:
    """Look-ups are noted nowhere."""


@dataclass(frozen=True, slots=True)
class Call:
    """The context of a tool's call, given to its function beside its arguments.

    `connection` is an open psycopg `AsyncConnection`. An effect's is inside the transaction that commits its changes together
    with its ledger row; that of reads and previews refuses every write, and each statement is a transaction of its own.
    An effect over a remote system awaits `sending()` before it sends anything, and passes `idempotency_key` on: what is then
    cut off counts as of unknown outcome, and may be sent again under the same key alone.
    `customer_id` comes from the case; a tool answers for this customer only, under all their ids (`customer_ids`).
    """

    case_id: str
    customer_id: str
    connection: Any
    now: datetime
    idempotency_key: str | None = None
    sending: Callable[[], Awaitable[None]] = _sending_nothing
    kin: Callable[[], Awaitable[Sequence[str]]] | None = None

    async def customer_ids(self) -> tuple[str, ...]:
        """Return all ids of this customer, the case's own first; SQL asks `handrail.kin(customer_id)`, a round trip less."""
        return tuple(await self.kin()) if self.kin else (self.customer_id,)


CustomerFact = float | int | str | bool | list[Any] | dict[str, Any] | None


class Preview(BaseModel):
    """A preview of an effect, worked out from the system of record before anything is written.

    `title` is a line for people; `headline` is short and without personal data ('refund · 180.00 USD'); `shown` is what an
    approver must see. `asks` is what the customer is asked to confirm where a rule wants it, by language: the action, its
    object and amount, and what follows (`asking` makes it of sentences and values); else they read the title. `facts` are
    what the policies rule on, each declared in `Business.facts`. They are kept as JSON: a model becomes an object, a
    `Decimal` an exact number, a day, a time or a duration its ISO text. Money is '12.50 USD'.

    `pins` are arguments that the preview fixes: whoever checks a proposal merges them over its arguments, so that ruling and
    approval bind to them too and `run` can refuse once they no longer hold (a payment arrived, a parcel left).
    """

    title: str
    headline: str
    shown: dict[str, str] = {}
    asks: dict[str, str] = {}
    facts: dict[str, Any] = {}
    pins: dict[str, float | int | str | bool | None] = {}

    @field_validator("facts", mode="before")
    @classmethod
    def _as_json(cls, facts: Any) -> Any:
        return json_ready(facts)


@dataclass(frozen=True, slots=True)
class OutsideTerms:
    """The terms of a tool of another system: `seconds` bound one answer, `source` names it, `facts` are all of its preview.

    `once`: the system cannot tell a repetition by a key. Then a person approves every call, none is tried again, and where the
    answer was lost a person finds out what became of it. Only an effect's functions get a connection (`Call.connection`).
    """

    source: str
    seconds: float
    once: bool = False
    facts: frozenset[str] = frozenset()

    @property
    def by_person(self) -> str:
        """Say why a person approves every call; empty where the policies decide."""
        return f"{self.source} cannot tell a repeated call from a second one, so a person approves each." if self.once else ""


class Kind(StrEnum):
    """A read changes nothing; an effect writes and goes through guardrail and ledger."""

    READ = "read"
    EFFECT = "effect"


@dataclass(frozen=True, slots=True)
class Tool:
    """A typed function over a system of record.

    `run` returns JSON-ready data and raises `BusinessRefused` where the business's rules say no; it re-checks everything,
    because time passes between preview and effect. `preview` is required for effects and writes nothing. `sums` names the
    numeric arguments of an effect that policies may add up over a customer's past (`history.refund_order.sum_amount_30d`).
    `outside` has the terms of a tool that another system offers, such as an MCP server.
    """

    name: str
    kind: Kind
    description: str
    arguments: type[BaseModel]
    run: Callable[[Call, Any], Awaitable[dict[str, Any]]]
    preview: Callable[[Call, Any], Awaitable[Preview]] | None = None
    sums: tuple[str, ...] = ()
    outside: OutsideTerms | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of its arguments."""
        return self.arguments.model_json_schema()

    @property
    def by_person(self) -> str:
        """Say why a person approves every call, whatever the policies say; empty where there is no reason."""
        return self.outside.by_person if self.outside else ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The place where a business's days are counted: a country by its ISO code ('DE'), a part of it ('BY'), and a time zone.

    The names are those of the `holidays` library and of the IANA time zones; so are `categories`, for days kept without a
    law of the whole part, such as 15 August in Bavaria (`catholic`) and Midsummer Eve in Sweden (`de_facto`).
    """

    country: str
    subdivision: str | None = None
    zone: str = "UTC"
    categories: tuple[str, ...] = ("public",)


@dataclass(frozen=True, slots=True)
class Business:
    """`folder` holds `topics/*.yaml`, `policies/*.yaml`, `risk.yaml` and `matrix.yaml`; `migrations` its SQL files.

    `rates.yaml` and `tables.yaml` beside them are optional. `calendar` says which days are business days.

    `known_customer(connection, customer_id)` tells whether a case may be opened for the customer.
    `customer_of_mail(connection, address)` tells whose mail address this is; None where nobody's, or several customers'.
    Whoever has proved the address is that customer; without it all mail goes to people. `mail_of_customer(connection,
    customer_id)` tells the address that the business has verified as theirs, for transcripts. `facts` declares every
    field of a preview that a policy may name. `customer(connection, customer_id, now)` tells what is known of a customer
    (value, age of the account, `segments`, `flags`), each declared in `customer_facts`; it reads and writes nothing.
    `house` is the name that other people's agents read, by default `name`.
    `segments` are all the tags that it may give as `segments`: a live control can concern one of them.
    `disclosure` is the sentence, per language, that opens the agent's first reply, by default the language packs'; `links`
    are the hosts, prefixes and e-mail addresses that a reply may hold. `seed(connection, now)` fills an empty demonstration
    system, where it likes with days counted from `now`; one that takes the connection alone will do, too. `samples`
    are messages that show every path, as (customer_id, text) from the seeded data; `calls` are calls
    that it allows, as (customer_id, tool, arguments).
    """

    name: str
    folder: Path
    tools: tuple[Tool, ...]
    known_customer: Callable[[Any, str], Awaitable[bool]]
    facts: Mapping[str, Shape]
    disclosure: Mapping[str, str] = field(default_factory=lambda: Told("disclosure"))
    links: tuple[str, ...] = ()
    migrations: Path | None = None
    seed: Callable[[Any], Awaitable[None]] | Callable[[Any, datetime], Awaitable[None]] | None = None
    samples: Callable[[Any], Awaitable[list[tuple[str, str]]]] | None = None
    calls: Callable[[Any], Awaitable[list[tuple[str, str, dict[str, Any]]]]] | None = None
    customer_facts: Mapping[str, Shape] = field(default_factory=dict)
    customer: Callable[[Any, str, datetime], Awaitable[Mapping[str, CustomerFact]]] | None = None
    segments: tuple[str, ...] = ()
    calendar: Calendar | None = None
    house: str = ""
    customer_of_mail: Callable[[Any, str], Awaitable[str | None]] | None = None
    mail_of_customer: Callable[[Any, str], Awaitable[str | None]] | None = None
    by_name: Mapping[str, Tool] = field(init=False)

    def __post_init__(self) -> None:
        names = [tool.name for tool in self.tools]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DefinitionInvalid(f"business {self.name}: tool {', '.join(twice)} is defined twice; rename one.")
        bare = sorted(tool.name for tool in self.tools if tool.kind is Kind.EFFECT and tool.preview is None)
        if bare:
            raise DefinitionInvalid(
                f"business {self.name}: effect {', '.join(bare)} has no preview; an approver could not see it."
            )
        object.__setattr__(self, "house", self.house or self.name)
        object.__setattr__(self, "by_name", {tool.name: tool for tool in self.tools})


def takes_now(seed: Callable[..., Awaitable[None]]) -> bool:
    """Return whether a seed counts its days from a time that it is given: it has a second argument to fill."""
    return sum(one.default is one.empty for one in inspect.signature(seed).parameters.values()) > 1


async def seeded(business: Business, connection: Any, now: datetime) -> None:
    """Fill the demonstration system as it is to be at `now`, where the business brings one."""
    seed: Callable[..., Awaitable[None]] | None = business.seed
    if seed is not None:
        await (seed(connection, now) if takes_now(seed) else seed(connection))


def look_here() -> None:
    """Find packages in the working folder too. `python -m worker` does so by itself, the console script does not."""
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())


def load_business(name: str) -> Business:
    """The business of the package `name`, for example `handrail.shop`; a package in the working folder is found too.

    Raises:
        DefinitionInvalid: there is no such package, or it has no `business`.
    """
    look_here()
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        raise DefinitionInvalid(
            f"HANDRAIL_BUSINESS: no package {name!r} ({error}). Name a package on the Python path, for example handrail.shop."
        ) from error
    business = getattr(module, "business", None)
    if not isinstance(business, Business):
        raise DefinitionInvalid(f"HANDRAIL_BUSINESS: {name} has no `business: Business` at module level.")
    return business
