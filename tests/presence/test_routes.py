"""The public paths through the real application, guard, NATS and Valkey."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from presence.counter import Counter
from presence.leases_redis import Leases
from presence.members import Members
from presence.peers import Peers
from presence.routes import endpoints
from proto.calls import Lease
from proto.shapes import RoomPresence
from services.bus_nats import Bus
from services.http import create_app
from services.problem import Unavailable
from services.tokens_jwt import Guard
from tests.presence.client_httpx import Answer, get
from tests.presence.conftest import MakeLeases
from tests.presence.history import serve_peers, serve_rosters
from tests.presence.tokens_jwt import ISSUER, Issuer
from tests.presence.valkey_server import ValkeyServer

Ask = Callable[..., Awaitable[Answer]]


def asker(bus: Bus, leases: Leases) -> Ask:
    """Make a function that asks the application, as `me` unless told otherwise."""
    issuer = Issuer()
    guard = Guard(issuer=ISSUER, jwks=msgspec.json.encode(issuer.jwks))
    members = Members(bus)
    paths = endpoints(leases, Peers(bus), members, Counter(leases, members))
    app = create_app("presence", paths, guard=guard)

    async def ask(query: str, *, user: str = "me", path: str = "/v1/presence") -> Answer:
        token = issuer.token(user) if user else ""
        return await get(f"http://presence{path}{query}", token, app=app)

    return ask


@pytest.fixture
def ask(bus: Bus, leases: Leases) -> Ask:
    """Give that function over this test's leases."""
    return asker(bus, leases)


async def test_it_shows_those_who_share_a_room(ask: Ask, bus: Bus, leases: Leases) -> None:
    """Strangers are left out, the unknown who share are offline, and one sees oneself."""
    await serve_peers(bus, {"me", "friend", "newcomer"}, {"stranger"})
    await leases.renew("g", [Lease(user, f"s-{user}") for user in ("me", "friend", "stranger")])
    answer = await ask("?users=stranger,newcomer,friend,me,friend")
    assert answer.status == 200
    assert answer.body == {
        "presence": [
            {"user": "newcomer", "status": "offline", "last_seen_ms": None},
            {"user": "friend", "status": "online", "last_seen_ms": None},
            {"user": "me", "status": "online", "last_seen_ms": None},
        ]
    }


async def test_it_tells_when_somebody_was_last_seen(ask: Ask, bus: Bus, leases: Leases) -> None:
    """Of one who left it is the time; of one who is invisible it is nothing."""
    await serve_peers(bus, {"me", "gone", "hidden"})
    await leases.renew("g", [Lease("gone", "s"), Lease("hidden", "t", "invisible")])
    await leases.end([Lease("gone", "s")])
    gone, hidden = (await ask("?users=gone,hidden")).body["presence"]
    assert gone["status"] == hidden["status"] == "offline"
    assert gone["last_seen_ms"] > 1_600_000_000_000
    assert hidden["last_seen_ms"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "invalid"),
        ("?users=", "invalid"),
        ("?users=a,", "bad_frame"),
        ("?users=a.b", "bad_frame"),
        ("?users=%40seen", "bad_frame"),
        ("?users=" + "a" * 65, "bad_frame"),
        ("?users=a&users=b", "bad_frame"),
        ("?users=" + ",".join(f"u{n}" for n in range(101)), "invalid"),
    ],
)
async def test_a_bad_list_is_refused(ask: Ask, query: str, code: str) -> None:
    """It is a problem with the field's name, and nobody else is asked."""
    answer = await ask(query)
    assert (answer.status, answer.body["code"], answer.body["field"]) == (400, code, "users")


async def test_a_hundred_are_allowed(ask: Ask, bus: Bus) -> None:
    """The most that one may ask for are answered."""
    people = [f"u{n}" for n in range(99)]
    await serve_peers(bus, {"me", *people})
    answer = await ask("?users=" + ",".join([*people, "me"]))
    assert [one["user"] for one in answer.body["presence"]] == [*people, "me"]


async def test_it_takes_a_token(ask: Ask) -> None:
    """Without one nobody is shown."""
    answer = await ask("?users=me", user="")
    assert (answer.status, answer.body["code"]) == (401, "unauthorized")


async def test_without_history_it_is_unavailable(ask: Ask) -> None:
    """503 with the time to try again, as a problem."""
    answer = await ask("?users=friend")
    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


async def test_without_redis_it_is_unavailable_until_it_is_back(
    bus: Bus, make_leases: MakeLeases, valkey: ValkeyServer
) -> None:
    """503 while Redis is away; the same application answers when it is back."""
    ask = asker(bus, make_leases(url=valkey.url))
    assert (await ask("?users=me")).status == 200
    valkey.kill()
    answer = await ask("?users=me")
    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    valkey.start()
    assert (await ask("?users=me")).status == 200


async def test_it_is_described(ask: Ask) -> None:
    """The OpenAPI document names the path, its parameter and its answers."""
    document = (await ask("", user="", path="/v1/presence/openapi.json")).body
    operation = document["paths"]["/v1/presence"]["get"]
    assert operation["parameters"][0]["name"] == "users"
    assert {"200", "400", "401", "503"} <= set(operation["responses"])


async def test_a_large_room_is_counted(ask: Ask, bus: Bus, leases: Leases) -> None:
    """Those whom others see here, of all pages of its members; who asks soon after is answered
    with the same count.
    """
    people = [f"u{n}" for n in range(250)]
    asked = await serve_rosters(bus, {"large": [*people, "me"]}, page=100)
    here = [Lease(user, f"s-{user}") for user in [*people[:40], "stranger"]]
    await leases.renew("g", [*here, Lease("me", "m", "invisible")])
    path = "/v1/presence/rooms/large"
    for _ in range(2):
        answer = await ask("", path=path)
        assert (answer.status, answer.body) == (
            200,
            {"room": "large", "members": 251, "online": 40},
        )
    assert len(asked) == 3


async def test_a_count_is_for_members(ask: Ask, bus: Bus) -> None:
    """Who may know of a room and is not in it is told so; of others nothing is said."""
    await serve_rosters(bus, {"public": ["u"], "private": ["u"]})
    for room, status, code in (
        ("public", 403, "forbidden"),
        ("private", 404, "not_found"),
        ("nowhere", 404, "not_found"),
        ("a.b", 400, "bad_frame"),
    ):
        answer = await ask("", path=f"/v1/presence/rooms/{room}")
        assert (answer.status, answer.body["code"]) == (status, code)


async def test_a_count_that_failed_is_tried_again(bus: Bus, leases: Leases) -> None:
    """Without history there is none, and the next one who asks gets one."""
    counter = Counter(leases, Members(bus))
    with pytest.raises(Unavailable):
        await counter.of("small")
    await serve_rosters(bus, {"small": ["u", "v"]})
    await leases.renew("g", [Lease("u", "s")])
    assert await counter.of("small") == RoomPresence("small", 2, 1)


async def test_counts_are_shared_and_kept_for_a_while(bus: Bus, leases: Leases) -> None:
    """Many who ask at once cost one count; so old as to be wrong it is made anew."""
    asked = await serve_rosters(bus, {"small": ["u", "v"]})
    counter = Counter(leases, Members(bus), count_seconds=0.0)
    counts = await asyncio.gather(*(counter.of("small") for _ in range(20)))
    assert (len(asked), counts) == (1, [RoomPresence("small", 2, 0)] * 20)
    counter._counts["small"].until[0] = 0.0
    await leases.renew("g", [Lease("u", "s")])
    assert (await counter.of("small")).online == 1
