"""Custom emoji over HTTP: added, shown, asked for, removed; what is bad, and who may not."""

import secrets
from pathlib import Path

import httpx
import msgspec
import pytest

from proto import limits, subjects, wire
from proto.custom_emoji import CustomEmoji, EmojiCall, EmojiReply
from services.problem import Unavailable
from tests.databases_postgres import fresh_database
from tests.history.client_httpx import refused
from tests.media import pictures_pillow as pictures
from tests.media.running import WAIT_SECONDS, Place, bearer, running
from tests.media.test_uploading import emptied, left
from tests.nats_server import NatsServer
from tests.servers import Servers

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADMIN = "uadmin"
PICTURE = pictures.picture("PNG", (400, 300))


def name() -> str:
    """One that no other test gives."""
    return "e" + secrets.token_hex(6)


async def post(
    place: Place, called: str, content: bytes = PICTURE, user: str = ADMIN
) -> httpx.Response:
    """Add an emoji."""
    files = {"file": ("whatever.exe", content)}
    form = {"name": called}
    return await place.http.post("/v1/emoji", data=form, files=files, headers=bearer(user))


async def added(place: Place, called: str = "", content: bytes = PICTURE) -> CustomEmoji:
    """Add one that is taken."""
    answer = await post(place, called or name(), content)
    assert answer.status_code == 201, answer.text
    return msgspec.json.decode(answer.content, type=CustomEmoji)


async def listed(place: Place) -> dict[str, CustomEmoji]:
    """All there are, by name."""
    answer = await place.http.get("/v1/emoji", headers=bearer("u1"))
    assert answer.status_code == 200, answer.text
    found = msgspec.json.decode(msgspec.json.encode(answer.json()["emoji"]), type=list[CustomEmoji])
    return {one.name: one for one in found}


async def picture(place: Place, one: CustomEmoji, **headers: str) -> httpx.Response:
    """Ask for its picture, without a token, as a page does."""
    return await place.http.get(one.url.partition("parley.test")[2], headers=headers)


async def remove(place: Place, called: str, user: str = ADMIN) -> httpx.Response:
    """Remove one."""
    return await place.http.delete(f"/v1/emoji/{called}", headers=bearer(user))


async def known(place: Place, called: str) -> bool:
    """What history is told of a name."""
    call = wire.encode(EmojiCall(called))
    raw = await place.bus.request(subjects.MEDIA_EMOJI, call, WAIT_SECONDS)
    return msgspec.json.decode(raw, type=EmojiReply).known


