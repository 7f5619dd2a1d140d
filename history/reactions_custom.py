"""Which custom emoji there are, as media says, remembered for a moment; nobody reacts here."""

from __future__ import annotations

from typing import Final

from proto import custom_emoji, limits, subjects
from proto.codes import ErrorCode
from proto.custom_emoji import EmojiCall, EmojiReply
from proto.wire import Fault
from services import clock
from services.asking import ask
from services.bus_nats import Bus
from services.problem import Unavailable

SECONDS: Final = 3.0
"""How long media may take to answer."""
KNOWN_SECONDS: Final = 30.0
"""So long media is not asked again for one that there is. That there is none is never remembered:
one that was just added is there."""


class CustomEmoji:
    """Asks media; for a removed one that may come up to `KNOWN_SECONDS` late."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: dict[str, float] = {}

    async def lacking(self, name: str) -> Fault | None:
        """Why no such emoji can be counted on: there is none, or media is away."""
        if clock.monotonic() < self._known.get(name, 0.0):
            return None
        lacking = "custom emoji cannot be looked up now"
        try:
            reply = await ask(
                *(self._bus, subjects.MEDIA_EMOJI, EmojiCall(name), EmojiReply),
                seconds=SECONDS,
                lacking=lacking,
            )
        except Unavailable as error:
            return Fault(ErrorCode.UNAVAILABLE, error.message)
        if not reply.known:
            text = f"there is no custom emoji {custom_emoji.shortcode(name)}"
            return Fault(ErrorCode.INVALID, text, "emoji")
        if len(self._known) >= limits.CUSTOM_EMOJI:
            # Some of them are gone again by now: there are no more than that at a time.
            self._known.clear()
        self._known[name] = clock.monotonic() + KNOWN_SECONDS
        return None
