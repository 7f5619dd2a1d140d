"""One subscription for the answers to all our requests; what a request is, is its caller's."""

from __future__ import annotations

import secrets
from typing import Protocol

from services.bus import BusError, Disconnected, NoResponders, Overloaded, RemoteError
from services.connection_nats import Connection
from services.headers import fields, status


class Asker(Protocol):
    """Who waits for one or more answers; both calls are synchronous and must not raise."""

    def reply(self, data: bytes, headers: bytes) -> None:
        """An answer came; `headers` is the raw block."""

    def broken(self, error: BusError) -> None:
        """None will come any more: the connection broke or the bus stops."""


class Inbox:
    """Gives each request a reply subject and each answer to its asker. Bounded in number."""

    def __init__(self, connection: Connection, max_askers: int) -> None:
        self._max_askers = max_askers
        self._prefix = new_inbox(connection) + "."
        self._skip = len(self._prefix)
        self._count = 0
        self._askers: dict[bytes, Asker] = {}
        connection.subscribe_raw(self._prefix + "*", self._take)

    def open(self, asker: Asker) -> str:
        """Return the reply subject for `asker`, who closes it when no answer is wanted any more.

        Raises:
            Overloaded: too many requests are under way.
        """
        if len(self._askers) >= self._max_askers:
            raise Overloaded(f"{self._max_askers} requests are under way")
        self._count += 1
        token = str(self._count)
        self._askers[token.encode()] = asker
        return self._prefix + token

    def close(self, reply_to: str) -> None:
        """Drop what still comes for that reply subject. Idempotent."""
        self._askers.pop(reply_to[self._skip :].encode(), None)

    def fail(self, reason: str) -> None:
        """Tell all askers that nothing will come."""
        askers, self._askers = self._askers, {}
        for asker in askers.values():
            asker.broken(Disconnected(reason))

    def _take(self, subject: bytes, _reply: bytes, data: bytes, headers: bytes) -> None:
        asker = self._askers.get(subject[self._skip :])
        if asker is not None:
            asker.reply(data, headers)


def new_inbox(connection: Connection) -> str:
    """Return a subject that nobody else uses, and that only who has our name may listen to."""
    return f"{connection.inbox_root}.{secrets.token_hex(11)}"


def error_in(subject: str, headers: bytes) -> BusError | None:
    """Return what the headers of an answer complain about, None if nothing.

    Source: NATS ADR-32 (service errors); status 503 is the server's "no responders".
    """
    if not headers:
        return None
    if status(headers)[0] == 503:
        return NoResponders(f"nobody serves {subject}")
    found = fields(headers)
    code = found.get("Nats-Service-Error-Code")
    if code is None:
        return None
    return RemoteError(int(code) if code.isdigit() else 500, found.get("Nats-Service-Error", ""))
