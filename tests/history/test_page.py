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
    shown = page.message(wire.encode(event), 9, 4, deleted=False)
    assert (shown.seq, shown.prev, shown.reactions) == (9, 4, [])
    for name in events.Message.__struct_fields__:
        if name not in {"seq", "prev"}:
            assert getattr(shown, name) == getattr(event, name), name
    assert set(events.Message.__struct_fields__) | {"reactions"} == set(
        shapes.Message.__struct_fields__
    )


def test_a_deleted_message_says_so() -> None:
    """And one that is not says nothing of it."""
    body = wire.encode(said())
    assert page.message(body, 1, 0, deleted=True).deleted is True
    assert page.message(body, 1, 0, deleted=False).deleted is UNSET


def test_another_event_is_no_message() -> None:
    """Asking for one is our own mistake, not a peer's."""
    body = wire.encode(events.RoomDeleted(room="r", by="ada", ts=1))
    with pytest.raises(TypeError):
        page.message(body, 1, 0, deleted=False)


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
