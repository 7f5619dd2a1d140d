"""Events as they are replayed, once what they told was changed."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from proto import events, replay, wire
from proto.previews import LinkPreview
from tests.history.test_batch import said


def test_an_edited_message_has_the_new_text_and_since_when() -> None:
    """Whom it mentions goes by the new text; another event is left as it is."""
    body = wire.encode(said(text="hi", mentions=["bob"], everyone=True))
    edit = events.MessageEdited(room="r", target=1, by="ada", text="ho", mentions=["cid"], ts=99)
    now = wire.decode_event(replay.edited(body, edit))
    assert isinstance(now, events.Message)
    assert (now.text, now.mentions, now.everyone, now.edited_ms) == ("ho", ["cid"], False, 99)
    again = msgspec.structs.replace(edit, everyone=True)
    assert b'"everyone":true' in replay.edited(wire.encode(now), again)
    assert replay.edited(wire.encode(edit), edit) == wire.encode(edit)


def test_an_edit_of_a_deleted_message_has_no_word_left() -> None:
    """It keeps its place and its target; another event is left as it is."""
    edit = events.MessageEdited(
        room="r", target=1, by="ada", text="ho", mentions=["cid"], everyone=True, ts=99
    )
    left = wire.decode_event(replay.emptied(wire.encode(edit)))
    assert left == events.MessageEdited(room="r", target=1, by="ada", text="", ts=99)
    assert replay.emptied(wire.encode(said())) == wire.encode(said())


@given(st.text(), st.lists(st.sampled_from(["bob", "cid"])))
def test_a_tombstone_has_no_word_left(text: str, mentions: list[str]) -> None:
    """Place, sender, key and thread stay; text, attachments and mentions go."""
    event = said(text=text, mentions=mentions, everyone=True, thread=2, reply_to=1, edited_ms=8)
    left = wire.decode_event(replay.tombstone(wire.encode(event)))
    assert isinstance(left, events.Message)
    assert (left.deleted, left.text, left.attachments, left.mentions) == (True, "", [], [])
    assert (left.id, left.sender, left.thread, left.reply_to) == (event.id, "ada", 2, 1)
    assert not left.everyone
    assert left.edited_ms is msgspec.UNSET


def test_a_message_has_the_previews_that_came_last() -> None:
    """In place of those it had, and through an edit; none are no field. Once deleted, none."""
    found = [LinkPreview(url="https://a.example/", title="A", site="The site")]
    body = wire.encode(said(text="https://a.example/"))
    preview = events.MessagePreview(room="r", target=1, previews=found, ts=9)
    now = replay.previewed(body, preview)
    edit = events.MessageEdited(room="r", target=1, by="ada", text="https://a.example/ !", ts=99)
    for one in (now, replay.edited(now, edit)):
        event = wire.decode_event(one)
        assert isinstance(event, events.Message)
        assert event.previews == found
    none = msgspec.structs.replace(preview, previews=[])
    assert replay.previewed(now, none) == body
    assert replay.emptied(wire.encode(preview)) == wire.encode(none)
    assert b"a.example" not in replay.tombstone(now)
    assert replay.previewed(wire.encode(preview), preview) == wire.encode(preview)


def test_only_messages_have_tombstones() -> None:
    """Another event is left as it is."""
    body = wire.encode(events.RoomDeleted(room="r", by="ada", ts=1))
    assert replay.tombstone(body) == body
