"""Every setting, read only where things are wired: `worker.py`, `handrail/wiring/` and the command line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from handrail.domain.llm.names import Meaning
from handrail.keeping import KeepingSettings
from handrail.seeing.settings import SeeingSettings
from handrail.versioning import DeploymentSettings

OPENAI = "https://api.openai.com/v1"
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
ORIGIN = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?")
CONTENT = re.compile(r"[\t -~]+")
_OURS = "the client sets it"
OUR_HEADERS = {
    "authorization": "OPENAI_API_KEY is sent there",
    "x-client-request-id": "the id of the case is sent there",
    **dict.fromkeys(("host", "content-type", "content-length", "content-encoding", "transfer-encoding", "connection"), _OURS),
}


class Settings(DeploymentSettings, SeeingSettings, KeepingSettings):
    """Environment variables with the prefix `HANDRAIL_`; `OPENAI_API_KEY` and `OPENAI_BASE_URL` go by their usual names.

    What is `given` comes before them. Raises: ValidationError.
    """

    data_dir: Path = Field(default=Path(".handrail"), description="where the embedded stack keeps everything")
    port_base: int = Field(default=17_230, ge=1024, le=65_000, description="first of the embedded stack's ports")

    temporal_address: str = "127.0.0.1:17230"
    temporal_ui: str = "http://127.0.0.1:17231"
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    temporal_tls_server_ca: Path | None = None
    temporal_tls_client_cert: Path | None = None
    temporal_tls_client_key: Path | None = None
    temporal_api_key: SecretStr | None = None
    task_queue: str = "cases"
    trusted_identity: bool = Field(default=False, description="an authenticating proxy stamps every identity")
    reviewers_strict: bool = Field(default=False, description="only people named in reviewers.yaml may decide")

    database_url: SecretStr = SecretStr("postgresql://postgres@127.0.0.1:17232/handrail")
    master_keys: SecretStr = Field(
        default=SecretStr(""), description="master keys of encrypted histories, with blanks between; the first one wraps"
    )
    master_keys_file: Path | None = Field(default=None, description="a file that holds them, one a line, for its owner alone")
    encrypt: bool | None = Field(
        default=None, description="whether histories are encrypted: where a master key is named, unless this says otherwise"
    )
    codec_unguarded: bool = Field(
        default=False, description="the Temporal Web UI of this machine decrypts without sign-in; for the embedded stack alone"
    )
    webhook_key: SecretStr = Field(
        default=SecretStr(""), description="encrypts the signing secrets of webhooks; 32 characters or more"
    )
    webhooks_loopback: bool = Field(
        default=False, description="webhooks may reach this machine itself over http; for development alone"
    )
    database_pool: int = Field(default=10, ge=1, le=200)
    card_last_four: bool = Field(
        default=True, description="the last four of card and account numbers that were taken out of a text are shown"
    )
    redaction_keep: str = Field(
        default="", description="kinds that stay in texts, with commas: card, iban, id, password, code, key"
    )

    business: str = "handrail.shop"
    router: Path | None = Field(default=None, description="folder that `handrail router train` wrote")
    cache_dir: Path | None = Field(
        default_factory=lambda: usual_cache(),
        description="where what was learnt from the topics is kept between starts; XDG_CACHE_HOME/handrail as a rule",
    )
    definitions: Path | None = Field(default=None, description="folder that replaces the business's own definitions")
    languages: Path | None = Field(default=None, description="folder of language packs beside those that ship")

    model: str = Field(default="gpt-5-mini", description="the model's name on its server")
    consult: bool = Field(default=True, description="a model is asked what a message is about where routing cannot tell")
    approved_models: str = Field(
        default="",
        description="models that may answer: NAME or NAME@FINGERPRINT, with commas; the configured one if empty",
    )
    model_change: Meaning = Field(default=Meaning.REVIEW, description="what it means that another model answers")
    model_version_change: Meaning = Field(default=Meaning.TELL, description="what another version of the same model means")
    model_trouble_calls: int = Field(default=10, ge=1, description="fewer cases with model calls in a window prove no trouble")
    model_trouble_share: float = Field(
        default=0.5, gt=0, le=1, description="share of cases with a failed call that is trouble"
    )
    model_trouble_window_seconds: float = Field(default=60.0, gt=0, le=86_400, description="how far back cases are counted")
    model_trouble_minutes: float = Field(default=15.0, gt=0, le=43_200, description="how long a step down for it holds")
    model_slow_seconds: float = Field(default=20.0, gt=0, le=86_400, description="in 95 of 100 cases it has to be faster")
    model_timeout_seconds: float = Field(default=30.0, gt=0, le=240, description="twice this fits into the agent's step")
    model_price_prompt: float = Field(default=0.0, ge=0, description="USD per million prompt tokens")
    model_price_completion: float = Field(default=0.0, ge=0, description="USD per million completion tokens")
    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    model_headers: SecretStr = Field(
        default=SecretStr(""), description="headers that a gateway wants with each call: `Name: value`, one a line"
    )

    judge_model: str | None = Field(default=None, description="the model that judges cases; nothing is judged without")
    judge_base_url: str | None = Field(default=None, description="its server; the agent's, with its key, where it is not set")
    judge_api_key: SecretStr | None = Field(default=None, description="the key for HANDRAIL_JUDGE_BASE_URL")
    judge_price_prompt: float = Field(default=0.0, ge=0, description="USD per million prompt tokens of the judge")
    judge_price_completion: float = Field(default=0.0, ge=0, description="USD per million completion tokens of the judge")
    judge_daily_usd: float = Field(default=5.0, gt=0, description="what judging may cost a day, where its prices are set")
    judge_daily_calls: int = Field(default=5_000, ge=1, description="calls of the judge a day, at most")

    @field_validator("judge_model")
    @classmethod
    def _some_model(cls, value: str | None) -> str | None:
        return value.strip() or None if value is not None else None

    @field_validator("openai_api_key", "judge_api_key")
    @classmethod
    def _some_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().strip():
            raise ValueError("is set but empty. Give the key; unset it for a server that needs none, its address is enough")
        return value

    @field_validator("public_url")
    @classmethod
    def _a_base(cls, value: str | None) -> str | None:
        found = _http(value, "is no address. Write for example https://desk.example.com")
        return found.rstrip("/") if found else None

    @field_validator("openai_base_url", "judge_base_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        found = _http(value, "is no address of a server. Write for example http://127.0.0.1:11434/v1")
        if found and urlsplit(found).path.rstrip("/").endswith("/completions"):
            raise ValueError("names one path of the protocol. Leave out what comes behind /v1")
        return found

    @field_validator("model_headers")
    @classmethod
    def _headers(cls, value: SecretStr) -> SecretStr:
        for line in _lines(value):
            name, colon, content = line.partition(":")
            if not colon or not HEADER.fullmatch(name.strip()) or not CONTENT.fullmatch(content.strip()):
                raise ValueError("has a line that is no header. Write Name: value, one a line, without control characters")
            if name.strip().lower() in OUR_HEADERS:
                raise ValueError(f"must not set {name.strip().lower()}: {OUR_HEADERS[name.strip().lower()]}")
        return value

    @property
    def headers(self) -> dict[str, str]:
        """The headers of `model_headers` by their names in small letters. Values may be secret."""
        pairs = (line.partition(":") for line in _lines(self.model_headers))
        return {name.strip().lower(): content.strip() for name, _, content in pairs}

    api_address: str = Field(default="127.0.0.1:17236", description="where `handrail api run` listens, HOST:PORT")
    api_calls_per_minute: int = Field(default=600, ge=1, description="calls of one key a minute, for each process of the API")
    api_customer_calls_per_minute: int = Field(default=60, ge=1, description="calls for one customer a minute, likewise")

    agents_key: SecretStr = Field(
        default=SecretStr(""), description="signs the links on which people confirm what agents ask for; 32 characters or more"
    )
    mcp: bool = Field(default=False, description="the API serves other people's agents over MCP, at /mcp")
    a2a: bool = Field(default=False, description="the API serves other people's agents over A2A, at /a2a; needs the extra")
    a2a_key: SecretStr | None = Field(default=None, description="private key that signs the agent card: PEM, EC P-256")
    a2a_key_id: str = Field(default="handrail", description="its id in signatures, by which verifiers find the public half")

    @property
    def reached_at(self) -> str:
        """The address of the API from outside, without a slash at its end."""
        return self.public_url or f"http://{self.api_address}"

    chat_origins: str = Field(default="", description="sites that may show the chat, https://HOST, with blanks between")
    chat_visitors: bool = Field(default=False, description="whoever is not signed in may chat, too, as nobody known")
    chat_sample: str | None = Field(default=None, description="customer of the page at /chat/sample, on a machine of your own")

    @field_validator("chat_origins")
    @classmethod
    def _sites(cls, value: str) -> str:
        wrong = next((one for one in value.split() if not ORIGIN.fullmatch(one)), None)
        if wrong is not None:
            raise ValueError(f"{wrong[:80]!r} is no site. Write https://HOST, with :PORT where it has one, and no path")
        return " ".join(value.split())

    api_oidc_issuer: str | None = Field(default=None, description="identity provider whose tokens the API takes")
    api_oidc_audience: str | None = Field(default=None, description="the audience that its tokens have to name")
    api_oidc_jwks: str | None = Field(default=None, description="address of its keys; looked up by default")
    api_oidc_person: str = Field(default="email", description="the claim that names who decides")
    api_oidc_scopes: str = Field(default="scope", description="the claim that lists what they may")

    public_url: str | None = Field(
        default=None, description="where people and other systems reach the API and the desk, such as https://desk.example.com"
    )
    desk_undo_seconds: float = Field(default=10.0, ge=0, le=300, description="how long a reply can be taken back at the desk")
    desk_oidc_client: str | None = Field(default=None, description="the desk's client id there; people then sign in by it")
    desk_oidc_secret: SecretStr | None = Field(default=None, description="the client's secret, if it has one")
    desk_oidc_scopes: str = Field(
        default="approvals:decide cases:handle", description="what people may whose token lists none of our scopes"
    )

    reopen_hours: int = Field(default=72, ge=1, le=8_760, description="how long a resolved case can be written to")
    silence_hours: int = Field(default=168, ge=1, le=8_760, description="how long a case waits for its customer")
    concurrency: int = Field(default=40, ge=1, description="activities at a time in one worker")
    reconcile_seconds: float = Field(default=60.0, ge=1, description="how often the record is held against Temporal")
    sandbox: bool = Field(default=False, description="workflow code runs in Temporal's sandbox")
    ready_file: Path | None = Field(
        default=None,
        description="the worker writes its process id here once it can do everything",
    )

    approval_minutes: int = Field(default=240, ge=1, le=43_200, description="how long an approval stays open")


def _http(value: str | None, otherwise: str) -> str | None:
    """The address, None where it is empty. Raises: ValueError: it is none; in the words of `otherwise`."""
    if value is None or not value.strip():
        return None
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(otherwise)
    return value.strip()


def usual_cache() -> Path | None:
    """The folder of this user's caches for us; None for a user without a home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if Path(named).is_absolute():
        return Path(named) / "handrail"
    try:
        return Path.home() / ".cache" / "handrail"
    except RuntimeError:
        return None


def _lines(headers: SecretStr) -> list[str]:
    return [line for line in headers.get_secret_value().splitlines() if line.strip()]


def model_url(settings: Settings) -> str | None:
    """The model server that is asked; None for the offline model. Servers of one's own often need no key."""
    if settings.openai_base_url:
        return settings.openai_base_url
    return OPENAI if settings.openai_api_key else None
