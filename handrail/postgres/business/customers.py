"""The business's knowledge of its customers, read where nothing can be written."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_jsonable_python

from handrail.business import Business
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.shapes import json_ready
from handrail.ports import Clock
from handrail.postgres.business.asking import look
from handrail.postgres.pool import Pool

RECORD = "The business's record of the customer"


class PostgresCustomers:
    """The port `Customers` over a business. Raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool, business: Business, clock: Clock) -> None:
        self._pool = pool
        self._business = business
        self._clock = clock

    async def facts(self, customer_id: str) -> dict[str, Any]:
        """Read what the business tells of the customer, JSON-ready; empty where it tells nothing.

        Raises:
            BusinessFailed: it raises, or does not answer.
            DefinitionInvalid: it tells something that it does not declare in `customer_facts`.
        """
        business = self._business
        if business.customer is None:
            return {}
        customer, now = business.customer, self._clock.now()
        told = dict(await look(self._pool, RECORD, lambda connection: customer(connection, customer_id, now)))
        undeclared = sorted(set(told) - set(business.customer_facts))
        if undeclared:
            raise DefinitionInvalid(
                f"business {business.name}: `customer` tells {', '.join(undeclared)}; declare it in `customer_facts`."
            )
        ready: dict[str, Any] = to_jsonable_python(json_ready(told))
        return ready
