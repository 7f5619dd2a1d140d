"""History's side of `subjects.HISTORY_PEERS`, as presence asks it: rooms given by the test."""

from collections.abc import Iterable

import msgspec

from proto import subjects, wire
from proto.calls import PeersCall, PeersReply
from services.bus_nats import Bus


async def serve_peers(bus: Bus, *rooms: Iterable[str]) -> None:
    """Answer who shares one of `rooms`, each a set of its members."""
    members = [frozenset(room) for room in rooms]

    async def answer(data: bytes) -> bytes:
        call = msgspec.json.decode(data, type=PeersCall)
        mine = frozenset[str]().union(*(room for room in members if call.user in room))
        return wire.encode(PeersReply([user for user in call.users if user in mine]))

    await bus.serve(subjects.HISTORY_PEERS, subjects.HISTORY_QUEUE, answer)
    await bus.flush()
