"""`GET /v1/presence` through the real application, guard, NATS and Valkey."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from presence.leases_redis import Leases
from presence.peers import Peers
from presence.routes import endpoints
from proto.calls import Lease
from services.bus_nats import Bus
from services.http import create_app
from services.tokens_jwt import Guard
from tests.presence.client_httpx import Answer, get
from tests.presence.conftest import MakeLeases
from tests.presence.history import serve_peers
from tests.presence.tokens_jwt import ISSUER, Issuer
from tests.presence.valkey_server import ValkeyServer

Ask = Callable[..., Awaitable[Answer]]


def asker(bus: Bus, leases: Leases) -> Ask:
    """Make a function that asks the application, as `me` unless told otherwise."""
    issuer = Issuer()
    guard = Guard(issuer=ISSUER, jwks=msgspec.json.encode(issuer.jwks))
    app = create_app("presence", endpoints(leases, Peers(bus)), guard=guard)

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
