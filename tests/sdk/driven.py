"""A client's state machine with a clock of the test's own."""

import json

from parley_sdk.connection import Connection, Settings
from parley_sdk.effects import Effect, Write

from tests.sdk.peer_websockets import Frame, ready


class Driven:
    """A connection with its clock and what it wrote."""

    def __init__(self, capacity: int = 1000, resume: dict[str, int] | None = None) -> None:
        self.now = 0.0
        self.effects: list[Effect] = []
        self.core = Connection(
            Settings(client="test/1", capacity=capacity, resume=resume or {}),
            make_key=lambda ms: f"key-{ms}",
            draw=lambda: 1.0,
        )

    def take(self) -> list[Effect]:
        """Fetch the effects, and remember them."""
        effects = self.core.take(self.now)
        self.effects += effects
        return effects

    def written(self) -> list[Frame]:
        """Give the frames written since the last look."""
        return [json.loads(effect.data) for effect in self.take() if isinstance(effect, Write)]

    def open(self, expires: float | None = None) -> Frame:
        """Open a socket; give the hello."""
        self.core.dialing()
        self.core.opened("token", expires, self.now)
        (hello,) = self.written()
        return hello

    def live(self, *rooms: Frame, expires: float | None = None) -> None:
        """Open a socket and be ready."""
        self.open(expires)
        self.give(ready(*rooms))
        self.take()

    def give(self, *given: Frame) -> None:
        """Receive frames."""
        for frame in given:
            self.core.received(json.dumps(frame).encode(), self.now)

    def at(self, seconds: float) -> list[Effect]:
        """Let it be so late, and look."""
        self.now = seconds
        self.core.tick(seconds)
        return self.take()
