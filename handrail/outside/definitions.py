"""`tools.yaml`: the systems whose tools the business uses, and each tool with the terms on which it may be called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from handrail.business import Kind
from handrail.definitions import Document, refuse
from handrail.domain.base import Model
from handrail.domain.policy.shapes import FactType
from handrail.outside.loading import TOOLS_FILE
from handrail.outside.references import REFERENCE, literal_secret
from handrail.shipped import document_of

NAME = r"^[a-z][a-z0-9_]{0,63}$"
SERVER = r"^[a-z][a-z0-9_-]{0,39}$"


class OutsideServer(Model):
    """A system. `url` alone is an MCP server over streamable HTTP, `command` one over stdio; `openapi` names a file beside
    this one, and `url` then says where the service is. Values of `headers` and `environment` may hold `${NAME}`."""

    url: str | None = None
    command: list[str] = Field(default_factory=list)
    openapi: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    environment: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> OutsideServer:
        if bool(self.url) == bool(self.command):
            raise ValueError("needs exactly one of url and command. Name the server's address, or how it is started")
        if self.url and not _is_address(self.url):
            raise ValueError(
                f"url: {self.url[:80]!r} is no address. Write https://HOST/PATH, without user, password, query or fragment"
            )
        if self.openapi and not self.url:
            raise ValueError("openapi needs url, which says where the service is. The addresses in the file are not used")
        if self.command and self.headers:
            raise ValueError("headers are for a url. Give a command its values under environment")
        if self.url and self.environment:
            raise ValueError("environment is for a command. Give a url its values under headers")
        bare = [name for name, value in self.headers.items() if literal_secret(name, value)]
        if bare:
            raise ValueError(
                f"{bare[0]} holds a secret in the file. Write ${{NAME}} and set that variable where the worker runs"
            )
        return self


class FactFrom(Model):
    """A fact for policies: where in the look-up's answer it stands (`booking.total`), and its type."""

    at: str = Field(min_length=1)
    type: FactType = FactType.TEXT


class LookFirst(Model):
    """A look-up that has to succeed before an effect is shown, ruled on or made; it tells whose the thing is, and facts.

    `arguments` are those of the look-up: each is the name of an argument of the effect.
    """

    read: str = Field(pattern=NAME)
    arguments: dict[str, str] = Field(default_factory=dict)
    facts: dict[str, FactFrom] = Field(default_factory=dict)


class OutsideTool(Model):
    """A tool on an operator's terms; what is not listed does not exist for the model.

    `name` is how topics and policies name it, `tool` how its server does. `key_argument` or `key_header` takes the effect's
    idempotency key, `customer_argument` the case's customer, `fixed` holds arguments that are always these; none of them is
    shown to the model. `owner` is where in a look-up's answer the customer's id stands: with another one nothing is given.
    """

    name: str = Field(pattern=NAME)
    server: str = Field(pattern=SERVER)
    tool: str = ""
    kind: Kind
    key_argument: str | None = None
    key_header: str | None = None
    customer_argument: str | None = None
    fixed: dict[str, Any] = Field(default_factory=dict)
    owner: str | None = None
    anyone: Literal[True, None] = None
    first: list[LookFirst] = Field(default_factory=list, max_length=4)
    title: str = ""
    headline: str = ""
    asks: dict[str, str] = Field(default_factory=dict)
    sums: list[str] = Field(default_factory=list)
    errors: Literal["refused", "unknown", None] = None
    timeout_seconds: float = Field(default=5.0, gt=0, le=15)
    answer_bytes: int = Field(default=32_000, ge=100, le=256_000)

    @property
    def there(self) -> str:
        """The tool's name at its server."""
        return self.tool or self.name

    @property
    def filled(self) -> set[str]:
        """The arguments that Handrail fills, and the model never sees."""
        return {name for name in (self.key_argument, self.customer_argument) if name} | set(self.fixed)

    @property
    def once(self) -> bool:
        """Tell whether it is an effect whose server cannot tell a repetition."""
        return self.kind is Kind.EFFECT and not self.key_argument and not self.key_header

    @property
    def error_is_refusal(self) -> bool:
        """Tell whether an error that the tool answers means that nothing was done."""
        return self.errors == "refused" or (self.errors is None and not self.once)

    @model_validator(mode="after")
    def _terms(self) -> OutsideTool:
        if self.kind is Kind.READ:
            given = [name for name in _OF_EFFECTS if getattr(self, name)]
            if given:
                raise ValueError(f"{given[0]} is for effects, and {self.name} is a read. Leave it out, or write kind: effect")
        elif self.owner:
            raise ValueError(
                f"owner is for reads: {self.name} is an effect. Name the look-up that tells whose it is, in first"
            )
        if not (self.customer_argument or self.owner or self.first or self.anyone):
            raise ValueError(
                f"nothing says whose data {self.name} is about. Name customer_argument, owner or first; "
                "anyone: true where it is nobody's"
            )
        if self.key_argument and self.key_header:
            raise ValueError("there is one key: name key_argument or key_header")
        names = [self.key_argument, self.customer_argument, *self.fixed]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice:
            raise ValueError(f"{twice} is filled twice. Name it under one of key_argument, customer_argument and fixed")
        return self


class OutsideDefinitions(Model):
    """The whole of `tools.yaml`."""

    servers: dict[str, OutsideServer] = Field(min_length=1)
    tools: list[OutsideTool] = Field(default_factory=list)


_OF_EFFECTS = ("key_argument", "key_header", "first", "title", "headline", "asks", "sums", "errors")


def read_definitions(folder: Path) -> OutsideDefinitions | None:
    """Read the folder's `tools.yaml`; None where it has none.

    Raises:
        DefinitionInvalid: `file:line` for each thing that is wrong.
    """
    file = folder / TOOLS_FILE
    if not file.exists():
        return None
    document = document_of(file)
    found = document.parse(OutsideDefinitions)
    refuse(list(_problems(document, found)))
    return found


def _problems(document: Document, found: OutsideDefinitions) -> Iterator[str]:
    reads = {one.name for one in found.tools if one.kind is Kind.READ}
    names = [one.name for one in found.tools]
    for index, one in enumerate(found.tools):

        def say(words: str, key: str, index: int = index) -> str:
            return document.problem(f"tools.{index}.{key}: {words}", "tools", index, key)

        if names.count(one.name) > 1 and names.index(one.name) < index:
            yield say(f"{one.name!r} stands here twice. Rename one.", "name")
        server = found.servers.get(one.server)
        if server is None:
            yield say(f"there is no server {one.server!r}. Known: {', '.join(found.servers)}.", "server")
        elif one.key_header and not server.openapi:
            yield say("is for services with an OpenAPI file. Write key_argument.", "key_header")
        for look in one.first:
            if look.read not in reads:
                known = ", ".join(sorted(reads)) or "none"
                yield say(f"{look.read!r} is no read that is listed here. Known: {known}.", "first")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not (parts.username or parts.password or parts.query or parts.fragment or REFERENCE.search(url))
        )
    except ValueError:
        return False
