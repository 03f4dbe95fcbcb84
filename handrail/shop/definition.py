"""The shop as a business."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handrail.business import Business, FactType
from handrail.shop import queries
from handrail.shop.actions.tools import TOOLS
from handrail.shop.demonstration.calls import calls
from handrail.shop.demonstration.samples import samples
from handrail.shop.demonstration.seeding import seed
from handrail.shop.records.customers import CUSTOMER_FACTS, SEGMENTS, customer
from handrail.shop.records.rows import Customer

FOLDER = Path(__file__).parent

FACTS = {
    "refund_amount_usd": FactType.NUMBER,
    "customer_refunded_30d_usd": FactType.NUMBER,
    "customer_refund_total_30d_usd": FactType.NUMBER,
    "order_status": FactType.TEXT,
    "order_total_usd": FactType.NUMBER,
    "order_refunded_usd": FactType.NUMBER,
    "refunds_on_order": FactType.NUMBER,
    "max_line_quantity": FactType.NUMBER,
    "days_since_order": FactType.NUMBER,
    "days_since_delivery": FactType.NUMBER,
    "address_change_after_shipment": FactType.FLAG,
    "address_country_change": FactType.FLAG,
    "password_resets_24h": FactType.NUMBER,
}


async def known_customer(connection: Any, customer_id: str) -> bool:
    """Return whether there is such an account."""
    return await queries.row(connection, "customer", Customer, customer_id=customer_id) is not None


async def customer_of_mail(connection: Any, address: str) -> str | None:
    """Return whose account has this address; None where no account has it, or several have."""
    found = await queries.rows(connection, "by_email", Customer, email=address)
    return found[0].customer_id if len(found) == 1 else None


async def mail_of_customer(connection: Any, customer_id: str) -> str | None:
    """Return the address of the account."""
    found = await queries.row(connection, "customer", Customer, customer_id=customer_id)
    return found.email if found else None


business = Business(
    name="shop",
    folder=FOLDER,
    tools=TOOLS,
    known_customer=known_customer,
    facts=FACTS,
    migrations=FOLDER / "migrations",
    seed=seed,
    samples=samples,
    calls=calls,
    customer_facts=CUSTOMER_FACTS,
    customer=customer,
    segments=SEGMENTS,
    customer_of_mail=customer_of_mail,
    mail_of_customer=mail_of_customer,
)
