"""Compares who is shown as here with whose sockets live: pure, and itself tried on bad runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tests.faults.record import Sight
from tests.faults.violation import Kind, Violation


def check(sockets: Mapping[str, int], sights: Sequence[Sight]) -> Iterator[Violation]:
    """Find everybody who is shown otherwise than they are, to anyone, once all has settled."""
    seen: dict[str, set[str]] = defaultdict(set)
    for sight in sights:
        seen[sight.client].add(sight.user)
        yield from _sight(sight, sockets.get(sight.user, 0))
    for client, users in seen.items():
        for user in sockets.keys() - users:
            yield _violation(client, f"is shown nothing of {user}")


def _sight(sight: Sight, sockets: int) -> Iterator[Violation]:
    if sight.status == "offline" and sockets:
        yield _violation(sight.client, f"is shown {sight.user} as away, who has {sockets} sockets")
    if sight.status != "offline" and not sockets:
        what = f"is shown {sight.user} as {sight.status}, who has no socket"
        yield _violation(sight.client, what)


def _violation(client: str, what: str) -> Violation:
    return Violation(Kind.GHOST, "", f"{client} {what}", client)
