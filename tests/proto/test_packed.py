"""Frames as MessagePack: the same Structs as in JSON, and no bytes that raise."""

from __future__ import annotations

import functools
import operator
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import codes, encoding, events, frames, limits, packed, wire
from tests.proto.structs import of
from tests.proto.vectors import data, load, name

_WITHOUT_OK = functools.reduce(
    operator.or_, (kind for kind in get_args(frames.ServerFrame) if kind is not frames.Ok)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(of(frames.ClientFrame))
def test_a_clients_frame_is_the_same_in_both(frame: frames.ClientFrame) -> None:
    """Whichever way it came, the gateway has an equal Struct."""
    assert packed.decode_client(packed.encode(frame)) == frame
    assert wire.decode_client(wire.encode(frame)) == frame


@given(of(_WITHOUT_OK | events.LogEvent))
def test_a_servers_frame_is_the_same_in_both(frame: frames.ServerFrame | events.LogEvent) -> None:
    """So has the client, be it encoded anew or made of the JSON that the log has."""
    assert packed.decode_server(packed.encode(frame)) == frame
    assert packed.decode_server(packed.from_json(wire.encode(frame))) == frame
    assert wire.decode_server(wire.encode(frame)) == frame


@given(of(frames.SyncResult) | of(frames.SendResult) | of(frames.WatchResult))
def test_a_result_is_the_same_in_both(result: msgspec.Struct) -> None:
    """An `ok` carries it in the encoding that it is in itself."""
    for one in encoding.ENCODINGS.values():
        ok = frames.Ok(id="1", result=msgspec.Raw(one.from_json(wire.encode(result))))
        read = one.decode_server(one.encode(ok))
        assert isinstance(read, frames.Ok)
        assert one.decode_result(read.result, type=type(result)) == result


@pytest.mark.parametrize("vector", load("invalid", "client"), ids=name)
def test_what_is_wrong_is_told_alike(vector: dict[str, Any]) -> None:
    """A frame that is refused in JSON is refused for the same reason in MessagePack."""
    try:
        same = packed.from_json(data(vector))
    except msgspec.MsgspecError:
        return  # no MessagePack says that
    expected, found = wire.decode_client(data(vector)), packed.decode_client(same)
    assert isinstance(expected, wire.Fault)
    assert isinstance(found, wire.Fault)
    assert (found.code, found.field, found.id) == (expected.code, expected.field, expected.id)


@given(st.binary() | VALUES.map(msgspec.msgpack.encode))
def test_decode_client_never_raises(frame: bytes) -> None:
    """Whatever a client sends is a frame or a Fault, never an exception."""
    decoded = packed.decode_client(frame)
    if isinstance(decoded, wire.Fault):
        assert decoded.code in {"bad_frame", "invalid", "unknown_type"}
        assert decoded.message


@given(of(frames.ClientFrame).map(packed.encode), st.data())
def test_a_torn_frame_never_raises(frame: bytes, draw: st.DataObject) -> None:
    """The bytes nearest to right ones are those with a piece overwritten."""
    start = draw.draw(st.integers(0, len(frame)))
    packed.decode_client(frame[:start] + draw.draw(st.binary(max_size=6)) + frame[start + 3 :])


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "bad_frame"),
        (b"\xc1", "bad_frame"),
        (b'{"type":"ping"}', "bad_frame"),
        (packed.encode([]), "bad_frame"),
        (packed.encode({"type": "ping"}) + b"\xc0", "bad_frame"),
        (packed.encode({1: "ping"}), "bad_frame"),
        (packed.encode({"type": b"ping"}), "bad_frame"),
        (b"\x81\xa4type\xa1\xff", "bad_frame"),
        (b"\x82\xa4type\x07\xa2id\xa1\xff", "bad_frame"),
        (b"\x83\xa4type\xa5watch\xa2id\xa11\xa5users\xdd\xff\xff\xff\xff", "bad_frame"),
        (packed.encode({"type": "shout"}), "unknown_type"),
    ],
)
def test_what_is_no_frame_is_answered(frame: bytes, code: str) -> None:
    """By the codes that are documented, and without taking the memory that it claims to need."""
    fault = packed.decode_client(frame)
    assert isinstance(fault, wire.Fault)
    assert fault.code == code


def _depth(value: Any) -> int:  # noqa: ANN401 - anything
    match value:
        case dict():
            return 1 + max((_depth(one) for one in value.values()), default=0)
        case list():
            return 1 + max((_depth(one) for one in value), default=0)
    return 0


LONG = st.sampled_from(
    [2**64 - 1, -(2**63), 2**20, 300, -300, -100, 1.5, "x" * 40, "x" * 300, b"x", b"x" * 300]
    + ["é" * 70_000, b"\x90" * 70_000, [None] * 20, [0] * 70_000, {str(n): n for n in range(20)}]
    + [msgspec.msgpack.Ext(1, b"\x90" * size) for size in (1, 2, 4, 8, 16, 3, 300, 70_000)]
)


@given(st.integers(0, 40), st.lists(LONG | VALUES, max_size=4))
def test_nesting_is_found_in_whatever_surrounds_it(deep: int, beside: list[Any]) -> None:
    """A bracket within a text is none; what comes before a nested value is stepped over."""
    nested: Any = 7
    for level in range(deep):
        nested = {"k": nested} if level % 2 else [1, nested]
    value = [*beside, nested]
    assert packed.too_deep(msgspec.msgpack.encode(value)) == (_depth(value) > limits.FRAME_DEPTH)


@pytest.mark.parametrize("first", [b"\x91", b"\x81\xa1k", b"\xdc\x00\x01", b"\xdd\x00\x00\x00\x01"])
def test_a_frame_of_brackets_alone_is_too_deep(first: bytes) -> None:
    """Every kind of container counts; one that is cut short is no exception."""
    frame = first * 20_000
    assert packed.too_deep(frame)
    assert packed.decode_client(frame) == wire.Fault(
        codes.ErrorCode.BAD_FRAME, "nested deeper than 32"
    )


def test_many_brackets_one_after_the_other_are_not_deep() -> None:
    """Only those that are open count."""
    assert not packed.too_deep(packed.encode([[], {}] * 100))


def test_types_that_are_not_known_are_ignored() -> None:
    """A newer server's frame is none for this client; a known one that is wrong is an error."""
    assert packed.decode_server(packed.encode({"type": "from.the.future", "x": [1]})) is None
    with pytest.raises(msgspec.ValidationError):
        packed.decode_server(packed.encode({"type": "resumed", "room": "r"}))
    with pytest.raises(msgspec.MsgspecError):
        packed.decode_server(packed.encode({"kind": "resumed"}))


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 100_000, b"[1" + b"0" * 30 + b"]"])
def test_what_has_no_place_in_messagepack_is_told(text: bytes) -> None:
    """The log may have anything; whoever passes it on sets it aside."""
    with pytest.raises(msgspec.MsgspecError):
        packed.from_json(text)
