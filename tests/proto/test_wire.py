"""Bytes to frames and back, beyond the golden vectors: whatever the bytes are."""

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto import codes, events, frames, ids, limits, wire
from tests.proto.vectors import data, load

SEQS = st.integers(0, limits.SEQ_MAX)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
GOOD = [data(vector) for vector in load("valid", "client")]


@st.composite
def torn(draw: st.DrawFn) -> bytes:
    """Draw a valid frame with a piece of it overwritten: the bytes nearest to right ones."""
    frame = draw(st.sampled_from(GOOD))
    start = draw(st.integers(0, len(frame)))
    end = draw(st.integers(start, min(len(frame), start + 8)))
    piece = draw(st.binary(max_size=8) | st.sampled_from([b'"', b"\\", b"{", b"]", b"null", b"7"]))
    return frame[:start] + piece + frame[end:]


@given(st.binary() | torn() | JSON.map(lambda value: json.dumps(value).encode()))
def test_decode_client_never_raises(frame: bytes) -> None:
    """Whatever a client sends is a frame or a Fault that can be told to it, never an exception."""
    decoded = wire.decode_client(frame)
    if isinstance(decoded, wire.Fault):
        assert decoded.code in {"bad_frame", "invalid", "unknown_type"}
        assert decoded.message
        answer = frames.Error(id=decoded.id, code=decoded.code, message=decoded.message)
        assert wire.decode_server(wire.encode(answer)) == answer


@given(st.dictionaries(st.sampled_from(["type", "id", "room", "seq", "text", "key"]), JSON))
def test_decode_client_never_raises_on_objects(frame: dict[str, Any]) -> None:
    """Objects of the right field names with anything in them are no exception to that."""
    for kind in (*wire.CLIENT_TYPES, frame.get("type")):
        decoded = wire.decode_client(json.dumps(frame | {"type": kind}).encode())
        if isinstance(decoded, wire.Fault) and decoded.id is not None:
            assert decoded.id == frame["id"]


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ('{"type":"status","status":"%s"}', "status"),
        ('{"type":"send","type":"%s"}', "type"),
    ],
)
def test_a_fault_does_not_bring_back_what_was_sent(frame: str, field: str) -> None:
    """A value may be as long as a frame; the sentence about it stays a sentence."""
    fault = wire.decode_client((frame % ("x" * 10_000)).encode())
    assert isinstance(fault, wire.Fault)
    assert fault.field == field
    assert "xx" not in fault.message
    assert len(fault.message) < 100


def plain_depth(frame: str) -> int:
    """Give the deepest nesting outside strings, found a character at a time."""
    depth = deepest = 0
    in_string = escaped = False
    for character in frame:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


@given(
    st.integers(0, 60),
    st.integers(0, 40),
    st.text(alphabet='[]{}"\\,a', max_size=80),
    st.booleans(),
)
def test_too_deep_agrees_with_a_plain_reference(
    depth: int,
    wide: int,
    text: str,
    objects: bool,  # noqa: FBT001 - drawn, not called by people
) -> None:
    """Depth is counted outside strings alone, and siblings do not add up."""
    inner = ",".join(["[]"] * wide) if not objects else '{"a":[]}'
    frame = "[" * depth + json.dumps(text) + ("," + inner if inner else "") + "]" * depth
    assert wire.too_deep(frame.encode()) is (plain_depth(frame) > limits.FRAME_DEPTH)


@given(st.text(alphabet='[{]}"\\,:a', max_size=200))
def test_too_deep_never_raises(text: str) -> None:
    """Bytes that are no JSON have some answer; the decoder refuses them afterwards."""
    assert wire.too_deep(text.encode()) in (True, False)


EVENTS = [wire.decode_event(data(vector)) for vector in load("valid", "log")]


@given(st.sampled_from(EVENTS), SEQS, SEQS)
def test_place_round_trip(event: events.LogEvent, seq: int, prev: int) -> None:
    """A stored event with its place put in front is the event with that place, as JSON too."""
    stored = msgspec.structs.replace(event, seq=msgspec.UNSET, prev=msgspec.UNSET)
    body = wire.encode(stored)
    assert b'"seq"' not in body
    assert wire.decode_event(body) == stored
    placed = wire.place(body, seq, prev)
    assert wire.decode_server(placed) == msgspec.structs.replace(event, seq=seq, prev=prev)
    assert wire.place(msgspec.Raw(body), seq, prev) == placed
    assert json.loads(placed) == json.loads(body) | {"seq": seq, "prev": prev}


@given(st.lists(st.sampled_from(EVENTS), max_size=4), SEQS, st.booleans())
def test_sync_result_of_bytes(
    listed: list[events.LogEvent],
    oldest: int,
    more: bool,  # noqa: FBT001 - drawn
) -> None:
    """A sync result made of bytes reads like one made of events."""
    raw = wire.sync_result([wire.encode(event) for event in listed], more=more, oldest=oldest)
    result = msgspec.json.decode(raw, type=frames.SyncResult)
    assert result == frames.SyncResult(events=listed, more=more, oldest=oldest)
    answer = wire.decode_server(wire.encode(frames.Ok(id="1", result=raw)))
    assert isinstance(answer, frames.Ok)
    assert bytes(answer.result) == bytes(raw)


def test_decode_server_ignores_unknown_types() -> None:
    """A type of a later version is nothing; text and bytes are read alike."""
    assert wire.decode_server(b'{"type":"hologram","room":7}') is None
    assert wire.decode_server('{"type":"pong","new":1}') == frames.Pong()


@pytest.mark.parametrize("frame", ["", "[]", "{}", '{"type":7}', "hello", '{"type":"ready"}'])
def test_decode_server_raises(frame: str) -> None:
    """What is not of the protocol at all is an error, not an unknown type."""
    with pytest.raises(msgspec.MsgspecError):
        wire.decode_server(frame)


def test_fault_of_a_body() -> None:
    """A body that is wrong as a whole has no field; one that breaks a rule names the field."""
    for value, answer in (
        ([], (codes.ErrorCode.BAD_FRAME, None)),
        ({"room": "r"}, (codes.ErrorCode.BAD_FRAME, None)),
        ({"room": "r", "seq": -1}, (codes.ErrorCode.INVALID, "seq")),
        ({"room": "", "seq": 1}, (codes.ErrorCode.BAD_FRAME, "room")),
    ):
        with pytest.raises(msgspec.ValidationError) as caught:
            msgspec.convert(value, _Body)
        fault = wire.fault(caught.value)
        assert (fault.code, fault.field) == answer


class _Body(msgspec.Struct):
    room: ids.Id
    seq: ids.Seq


def test_a_string_that_never_ends_costs_no_more_than_its_length() -> None:
    """64 KiB of escaped quotes behind many brackets are scanned at once, not in a square of it."""
    hostile = b"{}" * 40 + b'"' + b'\\"' * ((limits.FRAME_BYTES - 81) // 2)
    began = time.process_time()
    assert not wire.too_deep(hostile)
    assert time.process_time() - began < 0.5
