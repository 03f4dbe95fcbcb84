"""Services behind the chat: those of the HTTP API, and what the house tells of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from handrail.api.access.limits import CallLimits
from handrail.api.services import ApiServices
from handrail.ports.front.letters import TranscriptLetters


@dataclass(frozen=True, slots=True)
class ChatServices:
    """Everything that the chat reaches.

    `disclosure` says by language that a machine answers. `hours` says in a language from when on people answer again; nothing
    while they do, or where nobody knows.
    `letters` sends transcripts by mail, where mail can leave. `visitors`: whoever is not signed in may chat, too. `origins`
    are the sites that may show the frame. `sample` is the customer of the sample page, where there is one.
    """

    api: ApiServices
    disclosure: Mapping[str, str]
    hours: Callable[[str], Awaitable[str]]
    visits: CallLimits
    letters: TranscriptLetters | None = None
    origins: tuple[str, ...] = ()
    visitors: bool = False
    sample: str | None = None
