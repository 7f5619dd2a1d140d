"""Whether this process can do its job, asked by probes; it repairs nothing and serves no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Final

from services import clock

Check = Callable[[], Awaitable[object]]
"""Answers in its own time if all is well and raises if not; its value is ignored."""

CHECK_SECONDS: Final = 1.0
CACHE_SECONDS: Final = 1.0
_TEXT_CHARACTERS: Final = 200


class State(Enum):
    """Where in its life the process is; it takes work in READY only."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Health:
    """A registry of named checks and the state of the process.

    A report is kept for a second and shared by everyone who asks meanwhile, so a flood of probes
    costs the servers behind the checks no more than one round a second.
    """

    def __init__(
        self, check_seconds: float = CHECK_SECONDS, cache_seconds: float = CACHE_SECONDS
    ) -> None:
        self.state = State.STARTING
        self._checks: dict[str, Check] = {}
        self._check_seconds = check_seconds
        self._cache_seconds = cache_seconds
        self._running: asyncio.Task[dict[str, str]] | None = None
        self._last: dict[str, str] = {}
        self._last_at = float("-inf")

    def add(self, name: str, check: Check) -> None:
        """Have `check` asked in every report; it gets one second.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._checks or name == "state":
            raise ValueError(f"a health check named {name!r} exists")
        self._checks[name] = check

    async def report(self) -> tuple[bool, dict[str, str]]:
        """Say whether the process is ready, and for `state` and each check `ok` or what is wrong.

        While starting or draining no check is run: the answer is no anyway. Cancelling a caller
        leaves the shared round running for the others.
        """
        if self.state is not State.READY:
            return False, {"state": self.state.value}
        if clock.monotonic() - self._last_at >= self._cache_seconds:
            if self._running is None:
                self._running = asyncio.create_task(self._round())
            await asyncio.shield(self._running)
        return all(text == "ok" for text in self._last.values()), {"state": "ok", **self._last}

    async def _round(self) -> dict[str, str]:
        try:
            texts = await asyncio.gather(*map(self._one, self._checks.values()))
            self._last = dict(zip(self._checks, texts, strict=True))
            self._last_at = clock.monotonic()
            return self._last
        finally:
            self._running = None

    async def _one(self, check: Check) -> str:
        try:
            async with asyncio.timeout(self._check_seconds):
                await check()
        except TimeoutError:
            return f"no answer within {self._check_seconds:g} s"
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:_TEXT_CHARACTERS]
        return "ok"
