"""Messages as pages show them, and cursors that anyone could have written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from history import page
from proto import events, shapes, wire
from tests.history.test_batch import said


def test_a_message_is_its_event_with_its_place() -> None:
    """Every field of the event is in the page, and the place it was stored at."""
    event = said(text="hi", thread=3, reply_to=2, mentions=["bob"], everyone=True)
    shown = page.message(event, 9, 4)
    assert (shown.seq, shown.prev, shown.reactions) == (9, 4, [])
    for name in events.Message.__struct_fields__:
        if name not in {"seq", "prev"}:
            assert getattr(shown, name) == getattr(event, name), name
    assert set(events.Message.__struct_fields__) | {"reactions", "pinned", "quote"} == set(
        shapes.Message.__struct_fields__
    )


def test_what_is_not_so_is_not_said() -> None:
    """Deleted, pinned and the quote stand there when there is something to say."""
    plain = page.message(said(), 1, 0)
    assert (plain.deleted, plain.pinned, plain.quote) == (UNSET, UNSET, UNSET)
    full = page.message(
        said(reply_to=3),
        1,
        0,
        pinned=True,
        quote=page.quote(said(text="x" * 300), 3, deleted=False),
    )
    assert full.pinned is True
    assert full.quote == shapes.Quote(seq=3, sender="ada", sender_name="Ada", text="x" * 200)


def test_a_deleted_message_quotes_nothing() -> None:
    """And a quote of one that is deleted says so."""
    quote = page.quote(said(text=""), 3, deleted=True)
    shown = page.message(said(text="", reply_to=3), 9, 4, deleted=True, quote=quote)
    assert (shown.deleted, shown.quote, quote.deleted) == (True, UNSET, True)


def test_a_version_is_as_old_as_its_text() -> None:
    """The first one as its message, a later one as its edit."""
    assert page.version(wire.encode(said(text="hi", ts=7))) == shapes.Version("hi", 7)
    assert page.version(wire.encode(said(text="ho", ts=7, edited_ms=9))) == shapes.Version("ho", 9)


def test_another_event_is_no_message() -> None:
    """Asking for one is our own mistake, not a peer's."""
    with pytest.raises(TypeError):
        page.said(wire.encode(events.RoomDeleted(room="r", by="ada", ts=1)))


@given(st.one_of(st.integers(-5, 2**60), st.text(), st.tuples(st.text(), st.text())))
def test_a_cursor_gives_back_what_it_holds(value: int | str | tuple[str, str]) -> None:
    """It goes through a URL as it is."""
    cursor = page.encode_cursor(value)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    type_ = tuple[str, str] if isinstance(value, tuple) else type(value)
    assert page.decode_cursor(cursor, type_) == value


@given(st.text(max_size=60))
def test_no_text_whatever_breaks_the_reading_of_a_cursor(text: str) -> None:
    """It is what it holds, or nothing."""
    held = page.decode_cursor(text, int)
    assert held is None or isinstance(held, int)
