"""References to bytes, counted and recounted; and what the sweeper removes."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.app import MIGRATIONS, NAME
from media.ledger_postgres import DAY_MS, ORIGINAL, DayFull, Ledger, Part
from proto.shapes import Attachment
from services.migrations_yoyo import migrate
from services.pool_postgres import Pool
from tests.databases_postgres import fresh_database
from tests.history.running import key
from tests.servers import Servers

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOW_MS = 1_732_300_000_000
ROOMS = ("tea", "den")
EMPTY = "TRUNCATE blobs, files, parts, uses, leftovers, ended_rooms"
COUNTS = """
    SELECT b.refs, b.object, (SELECT count(*) FROM parts p WHERE p.sha256 = b.sha256) AS counted
    FROM blobs b
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(servers: Servers) -> AsyncIterator[Pool]:
    """Give a database with the schema of media."""
    async with fresh_database(servers.postgres_url) as url:
        await migrate(url, NAME, MIGRATIONS)
        pool = Pool(url, NAME, service="test")
        await pool.start()
        yield pool
        await pool.stop()


class Step(NamedTuple):
    """Something that happens: to which of three files or messages, with which contents."""

    what: str
    which: int
    contents: tuple[int, ...]


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["keep", "attach", "release", "withdraw", "expire", "end", "empty"]),
        st.integers(0, 2),
        st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple),
    ),
    max_size=14,
)


def part(variant: str, content: bytes) -> Part:
    """A variant with these bytes, in an object of its own."""
    digest = hashlib.sha256(content).digest()
    return Part(variant, secrets.token_hex(16), digest, len(content), "text/plain")


async def keep(
    ledger: Ledger,
    *contents: bytes,
    user: str = "u1",
    day_bytes: int = 0,
    now_ms: int = NOW_MS,
    room: str = ROOMS[0],
) -> Attachment:
    """Have a file of variants with these bytes."""
    names = (ORIGINAL, "small", "medium")
    parts = [part(names[at], content) for at, content in enumerate(contents)]
    file = Attachment(secrets.token_hex(16), "a", "text/plain", len(contents[0]))
    await ledger.expect([one.object for one in parts], now_ms + DAY_MS)
    await ledger.keep(file, room, user, parts, now_ms, day_bytes)
    return file


@given(STEPS)
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
async def test_references_are_what_a_recount_finds(pool: Pool, steps: list[Step]) -> None:
    """Whatever happens in whatever order; every object is a blob's or left over, never both."""
    await pool.execute(EMPTY)
    ledger = Ledger(pool)
    files: list[Attachment] = []
    keys = [key() for _ in range(3)]
    for step in steps:
        room = ROOMS[step.which % len(ROOMS)]
        if step.what == "keep":
            contents = [b"%d" % one for one in step.contents]
            files.append(await keep(ledger, *contents, room=room))
        elif step.what == "attach" and files:
            wanted = [files[one % len(files)].id for one in step.contents]
            await ledger.attach(room, "u1", keys[step.which], wanted, NOW_MS)
        elif step.what == "release":
            await ledger.release(room, "u1", keys[step.which], NOW_MS)
        elif step.what == "end":
            await ledger.end_room(room, NOW_MS)
        elif step.what == "empty":
            await ledger.empty(NOW_MS + step.which, NOW_MS, 1)
        elif step.what == "withdraw":
            for doubt in (await ledger.doubts(NOW_MS + 1, 10))[: step.which]:
                await ledger.withdraw(doubt, NOW_MS)
        else:
            await ledger.expire(NOW_MS + 1, NOW_MS, 1)
        rows = await pool.fetch(COUNTS)
        assert all(row["refs"] == row["counted"] > 0 for row in rows)
        left = {row["object"] for row in await pool.fetch("SELECT object FROM leftovers")}
        assert left.isdisjoint(row["object"] for row in rows)
    # In the end nobody has anything: all of it is left over, and nothing is lost.
    for room in ROOMS:
        for one in keys:
            await ledger.release(room, "u1", one, NOW_MS)
    await ledger.expire(NOW_MS + 1, NOW_MS, 100)
    assert await ledger.totals() == (0, sum(len(s.contents) for s in steps if s.what == "keep"))
    assert await pool.fetchval("SELECT count(*) FROM files") == 0


