"""The agent's models, watched: the one in force, and those of candidates, which are loaded when they are first asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from handrail.domain.llm.health import ModelLimits
from handrail.domain.llm.names import Approved, Meanings
from handrail.llm.server.calls import Calls
from handrail.llm.server.cooldown import Cooldown
from handrail.llm.server.health import CircuitBreaker
from handrail.llm.server.late import LateModel
from handrail.ports import ModelTroubles
from handrail.postgres.autonomy.controls import PostgresControls
from handrail.postgres.autonomy.models import PostgresModels
from handrail.settings import Settings
from handrail.wiring.clients import agent_model, agent_served

if TYPE_CHECKING:
    from handrail.llm.chat import ChatModel


class AgentModels:
    """The models of one worker. `base` is the one that the settings name."""

    def __init__(self, settings: Settings, controls: PostgresControls, record: PostgresModels, calls: Calls) -> None:
        self._controls, self._record, self._calls = controls, record, calls
        self.base = self._model(settings, controls)
        self._candidates: list[LateModel] = []

    def candidate(self, settings: Settings, troubles: ModelTroubles) -> LateModel:
        """Make a candidate's model; what becomes of trouble with it is for `troubles` to say."""
        self._candidates.append(self._model(settings, troubles))
        return self._candidates[-1]

    async def aclose(self) -> None:
        """Close the connections."""
        for model in (self.base, *self._candidates):
            await model.aclose()

    def _model(self, settings: Settings, troubles: ModelTroubles) -> LateModel:
        cooldown = Cooldown(self._record, agent_served(settings))
        return LateModel(lambda: self._watched(settings, troubles, cooldown), cooldown)

    def _watched(self, settings: Settings, troubles: ModelTroubles, cooldown: Cooldown) -> ChatModel:
        """Build a client; the OpenAI library is loaded here."""
        return agent_model(
            settings,
            CircuitBreaker(
                self._controls,
                troubles,
                self._record,
                limits(settings),
                Approved.read(settings.approved_models, settings.model),
                Meanings(other=settings.model_change, version=settings.model_version_change),
                served=agent_served(settings),
                calls=self._calls,
                cooldown=cooldown,
            ),
        )


def limits(settings: Settings) -> ModelLimits:
    """Return the bounds beyond which calls count as model trouble."""
    return ModelLimits(
        cases=settings.model_trouble_calls,
        share=settings.model_trouble_share,
        slow=timedelta(seconds=settings.model_slow_seconds),
        window=timedelta(seconds=settings.model_trouble_window_seconds),
        lasting=timedelta(minutes=settings.model_trouble_minutes),
    )
