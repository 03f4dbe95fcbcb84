"""Settings of mail, from the environment: without `HANDRAIL_MAIL_IMAP` nothing is read, and mail only leaves."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from handrail.domain.errors import InvalidInput
from handrail.environment import EnvironmentSettings
from handrail.loopback import is_loopback
from handrail.mail.access import TokenSource


class MailServer(NamedTuple):
    """A server of mail, and how it is reached: TLS from the beginning, begun on the way, or none on this machine."""

    scheme: str
    host: str
    port: int


class MailSettings(EnvironmentSettings):
    """Environment variables with the prefix `HANDRAIL_MAIL_`."""

    prefix = "HANDRAIL_MAIL_"

    imap: str = Field(
        default="", description="the server that mail is read from, imaps://HOST:PORT or imap+starttls://HOST:PORT"
    )
    smtp: str = Field(default="", description="the server that takes mail, smtps://HOST:PORT or smtp+starttls://HOST:PORT")
    address: str = Field(default="", description="the address that customers write to, and that mail comes from")
    own: str = Field(default="", description="further addresses of the house, with commas: they are nobody's customer")
    name: str = Field(default="", max_length=120, description="the name beside the address")
    user: str = Field(default="", description="the login of both servers; the address by default")
    password: SecretStr = SecretStr("")
    token_url: str = Field(
        default="", description="where an access token comes from that takes the password's place; https, or this machine"
    )
    client_id: str = Field(default="", description="who asks for the token")
    client_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr = Field(default=SecretStr(""), description="of a person who let this program in, where one did")
    scope: str = Field(default="", description="what the token is for, as the identity provider calls it")
    folder: str = Field(default="INBOX", pattern=r'^[^"\\\x00-\x1f\x7f]{1,200}$', description="the folder that is read")
    key: SecretStr = Field(default=SecretStr(""), description="signs the addresses that answers go to; 32 characters or more")
    authserv_id: str = Field(
        default="", description="the name of the server whose Authentication-Results count; nobody's, if empty"
    )
    ca: Path | None = Field(default=None, description="certificates of the servers, where the system does not know them")
    poll_seconds: float = Field(default=60.0, ge=0.2, le=3_600, description="how often to look where nothing is announced")
    reply_minutes: float = Field(default=10.0, ge=0, le=1_440, description="between two automatic mails to one address")
    replies_a_day: int = Field(default=5, ge=1, le=100, description="automatic mails to one address a day")

    @field_validator("address")
    @classmethod
    def _address(cls, value: str) -> str:
        local, _, domain = value.strip().partition("@")
        if value and (not local or "." not in domain or len(local) > 19 or set(local) & set('+ "<>(),;:\\')):
            raise ValueError(
                "is no address for customers. Write one like support@example.com, at most 19 characters before the @"
            )
        return value.strip()

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.token_url and self.password.get_secret_value():
            raise ValueError("PASSWORD and TOKEN_URL are both set. Set one: servers take a password or an access token")
        if self.token_url and not self.client_id:
            raise ValueError("TOKEN_URL is set without CLIENT_ID. Name who asks for the token")
        if self.client_id and not self.token_url:
            raise ValueError("CLIENT_ID is set without TOKEN_URL. Name where the token comes from")
        return self

    @field_validator("token_url")
    @classmethod
    def _token_url(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if value and not (safe and parts.hostname):
            raise ValueError("is no address of https. Write for example https://login.example.com/oauth2/v2.0/token")
        return value.strip()

    @property
    def tokens(self) -> TokenSource | None:
        """The source of access tokens; None where servers take a password."""
        if not self.token_url:
            return None
        return TokenSource(self.token_url, self.client_id, self.client_secret, self.refresh_token, self.scope)

    @property
    def all_own(self) -> frozenset[str]:
        """Every address of the house, small."""
        return frozenset(one.strip().lower() for one in [self.address, *self.own.split(",")] if one.strip())

    @property
    def login(self) -> str:
        """The name to log in with."""
        return self.user or self.address

    def tls(self) -> ssl.SSLContext:
        """Return how certificates are checked. Raises: InvalidInput: the file cannot be read."""
        try:
            return ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        except OSError as error:
            raise InvalidInput(f"HANDRAIL_MAIL_CA: {self.ca} cannot be read ({error}). Name a file in PEM form.") from error

    def reading(self) -> MailServer:
        """Return the server that mail is read from. Raises: InvalidInput."""
        return _server("HANDRAIL_MAIL_IMAP", self.imap, {"imaps": 993, "imap+starttls": 143, "imap": 143})

    def sending(self) -> MailServer:
        """Return the server that takes mail. Raises: InvalidInput."""
        return _server("HANDRAIL_MAIL_SMTP", self.smtp, {"smtps": 465, "smtp+starttls": 587, "smtp": 25})


def _server(name: str, url: str, ports: dict[str, int]) -> MailServer:
    try:
        parts = urlsplit(url.strip())
        found = MailServer(parts.scheme, parts.hostname or "", parts.port or ports.get(parts.scheme, 0))
    except ValueError as error:
        raise InvalidInput(f"{name}: is no address of a server ({error}).") from error
    example = next(iter(ports))
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(f"{name}: holds a login. Name it in HANDRAIL_MAIL_USER and HANDRAIL_MAIL_PASSWORD.")
    if parts.scheme not in ports or not found.host or parts.path.strip("/"):
        raise InvalidInput(
            f"{name}: is no address of a server. Write for example {example}://mail.example.com:{ports[example]}."
        )
    if parts.scheme in ("imap", "smtp") and not is_loopback(found.host):
        raise InvalidInput(f"{name}: would send the password unencrypted. Use {example}://.")
    return found
