"""The state machine of a client, without a socket: what it makes of what comes."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_sdk import requests
from parley_sdk.effects import (
    Entered,
    Saw,
    Settle,
    State,
    Strange,
)
from parley_sdk.errors import RequestError
from parley_sdk.requests import ANSWER_SECONDS
from parley_sdk.watched import RETRY_SECONDS

from proto import frames
from proto.encoding import JSON, MSGPACK, Encoding
from proto.frames import Send
from tests.proto.vectors import data, load
from tests.sdk.driven import Driven
from tests.sdk.peer_websockets import message, ok, ready, room, stored


def test_hello_says_what_is_held() -> None:
    """The first frame greets with the token and resumes; `ready` makes it live."""
    driven = Driven(resume={"r1": 5})
    hello = driven.open()
    assert hello == {
        "type": "hello",
        "token": "token",
        "client": "test/1",
        "status": "online",
        "resume": {"r1": 5},
    }
    assert driven.core.state is State.CONNECTING
    driven.give(ready(room(6)))
    assert Entered(State.CATCHING_UP) in driven.take()
    end = {"type": "resumed", "room": "r1", "from": 5, "to": 6, "complete": True}
    driven.give(message(6), end)
    assert Entered(State.LIVE) in driven.take()
    assert driven.core.user == frames.ReadyUser(id="me", username="ada", display_name="Ada")


def test_nothing_counts_before_the_greeting(driven: Driven) -> None:
    """What comes on a socket that was not greeted is ignored."""
    driven.give(ready(room()))
    assert driven.take() == []
    driven.core.opened("token", None, 0.0)
    assert driven.take() == []


def test_sends_wait_for_ready_and_take_their_key_from_the_servers_clock(driven: Driven) -> None:
    """A message goes out once there is a `ready`, with a key by the server's time."""
    ticket = driven.core.send(Send(room="r1", key="", text="hi"))
    driven.open()
    assert driven.written() == []
    driven.now = 2.0
    driven.give(ready(room(), now_ms=5_000_000))
    (send,) = driven.written()
    assert (send["text"], send["key"]) == ("hi", "key-5000000")
    driven.give(stored(send, 9))
    result = frames.SendResult(seq=9, ts=10**12 + 9, duplicate=False)
    assert Settle(ticket, result) in driven.take()


def test_an_error_that_passes_tells_nobody(driven: Driven) -> None:
    """A send that is tried again is not settled yet."""
    driven.live(room())
    driven.core.send(Send(room="r1", key="k", text="hi"))
    (send,) = driven.written()
    driven.give({"type": "error", "id": send["id"], "code": "unavailable", "message": "no"})
    assert [type(effect) for effect in driven.take()] == [Saw]


def test_an_unreadable_ok_of_a_send_is_asked_again(driven: Driven) -> None:
    """An `ok` without a place says nothing: the same key goes out again."""
    driven.live(room())
    driven.core.send(Send(room="r1", key="k", text="hi"))
    (send,) = driven.written()
    driven.give(ok(send, nonsense=1))
    assert any(isinstance(effect, Strange) for effect in driven.take())
    driven.now = driven.core.next_at() or 0.0
    (again,) = driven.written()
    assert again["key"] == "k"


def test_too_many_sends_fail_at_once(driven: Driven) -> None:
    """What the outbox does not take is settled with its error."""
    tickets = [driven.core.send(Send(room="r1", key="", text="hi")) for _ in range(1001)]
    (settled,) = (effect for effect in driven.take() if isinstance(effect, Settle))
    assert settled.ticket == tickets[-1]
    assert isinstance(settled.outcome, RequestError)


def test_gaps_are_filled_by_sync(driven: Driven) -> None:
    """A gap asks `sync`; a refusal is asked again; no answer in time too."""
    driven.live(room(5))
    driven.give(message(8))
    (sync,) = driven.written()
    assert (sync["type"], sync["room"], sync["after"]) == ("sync", "r1", 5)
    assert driven.core.state is State.CATCHING_UP
    driven.give({"type": "error", "id": sync["id"], "code": "unavailable", "message": "no"})
    assert driven.written() == []
    driven.now = 1.0
    (again,) = driven.written()
    driven.core.heard(21.0)
    driven.at(1.0 + ANSWER_SECONDS)
    driven.now = 22.0
    (third,) = driven.written()
    assert len({sync["id"], again["id"], third["id"]}) == 3
    driven.give(ok(third, events=[message(6), message(7)], more=False, oldest=1))
    assert Entered(State.LIVE) in driven.take()
    items = [driven.core.pop(0.0) for _ in range(3)]
    assert [getattr(item, "seq", None) for item in items] == [6, 7, 8]


def test_an_unreadable_page_is_asked_again(driven: Driven) -> None:
    """A page that is not of the protocol is a refusal, not an exception."""
    driven.live(room(5))
    driven.give(message(8))
    (sync,) = driven.written()
    driven.give(ok(sync, events="none"))
    assert any(isinstance(effect, Strange) for effect in driven.take())
    driven.now = 5.0
    assert [frame["type"] for frame in driven.written()] == ["sync"]