async def test_a_day_holds_so_much_of_one_person(pool: Pool) -> None:
    """What they removed or uploaded the day before does not count, nor do others."""
    ledger, user = Ledger(pool), secrets.token_hex(4)
    await keep(ledger, b"x" * 60, user=user, day_bytes=100, now_ms=NOW_MS - DAY_MS)
    await keep(ledger, b"x" * 60, user=user, day_bytes=100)
    with pytest.raises(DayFull):
        await keep(ledger, b"y" * 60, user=user, day_bytes=100)
    await keep(ledger, b"y" * 60, user=user + "2", day_bytes=100)
    await keep(ledger, b"y" * 40, user=user, day_bytes=100)


async def test_files_of_a_room_go_with_it(pool: Pool) -> None:
    """From then on nobody gets one, and no message; what another room has as well stays there."""
    await pool.execute(EMPTY)
    ledger, message = Ledger(pool), key()
    said, unsent = await keep(ledger, b"said"), await keep(ledger, b"unsent")
    other = await keep(ledger, b"said", room=ROOMS[1])
    await ledger.attach(ROOMS[0], "u1", message, [said.id], NOW_MS)
    for _ in range(2):
        await ledger.end_room(ROOMS[0], NOW_MS)
    assert await ledger.served(said.id, ORIGINAL) is None
    assert await ledger.attach(ROOMS[0], "u1", key(), [unsent.id], NOW_MS) is None
    assert await ledger.served(other.id, ORIGINAL) is not None
    # One upload was under way: it goes with the others, and then the room is known no more.
    await keep(ledger, b"late")
    gone = [await ledger.empty(NOW_MS + 1, NOW_MS, 2) for _ in range(3)]
    assert gone == [2, 1, 0]
    assert [one.id for one in await ledger.known([said.id, unsent.id, other.id])] == [other.id]
    assert await pool.fetchval("SELECT count(*) FROM ended_rooms") == 0
    assert (await ledger.totals())[0] == len(b"said")


async def test_what_was_never_sent_goes_after_a_day(pool: Pool) -> None:
    """Not before; and not what a message has, whether history has confirmed it or not."""
    await pool.execute(EMPTY)
    ledger = Ledger(pool)
    unsent, sent = await keep(ledger, b"unsent"), await keep(ledger, b"sent")
    await ledger.attach("tea", "u1", key(), [sent.id], NOW_MS)
    assert await ledger.expire(NOW_MS, NOW_MS, 10) == 0
    assert await ledger.expire(NOW_MS + 1, NOW_MS, 10) == 1
    assert [one.id for one in await ledger.known([unsent.id, sent.id])] == [sent.id]


async def test_a_message_that_is_there_is_asked_for_once(pool: Pool) -> None:
    """What history confirmed is no doubt any more; a retry does not make it one again."""
    await pool.execute(EMPTY)
    ledger, message = Ledger(pool), key()
    file = await keep(ledger, b"sent")
    await ledger.attach("tea", "u1", message, [file.id], NOW_MS)
    assert await ledger.doubts(NOW_MS, 10) == []
    (doubt,) = await ledger.doubts(NOW_MS + 1, 10)
    assert (doubt.file, doubt.key, doubt.room, doubt.sender) == (file.id, message, "tea", "u1")
    await ledger.confirm(doubt)
    await ledger.attach("tea", "u1", message, [file.id], NOW_MS)
    assert await ledger.doubts(NOW_MS + 1, 10) == []


async def test_a_retry_that_comes_while_its_message_is_doubted_keeps_the_file(pool: Pool) -> None:
    """However late: history was asked before the message was there."""
    await pool.execute(EMPTY)
    ledger, message = Ledger(pool), key()
    file = await keep(ledger, b"late")
    await ledger.attach("tea", "u1", message, [file.id], NOW_MS)
    (doubt,) = await ledger.doubts(NOW_MS + 1, 10)
    await ledger.attach("tea", "u1", message, [file.id], NOW_MS + 5)
    await ledger.withdraw(doubt, NOW_MS + 6)
    (known,) = await ledger.known([file.id])
    assert known.used
    assert await ledger.expire(NOW_MS + 10, NOW_MS + 10, 10) == 0
    (doubt,) = await ledger.doubts(NOW_MS + 6, 10)
    await ledger.withdraw(doubt, NOW_MS + 6)
    (known,) = await ledger.known([file.id])
    assert not known.used
