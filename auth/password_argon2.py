"""Hashes passwords with argon2id in threads, few at once; which are taken is not said here."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import argon2

from auth.metrics import AuthMetrics
from auth.password_cost import RFC_9106, Cost
from services import clock
from services.problem import Unavailable

T = TypeVar("T")


WORKERS: Final = 2
"""Hashes at once, and twice their memory at most. More would only share the same cores."""
WAITING: Final = 32
"""Hashes that wait, about three seconds' worth; beyond it a client does better to come back."""
RETRY_AFTER_MS: Final = 3_000
NICENESS: Final = 10


def _step_back() -> None:
    """Let this thread, and those it starts, run behind all others of the machine.

    Linux has a niceness for each thread, and a new one takes over its maker's: sched(7).
    """
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class Passwords:
    """Makes and checks encoded hashes (PHC strings); a part of the service, for its threads.

    Cancelling a call is safe; the hash that was begun is finished, and counted as long as it runs.
    """

    name = "passwords"

    def __init__(
        self,
        metrics: AuthMetrics,
        cost: Cost = RFC_9106,
        *,
        workers: int = WORKERS,
        waiting: int = WAITING,
    ) -> None:
        self._metrics = metrics
        self._hasher = argon2.PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            type=argon2.Type.ID,
        )
        # A rush of sign-ins takes the cores that nobody else wants: those who chat go first.
        self._threads = ThreadPoolExecutor(workers, "argon2", _step_back)
        self._most = workers + waiting
        self._jobs = 0
        self._nobody = ""

    async def start(self) -> None:
        """Make the hash that an unknown user's password is held against."""
        self._nobody = await self.hash(b"")

    async def stop(self) -> None:
        """Drop what waits and let what runs end by itself. Idempotent."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: bytes) -> str:
        """The encoded hash of a password, with a salt of its own.

        Raises:
            Unavailable: too many wait already.
        """
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, encoded: str | None, password: bytes) -> bool:
        """Say whether `encoded` was made of `password`; never for None or "", which takes as long.

        Raises:
            Unavailable: too many wait already.
        """
        against = encoded or self._nobody
        good = await self._run(lambda: self._verify(against, password))
        return good and bool(encoded)

    def is_stale(self, encoded: str) -> bool:
        """Say whether a hash was made at another cost than the present one."""
        return self._hasher.check_needs_rehash(encoded)

    def _verify(self, encoded: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except argon2.exceptions.VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._jobs >= self._most:
            raise Unavailable("too many passwords are being checked just now", RETRY_AFTER_MS)
        self._jobs += 1
        began = clock.monotonic()
        self._metrics.hash_waiting.set(self._jobs)
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(lambda _: self._finished(began))
        # Shielded: a thread cannot be cancelled, so its place is taken until it is done.
        return await asyncio.shield(future)

    def _finished(self, began: float) -> None:
        self._jobs -= 1
        self._metrics.hash_waiting.set(self._jobs)
        self._metrics.hash_seconds.observe(clock.monotonic() - began)
