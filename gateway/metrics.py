"""What a gateway tells Prometheus; labels are bounded, never a room or a user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from services import clock
from services.metrics_prometheus import Metrics

_SOCKETS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)


class GatewayMetrics:
    """The metrics of one gateway process."""

    def __init__(self, metrics: Metrics) -> None:
        self.connections = metrics.gauge("connections", "Open sockets.")
        self.rooms = metrics.gauge("rooms", "Rooms followed: a member is here, or just was.")
        self.outbox_bytes = metrics.gauge("outbox_bytes", "Unsent bytes of all sockets together.")
        self.refused = metrics.counter("refused_upgrades", "Upgrades answered with 503.")
        self.hellos = metrics.counter("hellos", "Hellos by how they ended.", ["outcome"])
        self.hello_seconds = metrics.histogram("hello_ready_seconds", "From hello to ready.")
        self.sends = metrics.counter(
            "sends", "Sends by `ok` or the code of the error.", ["outcome"]
        )
        self.accepted = self.sends.labels("ok")
        self.send_ok_seconds = metrics.histogram("send_ok_seconds", "From a send to its ok.")
        self.held = metrics.gauge(
            "held_answers", "Answers that wait until history has stored what was said."
        )
        self.delivery_seconds = metrics.histogram(
            "delivery_seconds",
            "From a message's acceptance by a gateway to its hand-over to local sockets, sampled.",
        )
        self.fanout = metrics.histogram(
            "fanout_sockets", "Sockets here that a log event was handed to.", buckets=_SOCKETS
        )
        self._frames = metrics.counter("written_frames", "Frames written to sockets, all kinds.")
        self._writes = metrics.counter(
            "writes", "Writes to sockets: frames that are due at once leave joined in one."
        )
        self._kick_seconds = metrics.histogram(
            "kick_seconds",
            "From a session's end (`revoked`), or a removal from a room (`removed`), to when the"
            " sockets here were closed, or hear no more of the room.",
            ["why"],
        )
        self.delivered = metrics.counter("delivered_frames", "Log events handed to sockets.")
        self.closes = metrics.counter("closes", "Sockets closed, by code.", ["code"])
        self.resumes = metrics.counter("resumes", "Rooms resumed, by outcome.", ["outcome"])
        self.healed = metrics.counter("gaps_healed", "Holes in a room's run that were filled.")
        self.lost = metrics.counter("gaps_lost", "Holes that closed the sockets concerned (4002).")
        self.watched = metrics.gauge("watched", "People whose presence somebody here follows.")
        self.presence = metrics.counter("presence_frames", "Changes of presence handed to sockets.")
        self.typing = metrics.counter(
            "typing",
            "Typing of people here: `passed` on, `let_by` as too soon or no change, not passed in a"
            " `large_room`, `shed` under load.",
            ["outcome"],
        )
        self.losses = metrics.counter("bus_losses", "Reports that events may be lost.", ["reason"])

    def flushed(self, frames: int, writes: int) -> None:
        """Count what left in one turn of the loop."""
        self._frames.inc(frames)
        self._writes.inc(writes)

    def kicked(self, why: Literal["revoked", "removed"], since_ms: int) -> None:
        """Count that somebody is out, who was to be since then by the servers' clocks."""
        self._kick_seconds.labels(why).observe(max(0, clock.now_ms() - since_ms) / 1000)

    def watch_outbox(self, total: Callable[[], int]) -> None:
        """Ask for the sum of unsent bytes whenever the metrics are read."""
        self.outbox_bytes.set_function(total)
