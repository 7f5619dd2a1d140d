"""How much a batch adds to what was said in its rooms; what is unread follows from it elsewhere.

Unread is the difference of two such numbers, one at the room's end and one at a read mark, where
nothing lies between them that such a difference does not tell: a deletion, a mention.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping

from history.batch import Batch, Said
from proto import events


class Tally:
    """Of one batch, without the messages in it that are there already."""

    def __init__(self, batch: Batch, doubles: Iterable[Said] = ()) -> None:
        known = {(double.room, double.seq) for double in doubles}
        self._said: defaultdict[str, list[int]] = defaultdict(list)
        self._plain: dict[str, int] = {}
        self.totals: Mapping[str, int] = {}
        """How much was said in each room by the end of the batch, as far as that is known."""
        for message in batch.messages:
            if message.thread is None and (message.room, message.seq) not in known:
                self._said[message.room].append(message.seq)
                if message.everyone or message.mentions:
                    self._tell_apart(message.room, message.seq)
        for change in batch.changes:
            event = change.event
            if isinstance(event, events.MessageDeleted) or (
                isinstance(event, events.MessageEdited)
                and (event.mentions or event.everyone is True)
            ):
                self._tell_apart(change.room, event.target)

    def said(self, room: str, after: int = 0) -> int:
        """How many messages outside threads the batch has there, above a place."""
        seqs = self._said.get(room, ())
        return len(seqs) - bisect_right(seqs, after)

    def up_to(self, room: str, seq: int) -> int | None:
        """How much was said in a room up to a place in the batch; None if that is not known."""
        total = self.totals.get(room)
        return None if total is None else total - self.said(room, seq)

    def plain(self, room: str) -> int:
        """Up to where messages have to be looked at one by one, 0 if nowhere."""
        return self._plain.get(room, 0)

    def _tell_apart(self, room: str, seq: int) -> None:
        self._plain[room] = max(seq, self._plain.get(room, 0))
