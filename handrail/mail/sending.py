"""Handing mail over to the house's own mail server."""

from __future__ import annotations

from handrail.domain.mail import MailNotTaken, MailRefused
from handrail.mail.access import AccessTokens, NoAccessToken
from handrail.mail.reading.headers import one_line
from handrail.mail.settings import MailServer, MailSettings

SECONDS = 60.0
WORDS = 300


class SmtpSender:
    """The port `MailSender`, with a connection for each mail."""

    def __init__(self, settings: MailSettings) -> None:
        """Raises: InvalidInput: the server's address is none."""
        self._server: MailServer = settings.sending()
        self._tls = settings.tls()
        self._login = settings.login
        self._password = settings.password
        self._tokens = AccessTokens(settings.tokens) if settings.tokens else None

    async def send(self, content: bytes, sender: str, recipient: str) -> None:
        """Hand a mail over.

        Raises:
            MailRefused: the server will not take it, now or later.
            MailNotTaken: try again.
        """
        import aiosmtplib  # what does not send loads without it

        try:
            await self._hand_over(content, sender, recipient)
        except NoAccessToken as error:
            raise MailNotTaken(str(error)) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            if self._tokens:
                self._tokens.refused()
            raise MailNotTaken(f"The mail server refuses the login ({error.code}).") from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            first = error.recipients[0]
            raise _refused(first.code, first.message) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error.code, error.message) from error
        except aiosmtplib.SMTPNotSupported as error:
            raise MailRefused(f"The mail server cannot carry this mail: {one_line(str(error))[:WORDS]}") from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            words = one_line(str(error))[:WORDS]
            raise MailNotTaken(f"The mail server does not answer ({type(error).__name__}: {words}).") from error

    async def _hand_over(self, content: bytes, sender: str, recipient: str) -> None:
        import aiosmtplib

        password = self._password.get_secret_value()
        plain = self._server.scheme == "smtp"
        # A server on this machine takes mail from its own without a login; unencrypted, it offers none.
        known = bool(password or self._tokens) and not plain
        await aiosmtplib.send(
            content,
            sender=sender,
            recipients=[recipient],
            hostname=self._server.host,
            port=self._server.port,
            username=self._login if known else None,
            password=password if known and password else None,
            oauth_token_generator=self._tokens.get if known and self._tokens else None,
            use_tls=self._server.scheme == "smtps",
            start_tls=not plain and self._server.scheme != "smtps",
            tls_context=None if plain else self._tls,
            timeout=SECONDS,
        )


def _refused(code: int, message: str) -> MailRefused | MailNotTaken:
    words = f"The mail server says {code}: {one_line(message)[:WORDS]}"
    return MailRefused(words) if code >= 500 else MailNotTaken(words)
