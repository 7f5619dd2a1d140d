"""Makes sure that a gateway has heard who left before it lets anybody write; it decides nothing.

A process that stood still (stopped, starved, its machine suspended) finds the sends of its sockets
and the events of the log waiting side by side. Meanwhile another gateway may have told a sender for
good that they are in the room no more: their send must not be published here all the same.
"""

from __future__ import annotations

import asyncio

from services import clock
from services.bus import BusError, BusTimeout
from services.bus_nats import Bus

VIEW_SECONDS = 1.0
"""What was heard is trusted that long: so one round trip a second, however much is sent."""
_PAUSE_SECONDS = 0.25


class Confirmer:
    """Callers that come together share one round trip."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._confirmed_at = float("-inf")

    async def confirm(self, deadline: float) -> None:
        """Return when everything that the bus had for us `VIEW_SECONDS` before the call has been
        delivered.

        Mostly at once, else after a round trip, which is repeated while there is no connection;
        `deadline` is monotonic. Cancelling is safe.

        Raises:
            BusTimeout: it was not done before the deadline.
        """
        if clock.monotonic() - self._confirmed_at <= VIEW_SECONDS:
            return
        while True:
            began = clock.monotonic()
            try:
                await self._bus.flush()
            except BusError as error:
                if clock.monotonic() + _PAUSE_SECONDS > deadline:
                    raise BusTimeout("the bus did not answer in time") from error
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                # However long it took: whatever came before the call is heard.
                self._confirmed_at = max(self._confirmed_at, began)
                return
