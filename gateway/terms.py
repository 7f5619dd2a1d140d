"""What a room asks of its members before they write; not who is one, and no clock.

Nearly every room asks nothing: then there are no terms, and a send costs one look that finds none.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import UNSET

from proto import events, shapes


class Terms(NamedTuple):
    """The terms of one room, as its log has them; `muted` holds those who were here since."""

    archived: bool = False
    slow: bool = False
    muted: tuple[tuple[str, int], ...] = ()
    """People, each once, and until when."""

    def muted_until(self, user: str, now_ms: int) -> int | None:
        """Until when one may write nothing (`limits.FOREVER_MS`: without an end); None: one may."""
        for muted, until_ms in self.muted:
            if muted == user and until_ms > now_ms:
                return until_ms
        return None

    def paces(self, role: shapes.Role | None) -> bool:
        """Say whether history is to be asked before one with that role writes."""
        return self.slow and role == "member"


_NONE = Terms()


def told(terms: Terms | None, room: shapes.Room, user: str) -> Terms | None:
    """The terms after history told what the room is to a user, up to the present."""
    if terms is None and not (room.archived or room.slow_mode_seconds or room.muted_until_ms):
        return None
    now = (terms or _NONE)._replace(archived=room.archived, slow=room.slow_mode_seconds > 0)
    return _mute(now, user, room.muted_until_ms)


def after(terms: Terms | None, event: events.LogEvent) -> Terms | None:
    """The terms after something happened in the room."""
    match event:
        case events.RoomUpdated():
            now = terms or _NONE
            archived = now.archived if event.archived is UNSET else event.archived
            seconds = event.slow_mode_seconds
            slow = now.slow if seconds is UNSET else seconds > 0
            return _kept(now._replace(archived=archived, slow=slow))
        case events.MemberMuted():
            return _mute(terms or _NONE, event.user, event.until_ms)
        case _:
            return terms


def _mute(terms: Terms, user: str, until_ms: int | None) -> Terms | None:
    others = tuple(one for one in terms.muted if one[0] != user)
    muted = others if until_ms is None else (*others, (user, until_ms))
    return _kept(terms._replace(muted=muted))


def _kept(terms: Terms) -> Terms | None:
    return None if terms == _NONE else terms
