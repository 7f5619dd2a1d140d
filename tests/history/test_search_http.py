"""Search over HTTP, with the index behind it: who finds what, as soon as it was said."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from urllib.parse import quote

import pytest

from history import search_postgres, words
from proto import events
from services import clock
from tests.history.client_httpx import refused
from tests.history.running import Peer, Replica, user
from tests.history.test_words import ALPHABET

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def search(replica: Replica, who: str, q: str, **query: object) -> dict[str, Any]:
    """What somebody finds."""
    more = "".join(f"&{name}={value}" for name, value in query.items())
    found: dict[str, Any] = await replica.ask.ok(who, "GET", f"/v1/search?q={quote(q)}{more}")
    return found


async def texts(replica: Replica, who: str, q: str, **query: object) -> list[str]:
    """The texts of what somebody finds."""
    return [hit["message"]["text"] for hit in (await search(replica, who, q, **query))["hits"]]


async def test_what_was_said_is_found_at_once(replica: Replica, peer: Peer) -> None:
    """Newest first, with the places of the words, by members; others find nothing."""
    ada, bob = user(), user()
    room, other = await replica.room(ada), await replica.room(ada)
    for number in range(5):
        seq = await peer.say(room, ada, f"Zebra {number} am Käfig")
        hits = (await search(replica, ada, "zebra KAFIG"))["hits"]
        assert len(hits) == number + 1
        assert (hits[0]["room"], hits[0]["message"]["seq"]) == (room, seq)
        assert hits[0]["highlights"] == [[0, 5], [11, 16]]
    await peer.say(other, ada, "Zebra elsewhere")
    assert len(await texts(replica, ada, "zebra")) == 6
    assert await texts(replica, ada, "zebra", room=other) == ["Zebra elsewhere"]
    assert await texts(replica, bob, "zebra") == []


async def test_a_public_room_is_searched_when_it_is_named(replica: Replica, peer: Peer) -> None:
    """As its pages are read: by anyone. One that is not there for somebody is not there."""
    ada, bob = user(), user()
    public, private = await replica.room(ada, kind="public"), await replica.room(ada)
    await peer.say(public, ada, "okapi")
    await peer.say(private, ada, "okapi")
    assert await texts(replica, bob, "okapi") == []
    assert await texts(replica, bob, "okapi", room=public) == ["okapi"]
    refused(await replica.ask(bob, "GET", f"/v1/search?q=okapi&room={private}"), 404, "not_found")
    await replica.ask.ok(ada, "POST", f"/v1/rooms/{private}/members", {"user": bob})
    assert await texts(replica, bob, "okapi") == ["okapi"]
    await replica.ask(ada, "DELETE", f"/v1/rooms/{private}/members/{bob}")
    assert await texts(replica, bob, "okapi") == []


async def test_filters_and_pages(replica: Replica, peer: Peer) -> None:
    """By room, sender, places and times; pages follow each other without gap or double."""
    ada, bob = user(), user()
    room = await replica.room(ada, bob)
    began_ms = clock.now_ms()
    seqs = [
        await peer.say(room, ada if n % 2 else bob, f"lemur {n}", ts=began_ms + n)
        for n in range(12)
    ]
    assert await texts(replica, ada, "lemur", sender=bob) == [
        f"lemur {n}" for n in (10, 8, 6, 4, 2, 0)
    ]
    places = {"room": room, "before": seqs[5], "after": seqs[2]}
    assert await texts(replica, ada, "lemur", **places) == ["lemur 4", "lemur 3"]
    times = {"before": began_ms + 5, "after": began_ms + 2}
    assert await texts(replica, ada, "lemur", **times) == ["lemur 4", "lemur 3"]
    found: list[int] = []
    query: dict[str, str] = {}
    for _ in range(4):
        page = await search(replica, ada, "lemur", limit=5, **query)
        found += [hit["message"]["seq"] for hit in page["hits"]]
        if "next" not in page:
            break
        query = {"cursor": page["next"]}
    assert found == seqs[::-1]


async def test_a_deleted_message_is_not_found_any_more(replica: Replica, peer: Peer) -> None:
    """From when its deletion is in the log on, whatever the index knows; nor is its text kept."""
    ada = user()
    room = await replica.room(ada)
    seq = await peer.say(room, ada, "quokka secret")
    assert len(await texts(replica, ada, "quokka")) == 1
    gone = events.MessageDeleted(room=room, ts=clock.now_ms(), target=seq, by=ada)
    await peer.publish(gone)
    assert await texts(replica, ada, "quokka") == []
    pool = replica.history.pool
    assert await pool.fetchval("SELECT count(*) FROM search WHERE room = $1", room) == 0


async def test_an_edited_message_is_found_by_its_new_text(replica: Replica, peer: Peer) -> None:
    """From when the edit is acknowledged on, and no more by what it said before."""
    ada = user()
    room = await replica.room(ada)
    seq = await peer.say(room, ada, "old walrus")
    assert await texts(replica, ada, "walrus") == ["old walrus"]
    path = f"/v1/rooms/{room}/messages/{seq}"
    await replica.ask.ok(ada, "PATCH", path, {"text": "new narwhal"})
    assert await texts(replica, ada, "walrus") == []
    (hit,) = (await search(replica, ada, "narwhal"))["hits"]
    assert hit["message"]["edited_ms"] > 0
    assert (await replica.ask(ada, "DELETE", path)).status_code == 204
    assert await texts(replica, ada, "narwhal") == []


async def test_what_is_said_often_and_what_is_rare(replica: Replica, peer: Peer) -> None:
    """Both ways through the index find the same."""
    ada = user()
    room = await replica.room(ada)
    for number in range(60):
        await peer.say(room, ada, f"gibbon {'rare' if number in (3, 50) else number}")
    assert len(await texts(replica, ada, "gibbon")) == 50
    assert len(await texts(replica, ada, "gibbon", limit=3)) == 3
    assert await texts(replica, ada, "gibbon rare") == ["gibbon rare"] * 2


async def test_postgres_and_the_highlights_agree(replica: Replica) -> None:
    """Whatever is written and asked: a text has highlights exactly where the index finds it."""
    dice = random.Random(5)  # noqa: S311 - no secret
    pairs: list[tuple[str, str, str, str]] = []
    while len(pairs) < 3_000:
        text = "".join(dice.choices(ALPHABET, k=dice.randrange(1, 30)))
        start = dice.randrange(len(text))
        query = text[start : start + dice.randrange(1, 8)]
        if dice.random() < 0.3:
            query = f'"{query}"'
        if dice.random() < 0.3:
            query = "".join(dice.choices(ALPHABET, k=4))
        if wanted := words.query(query):
            pairs.append((text, query, words.vector(text), words.condition(wanted)))
    found = await replica.history.pool.fetch(
        "SELECT v::tsvector @@ q::tsquery AS hit FROM unnest($1::text[], $2::text[]) AS p (v, q)",
        [vector for _, _, vector, _ in pairs],
        [condition for _, _, _, condition in pairs],
    )
    for (text, query, _, _), row in zip(pairs, found, strict=True):
        wanted = words.query(query)
        assert wanted is not None
        assert (words.highlights(text, wanted) is not None) == row["hit"], (text, query)


async def test_an_index_that_is_behind_is_waited_for(replica: Replica, peer: Peer) -> None:
    """While another process indexes and does not get on, search says so; then all is found."""
    ada = user()
    room = await replica.room(ada)
    async with replica.history.pool.transaction() as connection:
        assert await connection.fetchval(search_postgres.LOCK)
        await peer.say(room, ada, "tapir")
        refused(await replica.ask(ada, "GET", "/v1/search?q=tapir"), 503, "unavailable")
    assert await texts(replica, ada, "tapir") == ["tapir"]


async def test_one_person_searches_only_so_often(replica: Replica) -> None:
    """It is the dearest question of all; what is asked too soon is told when to come again."""
    ada, bob = user(), user()
    answers = await asyncio.gather(
        *(replica.ask(ada, "GET", "/v1/search?q=tapir") for _ in range(40))
    )
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 429}
    assert statuses.count(200) <= 30
    late = next(answer for answer in answers if answer.status_code == 429)
    assert refused(late, 429, "rate_limited")["retry_after_ms"] > 0
    assert await texts(replica, bob, "tapir") == []
