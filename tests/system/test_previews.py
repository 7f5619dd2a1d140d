"""Previews of links as people see them: live, in pages, after a resume, and gone with a message."""

from __future__ import annotations

import base64

from proto.previews import LinkPreview
from tests.media import pictures_pillow as pictures
from tests.services.test_outbound_httpcore import HOME, answering, server
from tests.system.conftest import People
from tests.system.raw import Raw

PAGE = b"<title>The tab</title><meta property=og:title content='Tea &amp; biscuits'>"
PAGE += b"<meta property=og:image content=/pot.jpg>"
ICON, POT = pictures.picture("ICO", (48, 48)), pictures.photograph()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b"
ANSWERS = {
    path: ANSWER % (len(body), body)
    for path, body in {"/tea": PAGE, "/favicon.ico": ICON, "/pot.jpg": POT}.items()
}


async def test_a_link_has_a_preview(person: People, gateways: tuple[str, str]) -> None:
    """Both see on either gateway, once, where it leads, with its icon and picture, and find it when
    they come back; once the message is deleted nobody does. A link into the house shows nothing."""
    ada, bob = await person("ada"), await person("bob")
    room = (await ada.api.create_room("private", name="Tea", members=[bob.id])).id
    asked: list[str] = []
    async with (
        server(answering(ANSWERS, asked)) as port,
        Raw(gateways[0], ada.token) as one,
        Raw(gateways[1], bob.token) as other,
    ):
        held = one.ready["rooms"][0]["last_seq"]
        link = f"http://{HOME}:{port}/tea"
        inside = "http://169.254.169.254/latest http://[::1]/"
        seq = (await one.say(room, f"{inside} {link}"))["result"]["seq"]
        for socket in (one, other):
            event = await socket.until("message.preview")
            assert event["target"] == seq
            shown = {name: event["previews"][0][name] for name in ("icon", "thumbnail")}
            assert event["previews"] == [{"url": link, "title": "Tea & biscuits", **shown}]
            sizes = [pictures.opened(base64.b64decode(one)).size for one in shown.values()]
            assert sizes == [(32, 32), (120, 160)]
        request = {"type": "sync", "id": "s", "room": room, "after": held}
        synced = (await other.ask(request))["result"]["events"]
        assert [event["type"] for event in synced] == ["message", "message.preview"]
        expected = [LinkPreview(url=link, title="Tea & biscuits", **shown)]
        assert (await bob.api.messages(room)).messages[-1].previews == expected
        assert sorted(asked) == ["/favicon.ico", "/pot.jpg", "/tea"]
        await ada.api.update_room(room, previews=False)
        assert (await other.until("room.updated"))["previews"] is False
        await ada.api.delete_message(room, seq)
        for socket in (one, other):
            assert (await socket.until("message.deleted"))["target"] == seq
    for gateway, who in zip(gateways, (ada, bob), strict=True):
        async with Raw(gateway, who.token, resume={room: held}) as socket:
            await socket.until("resumed", complete=True)
            replayed = [frame for frame in socket.seen if "prev" in frame]
            assert not [word for word in ("biscuits", *shown.values()) if word in str(replayed)]
            assert replayed[0]["deleted"] is True
