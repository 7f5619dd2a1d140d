"""Makes stored messages ready to be shown: pages, single ones, pins. It changes nothing.

Who may see them was decided before.
"""

from __future__ import annotations

from collections.abc import Sequence

from history import events_postgres, page
from history.events_postgres import Stored, Window
from proto import shapes
from proto.pages import Page
from services.pool_postgres import Pool


class Presenter:
    """Reads Postgres alone, as far as the writer has got; raises Unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(self, room: str, window: Window, after: int, up_to: int) -> Page:
        """A page of messages, with what else happened in the stretch (`after`, `up_to`]."""
        end = min(up_to, window.as_of)
        lines = await events_postgres.lines(self._pool, room, after, end) if after < end else []
        return Page(
            messages=await self.messages(room, window.messages),
            more=window.more,
            as_of_seq=window.as_of,
            events=lines,
        )

    async def one(self, room: str, seq: int, reader: str) -> shapes.Message | None:
        """The message at a place, as `reader` sees it."""
        stored = await events_postgres.one(self._pool, room, seq, reader)
        return None if stored is None else (await self.messages(room, [stored]))[0]

    async def some(self, room: str, seqs: Sequence[int], reader: str) -> list[shapes.Message]:
        """The messages at these places, in their order."""
        return await self.messages(room, await events_postgres.some(self._pool, room, seqs, reader))

    async def pinned(self, room: str, reader: str) -> list[shapes.Message]:
        """The pinned messages, the one that was pinned last first."""
        return await self.messages(room, await events_postgres.pinned(self._pool, room, reader))

    async def messages(self, room: str, found: Sequence[Stored]) -> list[shapes.Message]:
        """Messages in the order given, each with what it answers.

        That is read after the rest, so it may be newer than the page: an event that is in it
        already changes nothing when it is applied again.
        """
        said = [page.said(stored.body) for stored in found]
        answered = {one.reply_to for one in said if one.reply_to is not None}
        quotes = await self._quotes(room, answered) if answered else {}
        return [
            page.message(
                one,
                stored.seq,
                stored.prev,
                deleted=stored.deleted,
                pinned=stored.pinned is not None,
                reactions=stored.reactions,
                quote=None if one.reply_to is None else quotes.get(one.reply_to),
            )
            for one, stored in zip(said, found, strict=True)
        ]

    async def _quotes(self, room: str, seqs: set[int]) -> dict[int, shapes.Quote]:
        quoted = await events_postgres.quoted(self._pool, room, sorted(seqs))
        return {
            seq: page.quote(page.said(stored.body), seq, deleted=stored.deleted)
            for seq, stored in quoted.items()
        }
