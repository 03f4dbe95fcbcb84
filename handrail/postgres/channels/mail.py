"""Mail in PostgreSQL: what came in and went out, and how far a mailbox was read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from handrail.business import Business
from handrail.domain.channels import Departure
from handrail.domain.mail import AnsweredMail, MailDisposition, MailEntry, MailVerdict, ReceivedMail, SentBefore
from handrail.postgres.business.asking import look
from handrail.postgres.pool import Pool, alone, writing
from handrail.postgres.queries import QUERIES
from handrail.postgres.sweeping import sweep

SWEPT = 200
"""Sources that go by one statement: each has up to megabytes."""


class PostgresMail:
    """The port `MailRecord`. Any method raises `psycopg.OperationalError` while the server is away; try it again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def known(self, key: str) -> tuple[MailVerdict, bool] | None:
        """Return what was decided of this mail, and whether that is done; None where it is new."""
        found = await alone(self._pool, "known_mail", mail_id=key)
        return (MailVerdict.model_validate(found[0]), bool(found[0]["settled"])) if found else None

    async def keep(self, mail: ReceivedMail, raw: bytes, size: int, verdict: MailVerdict) -> None:
        """Keep a mail and what is to become of it; the same again changes nothing."""
        about: dict[str, Any] = {
            "mail_id": mail.key,
            "incoming": True,
            "header_id": mail.message_id,
            "references": mail.references,
            "sender": mail.sender,
            "recipient": next(iter(mail.recipients), None),
            "subject": mail.subject,
            "vouched": mail.vouched,
            "automatic": bool(mail.automatic),
            "size": size,
            "raw": raw,
            **verdict.model_dump(mode="json"),
        }
        about["words"] = " ".join([verdict.words, *mail.odd]).strip()
        async with writing(self._pool) as connection, connection.cursor() as cursor:
            await cursor.execute(QUERIES["keep_mail"], about)
            if mail.attachments:
                attached = [{"mail_id": mail.key, **one.model_dump()} for one in mail.attachments]
                await cursor.executemany(QUERIES["keep_mail_attachment"], attached)

    async def decide_again(self, key: str, verdict: MailVerdict) -> None:
        """Decide otherwise of a mail of which no case has heard yet."""
        await self._write("decide_mail_again", mail_id=key, **verdict.model_dump(mode="json"))

    async def settle(self, key: str) -> None:
        """Note that what was decided is done."""
        await self._write("settle_mail", mail_id=key)

    async def sent_by_us(self, message_id: str) -> bool:
        """Return whether a mail with this Message-ID left here."""
        return bool(await alone(self._pool, "sent_mail", header_id=message_id))

    async def case_of(self, references: list[str]) -> str | None:
        """Return the case to which the first known one of these mails belongs."""
        found = await alone(self._pool, "case_of_thread", references=references) if references else []
        return str(found[0]["case_id"]) if found else None

    async def customer_of(self, case_id: str) -> str | None:
        """Return whose case it is, None where there is none; of one that is being opened, for whom a mail opened it."""
        for query in ("customer_of_kept_case", "customer_of_mailed_case"):
            found = await alone(self._pool, query, case_id=case_id)
            if found:
                return str(found[0]["customer_id"])
        return None

    async def same(self, customer_id: str, other: str) -> bool:
        """Return whether the two ids were merged into one person."""
        return other in (await alone(self._pool, "kin", customer_id=customer_id))[0]["customer_ids"]

    async def bounced(self, message_id: str, words: str) -> None:
        """Note of a mail of ours that it did not arrive."""
        await self._write("note_mail_bounced", header_id=message_id, words=words)

    async def answered(self, case_id: str, message_id: str) -> AnsweredMail | None:
        """Return the mail by which this message came."""
        found = await alone(self._pool, "mail_that_is_answered", case_id=case_id, message_id=message_id)
        return AnsweredMail.model_validate(found[0]) if found else None

    async def sent_before(self, mail_id: str, departure: Departure) -> SentBefore:
        """Tell what automatic mail went to the address, not counting this mail, and whether a person wrote since."""
        about: dict[str, Any] = {
            "recipient": departure.address,
            "case_id": departure.case_id,
            "message_id": departure.message_id,
        }
        found = await alone(self._pool, "mail_sent_before", mail_id=mail_id, **about)
        return SentBefore.model_validate(found[0])

    async def keep_sent(self, mail_id: str, departure: Departure, subject: str, raw: bytes, *, automatic: bool) -> None:
        """Keep a mail before it is sent; the same again changes nothing."""
        about: dict[str, Any] = {"header_id": mail_id, "recipient": departure.address, "subject": subject}
        about |= {"case_id": departure.case_id, "message_id": departure.message_id, "automatic": automatic}
        absent = dict.fromkeys(("sender", "disposition", "customer_id"))
        rest: dict[str, Any] = {"incoming": False, "references": [], "vouched": "", "words": "", "size": len(raw), "raw": raw}
        await self._write("keep_mail", mail_id=mail_id, **about, **absent, **rest)

    async def entries(
        self, *, case_id: str | None = None, disposition: MailDisposition | None = None, most: int = 50
    ) -> list[MailEntry]:
        """Read mail in and out, newest first."""
        wanted: dict[str, Any] = {"case_id": case_id, "disposition": disposition, "most": most}
        found = await alone(self._pool, "mail_entries", prepare=False, **wanted)
        return [MailEntry.model_validate(row) for row in found]

    async def raw(self, mail_id: str) -> bytes | None:
        """Return the mail as it came or went: empty once its time was over, None where there is no such mail."""
        found = await alone(self._pool, "raw_mail", mail_id=mail_id)
        return bytes(found[0]["raw"]) if found else None

    async def sweep(self, older: timedelta) -> int:
        """Let the sources go of mails whose cases were closed so long ago, or that have none; return how many."""
        return await sweep(self._pool, "sweep_mail_sources", older, SWEPT)

    async def read_up_to(self, mailbox: str) -> tuple[int, int] | None:
        """Return the UIDVALIDITY and the last UID that was read; None where none was."""
        found = await alone(self._pool, "mailbox_read", mailbox=mailbox)
        return (int(found[0]["validity"]), int(found[0]["uid"])) if found else None

    async def note_read(self, mailbox: str, validity: int, uid: int) -> None:
        """Note up to which UID the mailbox was read."""
        await self._write("note_mailbox_read", mailbox=mailbox, validity=validity, uid=uid)

    async def _write(self, query: str, **about: Any) -> None:
        async with writing(self._pool) as connection:
            await connection.execute(QUERIES[query], about)


class PostgresMailCustomers:
    """The port `MailCustomers`: asks the business, where it tells."""

    def __init__(self, pool: Pool, business: Business) -> None:
        self._pool = pool
        self._ask = business.customer_of_mail

    async def of_address(self, address: str) -> str | None:
        """Return the customer who has this address. Raises: BusinessFailed."""
        ask = self._ask
        if ask is None:
            return None
        return await look(self._pool, "The business's list of addresses", lambda connection: ask(connection, address))