def test_requests_of_the_user(driven: Driven) -> None:
    """A request is settled by its answer, its error, the end of the socket, or time."""
    assert self_settled(driven, driven.core.sync("r1", 0, 5, 0.0)).code == "unavailable"
    driven.live(room())
    ticket = driven.core.sync("r1", 3, 5, 0.0)
    (sync,) = driven.written()
    assert (sync["after"], sync["limit"]) == (3, 5)
    driven.give(ok(sync, events=[], more=False, oldest=1))
    assert Settle(ticket, frames.SyncResult(events=[], more=False, oldest=1)) in driven.take()
    refused = driven.core.watch(["u1"], 0.0)
    (watch,) = driven.written()
    driven.give({"type": "error", "id": watch["id"], "code": "invalid", "message": "no"})
    assert self_settled(driven, refused).code == "invalid"
    late = driven.core.watch(["u2"], 0.0)
    driven.take()
    driven.now = ANSWER_SECONDS
    driven.core.tick(driven.now)
    assert self_settled(driven, late).code == "timeout"
    lost = driven.core.sync("r1", 3, 5, driven.now)
    driven.take()
    driven.core.lost(1006, driven.now)
    assert self_settled(driven, lost).code == "unavailable"
    driven.open()
    driven.give(ready(room()))
    (again,) = driven.written()
    assert (again["type"], again["users"]) == ("watch", ["u2"])
    driven.give(ok(again, presence=[{"user": "u2", "status": "idle"}]))
    assert Saw(frames.PresenceEvent(user="u2", status="idle")) in driven.take()


def _error(frame: dict[str, Any], code: str) -> dict[str, Any]:
    return {"type": "error", "id": frame["id"], "code": code, "message": "no"}


def test_a_watch_of_its_own_that_fails_is_repeated(driven: Driven) -> None:
    """Nobody else would: on a later connection nobody asked for it. Not what will never do."""
    driven.live(room())
    driven.core.watch(["u1"], 0.0)
    (first,) = driven.written()
    driven.give(ok(first, presence=[]))
    driven.core.lost(1006, driven.now)
    driven.open()
    driven.give(ready(room()))
    (again,) = driven.written()
    for code in ("unavailable", "rate_limited", "internal"):
        driven.give(_error(again, code))
        assert driven.written() == []
        driven.now += RETRY_SECONDS
        assert driven.core.next_at() == driven.now
        driven.core.tick(driven.now)
        (again,) = driven.written()
        assert (again["type"], again["users"]) == ("watch", ["u1"])
    driven.give(_error(again, "invalid"))
    driven.core.tick(driven.now + RETRY_SECONDS - 1)
    assert driven.written() == []
    assert driven.core.next_at() != driven.now + RETRY_SECONDS


def test_a_watch_replaces_one_that_is_to_be_repeated(driven: Driven) -> None:
    """The user's word is the later one; nobody watched is nothing to repeat."""
    driven.live(room())
    driven.core.watch(["u1"], 0.0)
    driven.take()
    driven.core.lost(1006, driven.now)
    driven.open()
    driven.give(ready(room()))
    (again,) = driven.written()
    driven.give(_error(again, "unavailable"))
    driven.core.watch([], driven.now)
    (last,) = driven.written()
    driven.give(ok(last, presence=[]))
    driven.now += RETRY_SECONDS
    driven.core.tick(driven.now)
    assert driven.written() == []


def self_settled(driven: Driven, ticket: int) -> RequestError:
    """Give the error a ticket ended with."""
    (settled,) = (effect for effect in driven.take() if isinstance(effect, Settle))
    assert settled.ticket == ticket
    assert isinstance(settled.outcome, RequestError)
    return settled.outcome


def test_a_withdrawn_request_is_forgotten(driven: Driven) -> None:
    """Nobody is told of what was withdrawn; a message's key is given back."""
    driven.live(room())
    driven.core.sync("r1", 1, 5, 0.0)
    ticket = driven.core.sync("r1", 3, 5, 0.0)
    message_ticket = driven.core.send(Send(room="r1", key="k", text="hi"))
    _other, sync, _send = driven.written()
    assert driven.core.withdraw(ticket) is None
    assert driven.core.withdraw(message_ticket) == "k"
    driven.give(ok(sync, events=[], more=False, oldest=1))
    assert not any(isinstance(effect, Settle) for effect in driven.take())


def test_now_or_never(driven: Driven) -> None:
    """What has no answer is sent when there is a connection, and dropped when not."""
    driven.core.tell(frames.Read(room="r1", seq=1))
    assert driven.written() == []
    driven.core.set_status("idle")
    assert driven.open()["status"] == "idle"
    driven.give(ready(room()))
    driven.core.tell(frames.Read(room="r1", seq=1))
    driven.core.set_status("dnd")
    assert driven.written() == [
        {"type": "read", "room": "r1", "seq": 1},
        {"type": "status", "status": "dnd"},
    ]


