"""Asking a language model for the topic, where the local classifier cannot tell, and what may come of its answer."""

from __future__ import annotations

from pydantic import Field

from handrail.domain.base import Stored
from handrail.domain.case.classification import OUT_OF_SCOPE, Classification, Risk
from handrail.domain.llm.agent import Usage

SURE_ENOUGH = 0.6
LONGEST_WHY = 300
READ = 4_000
"""Characters of the customer's words that the model sees."""


class Choice(Stored):
    """A topic of the business as the model sees it."""

    name: str
    description: str


class ConsultQuestion(Stored):
    """`text` is the customer's and is data; `choices` are all that may be answered, beside out of scope."""

    case_id: str
    customer_id: str
    text: str
    choices: list[Choice]
    language: str = "en"


class ModelOpinion(Stored):
    """The model's answer, which is nothing until `heeded` has bounded it."""

    topic: str
    risk: Risk
    confidence: float = Field(ge=0, le=1)
    why: str = ""
    model: str = ""
    usage: Usage = Field(default_factory=Usage)


def heeded(found: Classification, opinion: ModelOpinion, choices: list[Choice]) -> Classification:
    """The classification with the model's opinion: a topic that the business has, a risk that is never lower than before.

    Whatever is unknown or unsure is out of scope, which goes to a person.
    """
    known = opinion.topic in {one.name for one in choices}
    sure = opinion.confidence >= SURE_ENOUGH
    topic = opinion.topic if known and sure else OUT_OF_SCOPE
    risk = max(found.risk, opinion.risk, key=lambda one: one.rank)
    why = " ".join(opinion.why.split())[:LONGEST_WHY]
    named = opinion.topic if known or opinion.topic == OUT_OF_SCOPE else "a topic that the business does not have"
    words = f"model {opinion.model or 'unnamed'}: {named} with {opinion.confidence:.0%}, risk {opinion.risk}"
    return found.model_copy(
        update={
            "topic": topic,
            "confidence": opinion.confidence,
            "confidences": {**found.confidences, "topic": opinion.confidence},
            "risk": risk,
            "abstained": False,
            "reasons": [*found.reasons, f"{words}: {why}" if why else words],
        }
    )
