"""The release gate for the command line: what is in force, as the worker of the running stack has it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handrail.business import Business
    from handrail.postgres.pool import Pool
    from handrail.quality.releases.gate import ReleaseGate
    from handrail.settings import Settings


def with_model(settings: Settings, folder: Path) -> Settings:
    """Return the settings with the model of the stack in `folder`, where the environment names none and a stack runs."""
    from handrail.embedded.model import OfflineModel
    from handrail.embedded.state import running
    from handrail.llm.offline.wire import OFFLINE_MODEL
    from handrail.settings import model_url

    stack = running(folder) if model_url(settings) is None else None
    if stack is None:
        return settings
    changes = {"openai_base_url": stack.model}
    if OfflineModel.name in stack.processes:
        changes["model"] = OFFLINE_MODEL
    return settings.model_copy(update=changes)


def gate_over(settings: Settings, business: Business, pool: Pool) -> ReleaseGate:
    """Return the gate as a worker with these settings has it. Raises: DefinitionInvalid: a file cannot be used."""
    from handrail.clock import SystemClock
    from handrail.policies.loader import FilePolicies
    from handrail.topics.loader import FileTopics
    from handrail.wiring.cases.dialling import release_gate

    folder = settings.definitions or business.folder
    topics = FileTopics(folder / "topics", business.by_name)

    def policies() -> str:
        return FilePolicies.of(folder / "policies", business).version

    return release_gate(with_model(settings, settings.data_dir), pool, folder, topics, policies, SystemClock())
