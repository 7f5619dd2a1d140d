"""Frames as the server writes them, close payloads as it reads them (RFC 6455 §5, §7.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.frame import (
    CONTROL_BYTES,
    NO_STATUS,
    TEXT,
    Close,
    binary_frame,
    close_frame,
    may_be_sent,
    message_frame,
    ping_frame,
    pong_frame,
    read_close,
    text_frame,
)
from proto.codes import CloseCode


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_length_takes_the_shortest_form(size: int, header: bytes) -> None:
    """Each length is written in the only form the RFC allows for it, final and unmasked."""
    assert text_frame(b"x" * size) == header + b"x" * size
    assert message_frame(TEXT, b"x" * size) == text_frame(b"x" * size)
    compressed = message_frame(TEXT, b"x" * size, is_deflated=True)
    assert (compressed[0], compressed[1:]) == (0xC1, text_frame(b"x" * size)[1:])


def test_each_kind_has_its_opcode() -> None:
    """Binary, ping and pong differ from a text in nothing but the opcode."""
    assert binary_frame(b"a") == b"\x82\x01a"
    assert ping_frame(b"a") == b"\x89\x01a"
    assert ping_frame() == b"\x89\x00"
    assert pong_frame(b"a") == b"\x8a\x01a"


@pytest.mark.parametrize("make", [ping_frame, pong_frame])
def test_control_frames_are_short(make: object) -> None:
    """125 bytes is the largest payload; one more is refused rather than sent."""
    assert callable(make)
    assert len(make(b"x" * CONTROL_BYTES)) == CONTROL_BYTES + 2
    with pytest.raises(ValueError, match="125"):
        make(b"x" * (CONTROL_BYTES + 1))


def test_close_frame_carries_code_and_reason() -> None:
    """The code comes first, big-endian, then the reason in UTF-8."""
    assert close_frame(4000, "späť") == b"\x88\x08" + b"\x0f\xa0" + "späť".encode()
    assert close_frame(1000) == b"\x88\x02\x03\xe8"


def test_close_frame_without_status_is_empty() -> None:
    """1005 stands for no code at all and never goes over the wire."""
    assert close_frame(NO_STATUS, "ignored") == b"\x88\x00"


@given(reason=st.text())
def test_long_reason_is_cut_at_a_character(reason: str) -> None:
    """Whatever the reason, the frame is legal and holds a beginning of it."""
    frame = close_frame(4000, reason)
    assert len(frame) <= CONTROL_BYTES + 2
    said = read_close(frame[2:])
    assert isinstance(said, Close)
    assert reason.encode("utf-8", "replace").decode().startswith(said.reason)


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65_535])
def test_codes_that_must_not_be_sent(code: int) -> None:
    """Reserved and unassigned codes are refused when sent and 1002 when received."""
    assert not may_be_sent(code)
    assert read_close(code.to_bytes(2, "big")) is CloseCode.PROTOCOL_ERROR
    with pytest.raises(ValueError, match=str(code)):
        close_frame(code)


@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 4999, *CloseCode])
def test_codes_that_may_be_sent(code: int) -> None:
    """Assigned codes and those of applications pass, all of ours among them."""
    assert read_close(close_frame(code, "why")[2:]) == Close(code, "why")


def test_reading_a_close_without_code() -> None:
    """No payload is no code; half a code is a protocol error."""
    assert read_close(b"") == Close(NO_STATUS, "")
    assert read_close(b"\x03") is CloseCode.PROTOCOL_ERROR


def test_reason_must_be_utf8() -> None:
    """A reason that is not UTF-8 is answered with 1007."""
    assert read_close(b"\x03\xe8\xff") is CloseCode.NOT_UTF8


@given(payload=st.binary(max_size=CONTROL_BYTES))
def test_reading_a_close_never_raises(payload: bytes) -> None:
    """Any payload is either something said or a fault with a code that can be answered."""
    said = read_close(payload)
    assert said in (CloseCode.PROTOCOL_ERROR, CloseCode.NOT_UTF8) or isinstance(said, Close)
