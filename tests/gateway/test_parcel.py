"""One event for sockets of every form: made once for each, and the same for all."""

from __future__ import annotations

from hashlib import sha512

import pytest

from gateway.deflate import LEAST_BYTES, inflated
from gateway.frame import BINARY, RSV1, TEXT
from gateway.parcel import DEFLATED, PACKED, Parcel, framed
from proto import events, packed, wire

FORMS = (0, PACKED, DEFLATED, PACKED | DEFLATED)


def _event(text: str) -> bytes:
    message = events.Message(room="r", ts=1, id="k", sender="u", sender_name="U", text=text)
    return wire.place(wire.encode(message), 5, 4)


def _read(frame: bytes) -> tuple[int, bool, bytes]:
    """Opcode, whether it was compressed, and the message."""
    assert frame[0] & 0x80
    head = {126: 4, 127: 10}.get(frame[1], 2)
    is_deflated = bool(frame[0] & RSV1)
    message = inflated(frame[head:], 1_000_000) if is_deflated else frame[head:]
    assert isinstance(message, bytes)
    return frame[0] & 0x0F, is_deflated, message


@pytest.mark.parametrize("text", ["short", "long " * 200])
def test_every_form_tells_the_same(text: str) -> None:
    """JSON in texts or MessagePack in binary messages; compressed where asked for and long."""
    parcel = Parcel(_event(text))
    expected = wire.decode_server(_event(text))
    for form in FORMS:
        opcode, is_deflated, message = _read(parcel[form])
        assert opcode == (BINARY if form & PACKED else TEXT)
        assert is_deflated == (bool(form & DEFLATED) and len(message) >= LEAST_BYTES)
        decode = packed.decode_server if form & PACKED else wire.decode_server
        assert decode(message) == expected


def test_a_form_is_made_once() -> None:
    """Whoever asks second has the very same bytes; what nobody asks for is not made."""
    parcel = Parcel(_event("long " * 200))
    assert parcel[DEFLATED] is parcel[DEFLATED]
    assert list(parcel) == [DEFLATED]


def test_what_compression_does_not_shorten_goes_as_it_is() -> None:
    """As noise is; nothing may become longer by being compressed."""
    noise = b"".join(sha512(bytes((number,))).digest() for number in range(32))
    assert _read(framed(noise, DEFLATED)) == (TEXT, False, noise)


def test_what_cannot_be_read_is_sent_to_nobody_in_messagepack() -> None:
    """As JSON it goes as it is: it is in the log, and others may make something of it."""
    parcel = Parcel(b'{"seq":1,"prev":0,"type":"message",')
    assert parcel[0].endswith(b'"message",')
    assert parcel[PACKED] == b""
