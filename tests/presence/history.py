"""History's side of what presence asks it: rooms and choices given by the test."""

from collections.abc import Iterable, Mapping

import msgspec

from proto import subjects, wire
from proto.calls import (
    MemberCall,
    MemberReply,
    PeersCall,
    PeersReply,
    RoomAsOf,
    RosterCall,
    RosterReply,
    Settled,
    SettledCall,
    SettledReply,
)
from proto.shapes import Room, RoomKind
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


async def serve_settled(bus: Bus, *people: Settled) -> None:
    """Answer what people settled: these, and all others nothing."""
    known = {one.user: one for one in people}

    async def answer(data: bytes) -> bytes:
        call = msgspec.json.decode(data, type=SettledCall)
        return wire.encode(SettledReply([known.get(user, Settled(user)) for user in call.users]))

    await bus.serve(subjects.HISTORY_SETTLED, subjects.HISTORY_QUEUE, answer)
    await bus.flush()


async def serve_rosters(
    bus: Bus, rooms: Mapping[str, Iterable[str]], *, page: int = 100
) -> list[str]:
    """Answer who is in each of `rooms`, which are private but for `public`; note what was asked."""
    members = {room: sorted(users) for room, users in rooms.items()}
    asked: list[str] = []

    async def roster(data: bytes) -> bytes:
        call = msgspec.json.decode(data, type=RosterCall)
        asked.append(call.after)
        users = [user for user in members[call.room] if user > call.after]
        return wire.encode(RosterReply(users[:page], len(users) > page))

    async def member(data: bytes) -> bytes:
        call = msgspec.json.decode(data, type=MemberCall)
        kind: RoomKind = "public" if call.room == "public" else "private"
        if call.user in members.get(call.room, ()):
            room = Room(id=call.room, kind=kind, name="A room", role="member")
            return wire.encode(MemberReply(kind, RoomAsOf(room, 1)))
        return wire.encode(MemberReply(kind if call.room in members else None, None))

    await bus.serve(subjects.HISTORY_ROSTER, subjects.HISTORY_QUEUE, roster)
    await bus.serve(subjects.HISTORY_MEMBER, subjects.HISTORY_QUEUE, member)
    await bus.flush()
    return asked
