"""The rules and topics of a business as they are in force now, hashed: what corrections rely on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from handrail.business import Business
from handrail.policies.loader import FilePolicies
from handrail.topics.loader import FileTopics

if TYPE_CHECKING:
    from handrail.quality.corrections.standing import InForce


def in_force(folder: Path, business: Business) -> InForce:
    """Read the definitions in `folder`. Raises: DefinitionInvalid: a file cannot be used."""
    from handrail.quality.corrections.standing import InForce

    policies = FilePolicies.of(folder / "policies", business)
    topics = FileTopics(folder / "topics", business.by_name)
    return InForce.of(policies.all(), policies.files(), topics.all())
