"""Which of the signing keys signs, and which are published; it makes and stores none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from proto import limits

SETTLE_MS: Final = 600_000
"""A further key is published that long before it signs: guards fetch the set every 5 minutes, and
replicas read the table every 30 s."""


OVERLAP_MS: Final = (limits.ACCESS_TOKEN_SECONDS + 300) * 1_000
"""A key is published that long after another one began to sign: the life of its last token, and
what clocks and replicas may differ."""


class Key(NamedTuple):
    """An Ed25519 key pair (RFC 8032): `private` is the 32-byte seed."""

    kid: str
    private: bytes
    public: bytes
    created_ms: int

    def __repr__(self) -> str:
        return f"Key(kid={self.kid!r}, created_ms={self.created_ms})"


def ordered(keys: Iterable[Key]) -> list[Key]:
    """All keys, the newest first; by `kid` where they are of the same age."""
    return sorted(keys, key=lambda key: (-key.created_ms, key.kid))


def signing(keys: Sequence[Key], now_ms: int) -> Key:
    """The newest key that everyone has had time to learn of, else the oldest.

    Raises:
        ValueError: there is no key.
    """
    if not keys:
        raise ValueError("there is no signing key")
    newest_first = ordered(keys)
    for key in newest_first:
        if key.created_ms + SETTLE_MS <= now_ms:
            return key
    return newest_first[-1]


def is_old(keys: Iterable[Key], now_ms: int, age_ms: int) -> bool:
    """Say whether the newest key was made that long ago: then it is time for another one."""
    return all(key.created_ms + age_ms <= now_ms for key in keys)


def spent(keys: Sequence[Key], now_ms: int) -> list[Key]:
    """The keys that no living token can be signed with: another one has signed for long enough."""
    newest_first = ordered(keys)
    for place, key in enumerate(newest_first):
        if key.created_ms + SETTLE_MS + OVERLAP_MS <= now_ms:
            return newest_first[place + 1 :]
    return []
