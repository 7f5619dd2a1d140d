"""What people settle of how others see them, and broken connections, against a real Valkey."""

import pytest
from msgspec import UNSET
from redis.asyncio import Redis

from presence import keyspace
from presence.leases_redis import Leases
from presence.metrics import PresenceMetrics
from presence.sweeper import Sweeper
from presence.wishes import Wishes
from proto.calls import Lease, Seen, Settled
from proto.shapes import CustomStatus, Presence
from services import clock
from services.bus_nats import Bus
from services.problem import Unavailable
from tests.presence.conftest import SHORT_MS, Choices, Heard, MakeLeases, until
from tests.presence.history import serve_settled
from tests.presence.test_leases_redis import now_ms

TEA = CustomStatus("Tea")
HIDDEN = Settled("u", 5, hidden=True, custom_status=TEA)
NOBODY = [Presence("u", "offline", None)]


def _seen(one: Seen) -> Presence:
    return Presence(one.user, one.status, one.last_seen_ms, one.custom_status)


async def _agreed(leases: Leases, user: str = "u") -> Presence:
    """What is read now, and what was found last: with nothing run out, the same."""
    (read,), (found,) = await leases.read([user]), await leases.found([user])
    assert read == _seen(found)
    return read


async def test_who_hides_goes_and_was_never_here(leases: Leases, heard: Heard) -> None:
    """Though they stay; and comes back, with what they say, once they do not hide any more."""
    await leases.renew("g", [Lease("u", "s", "dnd")])
    await leases.settle([HIDDEN])
    for _ in range(2):
        await leases.renew("g", [Lease("u", "s", "dnd")])
        assert await _agreed(leases) == Presence("u", "offline", None)
    await leases.end([Lease("u", "s")])
    await leases.renew("g", [Lease("u", "t")])
    assert await _agreed(leases) == Presence("u", "offline", None)
    assert heard.rest() == [("u", "dnd"), ("u", "offline")]
    await leases.settle([Settled("u", 6, custom_status=TEA)])
    assert await _agreed(leases) == Presence("u", "online", None, TEA)
    assert heard.rest() == [("u", "online")]


async def test_who_hides_while_away_was_never_here(leases: Leases, heard: Heard) -> None:
    """When they were last is forgotten, and that is told."""
    await leases.renew("g", [Lease("u", "s")])
    await leases.end([Lease("u", "s")])
    before = [await heard.next(), await heard.next()]
    await leases.settle([HIDDEN])
    gone = await heard.next()
    assert (gone.status, gone.last_seen_ms, gone.custom_status) == ("offline", None, UNSET)
    assert gone.rev > before[-1].rev
    assert (await leases.untold(["u"])).people == [gone]
    assert await _agreed(leases) == Presence("u", "offline", None)


async def test_a_choice_that_comes_late_is_none(leases: Leases) -> None:
    """Whichever replica took it up: of two the later one counts; the same again changes nothing."""
    await leases.settle([Settled("u", 6, custom_status=TEA)])
    await leases.settle([HIDDEN, Settled("v", 1, custom_status=TEA)])
    await leases.settle([Settled("u", 6, custom_status=TEA)])
    (first, second) = await leases.found(["u", "v"])
    assert [first.custom_status, second.custom_status] == [TEA, TEA]


async def test_nobody_is_shown_before_it_is_known_whether_they_hide(
    leases: Leases, choices: Choices, heard: Heard
) -> None:
    """While history is away a new one is shown to nobody; the next renewal makes it good."""
    choices.is_away = True
    await leases.renew("g", [Lease("u", "s")])
    assert await leases.read(["u"]) == NOBODY
    assert heard.rest() == []
    choices.is_away = False
    await leases.renew("g", [Lease("u", "s")])
    assert heard.rest() == [("u", "online")]
    await leases.renew("g", [Lease("u", "s")])
    assert choices.asked == ["u", "u"]


async def test_a_redis_that_lost_its_memory_shows_nobody_who_hides(
    leases: Leases, choices: Choices, heard: Heard, redis_url: str
) -> None:
    """And of the others what they say: history is asked again."""
    choices.people = {"u": HIDDEN, "v": Settled("v", 3, custom_status=TEA)}
    here = [Lease("u", "s"), Lease("v", "t")]
    await leases.renew("g", here)
    client = Redis.from_url(redis_url)
    await client.flushall()
    await client.aclose()
    heard.rest()
    await leases.renew("g", here)
    assert heard.rest() == [("v", "online")]
    assert await _agreed(leases, "v") == Presence("v", "online", None, TEA)
    assert await _agreed(leases) == Presence("u", "offline", None)


