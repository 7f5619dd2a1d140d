"""The conversation of one connection, by itself: every cell of its table, and every answer."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import session
from gateway.session import TABLE, Answer, Close, Greet, Kind, Publish, Refuse, Session, State
from proto import frames, ids, limits
from proto.codes import CloseCode, ErrorCode
from proto.encoding import JSON, MSGPACK

NOW_MS = 1_800_000_000_000
HELLO = b'{"type":"hello","token":"t"}'


def _live() -> Session:
    conversation = Session()
    conversation.receive(HELLO, NOW_MS)
    conversation.greeted(NOW_MS)
    return conversation


def _send(**fields: object) -> bytes:
    key = ids.uuid7(NOW_MS, os.urandom(10))
    frame = {"type": "send", "id": "7", "room": "r1", "key": key, "text": "hi", **fields}
    return json.dumps(frame).encode()


def _only_error(effects: list[session.Effect]) -> frames.Error:
    (effect,) = effects
    assert isinstance(effect, Answer | Refuse)
    assert isinstance(effect.frame, frames.Error)
    return effect.frame


def test_the_table_has_every_cell() -> None:
    """No state and kind of frame is left without an action."""
    assert set(TABLE) == {(state, kind) for state in State for kind in Kind}


def test_hello_comes_first() -> None:
    """A hello is handed on once, and the conversation waits for its end."""
    conversation = Session()
    (effect,) = conversation.receive(HELLO, NOW_MS)
    assert isinstance(effect, Greet)
    assert effect.hello.token == "t"
    assert conversation.state is State.GREETING


@pytest.mark.parametrize("first", [b'{"type":"ping"}', _send()])
def test_another_first_frame_closes(first: bytes) -> None:
    """Anything but hello is a bug in the client: 4510, and nothing is done."""
    conversation = Session()
    assert conversation.receive(first, NOW_MS) == [
        Close(CloseCode.PROTOCOL, "the first frame must be hello")
    ]
    assert conversation.state is State.CLOSED


@pytest.mark.parametrize("first", [b"{", b'{"type":"hello"}', b'{"type":"nope"}'])
def test_an_unreadable_first_frame_is_answered_and_closes(first: bytes) -> None:
    """The error says what was wrong before the close."""
    answer, close = Session().receive(first, NOW_MS)
    assert isinstance(answer, Answer)
    assert isinstance(close, Close)
    assert close.code is CloseCode.PROTOCOL


def test_frames_before_ready_are_taken_up_after_it_in_order() -> None:
    """Nothing that came early is lost."""
    conversation = Session()
    conversation.receive(HELLO, NOW_MS)
    assert conversation.receive(_send(id="1"), NOW_MS) == []
    assert conversation.receive(b'{"type":"sync","id":"2","room":"r1","after":0}', NOW_MS) == []
    publish, sync = conversation.greeted(NOW_MS)
    assert isinstance(publish, Publish)
    assert publish.send.id == "1"
    assert isinstance(sync, session.Sync)
    assert sync.sync.id == "2"


def test_too_many_frames_before_ready_close() -> None:
    """The bound holds, and the frame at the bound is still taken."""
    conversation = Session()
    conversation.receive(HELLO, NOW_MS)
    for _ in range(limits.FRAMES_BEFORE_READY):
        assert conversation.receive(b'{"type":"ping"}', NOW_MS) == []
    (close,) = conversation.receive(b'{"type":"ping"}', NOW_MS)
    assert isinstance(close, Close)
    assert close.code is CloseCode.PROTOCOL
    assert conversation.greeted(NOW_MS) == []


@pytest.mark.parametrize("early", [True, False])
def test_a_second_hello_is_a_conflict(early: bool) -> None:  # noqa: FBT001 - a parameter
    """It is answered and costs nothing else."""
    conversation = Session() if early else _live()
    if early:
        conversation.receive(HELLO, NOW_MS)
    state = conversation.state
    assert _only_error(conversation.receive(HELLO, NOW_MS)).code == ErrorCode.CONFLICT
    assert conversation.state is state


def test_ping_is_answered_by_pong() -> None:
    """Browsers cannot send ping frames."""
    assert _live().receive(b'{"type":"ping"}', NOW_MS) == [Answer(frames.Pong())]


def test_read_and_auth_are_handed_on() -> None:
    """What another module does is an effect."""
    conversation = _live()
    (read,) = conversation.receive(b'{"type":"read","room":"r1","seq":3}', NOW_MS)
    (auth,) = conversation.receive(b'{"type":"auth","id":"1","token":"t"}', NOW_MS)
    assert isinstance(read, session.MarkRead)
    assert isinstance(auth, session.Renew)


def test_typing_watch_and_status_are_handed_on() -> None:
    """Also what came before `ready`, after it and in order."""
    conversation = Session()
    conversation.receive(HELLO, NOW_MS)
    for frame in (
        b'{"type":"typing","room":"r1","active":true}',
        b'{"type":"watch","id":"7","users":["u1"]}',
        b'{"type":"status","status":"idle"}',
    ):
        assert conversation.receive(frame, NOW_MS) == []
    typing, watch, status = conversation.greeted(NOW_MS)
    assert typing == session.Type(frames.Typing(room="r1", active=True))
    assert watch == session.Watch(frames.Watch(id="7", users=["u1"]))
    assert status == session.Show("idle")


def test_the_other_kind_of_message_is_a_bad_frame() -> None:
    """`parley.v1` is text, `parley.v1.msgpack` binary; the answer says which."""
    for encoding, is_binary in ((JSON, True), (MSGPACK, False)):
        conversation = Session(encoding)
        conversation.state = State.LIVE
        ping = encoding.encode(frames.Ping())
        error = _only_error(conversation.receive(ping, NOW_MS, is_binary=is_binary))
        assert error.code == ErrorCode.BAD_FRAME
        assert error.message.startswith(encoding.subprotocol + " has ")
        (answer,) = conversation.receive(ping, NOW_MS, is_binary=not is_binary)
        assert answer == Answer(frames.Pong())


def test_ten_bad_frames_within_a_minute_close() -> None:
    """Each of them is answered; the tenth also closes with 4510."""
    conversation = _live()
    for _ in range(limits.BAD_FRAMES_PER_MINUTE - 1):
        assert _only_error(conversation.receive(b"{", NOW_MS)).code == ErrorCode.BAD_FRAME
    answer, close = conversation.receive(b"{", NOW_MS)
    assert isinstance(answer, Answer)
    assert isinstance(close, Close)
    assert close.code is CloseCode.PROTOCOL
    assert conversation.receive(b'{"type":"ping"}', NOW_MS) == []


def test_bad_frames_spread_over_time_do_not_close() -> None:
    """Ten in more than a minute are answered, no more."""
    conversation = _live()
    for turn in range(30):
        assert len(conversation.receive(b"{", NOW_MS + turn * 6_700)) == 1


def test_unknown_types_are_no_bad_frames() -> None:
    """A newer client may try what this server does not know."""
    conversation = _live()
    for _ in range(30):
        assert len(conversation.receive(b'{"type":"dance"}', NOW_MS)) == 1


def test_a_good_send_is_published() -> None:
    """The age of its key goes with it."""
    (effect,) = _live().receive(_send(reply_to=4, thread=2, attachments=[]), NOW_MS)
    assert isinstance(effect, Publish)
    assert effect.key_ms == NOW_MS
    assert (effect.send.reply_to, effect.send.thread) == (4, 2)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"key": "abc"}, ErrorCode.BAD_KEY, "key"),
        ({"key": "0188d0c0-0000-4000-8000-000000000000"}, ErrorCode.BAD_KEY, "key"),
        ({"key": ids.uuid7(NOW_MS + 60_001, bytes(10))}, ErrorCode.BAD_KEY, "key"),
        ({"text": ""}, ErrorCode.INVALID, "text"),
        ({"text": " \n\t"}, ErrorCode.INVALID, "text"),
        ({"text": "a\0b"}, ErrorCode.INVALID, "text"),
        ({"text": "x" * 16_385}, ErrorCode.TOO_LARGE, "text"),
        ({"text": "é" * 8_193}, ErrorCode.TOO_LARGE, "text"),
        ({"attachments": ["m1"], "text": "a\0b"}, ErrorCode.INVALID, "text"),
        ({"room": "a.b"}, ErrorCode.BAD_FRAME, "room"),
        ({"room": ">"}, ErrorCode.BAD_FRAME, "room"),
    ],
)
def test_a_bad_send_is_refused(fields: dict[str, object], code: ErrorCode, field: str) -> None:
    """Each fault has its code and names its field; the request's id comes back."""
    error = _only_error(_live().receive(_send(**fields), NOW_MS))
    assert (error.id, error.code, error.field) == ("7", code, field)


