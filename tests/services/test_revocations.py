"""A guard that knows what was revoked: what it heard, what it missed, and what it does not know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from proto import calls, subjects, wire
from services import clock, revocations
from services.bus_nats import Bus
from services.guard import Claims, KeysUnavailable
from services.revocations import Revocations, SignedOut
from tests.auth.severed import Way, way_to
from tests.nats_server import NatsServer
from tests.services.buses import Told
from tests.services.conftest import OpenBus

NOW_MS = clock.now_ms()


class Anyone:
    """A guard that believes what it is told: user, session, age in ms."""

    async def check(self, token: str) -> Claims:
        """Read the words."""
        sub, sid, age_ms = token.split()
        return Claims(sub, sid, NOW_MS // 1000 + 900, issued_ms=NOW_MS - int(age_ms))


class Auth:
    """What answers for auth: `revoked`, at most `size` at once."""

    def __init__(self, bus: Bus) -> None:
        """Nobody asked yet."""
        self.bus = bus
        self.revoked: list[calls.Revoked] = []
        self.size = 100
        self.asked: list[int] = []

    async def start(self) -> None:
        """Answer from now on."""
        await self.bus.serve(subjects.AUTH_REVOCATIONS, subjects.AUTH_QUEUE, self._answer)
        await self.bus.flush()

    def tell(self, user: str, sid: str | None) -> calls.Revoked:
        """Say that something is void, to whoever hears it."""
        revoked = calls.Revoked(user, sid, NOW_MS)
        self.bus.publish(subjects.AUTH_REVOKED, wire.encode(revoked))
        return revoked

    async def _answer(self, data: bytes) -> bytes:
        since_ms = msgspec.json.decode(data, type=calls.RevocationsCall).since_ms
        self.asked.append(since_ms)
        due = [one for one in self.revoked if one.at_ms >= since_ms]
        return wire.encode(calls.RevocationsReply(due[: self.size], more=len(due) > self.size))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let now be when a test begins: what is older than a token's life is forgotten, and whoever
    runs all tests may come here later than that."""
    monkeypatch.setitem(globals(), "NOW_MS", clock.now_ms())


@pytest.fixture
def own_nats(tmp_path: object, nats_server: object) -> NatsServer:
    """Give a NATS server of this test's own."""
    assert callable(nats_server)
    made: NatsServer = nats_server()
    return made


@pytest.fixture
async def auth(open_bus: OpenBus, own_nats: NatsServer) -> Auth:
    """Give what answers for auth, not answering yet."""
    return Auth(await open_bus(own_nats.url))


@pytest.fixture
async def way(own_nats: NatsServer) -> AsyncIterator[Way]:
    """Give a way to NATS that can be cut."""
    async with way_to(own_nats.url) as made:
        yield made


async def guarding(bus: Bus, *, strict: bool = False) -> tuple[Revocations, Told[calls.Revoked]]:
    """A guard that has begun to learn, and what it tells."""
    guard, told = Revocations(bus, Anyone(), strict=strict), Told[calls.Revoked]()
    guard.on_revoked = told
    await guard.start()
    return guard, told


async def test_who_starts_later_knows_what_was_revoked_before(
    auth: Auth, open_bus: OpenBus, own_nats: NatsServer
) -> None:
    """Page by page; another session, and a token from after it, are good."""
    auth.revoked = [calls.Revoked("u", f"s{n}", NOW_MS - 100 + n) for n in range(7)]
    auth.revoked.append(calls.Revoked("v", None, NOW_MS))
    auth.size = 3
    await auth.start()
    guard, _ = await guarding(await open_bus(own_nats.url))
    for token in ("u s0 0", "u s6 0", "v s9 1"):
        with pytest.raises(SignedOut):
            await guard.check(token)
    assert (await guard.check("u s7 0")).sid == "s7"
    assert (await guard.check("v s9 0")).sid == "s9"
    assert len(auth.asked) == 4
    await guard.stop()


async def test_more_of_one_moment_than_a_page_ends_the_asking(
    auth: Auth, open_bus: OpenBus, own_nats: NatsServer
) -> None:
    """No endless loop."""
    auth.revoked = [calls.Revoked("u", f"s{n}", NOW_MS) for n in range(7)]
    auth.size = 3
    await auth.start()
    guard, _ = await guarding(await open_bus(own_nats.url))
    assert await guard.current(10)
    assert len(auth.asked) == 2
    await guard.stop()


async def test_what_is_revoked_is_void_once_it_is_told(
    auth: Auth, open_bus: OpenBus, own_nats: NatsServer
) -> None:
    """And a message that cannot be read changes nothing."""
    await auth.start()
    guard, told = await guarding(await open_bus(own_nats.url))
    await guard.check("u s1 0")
    auth.bus.publish(subjects.AUTH_REVOKED, b"{")
    await told.has(auth.tell("u", "s1"))
    with pytest.raises(SignedOut):
        await guard.check("u s1 0")
    await guard.stop()


@pytest.mark.parametrize("strict", [False, True])
async def test_nobody_is_taken_before_it_is_known_what_was_revoked(
    auth: Auth,
    open_bus: OpenBus,
    own_nats: NatsServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    strict: bool,
) -> None:
    """Auth is away at the start: no token is good; it comes, and nothing need be started anew."""
    monkeypatch.setattr(revocations, "WAIT_SECONDS", 0.05)
    guard, _ = await guarding(await open_bus(own_nats.url), strict=strict)
    with pytest.raises(KeysUnavailable):
        await guard.check("u s1 0")
    with pytest.raises(KeysUnavailable):
        await guard.health()
    await auth.start()
    assert await guard.current(10)
    assert (await guard.check("u s1 0")).sub == "u"
    await guard.health()
    await guard.stop()


async def test_after_a_cut_a_token_waits_for_what_was_missed(
    auth: Auth, way: Way, open_bus: OpenBus
) -> None:
    """It is void then, although nobody told it while the way was cut."""
    await auth.start()
    bus = await open_bus(way.url)
    guard, told = await guarding(bus)
    assert await guard.current(10)
    await way.cut()
    async with asyncio.timeout(10):
        while bus.connected:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)
    assert (await guard.check("u s1 0")).sid == "s1"
    auth.revoked = [auth.tell("u", "s1")]
    await way.mend()
    await told.has(auth.revoked[0])
    assert await guard.current(10)
    with pytest.raises(SignedOut):
        await guard.check("u s1 0")
    await guard.stop()


async def test_a_strict_one_takes_nobody_while_it_is_cut_off(
    auth: Auth, way: Way, open_bus: OpenBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway: a socket that is opened stays, so it is not opened on a guess."""
    monkeypatch.setattr(revocations, "WAIT_SECONDS", 0.05)
    await auth.start()
    bus = await open_bus(way.url)
    guard, _ = await guarding(bus, strict=True)
    assert await guard.current(10)
    await way.cut()
    async with asyncio.timeout(10):
        while await guard.current(0):  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)
    with pytest.raises(KeysUnavailable):
        await guard.check("u s1 0")
    await guard.stop()
