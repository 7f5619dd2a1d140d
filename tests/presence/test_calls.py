"""What gateways ask over a real NATS, and what they are answered."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from presence.calls import DONE, Calls
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from proto import subjects, wire
from proto.calls import EndCall, Failure, Lease, RenewCall
from services.bus_nats import Bus
from services.metrics_prometheus import Metrics
from tests.presence.conftest import Heard, MakeLeases
from tests.presence.test_sweeper import sample
from tests.presence.valkey_server import ValkeyServer


@pytest.fixture
def metrics() -> Metrics:
    """Give the figures of this test's replica."""
    return Metrics("presence")


@pytest.fixture
async def gateway(nats_url: str) -> AsyncIterator[Bus]:
    """Give the bus of a gateway: another connection than the service's."""
    connection = Bus([nats_url], "gateway-test")
    await connection.start()
    yield connection
    await connection.stop()


async def serve(bus: Bus, leases: Leases, metrics: Metrics) -> None:
    """Have the service answer."""
    await Calls(bus, leases, PresenceMetrics(metrics)).start()
    await bus.flush()


async def test_a_renewal_and_an_end_are_answered_and_counted(
    bus: Bus, gateway: Bus, leases: Leases, heard: Heard, metrics: Metrics
) -> None:
    """The empty object means that all of it was done."""
    await serve(bus, leases, metrics)
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
    bus: Bus, gateway: Bus, leases: Leases, heard: Heard, metrics: Metrics
) -> None:
    """A gateway on its way out need not wait for an answer."""
    await serve(bus, leases, metrics)
    await leases.renew("gateway-1", [Lease("u", "s")])
    gateway.publish(subjects.PRESENCE_END, wire.encode(EndCall("gateway-1", [Lease("u", "s")])))
    assert [(await heard.next()).status, (await heard.next()).status] == ["online", "offline"]


async def test_a_call_of_nothing_is_done(
    bus: Bus, gateway: Bus, leases: Leases, metrics: Metrics
) -> None:
    """A gateway without connections may renew all the same."""
    await serve(bus, leases, metrics)
    data = wire.encode(RenewCall("gateway-1", []))
    assert await gateway.request(subjects.PRESENCE_RENEW, data, 5) == DONE


async def test_a_full_call_of_a_large_gateway_is_taken(
    bus: Bus, gateway: Bus, leases: Leases, metrics: Metrics
) -> None:
    """Many leases, spread over all shards, are renewed by one call."""
    await serve(bus, leases, metrics)
    many = [Lease(f"user-{n:020}", f"session-{n:020}") for n in range(2_000)]
    data = wire.encode(RenewCall("gateway-1", many))
    assert await gateway.request(subjects.PRESENCE_RENEW, data, 10) == DONE
    assert (await leases.due()).online == 2_000


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
    metrics: Metrics,
    subject: str,
    data: bytes,
) -> None:
    """It is answered `bad_frame` and reaches no key."""
    await serve(bus, leases, metrics)
    answer = msgspec.json.decode(await gateway.request(subject, data, 5), type=Failure)
    assert answer.code == "bad_frame"
    assert heard.rest() == []
    assert (await leases.due()).online == 0


async def test_without_redis_a_gateway_is_told_and_can_go_on_later(
    bus: Bus, gateway: Bus, make_leases: MakeLeases, valkey: ValkeyServer, metrics: Metrics
) -> None:
    """`unavailable` for both calls while it is away; the next renewal after it is back counts."""
    leases = make_leases(url=valkey.url)
    await serve(bus, leases, metrics)
    data = wire.encode(RenewCall("gateway-1", [Lease("u", "s")]))
    valkey.kill()
    for subject in (subjects.PRESENCE_END, subjects.PRESENCE_RENEW):
        answer = msgspec.json.decode(await gateway.request(subject, data, 5), type=Failure)
        assert answer.code == "unavailable"
    assert sample(metrics, "calls_total", call="renew", outcome="unavailable") == 1
    valkey.start()
    assert await gateway.request(subjects.PRESENCE_RENEW, data, 5) == DONE
    assert (await leases.read(["u"]))[0].status == "online"
