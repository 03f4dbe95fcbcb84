"""Transcripts by mail in PostgreSQL: whose address is verified, what was asked for, and what was said."""

from __future__ import annotations

from datetime import timedelta

from handrail.business import Business
from handrail.domain.base import digest
from handrail.domain.case.messages import Message
from handrail.postgres.business.asking import look
from handrail.postgres.pool import Pool, alone

PAUSE = timedelta(minutes=10)
A_DAY = 5


class PostgresTranscripts:
    """The port `TranscriptLetters`. Any method raises `psycopg.OperationalError` while the server is away."""

    def __init__(self, pool: Pool, business: Business) -> None:
        self._pool = pool
        self._ask = business.mail_of_customer

    async def address_of(self, customer_id: str) -> str | None:
        """Return the customer's verified address: the business's own record of it, else that of mail they wrote.

        Raises:
            BusinessFailed: the business's record cannot be read.
        """
        ask = self._ask
        own = None
        if ask is not None:
            own = await look(self._pool, "The business's list of addresses", lambda one: ask(one, customer_id))
        if own:
            return own
        found = await alone(self._pool, "mail_of_customer", customer_id=customer_id)
        return str(found[0]["address"]) if found else None

    async def ask(self, customer_id: str, case_id: str, address: str, language: str, once: str) -> bool:
        """Have the transcript sent; the same again changes nothing. Return False where that is too often."""
        (row,) = await alone(
            self._pool,
            "ask_for_transcript",
            letter_id=f"transcript-{digest([customer_id, case_id, once])[:32]}",
            customer_id=customer_id,
            case_id=case_id,
            address=address,
            language=language,
            pause=PAUSE,
            a_day=A_DAY,
        )
        return bool(row["taken"])

    async def spoken(self, customer_id: str, case_id: str) -> list[Message]:
        """Return what was said in the customer's case, in order."""
        found = await alone(self._pool, "letter_transcript", customer_id=customer_id, case_id=case_id)
        return [Message.model_validate(row) for row in found]