def test_a_bad_key_comes_with_the_servers_clock() -> None:
    """So that the client can correct its own."""
    frame = _send(key=ids.uuid7(NOW_MS + 61_000, bytes(10)))
    assert _only_error(_live().receive(frame, NOW_MS)).server_time_ms == NOW_MS


@pytest.mark.parametrize("text", ["x" * 16_384, "é" * 8_192, "<script>'; drop table--"])
def test_a_text_at_the_bound_is_taken(text: str) -> None:
    """The bound is counted in bytes of UTF-8, and nothing is done to the text."""
    (effect,) = _live().receive(_send(text=text), NOW_MS)
    assert isinstance(effect, Publish)
    assert effect.send.text == text


def test_a_key_up_to_a_minute_ahead_is_taken() -> None:
    """Clocks differ."""
    (effect,) = _live().receive(_send(key=ids.uuid7(NOW_MS + 60_000, bytes(10))), NOW_MS)
    assert isinstance(effect, Publish)


def test_a_closed_conversation_says_nothing() -> None:
    """Whatever still arrives is ignored."""
    conversation = _live()
    conversation.closed()
    assert conversation.receive(HELLO, NOW_MS) == []
    assert conversation.receive(_send(), NOW_MS) == []
    assert conversation.receive(b"{", NOW_MS) == []


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_raise(messages: list[bytes]) -> None:
    """A peer's fault is an answer, whatever it sends."""
    conversation = _live()
    for data in messages:
        conversation.receive(data, NOW_MS)
