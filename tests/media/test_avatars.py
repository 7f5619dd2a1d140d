"""Pictures of people: given, shown, replaced, taken away; and what is left where somebody dies."""

import httpx
import pytest

from media.sweeper import DOUBT_MS
from proto import limits
from services import clock
from tests.history.client_httpx import refused
from tests.history.tokens_jwt import token
from tests.media import pictures_pillow as pictures
from tests.media.running import Place, bearer, user
from tests.media.test_uploading import emptied, left

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADMIN = "uadmin"
MINE = "/v1/media/avatars/me"
PICTURE = pictures.picture("PNG", (400, 300))


async def put(
    place: Place, who: str, content: bytes = PICTURE, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Have a picture."""
    files = {"file": ("me.svg", content)}
    return await place.http.put(MINE, files=files, headers=headers or bearer(who))


async def portrayed(place: Place, who: str) -> str:
    """Have a picture that is taken; its id."""
    answer = await put(place, who)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["avatar"])


async def shown(place: Place, avatar: str, **headers: str) -> httpx.Response:
    """Ask for one, without a token, as a page does."""
    return await place.http.get(f"/v1/media/avatars/{avatar}", headers=headers)


async def test_somebody_has_a_picture_another_and_none(place: Place) -> None:
    """It is a small square that browsers keep and that does nothing; a former one is gone."""
    ada = user()
    answer = await put(place, ada)
    first = answer.json()["avatar"]
    names = {"id": ada, "username": ada, "display_name": ada.capitalize()}
    assert (answer.status_code, answer.json()) == (200, {**names, "avatar": first})
    picture = await shown(place, first)
    assert pictures.opened(picture.content).size == (limits.AVATAR_EDGE, limits.AVATAR_EDGE)
    assert picture.headers["content-type"] == "image/webp"
    assert picture.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in picture.headers["content-security-policy"]
    again = await shown(place, first, **{"if-none-match": picture.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    second = await portrayed(place, ada)
    refused(await shown(place, first), 404, "not_found")
    assert (await shown(place, second)).status_code == 200
    for _ in range(2):
        assert (await place.http.delete(MINE, headers=bearer(ada))).status_code == 204
        assert place.auth.avatars[ada] is None
        refused(await shown(place, second), 404, "not_found")
    # What the store is to be rid of is both, and nothing is kept.
    assert (await place.ledger.totals()) == (0, 2)
    await place.media.sweeper.remove(clock.now_ms() + 1)
    assert (await place.ledger.totals()) == (0, 0)
    assert left(place) == []


async def test_what_is_bad_is_told(place: Place) -> None:
    """By the name of what it is: what it is called, and what its sender says, does not count."""
    ada = user()
    kept = await portrayed(place, ada)
    for content, status, code in (
        (b"<?php system($_GET['c']);", 400, "invalid"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            400,
            "invalid",
        ),
        (b"<!doctype html><script>alert(1)</script>", 400, "invalid"),
        (PICTURE[:200], 400, "invalid"),
        (b"", 400, "invalid"),
        (pictures.huge(), 413, "too_large"),
        (b"x" * (limits.AVATAR_BYTES + 1), 413, "too_large"),
    ):
        assert refused(await put(place, ada, content), status, code)["field"] == "file"
    two = [("file", ("a", PICTURE)), ("file", ("b", PICTURE))]
    answer = await place.http.put(MINE, files=two, headers=bearer(ada))
    assert refused(answer, 400, "invalid")["field"] == "file"
    refused(await place.http.put(MINE, json={}, headers=bearer(ada)), 415, "bad_frame")
    refused(await place.http.put(MINE, files=two), 401, "unauthorized")
    ended = {"authorization": f"Bearer {token(ada, sid='ended')}"}
    refused(await put(place, ada, headers=ended), 401, "unauthorized")
    refused(await place.http.delete(MINE, headers=ended), 401, "unauthorized")
    assert place.auth.avatars[ada] == kept
    assert (await shown(place, kept)).status_code == 200
    await emptied(place)


async def take(place: Place, avatar: str, who: str) -> httpx.Response:
    """Take away a picture from whoever has it."""
    return await place.http.delete(f"/v1/media/avatars/{avatar}", headers=bearer(who))


async def test_an_admin_takes_away_a_picture(place: Place) -> None:
    """From whoever has it, and nobody else does, not even of their own: that is another path. A
    picture they have since is not touched."""
    ada, bob = user(), user()
    first, other = await portrayed(place, ada), await portrayed(place, bob)
    for who in (ada, bob):
        refused(await take(place, first, who), 403, "forbidden")
        refused(await take(place, "nothing", who), 403, "forbidden")
    nobody = await place.http.delete(f"/v1/media/avatars/{first}")
    refused(nobody, 401, "unauthorized")
    assert (await shown(place, first)).status_code == 200
    for avatar in (first, first, "nothing"):
        assert (await take(place, avatar, ADMIN)).status_code == 204
    assert place.auth.avatars[ada] is None
    refused(await shown(place, first), 404, "not_found")
    second = await portrayed(place, ada)
    assert (await take(place, first, ADMIN)).status_code == 204
    assert (place.auth.avatars[ada], place.auth.avatars[bob]) == (second, other)
    assert (await shown(place, second)).status_code == 200
    await emptied(place)


async def test_a_picture_taken_away_goes_though_nobody_hears_of_it(place: Place) -> None:
    """Auth says an hour later that nobody has it; repeating does it at once."""
    ada, bob = user(), user()
    first, second = await portrayed(place, ada), await portrayed(place, bob)
    # From here on it is known that they have them.
    await place.media.sweeper.settle_avatars(clock.now_ms() + DOUBT_MS + 1)
    place.auth.deaf = True
    for avatar in (first, second):
        refused(await take(place, avatar, ADMIN), 503, "unavailable")
    place.auth.deaf = False
    assert (await shown(place, first)).status_code == 200
    assert (await take(place, first, ADMIN)).status_code == 204
    refused(await shown(place, first), 404, "not_found")
    await place.media.sweeper.settle_avatars(clock.now_ms() + DOUBT_MS + 1)
    refused(await shown(place, second), 404, "not_found")
    await emptied(place)


async def test_whoever_dies_in_between_nobody_loses_a_picture(place: Place) -> None:
    """Auth is asked an hour later where it was not heard: what somebody has stays."""
    ada, bob, cyd = user(), user(), user()
    former = {who: await portrayed(place, who) for who in (ada, bob, cyd)}
    await place.media.sweeper.settle_avatars(clock.now_ms() + DOUBT_MS + 1)
    # Each of the three is doubted again, and what came of it is not heard.
    place.auth.deaf = True
    refused(await put(place, ada), 503, "unavailable")
    refused(await place.http.delete(MINE, headers=bearer(bob)), 503, "unavailable")
    place.auth.deaf, place.auth.away = False, True
    refused(await put(place, cyd), 503, "unavailable")
    place.auth.away = False
    before = await place.ledger._pool.fetchval("SELECT count(*) FROM avatars")
    await place.media.sweeper.settle_avatars(clock.now_ms())
    assert await place.ledger._pool.fetchval("SELECT count(*) FROM avatars") == before
    await place.media.sweeper.settle_avatars(clock.now_ms() + DOUBT_MS + 1)
    had = place.auth.avatars
    assert had[ada] not in (None, former[ada])
    assert (had[bob], had[cyd]) == (None, former[cyd])
    rows = await place.ledger._pool.fetch(
        "SELECT object, doubted_ms FROM avatars WHERE user_id = ANY($1::text[])", [ada, bob, cyd]
    )
    assert {(row[0], row[1]) for row in rows} == {(had[ada], None), (had[cyd], None)}
    for who in (ada, cyd):
        assert (await shown(place, str(had[who]))).status_code == 200
