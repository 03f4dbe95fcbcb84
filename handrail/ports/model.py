"""Ports to the language model, and to the record of its trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

from handrail.domain.autonomy.controls import Control
from handrail.domain.llm.agent import ModelAnswer, ModelRequest
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.domain.llm.health import CallOutcome, CallTally
from handrail.domain.llm.names import AcceptedName, Notice


class LanguageModel(Protocol):
    """A language model behind the OpenAI wire protocol.

    Raises:
        ModelUnavailable: transient.
        ModelRejected: permanent, or an answer that cannot be used.
    """

    async def complete(self, request: ModelRequest) -> ModelAnswer: ...


class Consultant(Protocol):
    """A language model that is asked once what a message is about, where the local classifier cannot tell.

    Raises:
        ModelFailed: no answer, or one that cannot be used. It is not asked again.
    """

    async def consult(self, question: ConsultQuestion) -> ModelOpinion: ...


class ModelTroubles(Protocol):
    """The consequences of trouble with the model."""

    async def step_down(self, reason: str, *, pause: timedelta, lasting: timedelta, urgent: bool = False) -> Control | None:
        """One step down the ladder for everything, by Handrail's own hand.

        None where that hand has moved within `pause` (with `urgent`: only where it holds something), and at the last step.
        """
        ...


class ModelRecord(Protocol):
    """The workers' common knowledge of a model on its server, which `served` names."""

    async def note(self, served: str, heard: Sequence[CallOutcome], window: timedelta) -> CallTally:
        """Put down how cases' latest calls went; gives how those of all workers went within the window."""
        ...

    async def latest(self, served: str, limit: int) -> list[str]:
        """The names under which the latest cases were answered, a name for each case, the newest first."""
        ...

    async def pause(self, served: str, seconds: float) -> None:
        """Leave the model alone for so long, unless it is to be for longer already."""
        ...

    async def paused(self, served: str) -> float:
        """Seconds for which the model is still to be left alone."""
        ...

    async def known(self, served: str) -> list[AcceptedName]:
        """The names that count, the first seen first."""
        ...

    async def learn(self, served: str, judge: Callable[[list[AcceptedName]], Notice | None]) -> Notice | None:
        """Put down what `judge` makes of the names that count; None where nothing is new."""
        ...
