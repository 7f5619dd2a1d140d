"""The public HTTP paths of this service; who may see whom and who is here is asked of others."""

from __future__ import annotations

from presence.counter import Counter
from presence.leases_redis import Leases
from presence.members import Members
from presence.peers import Peers
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import PresenceList, RoomPresence
from services.http import (
    Endpoint,
    Query,
    Request,
    Response,
    claims,
    path_id,
    query_ids,
    reply,
)

_SUMMARY = (
    "Who of these people is here. Only those who share a room with you, and yourself as others see "
    "you; the rest is left out. In the order asked, doubles removed."
)


_COUNTED = (
    "How many members of a room are here, at most some ten seconds ago; for its members. Made for "
    "rooms too large to watch."
)


def endpoints(leases: Leases, peers: Peers, members: Members, counter: Counter) -> list[Endpoint]:
    """Return the table of paths."""

    async def get_presence(request: Request) -> Response:
        asker = (await claims(request)).sub
        users = await peers.visible(asker, query_ids(request, "users"))
        return reply(PresenceList(await leases.read(users)))

    async def get_count(request: Request) -> Response:
        asker, room = (await claims(request)).sub, path_id(request, "room")
        await members.require(room, asker)
        return reply(await counter.of(room))

    return [
        Endpoint(
            "GET",
            "/v1/presence/rooms/{room}",
            get_count,
            _COUNTED,
            response=RoomPresence,
            errors=(ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND, ErrorCode.UNAVAILABLE),
        ),
        Endpoint(
            "GET",
            "/v1/presence",
            get_presence,
            _SUMMARY,
            response=PresenceList,
            errors=(ErrorCode.BAD_FRAME, ErrorCode.INVALID, ErrorCode.UNAVAILABLE),
            query=(
                Query(
                    "users",
                    f"User ids with commas between, at most {limits.IDS_PER_QUERY}.",
                    required=True,
                ),
            ),
        ),
    ]
