"""What gateways ask over a real NATS, and what they are answered."""

import msgspec
import pytest

from presence.announcer import WAITING, Announcer
from presence.calls import Calls
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.typing_redis import Typing
from proto import limits, subjects, wire
from proto.audience import ConnectionsCall, ConnectionsReply
from proto.calls import (
    DONE,
    EndCall,
    Failure,
    Lease,
    RenewCall,
    SeenCall,
    SeenReply,
    TypingCall,
)
from proto.shapes import CustomStatus
from services.bus_nats import Bus
from services.limiter_redis import Limiter
from services.metrics_prometheus import Metrics
from tests.presence.conftest import Heard, MakeLeases
from tests.presence.test_sweeper import sample
from tests.presence.valkey_server import ValkeyServer


async def serve(bus: Bus, leases: Leases, limiter: Limiter, metrics: Metrics) -> None:
    """Have the service answer."""
    counts = PresenceMetrics(metrics)
    announcer = Announcer(bus, Typing(leases._store), counts)
    await Calls(bus, leases, limiter, announcer, counts).start()
    await bus.flush()


async def test_a_renewal_and_an_end_are_answered_and_counted(
    bus: Bus, gateway: Bus, leases: Leases, heard: Heard, limiter: Limiter, metrics: Metrics
) -> None:
    """The empty object means that all of it was done."""
    await serve(bus, leases, limiter, metrics)
    two = [Lease("u", "s"), Lease("v", "t", "idle")]
    renewed = await gateway.request(
        subjects.PRESENCE_RENEW, wire.encode(RenewCall("gateway-1", two)), 5
    )
    ended = await gateway.request(
        subjects.PRESENCE_END, wire.encode(EndCall("gateway-1", two[:1])), 5
    )
    assert renewed == ended == DONE == b"{}"
    assert sorted(heard.rest()) == [("u", "offline"), ("u", "online"), ("v", "idle")]
    assert sample(metrics, "renewals_total") == 2
    assert sample(metrics, "ends_total") == 1
    assert sample(metrics, "calls_total", call="renew", outcome="ok") == 1


async def test_an_end_that_is_only_published_counts_too(
    bus: Bus, gateway: Bus, leases: Leases, heard: Heard, limiter: Limiter, metrics: Metrics
) -> None:
    """A gateway on its way out need not wait for an answer."""
    await serve(bus, leases, limiter, metrics)
    await leases.renew("gateway-1", [Lease("u", "s")])
    gateway.publish(subjects.PRESENCE_END, wire.encode(EndCall("gateway-1", [Lease("u", "s")])))
    assert [(await heard.next()).status, (await heard.next()).status] == ["online", "offline"]


async def test_a_call_of_nothing_is_done(
    bus: Bus, gateway: Bus, leases: Leases, limiter: Limiter, metrics: Metrics
) -> None:
    """A gateway without connections may renew all the same."""
    await serve(bus, leases, limiter, metrics)
    data = wire.encode(RenewCall("gateway-1", []))
    assert await gateway.request(subjects.PRESENCE_RENEW, data, 5) == DONE


async def test_a_full_call_of_a_large_gateway_is_taken(
    bus: Bus, gateway: Bus, leases: Leases, limiter: Limiter, metrics: Metrics
) -> None:
    """Many leases, spread over all shards, are renewed by one call."""
    await serve(bus, leases, limiter, metrics)
    many = [Lease(f"user-{n:020}", f"session-{n:020}") for n in range(2_000)]
    data = wire.encode(RenewCall("gateway-1", many))
    assert await gateway.request(subjects.PRESENCE_RENEW, data, 10) == DONE
    assert (await leases.due()).online == 2_000


async def read(gateway: Bus, users: list[str]) -> bytes:
    """Ask who of `users` is here."""
    return await gateway.request(subjects.PRESENCE_READ, wire.encode(SeenCall(users)), 5)