@pytest.mark.parametrize("encoding", [JSON, MSGPACK], ids=lambda one: one.subprotocol)
def test_events_of_tomorrow_cost_no_others(encoding: Encoding) -> None:
    """A page of `sync` that has some is read without them; one that is broken is none."""
    tomorrow = {"type": "message.sung", "room": "r1", "seq": 7, "prev": 6, "ts": 1, "tune": []}

    def result(*events: object) -> frames.Ok:
        page = encoding.encode({"events": events, "more": True, "oldest": 1})
        return frames.Ok(id="1", result=msgspec.Raw(page))

    read = requests.read(result(message(6), tomorrow, message(8, 7)), frames.SyncResult, encoding)
    assert isinstance(read, frames.SyncResult)
    assert ([event.seq for event in read.events], read.more, read.oldest) == ([6, 8], True, 1)
    broken = {**message(8, 7), "sender": 5}
    assert "not of the protocol" in str(
        requests.read(result(tomorrow, broken), frames.SyncResult, encoding)
    )


def test_a_status_that_changes_while_greeting_is_told(driven: Driven) -> None:
    """The hello has the former one, and no other would be sent until it changes again."""
    assert driven.open()["status"] == "online"
    driven.core.set_status("invisible")
    driven.give(ready(room()))
    assert driven.written() == [{"type": "status", "status": "invisible"}]


def test_rooms_are_kept_up(driven: Driven) -> None:
    """Rooms come and go, and change their names, with what happens."""
    driven.live(room(5), room(5, "r2"), room(5, "r3"))
    event = {"room": "r1", "seq": 6, "prev": 5, "ts": 1, "by": "u2"}
    driven.give(event | {"type": "room.updated", "name": "News"})
    assert (driven.core.rooms["r1"].name, driven.core.rooms["r1"].topic) == ("News", "")
    driven.give(event | {"type": "room.updated", "slow_mode_seconds": 5, "archived": True})
    driven.give(event | {"type": "member.muted", "user": "u2", "until_ms": 7})
    kept = driven.core.rooms["r1"]
    assert (kept.name, kept.slow_mode_seconds, kept.archived) == ("News", 5, True)
    assert kept.muted_until_ms is None
    driven.give(event | {"type": "member.muted", "user": "me", "until_ms": 9})
    assert driven.core.rooms["r1"].muted_until_ms == 9
    driven.give(event | {"type": "member.left", "user": "u2", "role": "member", "seq": 7})
    assert "r1" in driven.core.rooms
    driven.give(event | {"type": "member.removed", "user": "me", "role": "member", "seq": 8})
    driven.give(event | {"type": "room.deleted", "room": "r2"})
    driven.give({"type": "room.added", "room": room(30, "r4")})
    assert set(driven.core.rooms) == {"r3", "r4"}
    gone = {"type": "resumed", "room": "r3", "from": 5, "to": 5, "complete": False, "gone": True}
    driven.give(gone)
    assert set(driven.core.rooms) == {"r4"}


def test_a_choice_of_ones_own_is_kept_up(driven: Driven) -> None:
    """Made on whichever device; of a room that one is not in it says nothing."""
    driven.live(room(5))
    chosen = {"type": "room.preferences", "muted": True, "notify": "none", "favourite": True}
    driven.give(chosen | {"room": "r1"})
    kept = driven.core.rooms["r1"]
    assert (kept.muted, kept.notify, kept.favourite) == (True, "none", True)
    driven.give(chosen | {"room": "r2"})
    assert set(driven.core.rooms) == {"r1"}


def test_strange_frames_are_ignored(driven: Driven) -> None:
    """What is not of the protocol is told and ignored; unknown types are just ignored."""
    driven.live(room())
    for strange in ("nonsense", "{}", '{"type":"ready"}', "[" * 100_000):
        driven.core.received(strange.encode(), 0.0)
        (effect,) = driven.take()
        assert isinstance(effect, Strange)
    driven.core.received(b'{"type":"pong","x":"\xff"}', 0.0)
    driven.take()
    driven.core.received(b'{"type":"hologram"}', 0.0)
    assert driven.take() == []
    driven.give(ready(room()))
    assert any(isinstance(effect, Strange) for effect in driven.take())
    driven.give({"type": "error", "code": "bad_frame", "message": "no"})
    assert [type(effect) for effect in driven.take()] == [Saw]


SERVED = [data(vector).decode() for group in ("server", "log") for vector in load("valid", group)]


@given(st.lists(st.sampled_from(SERVED) | st.text() | st.integers(0, 60), max_size=40))
def test_no_fault_of_a_server_raises(story: list[str | int]) -> None:
    """Any frames in any order, at any time: no exception, and no time for a tick in the past."""
    driven = Driven(capacity=5)
    driven.live(room(5))
    driven.core.send(Send(room="r1", key="", text="hi"))
    driven.core.sync("r1", 3, 5, 0.0)
    for part in story:
        if isinstance(part, str):
            driven.core.received(part.encode(), driven.now)
            driven.take()
            driven.core.pop(driven.now)
            driven.take()
        else:
            driven.at(driven.now + part)
        at = driven.core.next_at()
        assert at is None or at > driven.now
