"""Where to look next when one goes back through the log, a stretch at a time; it reads nothing.

Pure. The log has one sequence over all rooms, so a stretch of it holds at most as many messages as
it is wide, however many rooms one looks into.
"""

from __future__ import annotations

from typing import Final

from proto import limits

WIDTH: Final = 8_192
"""Places in the first stretch over several rooms."""
ENOUGH: Final = 4_096
"""Messages that are looked through at once; after a stretch with fewer comes a wider one."""
NARROWEST: Final = 32
_WIDER: Final = 16


class Walk:
    """Back from `below` to `above`, both excluded; `alone`: in one room, which is all a stretch.

    Whoever looks into one room alone takes the newest messages of it, wherever they are.
    """

    def __init__(self, below: int, above: int, *, alone: bool = False) -> None:
        self.below = below
        """Everything from here on was looked at."""
        self._above = above
        self._width = limits.SEQ_MAX if alone else WIDTH

    @property
    def is_over(self) -> bool:
        """Whether there is no place left."""
        return self.below <= self._above + 1

    @property
    def stretch_above(self) -> int:
        """The place above which the next stretch lies; it ends below `below`."""
        return max(self._above, self.below - 1 - self._width)

    def went(self, below: int, looked_at: int) -> None:
        """Note that everything from `below` on was looked at, of late so many messages."""
        self.below = below
        if looked_at < ENOUGH // _WIDER:
            self._width = min(self._width * _WIDER, limits.SEQ_MAX)
        elif looked_at < ENOUGH:
            self._width = min(self._width * 2, limits.SEQ_MAX)
        elif looked_at > 2 * ENOUGH:
            self._width = max(self._width // 2, NARROWEST)

    def narrow(self) -> bool:
        """Take less at once, as that was too much; False if it was little already."""
        self._width = min(self._width, self.below - self._above) // _WIDER
        return self._width >= NARROWEST
