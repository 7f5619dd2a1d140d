"""How the stream of all rooms is to be, for every service that ensures it; it asks no server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from proto import limits, subjects
from services.bus import StreamSpec
from services.settings import Env

MAX_BYTES: Final = 10 * 1024**3
_LEAST_BYTES: Final = 1024**2


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How large the log may grow, and on how many NATS nodes it lies."""

    max_bytes: int
    replicas: int

    @classmethod
    def read(cls, env: Env) -> StreamSettings:
        """Read them; wrong ones are noted in `env`, whose `finish` raises."""
        return cls(
            max_bytes=env.integer("PARLEY_LOG_MAX_BYTES", MAX_BYTES, _LEAST_BYTES),
            replicas=env.integer("PARLEY_NATS_REPLICAS", 1, 1, 5),
        )


def rooms_stream(settings: StreamSettings, *, stored: int = 0) -> StreamSpec:
    """The stream as it is to be; `stored` is the highest sequence that Postgres holds.

    A stream that has to be made again after its loss begins far above `stored`, at the next
    multiple of 10⁹: no sequence is ever used twice. A service that does not know `stored` must not
    make the stream: it waits until history has.
    """
    return StreamSpec(
        name=subjects.ROOMS_STREAM,
        subjects=(subjects.ROOM_LOG_ALL,),
        republish_from=subjects.ROOM_LOG_ALL,
        republish_to=subjects.ROOM_LIVE_ALL,
        duplicate_window_seconds=limits.DEDUPE_WINDOW_MS / 1000,
        max_bytes=settings.max_bytes,
        replicas=settings.replicas,
        # Sequences that were lost and never reached Postgres lie above the last stored one, but
        # nowhere near this much above.
        first_seq=(stored // limits.SEQ_LEAP + 1) * limits.SEQ_LEAP if stored else 0,
    )
