"""The state machine of a client, without a socket: what it does on what comes, and when."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_sdk.connection import (
    FRESH_TOKENS,
    GREETING_SECONDS,
    PONG_SECONDS,
    STEADY_SECONDS,
    Connection,
    Phase,
    Settings,
)
from parley_sdk.effects import (
    Effect,
    Entered,
    Hangup,
    Renew,
    Saw,
    Settle,
    State,
    Stopped,
    Strange,
    Write,
)
from parley_sdk.errors import RequestError
from parley_sdk.requests import ANSWER_SECONDS

from proto import frames
from proto.frames import Send
from tests.proto.vectors import data, load
from tests.sdk.peer_websockets import Frame, message, ok, ready, room, stored


class Driven:
    """A connection with its clock and what it wrote."""

    def __init__(self, capacity: int = 1000, resume: dict[str, int] | None = None) -> None:
        self.now = 0.0
        self.effects: list[Effect] = []
        self.core = Connection(
            Settings(client="test/1", capacity=capacity, resume=resume or {}),
            make_key=lambda ms: f"key-{ms}",
            draw=lambda: 1.0,
        )

    def take(self) -> list[Effect]:
        """Fetch the effects, and remember them."""
        effects = self.core.take(self.now)
        self.effects += effects
        return effects

    def written(self) -> list[Frame]:
        """Give the frames written since the last look."""
        return [json.loads(effect.data) for effect in self.take() if isinstance(effect, Write)]

    def open(self, expires: float | None = None) -> Frame:
        """Open a socket; give the hello."""
        self.core.dialing()
        self.core.opened("token", expires, self.now)
        (hello,) = self.written()
        return hello

    def live(self, *rooms: Frame, expires: float | None = None) -> None:
        """Open a socket and be ready."""
        self.open(expires)
        self.give(ready(*rooms))
        self.take()

    def give(self, *given: Frame) -> None:
        """Receive frames."""
        for frame in given:
            self.core.received(json.dumps(frame), self.now)

    def at(self, seconds: float) -> list[Effect]:
        """Let it be so late, and look."""
        self.now = seconds
        self.core.tick(seconds)
        return self.take()


@pytest.fixture
def driven() -> Driven:
    """Give one that is not connected."""
    return Driven()


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


@pytest.mark.parametrize(
    ("code", "delay"), [(4001, 0.5), (4002, 0.0), (4004, 0.5), (1006, 0.5), (4511, 0.5)]
)
def test_it_comes_back(driven: Driven, code: int, delay: float) -> None:
    """After a code below 4500 it dials again, with backoff or at once, and resumes."""
    driven.live(room(7))
    driven.now = 100.0
    driven.core.lost(code, 100.0)
    assert Entered(State.CONNECTING) in driven.take()
    assert driven.core.dial_at == 100.0 + delay
    assert not driven.core.fresh
    assert driven.open()["resume"] == {"r1": 7}


@pytest.mark.parametrize("code", [4501, 4503, 4510, 4513, 1000, 1002])
def test_it_stops(driven: Driven, code: int) -> None:
    """After a code that says so it stops for good, and tells the code."""
    driven.live(room())
    driven.core.lost(code, 1.0)
    effects = driven.take()
    (stopped,) = (effect for effect in effects if isinstance(effect, Stopped))
    assert stopped.error is not None
    assert stopped.error.code == code
    assert Entered(State.CLOSED) in effects
    driven.core.dialing()
    driven.core.unreachable("late", 2.0)
    assert driven.core.phase is Phase.CLOSED
    assert driven.core.next_at() is None


def test_backoff_grows_until_it_was_steady(driven: Driven) -> None:
    """Each loss waits longer, until a connection lasted."""
    waits = []
    for _ in range(4):
        driven.live(room())
        driven.core.lost(1006, driven.now)
        waits.append(driven.core.dial_at - driven.now)
    assert waits == [0.5, 1, 2, 4]
    driven.live(room())
    driven.now += STEADY_SECONDS
    driven.core.lost(1006, driven.now)
    assert driven.core.dial_at == driven.now + 0.5


def test_a_discontinuity_again_and_again_backs_off(driven: Driven) -> None:
    """At once means once: a gateway that keeps closing is not hammered."""
    driven.live(room())
    driven.core.lost(4002, 0.0)
    assert driven.core.dial_at == 0.0
    driven.live(room())
    driven.core.lost(4002, 0.0)
    assert driven.core.dial_at == 1.0


def test_unauthorized_asks_for_a_fresh_token(driven: Driven) -> None:
    """4500 dials at once with a fresh token; turned down again and again, it stops."""
    driven.open()
    for _ in range(FRESH_TOKENS):
        driven.core.lost(4500, 0.0)
        assert driven.core.fresh
        assert driven.core.phase is Phase.WAITING
        driven.open()
        assert not driven.core.fresh
    driven.core.lost(4500, 0.0)
    assert driven.core.phase is Phase.CLOSED


def test_a_token_that_worked_counts_anew(driven: Driven) -> None:
    """A `ready` forgets the tokens that were turned down before it."""
    for _ in range(FRESH_TOKENS + 2):
        driven.live(room())
        driven.core.lost(4500, 0.0)
        assert driven.core.phase is Phase.WAITING


def test_it_leaves_when_told(driven: Driven) -> None:
    """A `reconnect` frame is obeyed: closed with 4000, it dials after `after_ms`."""
    driven.live(room())
    driven.give({"type": "reconnect", "after_ms": 3000, "reason": "drain"})
    assert driven.core.next_at() == 3.0
    driven.core.lost(4000, 1.0)
    assert driven.core.dial_at == 3.0


def test_it_leaves_by_itself_when_nobody_closes(driven: Driven) -> None:
    """Not closed by then, it goes, and dials at once: 1001 is its own word, not the server's."""
    driven.live(room())
    driven.give({"type": "reconnect", "after_ms": 3000, "reason": "drain"})
    driven.take()
    assert Hangup(1001) in driven.at(3.0)
    assert Hangup(1001) not in driven.at(3.5)
    driven.core.lost(1001, 3.6)
    assert driven.core.dial_at == 3.6


