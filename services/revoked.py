"""Who was signed out, for as long as their tokens could still run; a core."""

from __future__ import annotations

from proto import calls, limits

MARGIN_MS = 60_000
"""Kept beyond a token's life: the clocks of auth and of who checks differ."""


class Revoked:
    """Bounded by time: nothing is kept longer than an access token lives, and a margin."""

    __slots__ = ("_sessions", "_users")

    def __init__(self) -> None:
        self._sessions: dict[str, int] = {}
        self._users: dict[str, int] = {}

    def add(self, revoked: calls.Revoked) -> None:
        """Learn of one; repeating is harmless."""
        if revoked.sid is not None:
            self._sessions[revoked.sid] = revoked.at_ms
        else:
            self._users[revoked.user] = max(revoked.at_ms, self._users.get(revoked.user, 0))

    def holds(self, user: str, session: str, issued_ms: int) -> bool:
        """Say whether a token of that session, made at `issued_ms`, is void."""
        return session in self._sessions or issued_ms < self._users.get(user, 0)

    def prune(self, now_ms: int) -> None:
        """Forget what no living token can be about."""
        horizon = now_ms - limits.ACCESS_TOKEN_SECONDS * 1000 - MARGIN_MS
        self._sessions = {sid: at for sid, at in self._sessions.items() if at >= horizon}
        self._users = {user: at for user, at in self._users.items() if at >= horizon}

    def __len__(self) -> int:
        return len(self._sessions) + len(self._users)
