"""The settings of model servers as the workers have them: those of an embedded stack ask the stack's own offline model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.cli.common.world import CliContext

if TYPE_CHECKING:
    from handrail.settings import Settings

OFFLINE = "model"
"""The name of the offline model among a stack's processes."""


def model_settings(place: CliContext) -> Settings:
    """Return the settings, with the offline model's address where the stack of the data folder runs one."""
    from handrail.embedded.state import running
    from handrail.llm.offline.wire import OFFLINE_MODEL

    settings = place.settings
    stack = running(place.data_dir or settings.data_dir)
    if stack is None or OFFLINE not in stack.processes:
        return settings
    return settings.model_copy(update={"openai_base_url": stack.model, "model": OFFLINE_MODEL})
