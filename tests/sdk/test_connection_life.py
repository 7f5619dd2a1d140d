"""The state machine of a client, without a socket: when it dials, pings, renews and stops."""

import pytest
from parley_sdk.connection import (
    FRESH_TOKENS,
    GREETING_SECONDS,
    PONG_SECONDS,
    STEADY_SECONDS,
    Phase,
)
from parley_sdk.effects import (
    Entered,
    Hangup,
    Renew,
    Saw,
    State,
    Stopped,
    Write,
)

from tests.sdk.driven import Driven
from tests.sdk.peer_websockets import ok, room


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
