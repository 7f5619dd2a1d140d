"""URLs that are good for a while."""

import re

from media import signature

SECRET = b"s" * 32
NOW_MS = 1_732_300_000_123


def test_a_url_is_good_until_it_ends_and_for_nothing_else() -> None:
    """Another file, another variant, another end, another key: none of them is signed by it."""
    end = signature.expiry(NOW_MS)
    path = signature.path(SECRET, "m1", "original", end)
    found = re.fullmatch(r"/v1/media/m1/original\?expires=(\d+)&signature=([0-9a-f]{32})", path)
    assert found is not None
    assert int(found[1]) == end
    signed = found[2]
    assert signature.is_good(SECRET, "m1", "original", end, signed, end - 1)
    assert not signature.is_good(SECRET, "m1", "original", end, signed, end)
    assert not signature.is_good(SECRET, "m2", "original", end, signed, NOW_MS)
    assert not signature.is_good(SECRET, "m1", "small", end, signed, NOW_MS)
    assert not signature.is_good(SECRET, "m1", "original", end + 1, signed, NOW_MS)
    assert not signature.is_good(b"t" * 32, "m1", "original", end, signed, NOW_MS)
    assert not signature.is_good(SECRET, "m1", "original", end, "é", NOW_MS)


def test_urls_made_soon_after_each_other_are_the_same() -> None:
    """So that a browser finds what it has; each is good for ten minutes at least."""
    ends = [signature.expiry(NOW_MS + later) for later in range(0, 3_600_000, 1_000)]
    assert len(set(ends)) <= 13
    for later, end in zip(range(0, 3_600_000, 1_000), ends, strict=True):
        assert 600_000 <= end - NOW_MS - later < 900_000