async def test_who_is_here_is_answered_in_the_order_asked(
    bus: Bus, gateway: Bus, leases: Leases, limiter: Limiter, metrics: Metrics
) -> None:
    """Each of as many as may be watched, doubles too; the unknown and the invisible alike."""
    await serve(bus, leases, limiter, metrics)
    await leases.renew("g", [Lease("b", "s", "dnd"), Lease("hidden", "t", "invisible")])
    asked = ["a", "b", "hidden", "b", *(f"u{number}" for number in range(496))]
    assert len(asked) == limits.WATCH_USERS
    people = msgspec.json.decode(await read(gateway, asked), type=SeenReply).people
    assert [seen.user for seen in people] == asked
    assert [seen.status for seen in people[:5]] == ["offline", "dnd", "offline", "dnd", "offline"]
    assert people[1] == people[3]
    assert [(seen.last_seen_ms, seen.rev) for seen in (people[0], people[2])] == [(None, 0)] * 2
    assert sample(metrics, "reads_total") == limits.WATCH_USERS
    assert await read(gateway, []) == wire.encode(SeenReply([]))


async def test_more_than_may_be_watched_is_refused(
    bus: Bus, gateway: Bus, leases: Leases, limiter: Limiter, metrics: Metrics
) -> None:
    """A call has a bound, and says so."""
    await serve(bus, leases, limiter, metrics)
    users = [f"u{number}" for number in range(limits.WATCH_USERS + 1)]
    answer = msgspec.json.decode(await read(gateway, users), type=Failure)
    assert answer.code == "invalid"
    assert sample(metrics, "calls_total", call="read", outcome="bad") == 1


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"users":["a.b"]}', b'{"users":"u"}', b'{"users":["\xff"]}']
)
async def test_a_malformed_question_is_refused(
    bus: Bus, gateway: Bus, leases: Leases, limiter: Limiter, metrics: Metrics, data: bytes
) -> None:
    """It is answered `bad_frame`."""
    await serve(bus, leases, limiter, metrics)
    answer = await gateway.request(subjects.PRESENCE_READ, data, 5)
    assert msgspec.json.decode(answer, type=Failure).code == "bad_frame"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"room":"r","user":"u","active":true}',
        b'{"room":"r","user":"a|b","active":true,"at_ms":1}',
        b'{"room":"*","user":"u","active":true,"at_ms":1}',
        b'{"room":"r","user":"u","active":1,"at_ms":1}',
        b'{"room":"r","user":"u","active":true,"at_ms":"1"}',
        b'{"room":"\xff","user":"u","active":true,"at_ms":1}',
    ],
)
async def test_malformed_typing_is_counted_and_reaches_no_key(
    bus: Bus, gateway: Bus, leases: Leases, limiter: Limiter, metrics: Metrics, data: bytes
) -> None:
    """Whoever asks rather than publishes is told."""
    await serve(bus, leases, limiter, metrics)
    answer = await gateway.request(subjects.PRESENCE_TYPING, data, 5)
    assert msgspec.json.decode(answer, type=Failure).code == "bad_frame"
    assert sample(metrics, "typing_calls_total", outcome="bad") == 1


async def test_too_much_typing_is_let_go_by(
    bus: Bus, gateway: Bus, leases: Leases, limiter: Limiter, metrics: Metrics
) -> None:
    """A bounded number waits to be taken, nobody is told more than that it came."""
    await serve(bus, leases, limiter, metrics)
    for number in range(WAITING + 20):
        data = wire.encode(TypingCall("r", f"u{number}", active=True, at_ms=1))
        assert await gateway.request(subjects.PRESENCE_TYPING, data, 5) == DONE
    assert sample(metrics, "typing_calls_total", outcome="shed") == 20


@pytest.mark.parametrize("subject", [subjects.PRESENCE_RENEW, subjects.PRESENCE_END])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"gateway":"g"}',
        b'{"gateway":"g","leases":[{"user":"a.b","session":"s"}]}',
        b'{"gateway":"g","leases":[{"user":"u","session":"@seen"}]}',
        b'{"gateway":"g|x","leases":[]}',
        b'{"gateway":"g","leases":[{"user":"u","session":"s","status":"offline"}]}',
        b'{"gateway":"\xff","leases":[]}',
    ],
)
async def test_a_malformed_call_is_refused(
    bus: Bus,
    gateway: Bus,
    leases: Leases,
    heard: Heard,
    limiter: Limiter,
    metrics: Metrics,
    subject: str,
    data: bytes,
) -> None:
    """It is answered `bad_frame` and reaches no key."""
    await serve(bus, leases, limiter, metrics)
    answer = msgspec.json.decode(await gateway.request(subject, data, 5), type=Failure)
    assert answer.code == "bad_frame"
    assert heard.rest() == []
    assert (await leases.due()).online == 0


