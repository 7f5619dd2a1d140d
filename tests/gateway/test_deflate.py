"""Compression of messages: what is agreed to, and what is read and written (RFC 7692)."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode

from gateway.deflate import agree, deflated, inflated
from proto.codes import CloseCode

LIMIT = 65_536
PLAIN = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    ("offers", "answer"),
    [
        ("permessage-deflate", PLAIN),
        # What browsers offer.
        ("permessage-deflate; client_max_window_bits", PLAIN),
        ("Permessage-Deflate;client_max_window_bits=8;server_no_context_takeover", PLAIN),
        ('permessage-deflate; server_max_window_bits="15"', f"{PLAIN}; server_max_window_bits=12"),
        # What the library `websockets` offers.
        (
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            f"{PLAIN}; server_max_window_bits=12",
        ),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", PLAIN),
        ("x-webkit-deflate-frame, permessage-deflate", PLAIN),
        ("permessage-deflate; server_max_window_bits=11", None),
        ("permessage-deflate; server_max_window_bits=16", None),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; server_max_window_bits=²", None),
        ("permessage-deflate; client_max_window_bits=7", None),
        ("permessage-deflate; client_max_window_bits=" + "9" * 5_000, None),
        ("permessage-deflate; client_no_context_takeover=1", None),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        ("permessage-deflate; unheard_of", None),
        ("", None),
        (",;=,", None),
    ],
)
def test_the_first_good_offer_is_agreed_to(offers: str, answer: str | None) -> None:
    """Of several offers the first that can be kept counts; one that cannot is declined."""
    assert agree(offers) == answer


@given(st.binary(max_size=2_000) | st.text().map(lambda text: text.encode() * 50))
def test_what_is_compressed_comes_back(message: bytes) -> None:
    """By our own reading, and by a client's whose window is as small as it may ask for."""
    data = deflated(message)
    assert inflated(data, max(len(message), 1)) == message
    client = PerMessageDeflate(
        remote_no_context_takeover=True,
        local_no_context_takeover=True,
        remote_max_window_bits=12,
        local_max_window_bits=15,
    )
    for _ in range(2):  # the second depends on nothing of the first
        assert client.decode(Frame(Opcode.TEXT, data, rsv1=True)).data == message
        assert inflated(bytes(client.encode(Frame(Opcode.TEXT, message)).data), LIMIT) == message


@given(st.binary(max_size=300))
def test_bytes_that_are_nothing_compressed_do_not_raise(data: bytes) -> None:
    """They are a message by chance, or a fault to close with."""
    found = inflated(data, 1_000)
    if isinstance(found, CloseCode):
        assert found in (CloseCode.PROTOCOL_ERROR, CloseCode.FRAME_TOO_LARGE)
    else:
        assert len(found) <= 1_000


def test_a_bomb_is_not_unpacked() -> None:
    """A message that would become too long is refused after as much of it as may be held."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = bomb.compress(b"0" * 60_000_000) + bomb.flush(zlib.Z_SYNC_FLUSH)
    assert len(data) < LIMIT
    tracemalloc.start()
    try:
        assert inflated(data, LIMIT) is CloseCode.FRAME_TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 8 * LIMIT
    finally:
        tracemalloc.stop()


def test_the_limit_is_exact() -> None:
    """A message of just as many bytes passes."""
    data = deflated(b"x" * LIMIT)
    assert inflated(data, LIMIT) == b"x" * LIMIT
    assert inflated(data, LIMIT - 1) is CloseCode.FRAME_TOO_LARGE


def test_a_last_block_may_say_so() -> None:
    """A message whose sender ended the stream is read as well (RFC 7692 §7.2.3.4)."""
    assert inflated(bytes.fromhex("f348cdc9c9070000"), LIMIT) == b"Hello"


def test_a_long_message_is_searched_less_well_and_repeats_itself_all_the_same() -> None:
    """As a `ready` of hundreds of rooms does."""
    rooms = b",".join(b'{"id":"r-%d","kind":"private","unread":%d}' % (n, n) for n in range(1_000))
    data = deflated(rooms)
    assert len(data) < len(rooms) / 4
    assert inflated(data, len(rooms)) == rooms