def test_drain_without_a_word_backs_off(driven: Driven) -> None:
    """4000 without a `reconnect` before it is like any other loss."""
    driven.live(room())
    driven.core.lost(4000, 1.0)
    assert driven.core.dial_at == 1.5


def test_refused_upgrades(driven: Driven) -> None:
    """503 with `Retry-After` waits so long and a random moment; 404 stops."""
    driven.core.dialing()
    driven.core.refused(503, 7.0, 0.0)
    assert driven.core.dial_at == 7.5
    assert "503" in driven.core.why
    driven.core.dialing()
    driven.core.refused(404, 0.0, 0.0)
    assert driven.core.phase is Phase.CLOSED


def test_unreachable_backs_off(driven: Driven) -> None:
    """When nobody answers it tries again, later and later, at most 30 s."""
    waits = []
    for _ in range(9):
        driven.core.dialing()
        driven.core.unreachable("refused", 0.0)
        waits.append(driven.core.dial_at)
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_no_ready_in_time_hangs_up(driven: Driven) -> None:
    """A gateway that does not answer a hello is left."""
    driven.open()
    assert driven.core.next_at() == GREETING_SECONDS
    assert driven.at(GREETING_SECONDS - 1) == []
    assert driven.at(GREETING_SECONDS) == [Hangup(None)]


def test_silence_is_probed_and_then_ended(driven: Driven) -> None:
    """After `heartbeat_ms` of silence it pings, and 10 s later hangs up."""
    driven.live(room())
    assert driven.core.next_at() == 25.0
    (ping,) = driven.at(25.0)
    assert ping == Write(b'{"type":"ping"}')
    assert driven.core.next_at() == 25.0 + PONG_SECONDS
    assert driven.at(26.0) == []
    assert driven.at(25.0 + PONG_SECONDS) == [Hangup(None)]
    driven.core.lost(1006, driven.now)
    assert driven.core.phase is Phase.WAITING


@pytest.mark.parametrize("sign", ["frame", "ping of the socket"])
def test_any_sign_of_life_will_do(driven: Driven, sign: str) -> None:
    """A frame or a WebSocket ping puts the silence off."""
    driven.live(room())
    driven.at(25.0)
    driven.now = 30.0
    if sign == "frame":
        driven.give({"type": "pong"})
    else:
        driven.core.heard(30.0)
    assert not any(isinstance(effect, Hangup) for effect in driven.at(36.0))
    assert driven.core.next_at() == 55.0


def test_probing_pings_at_once(driven: Driven) -> None:
    """When the network came back, one ping tells whether the connection lives."""
    driven.core.probe(0.0)
    driven.live(room())
    driven.core.probe(0.0)
    driven.core.probe(0.0)
    assert driven.written() == [{"type": "ping"}]


def test_a_token_is_renewed_before_its_end(driven: Driven) -> None:
    """Some time before the token runs out a fresh one is asked for, and brought in place."""
    driven.live(room(), expires=900.0)
    driven.at(25.0)
    driven.core.heard(800.0)
    assert Renew() in driven.at(850.0)
    driven.core.renewed("fresh", 900.0, 851.0)
    driven.now = 851.0
    (auth,) = driven.written()
    assert (auth["type"], auth["token"]) == ("auth", "fresh")
    driven.give(ok(auth, expires_in_ms=600_000))
    driven.core.heard(1400.0)
    assert Renew() not in driven.at(1400.0)
    driven.core.heard(1401.0)
    assert Renew() in driven.at(1401.0)


