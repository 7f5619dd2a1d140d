"""The public HTTP paths of this service; who may see whom and who is here is asked of others."""

from __future__ import annotations

from presence.leases_redis import Leases
from presence.peers import Peers
from proto import limits
from proto.codes import ErrorCode
from proto.shapes import PresenceList
from services.http import Endpoint, Query, Request, Response, claims, query_ids, reply

_SUMMARY = (
    "Who of these people is here. Only those who share a room with you, and yourself as others see "
    "you; the rest is left out. In the order asked, doubles removed."
)


def endpoints(leases: Leases, peers: Peers) -> list[Endpoint]:
    """Return the table of paths."""

    async def get_presence(request: Request) -> Response:
        asker = (await claims(request)).sub
        users = await peers.visible(asker, query_ids(request, "users"))
        return reply(PresenceList(await leases.read(users)))

    return [
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
        )
    ]