async def test_history_is_asked_again_after_a_while(
    make_leases: MakeLeases, choices: Choices, heard: Heard
) -> None:
    """A word that presence did not hear is made good; what is known is shown meanwhile."""
    leases = make_leases(fresh_ms=1)
    await leases.renew("g", [Lease("u", "s")])
    choices.people["u"] = Settled("u", 9, custom_status=TEA)
    choices.is_away = True

    async def asked_again() -> bool:
        await leases.renew("g", [Lease("u", "s")])
        return len(choices.asked) > 1

    await until(asked_again)
    assert heard.rest() == [("u", "online")]
    choices.is_away = False

    async def says() -> bool:
        await leases.renew("g", [Lease("u", "s")])
        return (await leases.read(["u"]))[0].custom_status == TEA

    await until(says)


async def test_what_somebody_says_ends(
    leases: Leases, heard: Heard, counts: PresenceMetrics, redis_url: str
) -> None:
    """Of whoever is here and whoever is not, found once by the sweeper; a later end counts."""
    soon = CustomStatus("Lunch", "🍲", until_ms=await now_ms(redis_url) + SHORT_MS)
    await leases.renew("g", [Lease("u", "s")])
    await leases.settle([Settled("u", 1, custom_status=soon), Settled("v", 1, custom_status=soon)])
    await leases.settle([Settled("w", 1, custom_status=soon), Settled("w", 2, custom_status=TEA)])
    says = [one.custom_status for one in await leases.found(["u", "v", "w"])]
    assert says == [soon, soon, TEA]
    heard.rest()
    await until(lambda: _is_over(leases))
    await Sweeper(leases, counts, lambda: True).round()
    assert sorted(heard.rest()) == [("u", "online"), ("v", "offline")]
    says = [one.custom_status for one in await leases.found(["u", "v", "w"])]
    assert says == [UNSET, UNSET, TEA]
    assert await leases.due() == (1, [], False)


async def _is_over(leases: Leases) -> bool:
    return set((await leases.due()).users) == {"u", "v"}


async def test_who_comes_back_from_a_broken_connection_was_not_away(
    leases: Leases, heard: Heard
) -> None:
    """Others hear of neither; a renewal under way does not keep the broken one alive."""
    await leases.renew("g1", [Lease("u", "s", "idle")])
    await leases.end([Lease("u", "s")], lingers=True)
    await leases.renew("g1", [Lease("u", "s")])
    await leases.renew("g2", [Lease("u", "t", "idle")])
    await leases.end([Lease("u", "s")], lingers=True)
    assert heard.rest() == [("u", "idle")]
    await leases.end([Lease("u", "s")])
    await leases.end([Lease("u", "t")])
    assert heard.rest() == [("u", "offline")]


async def test_who_does_not_come_back_is_gone_soon(
    make_leases: MakeLeases, heard: Heard, redis_url: str
) -> None:
    """Long before a lease is over, and last seen when the connection broke."""
    leases = make_leases(linger_ms=SHORT_MS)
    await leases.renew("g", [Lease("u", "s")])
    before = await now_ms(redis_url)
    await leases.end([Lease("u", "s"), Lease("u", "never-heard-of")], lingers=True)
    broke_by = await now_ms(redis_url)

    async def is_gone() -> bool:
        await leases.sweep((await leases.due()).users)
        return (await leases.due()).online == 0

    await until(is_gone)
    assert heard.rest() == [("u", "online"), ("u", "offline")]
    seen_ms = (await leases.read(["u"]))[0].last_seen_ms
    assert seen_ms is not None
    assert before <= seen_ms <= broke_by


async def test_counting_is_by_what_others_see(leases: Leases) -> None:
    """Neither the invisible, nor who hides, nor who was never here."""
    here = [Lease("a", "s"), Lease("b", "s", "dnd"), Lease("c", "s", "invisible"), Lease("u", "s")]
    await leases.renew("g", here)
    await leases.settle([HIDDEN])
    assert await leases.count(["a", "b", "c", "u", "nobody"]) == 2
    assert await leases.count([]) == 0


async def test_history_is_asked_in_parts_and_left_alone_while_it_is_away(bus: Bus) -> None:
    """No renewal waits for a failure that the one before has waited for."""
    wishes = Wishes(bus)
    with pytest.raises(Unavailable):
        await wishes.of(["u"])
    await serve_settled(bus, HIDDEN)
    with pytest.raises(Unavailable):
        await wishes.of(["u"])
    wishes._away_until = clock.monotonic()
    users = [f"p{n}" for n in range(501)]
    assert await wishes.of([*users, "u"]) == [*(Settled(user) for user in users), HIDDEN]


async def test_keys_are_those_of_the_keyspace(leases: Leases, redis_url: str) -> None:
    """The end of a status is kept beside the person, in the same slot."""
    await leases.settle([Settled("u", 1, custom_status=CustomStatus("Tea", until_ms=2**50))])
    client = Redis.from_url(redis_url)
    ends = await client.zrange(keyspace.ends_key(keyspace.shard_of("u")), 0, -1, withscores=True)
    await client.aclose()
    assert ends == [(b"u", float(2**50))]