async def test_without_redis_a_gateway_is_told_and_can_go_on_later(
    bus: Bus,
    gateway: Bus,
    make_leases: MakeLeases,
    valkey: ValkeyServer,
    limiter: Limiter,
    metrics: Metrics,
) -> None:
    """`unavailable` for each call while it is away; the next renewal after it is back counts."""
    leases = make_leases(url=valkey.url)
    await serve(bus, leases, limiter, metrics)
    data = wire.encode(RenewCall("gateway-1", [Lease("u", "s")]))
    people = wire.encode(SeenCall(["u"]))
    valkey.kill()
    for subject, call in (
        (subjects.PRESENCE_END, data),
        (subjects.PRESENCE_RENEW, data),
        (subjects.PRESENCE_READ, people),
    ):
        answer = msgspec.json.decode(await gateway.request(subject, call, 5), type=Failure)
        assert answer.code == "unavailable"
    assert sample(metrics, "calls_total", call="renew", outcome="unavailable") == 1
    valkey.start()
    assert await gateway.request(subjects.PRESENCE_RENEW, data, 5) == DONE
    assert (await leases.read(["u"]))[0].status == "online"


async def test_a_choice_is_answered_once_others_see_it(
    bus: Bus, gateway: Bus, leases: Leases, heard: Heard, limiter: Limiter, metrics: Metrics
) -> None:
    """History, which asks, answers the person then; what is no choice is refused."""
    await serve(bus, leases, limiter, metrics)
    word = b'{"user":"u","rev":7,"hidden":false,"custom_status":{"text":"Tea"}}'
    assert await gateway.request(subjects.PRESENCE_SETTLE, word, 5) == DONE
    (change,) = await leases.found(["u"])
    assert change == await heard.next()
    assert change.custom_status == CustomStatus("Tea")
    assert sample(metrics, "settlements_total") == 1
    answer = await gateway.request(subjects.PRESENCE_SETTLE, b'{"user":7}', 5)
    assert msgspec.json.decode(answer, type=Failure).code == "bad_frame"


async def test_a_broken_connection_lingers(
    bus: Bus, gateway: Bus, leases: Leases, heard: Heard, limiter: Limiter, metrics: Metrics
) -> None:
    """Whose end was not meant is here still; whose was is gone."""
    await serve(bus, leases, limiter, metrics)
    two = [Lease("u", "s"), Lease("v", "t")]
    await leases.renew("g", two)
    broken = wire.encode(EndCall("g", two[:1], lingers=True))
    assert await gateway.request(subjects.PRESENCE_END, broken, 5) == DONE
    assert await gateway.request(subjects.PRESENCE_END, wire.encode(EndCall("g", two[1:])), 5)
    assert sorted(heard.rest()) == [("u", "online"), ("v", "offline"), ("v", "online")]


async def test_connections_are_told_to_whoever_must_choose_one(
    bus: Bus, gateway: Bus, leases: Leases, limiter: Limiter, metrics: Metrics
) -> None:
    """Each with its status and since when, of those asked for; of too many none."""
    await serve(bus, leases, limiter, metrics)
    lively, quiet = Lease("u", "s", "online", 7), Lease("u", "t", "invisible", 8)
    ended, other = Lease("u", "e"), Lease("v", "x")
    await leases.renew("gateway-1", [lively, quiet, ended, other])
    await leases.end([ended])

    async def ask(users: list[str]) -> bytes:
        data = wire.encode(ConnectionsCall(users))
        return await gateway.request(subjects.PRESENCE_CONNECTIONS, data, 5)

    found = msgspec.json.decode(await ask(["u", "nobody"]), type=ConnectionsReply).connections
    assert sorted(found, key=lambda lease: lease.session) == [lively, quiet]
    too_many = [f"u{n}" for n in range(limits.WATCH_USERS + 1)]
    assert msgspec.json.decode(await ask(too_many), type=Failure).code == "invalid"
    assert sample(metrics, "calls_total", call="connections", outcome="ok") == 1