async def test_one_is_added_shown_and_removed(place: Place) -> None:
    """Everybody sees it; its picture is a small WebP that browsers keep and that does nothing."""
    one = await added(place)
    assert (one.width, one.height, one.added_by) == (128, 96, ADMIN)
    assert (await listed(place))[one.name] == one
    assert await known(place, one.name)
    answer = await picture(place, one)
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert pictures.opened(answer.content).size == (128, 96)
    again = await picture(place, one, **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for _ in range(2):
        assert (await remove(place, one.name)).status_code == 204
        assert one.name not in await listed(place)
        assert not await known(place, one.name)
        refused(await picture(place, one), 404, "not_found")
    # Another one of that name is another one.
    assert (await added(place, one.name)).url != one.url
    assert left(place) == []


async def test_what_moves_goes_on_moving(place: Place) -> None:
    """A GIF becomes a WebP with all its frames."""
    answer = await picture(place, await added(place, content=pictures.moving("GIF")))
    assert getattr(pictures.opened(answer.content), "n_frames", 1) == 3


@pytest.mark.parametrize(
    ("called", "content", "status", "code", "field"),
    [
        ("ok_name", b"<?php system($_GET['c']);", 400, "invalid", "file"),
        ("ok_name", b"<svg><script>alert(1)</script></svg>", 400, "invalid", "file"),
        ("ok_name", pictures.picture("AVIF"), 400, "invalid", "file"),
        ("ok_name", PICTURE[:200], 400, "invalid", "file"),
        ("ok_name", pictures.huge(), 413, "too_large", "file"),
        ("ok_name", b"x" * (limits.CUSTOM_EMOJI_BYTES + 1), 413, "too_large", "file"),
        ("ok_name", b"", 400, "invalid", "file"),
        ("x", PICTURE, 400, "invalid", "name"),
        ("../party", PICTURE, 400, "invalid", "name"),
        ("party\n", PICTURE, 400, "invalid", "name"),
        ("tada", PICTURE, 409, "conflict", "name"),
    ],
    ids=["PHP", "SVG", "AVIF", "cut off", "a bomb", "a byte too many", "no bytes", "a short name",
         "a path", "a line break", "a name of Unicode's"],
)  # fmt: skip
async def test_what_is_bad_is_told(
    place: Place, called: str, content: bytes, status: int, code: str, field: str
) -> None:
    """With the field that is to blame; nothing of it is left."""
    assert refused(await post(place, called, content), status, code)["field"] == field
    assert "ok_name" not in await listed(place)
    await emptied(place)


async def test_a_form_has_a_name_and_one_file(place: Place) -> None:
    """Not none of them, nor two files; and it is a form."""
    head, files = bearer(ADMIN), [("file", ("a", PICTURE)), ("file", ("b", PICTURE))]
    for data, sent, field in (({}, files[:1], "name"), ({"name": name()}, files, "file")):
        answer = await place.http.post("/v1/emoji", data=data, files=sent, headers=head)
        assert refused(answer, 400, "invalid")["field"] == field
    answer = await place.http.post("/v1/emoji", json={"name": name()}, headers=head)
    refused(answer, 415, "bad_frame")


async def test_a_name_is_given_once(place: Place) -> None:
    """The second picture is not kept."""
    one = await added(place)
    assert refused(await post(place, one.name), 409, "conflict")["field"] == "name"
    assert (await listed(place))[one.name] == one


async def test_only_admins_add_and_remove(place: Place) -> None:
    """To others all are shown; while auth is away nobody can be told to be one."""
    one = await added(place)
    refused(await post(place, name(), user="u1"), 403, "forbidden")
    for called in (one.name, "nothing"):
        refused(await remove(place, called, "u1"), 403, "forbidden")
    refused(await remove(place, "No.Name"), 400, "invalid")
    refused(await place.http.get("/v1/emoji"), 401, "unauthorized")
    place.auth.away = True
    try:
        refused(await post(place, name()), 503, "unavailable")
        refused(await remove(place, one.name), 503, "unavailable")
    finally:
        place.auth.away = False
    assert one.name in await listed(place)


async def test_what_was_done_is_in_the_audit_log(place: Place) -> None:
    """Whoever added and removed one, each once: what auth does not hear waits, what is refused is
    no deed, and neither is removing what is gone already."""
    sweep, called = place.media.sweeper.report, name()
    await sweep(0)
    place.auth.deeds.clear()
    await added(place, called)
    await post(place, called)
    place.auth.away = True
    with pytest.raises(Unavailable):
        await sweep(0)
    place.auth.away = False
    assert not place.auth.deeds
    for _ in range(2):
        assert (await remove(place, called, ADMIN + "2")).status_code == 204
    # What is told again, as its answer was not heard, is one line all the same.
    place.auth.deaf = True
    with pytest.raises(Unavailable):
        await sweep(0)
    place.auth.deaf = False
    for _ in range(2):
        await sweep(0)
    told = [(one.actor, one.action, one.target, one.detail) for one in place.auth.deeds.values()]
    assert told == [
        (ADMIN, "emoji.added", called, ""),
        (ADMIN + "2", "emoji.removed", called, f"added by {ADMIN}"),
    ]
    assert await place.ledger._pool.fetchval("SELECT count(*) FROM deeds") == 0


async def test_where_everyone_adds_and_how_many_there_may_be(
    servers: Servers, tmp_path: Path, media_nats: NatsServer
) -> None:
    """Each removes their own, an admin any; beyond a thousand it is a conflict."""
    async with (
        fresh_database(servers.postgres_url) as url,
        running(url, media_nats.url, tmp_path, PARLEY_EMOJI_ADD="everyone") as open_,
    ):
        assert (await open_.http.get("/v1/emoji", headers=bearer("u1"))).json()["may_add"] == (
            "everyone"
        )
        mine, other = name(), name()
        for called in (mine, other):
            assert (await post(open_, called, user="u1")).status_code == 201
        refused(await remove(open_, mine, "u2"), 403, "forbidden")
        assert (await remove(open_, mine, "u1")).status_code == 204
        assert (await remove(open_, other)).status_code == 204
        await open_.ledger._pool.execute(
            "INSERT INTO emoji SELECT 'e' || n, 'object' || n, 1, 1, 1, 'u1', 1"
            " FROM generate_series(1, $1::integer) n",
            limits.CUSTOM_EMOJI,
        )
        assert "1,000" in refused(await post(open_, name(), user="u1"), 409, "conflict")["detail"]
        # The two that were removed and the one too many.
        assert (await open_.ledger.totals())[1] == 3
