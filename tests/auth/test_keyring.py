"""Which key signs while several are published."""

import pytest

from auth.keyring import OVERLAP_MS, SETTLE_MS, Key, is_old, ordered, signing, spent


def key(kid: str, created_ms: int) -> Key:
    """A key of an age; its bytes do not matter here."""
    return Key(kid, b"private", b"public", created_ms)


OLD, NEW = key("old", 0), key("new", 1_000_000)


def test_the_first_key_signs_at_once() -> None:
    """There is no other, and nobody has read the set yet."""
    assert signing([NEW], 1_000_000) is NEW


def test_a_new_key_signs_when_it_has_been_published_for_a_while() -> None:
    """Until then the one before goes on, so that no guard meets a key it does not know."""
    assert signing([OLD, NEW], 1_000_000 + SETTLE_MS - 1) is OLD
    assert signing([OLD, NEW], 1_000_000 + SETTLE_MS) is NEW


def test_of_several_fresh_keys_the_oldest_signs() -> None:
    """It is the one that most have read."""
    assert signing([key("b", 2), key("a", 1)], 3).kid == "a"


def test_the_order_of_rows_decides_nothing() -> None:
    """Replicas that read the rows in another order choose the same key."""
    same_age = [key("b", 5), key("a", 5)]
    assert ordered(same_age) == ordered(reversed(same_age))
    assert ordered([OLD, NEW]) == [NEW, OLD]


def test_without_a_key_nothing_is_signed() -> None:
    """A fault of ours, not of a peer."""
    with pytest.raises(ValueError, match="no signing key"):
        signing([], 0)


def test_a_key_does_not_show_itself() -> None:
    """Neither half is in its repr, which may end up in a log."""
    assert "private" not in repr(NEW)


def test_a_key_is_spent_when_its_last_token_has_run_out() -> None:
    """That long after the next one began to sign; the newest is never."""
    later = NEW.created_ms + SETTLE_MS + OVERLAP_MS
    assert spent([OLD, NEW], later - 1) == []
    assert spent([OLD, NEW], later) == [OLD]
    assert spent([NEW], later) == []
    assert spent([NEW], later - 1) == []
    third = key("third", later)
    assert spent([OLD, third, NEW], later) == [OLD]


def test_another_key_is_due_when_the_newest_is_old() -> None:
    """One that is not known everywhere yet counts: none is made twice."""
    assert not is_old([OLD, NEW], NEW.created_ms + 4_999, 5_000)
    assert is_old([OLD, NEW], NEW.created_ms + 5_000, 5_000)
