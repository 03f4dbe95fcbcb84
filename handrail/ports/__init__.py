"""Ports of the graph and the activities to the world. Adapters implement these; `handrail.wiring.cases.worker` wires them."""

from handrail.ports.autonomy import Controls, Dial, Lever, Policies, ReviewGates, Topics
from handrail.ports.business import Checked, Customers, History, SystemOfRecord
from handrail.ports.case import Cases, Contacts, Journal, Openings, Ratings, Remainders, Standings
from handrail.ports.clock import Clock
from handrail.ports.model import Consultant, LanguageModel, ModelRecord, ModelTroubles
from handrail.ports.people import Identities, Matrix, ReviewersInForce, Speakers, Staff
from handrail.ports.routing import Languages, Reader, Router

__all__ = [
    "Cases",
    "Checked",
    "Clock",
    "Consultant",
    "Contacts",
    "Controls",
    "Customers",
    "Dial",
    "History",
    "Identities",
    "Journal",
    "LanguageModel",
    "Languages",
    "Lever",
    "Matrix",
    "ModelRecord",
    "ModelTroubles",
    "Openings",
    "Policies",
    "Ratings",
    "Reader",
    "Remainders",
    "ReviewGates",
    "ReviewersInForce",
    "Router",
    "Speakers",
    "Staff",
    "Standings",
    "SystemOfRecord",
    "Topics",
]
