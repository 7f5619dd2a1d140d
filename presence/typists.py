"""Who a replica said to be typing, for the case that Redis forgets it; who types, Redis knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from proto.passing import TypingChanged


class Typists:
    """Those whose beginning this replica announced and whose end it did not.

    Another replica may have announced the end, so this is no list of who types: it is those who
    must be ended if Redis cannot say any more that they did. At most `most`: beyond it the oldest
    are dropped.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._began: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._began)

    def take(self, changes: Iterable[TypingChanged]) -> None:
        """Note what is announced."""
        for change in changes:
            # Out and in again: the newest stands last.
            self._began.pop((change.room, change.user), None)
            if change.active:
                self._began[change.room, change.user] = change.rev
        while len(self._began) > self._most:
            del self._began[next(iter(self._began))]

    def end(self, is_lost: Callable[[str], bool]) -> list[TypingChanged]:
        """Take out those in rooms that are lost; return their ends.

        An end's revision is one above the beginning's: any that Redis told since is higher, and
        the end is then known to be old.
        """
        lost = [(key, rev) for key, rev in self._began.items() if is_lost(key[0])]
        for key, _ in lost:
            del self._began[key]
        return [TypingChanged(room, user, active=False, rev=rev + 1) for (room, user), rev in lost]
