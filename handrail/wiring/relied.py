"""The rules and topics of a business as they are in force now, hashed: what corrections rely on."""

from __future__ import annotations

from pathlib import Path

from handrail.business import Business
from handrail.policies.loader import FilePolicies
from handrail.quality.corrections.standing import InForce
from handrail.topics.loader import FileTopics


def in_force(folder: Path, business: Business) -> InForce:
    """Read the definitions in `folder`. Raises: DefinitionInvalid: a file cannot be used."""
    policies = FilePolicies.of(folder / "policies", business)
    topics = FileTopics(folder / "topics", business.by_name)
    return InForce.of(policies.all(), policies.files(), topics.all())
