"""The retailer as a business."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from examples.retail import queries
from examples.retail.data.document import User
from examples.retail.data.loading import seed
from examples.retail.data.samples import samples
from examples.retail.tools.published import TOOLS
from handrail.business import Business, FactType

FOLDER = Path(__file__).parent

FACTS = {
    "order_status": FactType.TEXT,
    "order_total_usd": FactType.NUMBER,
    "order_items": FactType.NUMBER,
    "cancel_reason": FactType.TEXT,
    "money_back_usd": FactType.NUMBER,
    "money_due_usd": FactType.NUMBER,
    "payment_kind": FactType.TEXT,
    "original_payment": FactType.FLAG,
    "same_item": FactType.FLAG,
    "leaves_country": FactType.FLAG,
}
DISCLOSURE = {"en": "You are talking to our automated assistant; just ask if you would like to speak to a person at any time."}


async def known_customer(connection: Any, customer_id: str) -> bool:
    """Return whether there is such an account."""
    return await queries.row(connection, "users", User, user_id=customer_id) is not None


business = Business(
    name="retail",
    folder=FOLDER,
    tools=TOOLS,
    known_customer=known_customer,
    facts=FACTS,
    disclosure=DISCLOSURE,
    migrations=FOLDER / "migrations",
    seed=seed,
    samples=samples,
)
