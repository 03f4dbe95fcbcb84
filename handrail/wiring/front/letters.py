"""Letters, wired: what people are told of, and how it leaves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from handrail import chat
from handrail.background import BackgroundTroubles, Say
from handrail.business import Business
from handrail.clock import SystemClock
from handrail.domain.letters import LetterKind
from handrail.domain.team.notices import NoticeBook
from handrail.domain.team.staff import HORIZON
from handrail.interface import Interface
from handrail.mail.letters.composing import LettersHouse
from handrail.mail.letters.sending import LetterSending, send_letters_forever
from handrail.mail.letters.transcripts import TranscriptsSent
from handrail.mail.letters.waiting import WaitingTold
from handrail.mail.sending import SmtpSender
from handrail.mail.settings import MailSettings
from handrail.people.loader import FilePeople
from handrail.postgres.channels.letters import PostgresLetters, PostgresNotices
from handrail.postgres.channels.transcripts import PostgresTranscripts
from handrail.postgres.pool import Pool
from handrail.postgres.queue import PostgresQueue
from handrail.settings import Settings
from handrail.wiring.cases.dialling import reviewers_of

PEOPLE = "people.yaml"
CHAT = Interface(Path(chat.__file__).parent / "words")
"""Transcripts speak the languages of the chat."""
LOOK_SECONDS = 1.0
"""How often files of definitions are looked at."""
MOST_SECONDS = 5.0
"""What waits is told within this time, where a mail may leave at once."""


async def letters_work(
    settings: Settings, mail: MailSettings, pool: Pool, business: Business, troubles: BackgroundTroubles
) -> tuple[str, Callable[[], Awaitable[None]], Say]:
    """Return the work of letters: its name, itself, and what hears of its trouble. Raises: DefinitionInvalid, InvalidInput."""
    notices, house = PostgresNotices(pool), LettersHouse(mail.address, mail.name, f"{settings.reached_at}/desk/")
    told = WaitingTold(notices, book_of(settings, business, pool), house, SystemClock())
    transcripts = TranscriptsSent(PostgresTranscripts(pool, business), house, CHAT, business.disclosure)
    makers = {LetterKind.WAITING: told.make, LetterKind.TRANSCRIPT: transcripts.make}
    sending = LetterSending(PostgresLetters(pool), SmtpSender(mail), mail.address, makers)
    say, every = troubles.about("sending letters"), min(mail.poll_seconds, MOST_SECONDS)
    await notices.begin()
    return "sending letters", lambda: send_letters_forever(sending, told.gather, lambda: say(None), every), say


def book_of(settings: Settings, business: Business, pool: Pool) -> Callable[[], Awaitable[NoticeBook]]:
    """Return who is told of what, as the files say now. Raises: DefinitionInvalid: they cannot be used."""
    folder = settings.definitions or business.folder
    reviewers = reviewers_of(settings, folder, business, LOOK_SECONDS)
    people, queue = FilePeople(folder / PEOPLE, every=LOOK_SECONDS), PostgresQueue(pool)

    async def book() -> NoticeBook:
        now = datetime.now(UTC)
        return NoticeBook(reviewers.now(), people.roster(await queue.windows((now, now + HORIZON))))

    return book
