"""Sends mail by SMTP, one at a time and without anybody waiting for it; what it says is others'."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from auth.metrics import AuthMetrics
from services import logs_structlog
from services.settings import Secret

WAITING: Final = 200
"""Mails that wait; one more is let fall, and counted."""
TRIES: Final = 3
PAUSE_SECONDS: Final = 5.0
TIMEOUT_SECONDS: Final = 15.0
_PORTS: Final = {"smtp": 587, "smtps": 465}
_log = logs_structlog.get_logger()


class Mail(NamedTuple):
    """A short text to one address."""

    to: str
    subject: str
    text: str


class Mailer:
    """Nobody waits for it, so how long an answer takes tells nothing of whether mail was sent.

    What waits is lost with the process: who got no mail asks again.
    """

    def __init__(self, url: Secret, sender: str, metrics: AuthMetrics) -> None:
        self._url = url
        self._sender = sender
        self._metrics = metrics
        self._waiting: asyncio.Queue[Mail] = asyncio.Queue(WAITING)

    @property
    def works(self) -> bool:
        """Whether there is a server that takes mail."""
        return bool(self._url)

    def send(self, mail: Mail) -> None:
        """Send it soon."""
        try:
            self._waiting.put_nowait(mail)
        except asyncio.QueueFull:
            self._metrics.mails.labels("shed").inc()

    async def run(self) -> None:
        """Send for ever. A server that is away is tried again twice; neither address is logged."""
        while True:
            mail = await self._waiting.get()
            for left in reversed(range(TRIES)):
                try:
                    await asyncio.to_thread(self._deliver, mail)
                except (OSError, smtplib.SMTPException) as error:
                    _log.warning("mail not sent", error=type(error).__name__, tries_left=left)
                    if not left:
                        self._metrics.mails.labels("failed").inc()
                        break
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    self._metrics.mails.labels("sent").inc()
                    break

    def _deliver(self, mail: Mail) -> None:
        """Blocks.

        Raises:
            OSError, smtplib.SMTPException: it was not taken.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, mail.to, mail.subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        with self._connected() as server:
            server.send_message(message)

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self._url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        context = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            # A password goes over no open line; without one a relay next door may do as it likes.
            if parts.password is not None or server.has_extn("starttls"):
                server.starttls(context=context)
        if parts.username is not None:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server
