"""Who this installation is to push services: one key, made at the first start and kept for ever."""

from __future__ import annotations

from notify import keys_postgres, seal_cryptography
from notify.vapid_jwt import Vapid
from services import clock
from services.pool_postgres import Pool


class Identity:
    """A part of the service, after its pool; other parts use it once it has started."""

    name = "identity"

    def __init__(self, pool: Pool, subject: str) -> None:
        """`subject` is whom a push service may write to: a URL, `https:` or `mailto:`."""
        self._pool = pool
        self._subject = subject
        self._vapid: Vapid | None = None

    @property
    def vapid(self) -> Vapid:
        """What signs. Raises RuntimeError before the start."""
        if self._vapid is None:
            raise RuntimeError("the identity was not started")
        return self._vapid

    async def start(self) -> None:
        """Read the key, or make it. Raises Unavailable."""
        made = seal_cryptography.make_key()
        private = await keys_postgres.ensured(self._pool, made, clock.now_ms())
        self._vapid = Vapid(private, self._subject)

    async def stop(self) -> None:
        """Nothing to do."""


def subject_of(contact: str, public_url: str) -> str:
    """Whom a push service may write to: the operator's address, else where they can be found."""
    name, at, host = contact.partition("@")
    if at and name and "." in host and contact.isascii() and not contact.split()[1:]:
        return f"mailto:{contact}"
    return public_url
