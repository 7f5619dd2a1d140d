"""What hashes of passwords cost whoever makes them, or guesses; they are made elsewhere."""

from __future__ import annotations

from typing import Final, NamedTuple


class Cost(NamedTuple):
    """What a hash costs: KiB of memory, passes over it, lanes that are filled at the same time."""

    memory_kib: int
    passes: int
    lanes: int


RFC_9106: Final = Cost(memory_kib=65_536, passes=3, lanes=4)
"""The second recommended option of RFC 9106 §4 (the first one takes 2 GiB a hash). About 0.15 s of
two cores. What makes guessing dear is the memory, which the number of lanes does not change."""
LEAST_KIB: Final = 12_288
"""For three passes; less is called weak by OWASP's Password Storage Cheat Sheet (argon2id)."""
MOST_KIB: Final = 1_048_576
