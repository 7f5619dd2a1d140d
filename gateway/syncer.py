"""Answers `sync`: the log events of a room after a seq, from its tail, the stream or history."""

from __future__ import annotations

import msgspec

from gateway.admitter import Admitter
from gateway.connection import Connection
from gateway.fanout import Fanout
from gateway.reader import Reader
from proto import frames, limits, wire
from proto.codes import ErrorCode
from services.bus import BusError

SYNC_BYTES = limits.OUTBOX_BYTES // 4
"""A page of `sync` ends early rather than fill the outbox; `more` says so."""


class Syncer:
    """Who asks is let into the room first if they are a member of it by now."""

    def __init__(self, fanout: Fanout, reader: Reader, admitter: Admitter) -> None:
        self._fanout = fanout
        self._reader = reader
        self._admitter = admitter

    async def answer(self, connection: Connection, sync: frames.Sync) -> None:
        """Answer with a page, or with why there is none."""
        person = connection.person
        if person is None:
            return
        try:
            kind = None
            if sync.room not in person.rooms:
                kind = (await self._admitter.admit(sync.room, person.id)).kind
            result = await self._events_after(sync) if sync.room in person.rooms else None
        except BusError as error:
            if not connection.is_over:
                connection.error(
                    sync.id, ErrorCode.UNAVAILABLE, f"not available now: {error}", 1_000
                )
            return
        if connection.is_over:
            return
        # Who was removed meanwhile gets nothing.
        if result is None or sync.room not in person.rooms:
            code = ErrorCode.FORBIDDEN if kind == "public" else ErrorCode.NOT_FOUND
            connection.error(sync.id, code, "you are not in that room")
        else:
            connection.ok(sync.id, result)

    async def _events_after(self, sync: frames.Sync) -> msgspec.Raw:
        entry = self._fanout.hold(sync.room)
        try:
            await self._fanout.prime([entry])
            # A deletion that was acknowledged may still be on its way to this gateway.
            await self._fanout.catch_up(entry)
            found, more = entry.room.since(sync.after), False
            # Above the highest seq there is nothing to have lost, nor a seq to name.
            oldest = min(sync.after + 1, limits.SEQ_MAX)
            if found is None:
                last = entry.room.last
                stretch = await self._reader.read(sync.room, sync.after, last, sync.limit)
                found, oldest, more = stretch.events, stretch.oldest, stretch.more
        finally:
            self._fanout.release(entry)
        placed: list[bytes] = []
        size = 0
        for event in found:
            size += len(event.body)
            if len(placed) == sync.limit or (placed and size > SYNC_BYTES):
                more = True
                break
            placed.append(event.data)
        return wire.sync_result(placed, more=more, oldest=oldest)
