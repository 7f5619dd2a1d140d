"""Where the bytes of an idle socket are: what a gateway keeps for it, weighed in this process.

A gateway is wired but not started, and people are put into rooms as after their hello. What the
interpreter does not see, uvloop's handles and what the allocator holds, is the rest of what `idle`
measures from outside.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from gateway.app import Gateway
from gateway.connection import Connection
from gateway.settings import GatewaySettings
from services.guard import Claims
from services.settings import Env

_USER_CHARACTERS = 24
_REQUEST = (
    b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def weigh(people: int, rooms_each: int) -> dict[str, int]:
    """Bytes a socket by part; the people have a socket each, and there are as many rooms as people.

    Each room has as many people as each person has rooms. Needs a running loop.
    """
    told = {"PARLEY_NATS_URL": "nats://127.0.0.1:1", "PARLEY_LIMIT_CONNECTS": "0"}
    gateway = Gateway(GatewaySettings.read(Env(told)))
    for _ in range(people):
        _open(gateway)
    connections = list(gateway.roster.connections)
    entries = [gateway.fanout.hold(_id("r", number)) for number in range(people)]
    for number, connection in enumerate(connections):
        user = _id("u", number)
        connection.claims = Claims(user, _id("s", number), 2**31, user, f"Person {number}", 1)
        person, _ = gateway.roster.enter(connection, user)
        gateway.fanout.follow_user(user)
        connection.greeted()
        for place in range(rooms_each):
            entry = entries[(number + place) % people]
            person.rooms[entry.id] = "member"
            gateway.fanout.attach(entry, connection)
    persons = [connection.person for connection in connections]
    sockets = [connection.socket for connection in connections]
    subjects = gateway.fanout._subjects  # noqa: SLF001 - it is what is weighed
    seen = {id(one) for one in (*sockets, *persons, *connections, *entries, gateway.fanout)}
    parts: dict[str, Sequence[object]] = {
        "the conversation, and whose it is": connections,
        "the socket": sockets,
        "the person and their roles": persons,
        "the rooms, by their members": entries,
        "subjects heard on NATS": [subjects._ids, subjects._routes],  # noqa: SLF001 - as above
    }
    return {name: sum(_size(one, seen) for one in of) // people for name, of in parts.items()}


def _open(gateway: Gateway) -> None:
    make: Any = gateway.http._server.config.ws  # noqa: SLF001 - what uvicorn would make
    socket = make()
    socket.connection_made(
        cast(
            "Any",
            SimpleNamespace(
                write=lambda _data: None,
                get_write_buffer_size=int,
                set_write_buffer_limits=int,
                get_extra_info=lambda _name: None,
            ),
        )
    )
    socket.data_received(_REQUEST)


def _id(kind: str, number: int) -> str:
    """As long as ids are."""
    return f"{kind}_{number:0{_USER_CHARACTERS - 2}}"


def _size(one: object, seen: set[int]) -> int:
    """Bytes of an object that is asked for by name, and of all that it alone leads to."""
    return sys.getsizeof(one) + sum(_below(part, seen) for part in _parts(one))


def _below(one: object, seen: set[int]) -> int:
    if id(one) in seen or isinstance(one, type | bool | None):
        return 0
    mine = isinstance(one, Connection | msgspec.Struct | str | bytes | int | float)
    mine = mine or isinstance(one, dict | list | tuple | set | frozenset | deque)
    if not mine and not type(one).__module__.startswith("gateway."):
        return 0
    seen.add(id(one))
    return _size(one, seen)


def _parts(one: object) -> Iterator[object]:
    """What an object holds, one step down."""
    if isinstance(one, dict):
        yield from one.keys()
        yield from one.values()
    elif isinstance(one, list | tuple | set | frozenset | deque):
        yield from one
    elif not isinstance(one, str | bytes | int | float):
        yield from getattr(one, "__dict__", {}).values()
        for kind in type(one).__mro__:
            names = getattr(kind, "__slots__", ())
            for name in (names,) if isinstance(names, str) else names:
                if hasattr(one, name):
                    yield getattr(one, name)
