"""Messages put together from fragments (RFC 6455 §5.4, §8.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deflate import deflated
from gateway.fragments import Fragments, Message, inflate, is_utf8, whole
from gateway.frame import BINARY, CONTINUATION, TEXT
from proto.codes import CloseCode

LIMIT = 100


def receive(*frames: tuple[int, bytes, bool]) -> list[Message | CloseCode | None]:
    """Feed frames (opcode, payload, fin) to a new instance."""
    fragments = Fragments(LIMIT)
    return [fragments.receive(opcode, payload, fin=fin) for opcode, payload, fin in frames]


def test_fragments_make_one_message() -> None:
    """The last fragment completes the message; the ones before complete nothing."""
    got = receive((TEXT, b"a", False), (CONTINUATION, b"", False), (CONTINUATION, b"b", True))
    assert got == [None, None, Message(is_text=True, data=b"ab")]


def test_binary_fragments_may_hold_anything() -> None:
    """Bytes are not checked for UTF-8."""
    got = receive((BINARY, b"\xff", False), (CONTINUATION, b"\xfe", True))
    assert got[-1] == Message(is_text=False, data=b"\xff\xfe")


@pytest.mark.parametrize("fin", [True, False])
def test_continuation_of_nothing(fin: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A continuation with no message begun is a protocol error."""
    assert receive((CONTINUATION, b"a", fin)) == [CloseCode.PROTOCOL_ERROR]


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_message_within_a_message(opcode: int) -> None:
    """A new message before the last one's end is a protocol error."""
    got = receive((TEXT, b"a", False), (opcode, b"b", True))
    assert got == [None, CloseCode.PROTOCOL_ERROR]


def test_message_is_counted_whole() -> None:
    """Fragments up to the limit pass; the first byte beyond is refused at once, before the end."""
    full = (TEXT, b"x" * LIMIT, False)
    assert receive(full, (CONTINUATION, b"", True))[-1] == Message(is_text=True, data=b"x" * LIMIT)
    assert receive(full, (CONTINUATION, b"x", False)) == [None, CloseCode.FRAME_TOO_LARGE]


def test_utf8_fails_at_the_first_wrong_fragment() -> None:
    """A text that can't become UTF-8 any more is refused before it ends."""
    assert receive((TEXT, b"a\xc3", False), (CONTINUATION, b"\x28", False)) == [
        None,
        CloseCode.NOT_UTF8,
    ]


def test_a_whole_text_is_checked() -> None:
    """In one frame as in many: letters beyond ASCII are read, what is no UTF-8 is refused."""
    text = "grüße".encode()
    assert whole(TEXT, text) == Message(is_text=True, data=text)
    assert whole(TEXT, text[:-2] + b"\xff") is CloseCode.NOT_UTF8


def test_text_must_not_end_within_a_character() -> None:
    """A character cut off by the end of the message is not UTF-8."""
    assert receive((TEXT, b"a", False), (CONTINUATION, b"\xc3", True))[-1] is CloseCode.NOT_UTF8


@given(data=st.data(), text=st.text(max_size=LIMIT // 4))
def test_any_split_of_a_text_gives_the_text(data: st.DataObject, text: str) -> None:
    """Fragments may be cut anywhere, within characters too."""
    encoded = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(encoded)), max_size=6)))
    parts = [encoded[a:b] for a, b in zip([0, *cuts], [*cuts, len(encoded)], strict=True)]
    frames = [
        (CONTINUATION if index else TEXT, part, index == len(parts) - 1)
        for index, part in enumerate(parts)
    ]
    assert receive(*frames)[-1] == Message(is_text=True, data=encoded)


@given(data=st.binary(max_size=LIMIT))
def test_whole_and_fragmented_agree(data: bytes) -> None:
    """What is no UTF-8 in one frame is none in several, and the other way round."""
    valid = is_utf8(data)
    expected = Message(is_text=True, data=data) if valid else CloseCode.NOT_UTF8
    assert whole(TEXT, data) == expected
    assert whole(BINARY, data) == Message(is_text=False, data=data)
    halves = receive((TEXT, data[:7], False), (CONTINUATION, data[7:], True))
    assert (CloseCode.NOT_UTF8 in halves) is not valid


@pytest.mark.parametrize("cut", [0, 1, 5])
def test_a_compressed_message_is_put_together_before_it_is_unpacked(cut: int) -> None:
    """Its parts mean nothing by themselves, nor are they UTF-8; the whole is."""
    data = deflated("späť, late".encode() * 5)
    fragments = Fragments(LIMIT, is_deflated=True)
    assert fragments.receive(TEXT, data[:cut], fin=False) is None
    found = fragments.receive(CONTINUATION, data[cut:], fin=True)
    assert found == Message(is_text=True, data="späť, late".encode() * 5)


@pytest.mark.parametrize(
    ("message", "code"),
    [(b"x" * (LIMIT + 1), CloseCode.FRAME_TOO_LARGE), (b"\xff" * 50, CloseCode.NOT_UTF8)],
)
def test_what_a_compressed_message_becomes_is_judged(message: bytes, code: CloseCode) -> None:
    """It is bounded as any other, and UTF-8 if it is a text."""
    assert inflate(TEXT, deflated(message), LIMIT) == code
    assert inflate(BINARY, deflated(b"\xff"), LIMIT) == Message(is_text=False, data=b"\xff")
