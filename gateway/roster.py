"""Who is connected here: people and their connections; not which rooms are followed (`fanout`)."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.connection import Connection
from proto.shapes import Role


class Person:
    """A user with at least one connection here, and their role in each room as the log has it."""

    __slots__ = ("connections", "id", "joined", "rooms")

    def __init__(self, user: str) -> None:
        self.id = user
        self.connections: set[Connection] = set()
        self.rooms: dict[str, Role] = {}
        """Each is followed here: every live connection is attached to it, or resumes it."""
        self.joined: set[str] = set()
        """Rooms that they were let into when nobody of theirs was live yet."""


class Roster:
    """Everyone here. Sockets that have not said who they are count as connections too."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self._people: dict[str, Person] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(list(self._people.values()))

    def get(self, user: str) -> Person | None:
        """The person, if connected here."""
        return self._people.get(user)

    def enter(self, connection: Connection, user: str) -> tuple[Person, bool]:
        """Let a connection speak for `user`; True if it is their first one here."""
        person = self._people.get(user)
        first = person is None
        if person is None:
            person = self._people[user] = Person(user)
        person.connections.add(connection)
        connection.person = person
        return person, first

    def leave(self, connection: Connection) -> Person | None:
        """Forget a connection; the person is returned if it was their last one."""
        self.connections.discard(connection)
        person = connection.person
        if person is None:
            return None
        person.connections.discard(connection)
        if person.connections:
            return None
        self._people.pop(person.id, None)
        return person

    def outbox_bytes(self) -> int:
        """Unsent bytes of all sockets; walks them all."""
        return sum(connection.socket.outbox_bytes for connection in self.connections)
