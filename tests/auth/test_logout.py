"""Signing out: the session is over everywhere, and everyone who must know is told."""

import asyncio

import msgspec
import nats
import pytest
from nats.aio.subscription import Subscription

from proto import subjects
from proto.calls import Failure, RevocationsCall, RevocationsReply, Revoked
from services import clock
from tests.auth.running import WAIT_SECONDS, Running, bearer, problem

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def told(events: Subscription) -> Revoked:
    """The next revocation on NATS."""
    message = await events.next_msg(timeout=WAIT_SECONDS)
    return msgspec.json.decode(message.data, type=Revoked)


async def logout(auth: Running, body: dict[str, str]) -> None:
    """Sign out, which must succeed."""
    answer = await auth.http.post("/v1/auth/logout", headers=bearer(body))
    assert (answer.status_code, answer.content) == (204, b"")


async def ask(auth: Running, data: bytes) -> bytes:
    """Ask what was revoked, as a gateway does."""
    return await auth.auth.bus.request(subjects.AUTH_REVOCATIONS, data, WAIT_SECONDS)


async def revoked_since(auth: Running, since_ms: int) -> RevocationsReply:
    """What was revoked since a time."""
    raw = await ask(auth, msgspec.json.encode(RevocationsCall(since_ms)))
    return msgspec.json.decode(raw, type=RevocationsReply)


async def test_signing_out_kills_the_refresh_token(auth: Running) -> None:
    """204; the refresh token is dead, the profile closed, other sessions of the user live on."""
    body, other = await auth.register("alice"), (await auth.login("alice")).json()
    await logout(auth, body)
    problem(await auth.refresh(body["refresh_token"]), 401, "unauthorized")
    problem(await auth.http.get("/v1/auth/me", headers=bearer(body)), 401, "unauthorized")
    patch = {"display_name": "x"}
    answer = await auth.http.patch("/v1/auth/me", json=patch, headers=bearer(body))
    problem(answer, 401, "unauthorized")
    assert (await auth.http.get("/v1/auth/me", headers=bearer(other))).status_code == 200


async def test_signing_out_again_is_the_same(auth: Running) -> None:
    """204 as long as the access token itself runs, and revoked only once."""
    body = await auth.register("alice")
    for _ in range(3):
        await logout(auth, body)
    assert len((await revoked_since(auth, 0)).revoked) == 1


async def test_everyone_is_told_within_a_second(auth: Running) -> None:
    """An event with user, session and time, on `auth.event.revoked`."""
    async with await nats.connect(auth.auth.settings.base.nats_urls[0]) as listener:
        events = await listener.subscribe(subjects.AUTH_REVOKED)
        await listener.flush()
        bodies = [await auth.register("alice")]
        bodies += [(await auth.login("alice")).json() for _ in range(2)]
        took: list[float] = []
        for body in bodies:
            before_ms, began = clock.now_ms(), clock.monotonic()
            await logout(auth, body)
            event = await told(events)
            took.append(clock.monotonic() - began)
            claims = await auth.auth.ring.check(body["access_token"])
            assert (event.user, event.sid) == (claims.sub, claims.sid)
            assert before_ms <= event.at_ms <= clock.now_ms()
        assert min(took) < 1.0  # the best: a moment without a processor is not auth's


async def test_everyone_is_told_of_a_reused_refresh_token(auth: Running) -> None:
    """The thief's sockets close too."""
    async with await nats.connect(auth.auth.settings.base.nats_urls[0]) as listener:
        events = await listener.subscribe(subjects.AUTH_REVOKED)
        await listener.flush()
        body = await auth.register("alice")
        await auth.refresh(body["refresh_token"])
        await auth.refresh(body["refresh_token"])
        event = await told(events)
        assert event.user == body["user"]["id"]
        assert event.sid == (await auth.auth.ring.check(body["access_token"])).sid


async def test_who_was_away_can_ask(auth: Running) -> None:
    """Everything at or after the time asked for, the oldest first."""
    bodies = [await auth.register(name) for name in ("alice", "bob", "carol")]
    for body in bodies:
        await logout(auth, body)
    revoked = (await revoked_since(auth, 0)).revoked
    assert [entry.user for entry in revoked] == [body["user"]["id"] for body in bodies]
    later = (await revoked_since(auth, revoked[2].at_ms)).revoked
    assert revoked[2] in later
    assert (await revoked_since(auth, clock.now_ms() + 60_000)).revoked == []


async def test_what_no_living_token_is_about_is_not_told(auth: Running) -> None:
    """A revocation older than an access token lives (and a minute) has no meaning left."""
    old_ms = clock.now_ms() - (900 + 60 + 1) * 1000
    await auth.auth.pool.execute(
        "INSERT INTO revocations (user_id, sid, at_ms) VALUES ('u', 's', $1), ('u', NULL, $2)",
        old_ms,
        old_ms + 60_000,
    )
    assert (await revoked_since(auth, 0)).revoked == [Revoked("u", None, old_ms + 60_000)]


async def test_a_full_reply_says_so(auth: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """`more`, and asking again since the last one's time gives the rest."""
    monkeypatch.setattr("auth.responder.REVOCATIONS", 2)
    now_ms = clock.now_ms()
    await auth.auth.pool.execute(
        "INSERT INTO revocations (user_id, at_ms)"
        " SELECT 'u' || n, $1::bigint + n FROM generate_series(1, 3) n",
        now_ms,
    )
    first = await revoked_since(auth, 0)
    assert ([entry.user for entry in first.revoked], first.more) == (["u1", "u2"], True)
    rest = await revoked_since(auth, first.revoked[-1].at_ms)
    assert ([entry.user for entry in rest.revoked], rest.more) == (["u2", "u3"], False)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b'{"since_ms":"x"}'])
async def test_a_bad_question_gets_a_failure(auth: Running, data: bytes) -> None:
    """Not a time-out."""
    failure = msgspec.json.decode(await ask(auth, data), type=Failure)
    assert failure.code == "bad_frame"


async def test_racing_sign_outs_revoke_once(auth: Running) -> None:
    """All 204, one revocation."""
    body = await auth.register("alice")
    await asyncio.gather(*(logout(auth, body) for _ in range(6)))
    assert len((await revoked_since(auth, 0)).revoked) == 1