def test_a_short_token_is_renewed_half_way(driven: Driven) -> None:
    """A token of a minute does not ask for a new one all the time."""
    driven.live(room(), expires=60.0)
    driven.core.heard(29.0)
    assert Renew() not in driven.at(29.0)
    assert Renew() in driven.at(30.0)


def test_the_server_may_ask_for_a_token(driven: Driven) -> None:
    """`auth.expiring` asks at once, and again if no token came of it."""
    driven.live(room())
    driven.give({"type": "auth.expiring", "expires_in_ms": 60000})
    assert Renew() in driven.take()
    assert Renew() in driven.at(5.0)
    driven.core.lost(1006, 6.0)
    driven.core.renewed("fresh", None, 6.0)
    assert driven.written() == []


def test_a_refused_auth_waits_for_the_close(driven: Driven) -> None:
    """An `error` to `auth` is nobody's to raise; the gateway's 4500 follows."""
    driven.live(room())
    driven.core.renewed("fresh", None, 0.0)
    (auth,) = driven.written()
    driven.give({"type": "error", "id": auth["id"], "code": "unauthorized", "message": "no"})
    assert [type(effect) for effect in driven.take()] == [Saw]


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
    assert [(frame["type"], frame["users"]) for frame in driven.written()] == [("watch", ["u2"])]


def self_settled(driven: Driven, ticket: int) -> RequestError:
    """Give the error a ticket ended with."""
    (settled,) = (effect for effect in driven.take() if isinstance(effect, Settle))
    assert settled.ticket == ticket
    assert isinstance(settled.outcome, RequestError)
    return settled.outcome


def test_a_withdrawn_request_is_forgotten(driven: Driven) -> None:
    """Nobody is told of what was withdrawn; a message's key is given back."""
    driven.live(room())
    ticket = driven.core.sync("r1", 3, 5, 0.0)
    message_ticket = driven.core.send(Send(room="r1", key="k", text="hi"))
    sync, _send = driven.written()
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


def test_rooms_are_kept_up(driven: Driven) -> None:
    """Rooms come and go, and change their names, with what happens."""
    driven.live(room(5), room(5, "r2"), room(5, "r3"))
    event = {"room": "r1", "seq": 6, "prev": 5, "ts": 1, "by": "u2"}
    driven.give(event | {"type": "room.updated", "name": "News"})
    assert (driven.core.rooms["r1"].name, driven.core.rooms["r1"].topic) == ("News", "")
    driven.give(event | {"type": "member.left", "user": "u2", "role": "member", "seq": 7})
    assert "r1" in driven.core.rooms
    driven.give(event | {"type": "member.removed", "user": "me", "role": "member", "seq": 8})
    driven.give(event | {"type": "room.deleted", "room": "r2"})
    driven.give({"type": "room.added", "room": room(30, "r4")})
    assert set(driven.core.rooms) == {"r3", "r4"}
    gone = {"type": "resumed", "room": "r3", "from": 5, "to": 5, "complete": False, "gone": True}
    driven.give(gone)
    assert set(driven.core.rooms) == {"r4"}


def test_strange_frames_are_ignored(driven: Driven) -> None:
    """What is not of the protocol is told and ignored; unknown types are just ignored."""
    driven.live(room())
    for strange in ("nonsense", "{}", '{"type":"ready"}', "[" * 100_000):
        driven.core.received(strange, 0.0)
        (effect,) = driven.take()
        assert isinstance(effect, Strange)
    driven.core.received(b'{"type":"pong","x":"\xff"}', 0.0)
    driven.take()
    driven.core.received('{"type":"hologram"}', 0.0)
    assert driven.take() == []
    driven.give(ready(room()))
    assert any(isinstance(effect, Strange) for effect in driven.take())
    driven.give({"type": "error", "code": "bad_frame", "message": "no"})
    assert [type(effect) for effect in driven.take()] == [Saw]


def test_stopping_is_once(driven: Driven) -> None:
    """A stop hangs up and ends everything; a second one does nothing."""
    driven.live(room())
    driven.core.sync("r1", 0, 5, 0.0)
    driven.take()
    driven.core.stop(None)
    assert driven.take() == [Hangup(1000), Stopped(None), Entered(State.CLOSED)]
    driven.core.stop(None)
    driven.core.lost(1000, 0.0)
    driven.core.refused(503, 0.0, 0.0)
    assert driven.take() == []


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
            driven.core.received(part, driven.now)
            driven.take()
            driven.core.pop(driven.now)
            driven.take()
        else:
            driven.at(driven.now + part)
        at = driven.core.next_at()
        assert at is None or at > driven.now
