"""Who counts as signed out, and for how long it is remembered."""

from __future__ import annotations

from proto import calls, limits
from services.revoked import MARGIN_MS, Revoked

NOW_MS = 1_800_000_000_000
LIFE_MS = limits.ACCESS_TOKEN_SECONDS * 1000


def test_a_revoked_session_is_void_and_others_are_not() -> None:
    """Signing out one device leaves the others."""
    revoked = Revoked()
    revoked.add(calls.Revoked("u1", "s1", NOW_MS))
    assert revoked.holds("u1", "s1", NOW_MS)
    assert not revoked.holds("u1", "s2", NOW_MS)


def test_a_revoked_user_loses_what_was_issued_before() -> None:
    """A token issued after it is good: the person signed in again."""
    revoked = Revoked()
    revoked.add(calls.Revoked("u1", None, NOW_MS))
    revoked.add(calls.Revoked("u1", None, NOW_MS - 5))
    assert revoked.holds("u1", "s1", NOW_MS - 1)
    assert not revoked.holds("u1", "s1", NOW_MS)
    assert not revoked.holds("u2", "s1", NOW_MS - 1)


def test_what_no_token_can_be_about_is_forgotten() -> None:
    """The memory is bounded by the life of a token and a margin for clocks."""
    revoked = Revoked()
    revoked.add(calls.Revoked("u1", "s1", NOW_MS))
    revoked.add(calls.Revoked("u2", None, NOW_MS))
    revoked.prune(NOW_MS + LIFE_MS + MARGIN_MS)
    assert len(revoked) == 2
    revoked.prune(NOW_MS + LIFE_MS + MARGIN_MS + 1)
    assert len(revoked) == 0
