"""Hashing passwords: right answers, the chosen cost, and never more than a few at once."""

import asyncio
import threading

import pytest

from auth.app import Auth
from auth.metrics import AuthMetrics
from auth.password_argon2 import RETRY_AFTER_MS, Passwords
from auth.password_cost import RFC_9106
from auth.settings import AuthSettings
from services.problem import Unavailable
from services.settings import Env
from tests.auth.running import CHEAP

WAIT_SECONDS = 20.0


class Held:
    """argon2's hasher, which goes to work when the test lets it: a second call meets the first."""

    def __init__(self, passwords: Passwords) -> None:
        """Take the hasher's place."""
        self._hash = passwords._hasher.hash
        self.goes = threading.Event()
        passwords._hasher = self  # type: ignore[assignment]

    def hash(self, password: bytes) -> str:
        """Hold the thread, then do what argon2 does."""
        assert self.goes.wait(WAIT_SECONDS)
        return self._hash(password)


async def test_a_hash_matches_its_password_alone() -> None:
    """Salted: two hashes of one password differ, and both match it; a NUL ends nothing."""
    passwords = Passwords(AuthMetrics(), CHEAP)
    await passwords.start()
    one, two = await passwords.hash(b"nul\x00one"), await passwords.hash(b"nul\x00one")
    assert one != two
    assert await passwords.matches(one, b"nul\x00one")
    assert await passwords.matches(two, b"nul\x00one")
    assert not await passwords.matches(one, b"nul\x00two")
    await passwords.stop()


async def test_nobody_has_no_password() -> None:
    """Not even the one the stand-in hash was made of."""
    passwords = Passwords(AuthMetrics(), CHEAP)
    await passwords.start()
    assert not await passwords.matches(None, b"")
    await passwords.stop()


async def test_the_cost_is_the_second_recommended_one_of_rfc_9106() -> None:
    """argon2id, 64 MiB, 3 passes, 4 lanes: it can be read off the stored hash."""
    passwords = Passwords(AuthMetrics(), RFC_9106)
    assert (await passwords.hash(b"12345678")).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    await passwords.stop()


async def test_an_operator_settles_the_memory() -> None:
    """Of what auth itself makes."""
    auth = Auth(AuthSettings.read(Env({"PARLEY_PASSWORD_MEMORY_KIB": "12288"})))
    assert (await auth.passwords.hash(b"12345678")).startswith("$argon2id$v=19$m=12288,t=3,p=4$")
    await auth.passwords.stop()


async def test_beyond_the_bound_a_call_is_refused_at_once() -> None:
    """One runs, one waits, the third is told when to come back; afterwards there is room."""
    passwords = Passwords(AuthMetrics(), CHEAP, workers=1, waiting=1)
    held = Held(passwords)
    first = asyncio.create_task(passwords.hash(b"1"))
    second = asyncio.create_task(passwords.hash(b"2"))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await passwords.hash(b"3")
    assert refused.value.retry_after_ms == RETRY_AFTER_MS
    held.goes.set()
    await asyncio.gather(first, second)
    assert await passwords.hash(b"4")
    await passwords.stop()


async def test_a_cancelled_call_keeps_its_place_until_its_thread_is_done() -> None:
    """Clients that hang up must not make room for more work than is allowed."""
    metrics = AuthMetrics()
    passwords = Passwords(metrics, CHEAP, workers=1, waiting=0)
    held = Held(passwords)
    given_up = asyncio.create_task(passwords.hash(b"1"))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait((given_up,))
    with pytest.raises(Unavailable):
        await passwords.hash(b"2")
    held.goes.set()
    # The one thread gets to this when it is done with the hash.
    await asyncio.wrap_future(passwords._threads.submit(lambda: None))
    assert b"parley_auth_hash_waiting 0.0" in metrics.base.exposition()
    assert await passwords.hash(b"3")
    await passwords.stop()


async def test_the_loop_turns_while_passwords_are_hashed() -> None:
    """Hashing is done in threads: other work goes on meanwhile."""
    passwords = Passwords(AuthMetrics(), CHEAP)
    held = Held(passwords)
    hashing = asyncio.create_task(passwords.hash(b"1"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not hashing.done()
    held.goes.set()
    assert await hashing
    await passwords.stop()
