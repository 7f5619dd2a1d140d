"""How the bench talks to each kind of server."""

from __future__ import annotations

import json

from bench.dialects import Centrifuge, Parley, Plain, SocketIo
from proto import events, frames, packed, wire
from proto.encoding import MSGPACK


def test_a_path_is_a_room_for_plain_servers() -> None:
    """There, everything that comes is something that was said."""
    plain = Plain("tea")
    assert plain.path == "/tea"
    assert plain.greet() == []
    assert plain.is_ready(b"")
    assert plain.deliveries(plain.say("hello"))
    assert plain.take(b"hello") is None


def test_socket_io_connects_joins_and_lives() -> None:
    """Open, connect, join, then events; a ping is answered."""
    talk = SocketIo("tea")
    assert talk.take(b'0{"sid":"x"}') == b"40"
    assert talk.take(b'40{"sid":"x"}') == b'42["join", "tea"]'
    assert talk.is_ready(b'40{"sid":"x"}')
    assert talk.take(b"2") == b"3"
    assert talk.say("hello") == b'42["say", "tea", "hello"]'
    assert talk.deliveries(b'42["said","hello"]')
    assert not talk.deliveries(b"2")


def test_centrifugo_says_several_things_in_one_message() -> None:
    """Connect and subscribe, then publications, as many as there are lines; a ping is answered."""
    talk = Centrifuge("tea")
    assert [json.loads(frame) for frame in talk.greet()] == [
        {"id": 1, "connect": {}},
        {"id": 2, "subscribe": {"channel": "tea"}},
    ]
    assert not talk.is_ready(b'{"id":1,"connect":{"client":"x"}}')
    assert talk.is_ready(b'{"id":1,"connect":{}}\n{"id":2,"subscribe":{}}')
    said = json.loads(talk.say('a "push": b'))
    assert said == {"id": 3, "publish": {"channel": "tea", "data": {"text": 'a "push": b'}}}
    push = b'{"push":{"channel":"tea","pub":{"data":{"text":"x"}}}}'
    assert talk.deliveries(push + b"\n" + push) == 2
    assert talk.deliveries(b'{"id":3,"publish":{}}') == 0
    assert (talk.take(b"{}"), talk.take(push)) == (b"{}", None)
    assert talk.take(push + b"\n{}") == b"{}"
    assert talk.take(b'{"id":3,"publish":{}}') is None


def test_parley_greets_and_sends_with_keys_of_its_own() -> None:
    """Each send has another key, and a request id that rises."""
    talk = Parley("tea", "a token")
    hello = wire.decode_client(talk.greet()[0])
    assert isinstance(hello, frames.Hello)
    assert hello.token == "a token"
    sends = [wire.decode_client(talk.say("hello")) for _ in range(2)]
    assert [send.id for send in sends if isinstance(send, frames.Send)] == ["1", "2"]
    assert len({send.key for send in sends if isinstance(send, frames.Send)}) == 2


def test_what_parley_delivers_is_told_from_what_it_answers() -> None:
    """Messages count; `ready`, `ok` and what else happens in a room do not."""
    talk = Parley("tea", "a token")
    message = events.Message(
        room="tea", ts=1, id="k" * 36, sender="ada", sender_name="Ada", text='"type":"ok"'
    )
    joined = events.MemberJoined(room="tea", ts=1, user="ada", by="ada", role="member")
    assert talk.deliveries(wire.place(wire.encode(message), 2**52, 2**52 - 1))
    assert not talk.deliveries(wire.place(wire.encode(joined), 5, 4))
    assert not talk.deliveries(wire.encode(frames.Pong()))
    assert not talk.is_ready(wire.encode(frames.Pong()))
    assert talk.take(b"") is None


def test_parley_talks_messagepack_too() -> None:
    """The same, in binary messages; what is asked for is in the headers of the opening."""
    talk = Parley("tea", "a token", MSGPACK, compress=True)
    assert talk.is_binary
    assert talk.headers["Sec-WebSocket-Protocol"] == "parley.v1.msgpack"
    assert talk.headers["Sec-WebSocket-Extensions"] == "permessage-deflate"
    assert isinstance(packed.decode_client(talk.say("hello")), frames.Send)
    message = events.Message(room="tea", ts=1, id="k", sender="ada", sender_name="Ada", text="hi")
    assert talk.deliveries(packed.from_json(wire.place(wire.encode(message), 2**52, 2**52 - 1)))
    assert not talk.deliveries(packed.encode(frames.Pong()))
