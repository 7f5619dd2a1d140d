"""Whose presence a person may see: those who share a room with them, which history knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from proto import subjects
from proto.calls import PeersCall, PeersReply
from services.asking import ask
from services.bus_nats import Bus

_SECONDS: Final = 2.0


class Peers:
    """Asks history; keeps nothing, so that who left the last common room is out at once."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def visible(self, asker: str, users: Sequence[str]) -> list[str]:
        """Return those of `users` whose presence `asker` may see, themselves always, in order.

        Raises:
            Unavailable: history did not answer within two seconds, or could not.
        """
        shared = {asker}
        if others := [user for user in users if user != asker]:
            found = await ask(
                *(self._bus, subjects.HISTORY_PEERS, PeersCall(asker, others), PeersReply),
                seconds=_SECONDS,
                lacking="who shares a room is not known just now",
            )
            shared.update(found.users)
        return [user for user in users if user in shared]
