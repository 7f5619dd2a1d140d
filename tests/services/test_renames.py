"""A guard that knows who was renamed since a token was made."""

from __future__ import annotations

import pytest

from proto import calls, limits, subjects, wire
from proto.shapes import User
from services import clock, renames
from services.bus_nats import Bus
from services.guard import Claims
from services.renames import Renames
from services.revoked import MARGIN_MS
from tests.services.buses import Told

NOW_MS = clock.now_ms()


class Anyone:
    """A guard that believes what it is told: user, age in ms."""

    async def check(self, token: str) -> Claims:
        """Read the words."""
        sub, age_ms = token.split()
        return Claims(sub, "s", NOW_MS // 1000 + 900, name="old", issued_ms=NOW_MS - int(age_ms))


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let now be when a test begins: what is older than a token's life is forgotten, and whoever
    runs all tests may come here later than that."""
    monkeypatch.setitem(globals(), "NOW_MS", clock.now_ms())


@pytest.fixture
def told() -> Told[calls.Renamed]:
    """Give what the guard tells."""
    return Told()


@pytest.fixture
async def guard(bus: Bus, told: Told[calls.Renamed]) -> Renames:
    """Give a guard that listens already."""
    made = Renames(bus, Anyone())
    made.on_renamed = told
    await bus.flush()
    return made


def renamed(user: str, name: str, age_ms: int = 0) -> calls.Renamed:
    """Word of a new name."""
    return calls.Renamed(User(user, user, name), NOW_MS - age_ms)


def tell(bus: Bus, word: calls.Renamed) -> calls.Renamed:
    """Say it, as auth does."""
    bus.publish(subjects.AUTH_RENAMED, wire.encode(word))
    return word


async def test_a_token_made_before_says_the_new_name(
    bus: Bus, guard: Renames, told: Told[calls.Renamed]
) -> None:
    """One made after says its own, which may be newer still; nobody else's is touched; what cannot
    be read changes nothing."""
    bus.publish(subjects.AUTH_RENAMED, b"{")
    await told.has(tell(bus, renamed("ada", "Augusta", 500)))
    assert (await guard.check("ada 1000")).name == "Augusta"
    assert (await guard.check("ada 500")).name == "Augusta"
    assert (await guard.check("ada 100")).name == "old"
    assert (await guard.check("bob 1000")).name == "old"


async def test_of_two_names_the_later_one_counts(
    bus: Bus, guard: Renames, told: Told[calls.Renamed]
) -> None:
    """In whichever order two replicas of auth tell them."""
    tell(bus, renamed("ada", "second", 100))
    await told.has(tell(bus, renamed("ada", "first", 200)))
    assert (await guard.check("ada 1000")).name == "second"


async def test_nothing_is_kept_longer_than_a_token_lives(
    bus: Bus, guard: Renames, told: Told[calls.Renamed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor more than so many."""
    life_ms = limits.ACCESS_TOKEN_SECONDS * 1000 + MARGIN_MS
    tell(bus, renamed("ada", "long ago", life_ms + 60_000))
    await told.has(tell(bus, renamed("bob", "now")))
    assert len(guard) == 1
    monkeypatch.setattr(renames, "MOST", 2)
    for number in range(4):
        tell(bus, renamed(f"u{number}", "now"))
    await told.until(lambda words: len(words) == 6)
    assert len(guard) == 2
    assert (await guard.check("u3 1000")).name == "now"
    assert (await guard.check("u0 1000")).name == "old"
