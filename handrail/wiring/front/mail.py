"""Mail, wired: the mailbox, the outbox and the servers between which they stand, until told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

from pydantic import ValidationError
from temporalio.client import Client

from handrail.background import BackgroundTroubles, supervised, trouble_file
from handrail.business import load_business
from handrail.domain.base import digest
from handrail.domain.errors import InvalidInput
from handrail.domain.mail import MailDisposition, MailVerdict, ReceivedMail
from handrail.mail.composing import Letterhead
from handrail.mail.incoming import MailIntake
from handrail.mail.mailbox import Mailbox
from handrail.mail.outgoing import MailLimits, MailOutgoing, send_forever
from handrail.mail.reading.cleansing import read_without_secrets
from handrail.mail.sending import SmtpSender
from handrail.mail.settings import MailSettings
from handrail.mail.tokens import ReplyTokens
from handrail.postgres import owner
from handrail.postgres.channels.mail import PostgresMail, PostgresMailCustomers
from handrail.postgres.channels.record import PostgresChannels, departures_announced
from handrail.postgres.pool import Pool, open_pool
from handrail.redaction.values import Redaction
from handrail.settings import Settings
from handrail.temporal.cases.mailed import MailedCases
from handrail.temporal.late import WORK as CONNECTING
from handrail.wiring.connecting import connected_late, connecting, runtime_of
from handrail.wiring.front.letters import letters_work
from handrail.wiring.redacting import redaction_of
from handrail.wiring.sealing import EAR, keeping_keys
from handrail.wiring.seen.beginning import interceptors as seen_by
from handrail.wiring.seen.beginning import seeing, troubled

STOPS = (signal.SIGINT, signal.SIGTERM)
POOL = 4
_log = logging.getLogger("handrail.mail")


def mail_settings() -> MailSettings:
    """Return the settings of the mailbox. Raises: InvalidInput: one is wrong or missing."""
    try:
        found = MailSettings()
    except ValidationError as error:
        raise InvalidInput(MailSettings.in_words(error)) from None
    for name, value in (("SMTP", found.smtp), ("ADDRESS", found.address)):
        if not value:
            raise InvalidInput(f"HANDRAIL_MAIL_{name}: is not set, so no mail can leave. See docs/operating/mail.md.")
    return found


async def serve(settings: Settings) -> None:
    """Read and send mail until SIGTERM or SIGINT.

    Raises:
        InvalidInput: a setting is wrong, or the database is another business's.
        OperationalError: PostgreSQL does not answer. Without Temporal letters leave, and mail waits in its mailbox.
    """
    asked = asyncio.Event()
    for one in STOPS:
        asyncio.get_running_loop().add_signal_handler(one, asked.set)
    file = trouble_file(settings.ready_file) if settings.ready_file else None
    runtime = runtime_of(settings.mail_metrics_address, "HANDRAIL_MAIL_METRICS_ADDRESS")
    async with AsyncExitStack() as stack:
        seen = stack.enter_context(seeing(settings, "handrail-mail", runtime if settings.mail_metrics_address else None))
        troubles = BackgroundTroubles(file, troubled(seen))
        pool = await open_pool(settings.database_url.get_secret_value(), size=POOL)
        stack.push_async_callback(pool.close)
        client = await connected_late(settings, runtime=runtime, interceptors=seen_by(seen))
        await stack.enter_async_context(connecting(client, troubles.about(CONNECTING)))
        await stack.enter_async_context(keeping_keys(settings, client, troubles.about(EAR)))
        await run_mail(settings, mail_settings(), client, pool, troubles, stack)
        if settings.ready_file:
            settings.ready_file.write_text(str(os.getpid()))
        await asked.wait()


async def run_mail(
    settings: Settings, mail: MailSettings, client: Client, pool: Pool, troubles: BackgroundTroubles, stack: AsyncExitStack
) -> None:
    """Read, where there is a mailbox, and send, for as long as the stack is open."""
    business = load_business(settings.business)
    await owner.check(pool, business)
    redaction = redaction_of(settings)
    cases = MailedCases(client, task_queue=settings.task_queue, redaction=redaction)
    record, channels = PostgresMail(pool), PostgresChannels(pool)
    tokens = ReplyTokens(mail.key.get_secret_value(), mail.address)
    intake = MailIntake(record, channels, cases, PostgresMailCustomers(pool, business), tokens, mail.all_own)
    letterhead = Letterhead(mail.address, mail.name, business.disclosure, tokens)
    limits = MailLimits(timedelta(minutes=mail.reply_minutes), mail.replies_a_day)
    outgoing = MailOutgoing(record, channels, cases, SmtpSender(mail), letterhead, limits)
    sending = troubles.about("sending mail")
    woken = asyncio.Event()

    async def listen() -> None:
        async for _ in departures_announced(settings.database_url.get_secret_value()):
            woken.set()

    work: list[tuple[str, Callable[[], Awaitable[None]], Callable[[str | None], None]]] = [
        ("sending mail", lambda: send_forever(outgoing, woken, mail.poll_seconds, lambda: sending(None)), sending),
        ("listening for departures", listen, lambda _: None),
        await letters_work(settings, mail, pool, business, troubles),
    ]
    if mail.imap:
        mail.reading()
        reading, taking = (
            troubles.about("reading mail"),
            MailTaking(intake, mail.authserv_id, redaction),
        )
        mailbox = Mailbox(mail, record, taking.take, looked=lambda: reading(None))
        work.append(("reading mail", mailbox.forever, reading))
    for name, doing, say in work:
        await stack.enter_async_context(supervised(name, doing, say=say))


class MailTaking:
    """Takes raw mail: reads it beside the loop, and keeps one that cannot be read for people to look at."""

    def __init__(self, intake: MailIntake, authserv_id: str, redaction: Redaction) -> None:
        self._intake, self._authserv_id, self._redaction = intake, authserv_id, redaction

    async def take(self, raw: bytes, size: int) -> None:
        """Take a mail. Raises: Unreachable: take it again."""
        try:
            mail, raw = await asyncio.to_thread(read_without_secrets, raw, self._authserv_id, size, self._redaction.heard)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError):
            _log.exception("a mail of %d bytes could not be read; it is kept", size)
            await self._keep_unreadable(raw, size)
            return
        verdict = await self._intake.take(mail, raw, size)
        _log.info("a mail came in: %s", verdict.disposition)

    async def _keep_unreadable(self, raw: bytes, size: int) -> None:
        words = "It could not be read at all; its source is kept."
        verdict = MailVerdict(disposition=MailDisposition.UNREADABLE, words=words)
        mail = ReceivedMail(key=digest(["unreadable", raw.hex()])[:40])
        await self._intake.record.keep(mail, raw, size, verdict)
        await self._intake.record.settle(mail.key)
