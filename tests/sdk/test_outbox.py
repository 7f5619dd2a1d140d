"""Messages on their way: one a room at a time, in order, one key each, whatever happens."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parley_sdk.errors import SendError
from parley_sdk.outbox import ANSWER_SECONDS, KEYS, WAITING, Outbox

from proto import frames
from proto.codes import ErrorCode
from proto.frames import Send, SendResult

RESULT = SendResult(seq=1, ts=1, duplicate=False)


class Sender:
    """An outbox with a clock of its own, keys that can be told apart, and no jitter."""

    def __init__(self) -> None:
        self.keys = itertools.count(1)
        self.numbers = itertools.count(1)
        self.now = 0.0
        self.outbox = Outbox(lambda ms: f"{ms}-{next(self.keys)}", lambda: 0.0)

    def add(self, ticket: int, room: str = "r1", key: str = "") -> SendError | None:
        """Add a message whose text is its ticket."""
        return self.outbox.add(ticket, Send(room=room, key=key, text=str(ticket)))

    def due(self) -> list[Send]:
        """Give what is due now."""
        return self.outbox.due(self.now, 1000, lambda: f"q{next(self.numbers)}")

    def one(self) -> Send:
        """Give the one frame that is due."""
        (frame,) = self.due()
        return frame

    def refuse(self, frame: Send, code: str, **fields: int) -> tuple[int, object] | None:
        """Answer with an error."""
        error = frames.Error(id=frame.id, code=code, message="no", **fields)  # type: ignore[arg-type]
        return self.outbox.refused(error, self.now)


@pytest.fixture
def sender() -> Sender:
    """Give an empty one."""
    return Sender()


def test_one_at_a_time_in_each_room(sender: Sender) -> None:
    """The next message of a room waits for the one before; other rooms do not."""
    for ticket, room in ((1, "a"), (2, "a"), (3, "b")):
        sender.add(ticket, room)
    first, other = sender.due()
    assert (first.text, other.text) == ("1", "3")
    assert sender.due() == []
    assert sender.outbox.acknowledged(first.id or "", RESULT) == (1, RESULT)
    assert sender.one().text == "2"


def test_a_key_is_made_once(sender: Sender) -> None:
    """A message without a key gets one when it is first sent, and keeps it through retries."""
    sender.add(1)
    first = sender.one()
    assert first.key == "1000-1"
    sender.refuse(first, "unavailable")
    again = sender.one()
    assert (again.key, again.text) == (first.key, first.text)
    assert again.id != first.id


def test_a_key_of_the_users_is_kept(sender: Sender) -> None:
    """A key that the user brought is sent as it is."""
    sender.add(1, key="mine")
    assert sender.one().key == "mine"


@pytest.mark.parametrize("code", ["timeout", "unavailable", "rate_limited"])
def test_retryable_errors_wait_and_try_again(sender: Sender, code: str) -> None:
    """After some errors the message is sent again with its key, not before it was told to."""
    sender.add(1)
    assert sender.refuse(sender.one(), code, retry_after_ms=1500) is None
    assert sender.due() == []
    assert sender.outbox.next_at() == 1.5
    sender.now = 1.5
    assert sender.one().text == "1"


@pytest.mark.parametrize(
    "code",
    [code for code in ErrorCode if code not in ("timeout", "unavailable", "rate_limited")],
)
def test_other_errors_are_final(sender: Sender, code: ErrorCode) -> None:
    """Every other error ends the message, and the next one of the room goes out."""
    sender.add(1)
    sender.add(2)
    frame = sender.one()
    settled = sender.refuse(frame, code, retry_after_ms=7)
    assert settled is not None
    ticket, failed = settled
    assert ticket == 1
    assert isinstance(failed, SendError)
    assert (failed.code, failed.key, failed.retry_after_ms) == (code, frame.key, 7)
    assert sender.one().text == "2"


def test_whoever_is_too_fast_waits_as_told_and_keeps_the_order(sender: Sender) -> None:
    """However often: no longer than it was told, and no later message of the room overtakes."""
    sender.add(1)
    sender.add(2)
    for round_ in range(5):
        frame = sender.one()
        assert frame.text == "1"
        assert sender.refuse(frame, "rate_limited", retry_after_ms=400) is None
        assert sender.outbox.next_at() == pytest.approx(0.4 * (round_ + 1))
        sender.now = 0.4 * (round_ + 1)
    assert sender.one().text == "1"


def test_a_wait_of_more_than_a_minute_is_for_the_user_to_decide(sender: Sender) -> None:
    """Slow mode may last for hours: the send fails, and says after how long it would pass."""
    sender.add(1)
    settled = sender.refuse(sender.one(), "rate_limited", retry_after_ms=60_001)
    assert settled is not None
    assert isinstance(settled[1], SendError)
    assert settled[1].retry_after_ms == 60_001


def test_no_answer_in_time_sends_again(sender: Sender) -> None:
    """A message without an answer is sent again with its key; the late answer is void."""
    sender.add(1)
    first = sender.one()
    sender.now = ANSWER_SECONDS
    again = sender.one()
    assert again.key == first.key
    assert sender.outbox.acknowledged(first.id or "", RESULT) is None
    assert sender.outbox.acknowledged(again.id or "", RESULT) == (1, RESULT)


def test_a_lost_connection_sends_again_in_order(sender: Sender) -> None:
    """What had no answer is sent again first."""
    sender.add(1)
    sender.add(2)
    first = sender.one()
    sender.outbox.disconnected(5.0)
    sender.now = 5.0
    again = sender.one()
    assert (again.key, again.text) == (first.key, "1")
    assert not sender.outbox.sent(first.id or "")


def test_a_clock_ahead_makes_another_key(sender: Sender) -> None:
    """`bad_key` with the server's time: nothing was stored, so a key by that time is made."""
    sender.add(1)
    assert sender.refuse(sender.one(), "bad_key", server_time_ms=500) is None
    assert sender.one().key == "500-2"


def test_keys_are_not_made_for_ever(sender: Sender) -> None:
    """A server that refuses every key is believed after a few."""
    sender.add(1)
    for _ in range(KEYS - 1):
        assert sender.refuse(sender.one(), "bad_key", server_time_ms=500) is None
    assert sender.refuse(sender.one(), "bad_key", server_time_ms=500) is not None


def test_no_other_key_where_the_first_may_be_stored(sender: Sender) -> None:
    """Once a try ended without word, another key could double the message: the error is final."""
    sender.add(1)
    sender.refuse(sender.one(), "timeout")
    assert sender.refuse(sender.one(), "bad_key", server_time_ms=500) is not None


def test_a_bad_key_of_the_users_is_final(sender: Sender) -> None:
    """A key that the user chose is never replaced; and without the server's time none is."""
    sender.add(1, key="mine")
    assert sender.refuse(sender.one(), "bad_key", server_time_ms=500) is not None
    sender.add(2)
    assert sender.refuse(sender.one(), "bad_key") is not None


def test_an_unreadable_answer_is_asked_again(sender: Sender) -> None:
    """An answer that says nothing is settled by the same key."""
    sender.add(1)
    first = sender.one()
    sender.outbox.unreadable(first.id or "", sender.now)
    sender.outbox.unreadable("q99", sender.now)
    assert sender.one().key == first.key


def test_withdrawn_before_it_was_sent(sender: Sender) -> None:
    """A message that never went out leaves no trace."""
    sender.add(1)
    sender.add(2)
    sender.due()
    assert sender.outbox.withdraw(2) is None
    assert len(sender.outbox) == 1
    sender.add(3, "r2")
    assert sender.outbox.withdraw(3) is None
    assert len(sender.outbox) == 1


def test_withdrawn_on_its_way(sender: Sender) -> None:
    """A message that went out may be in the log: its key says which; its answer is ignored."""
    sender.add(1)
    first = sender.one()
    assert sender.outbox.withdraw(1) == first.key
    assert sender.outbox.acknowledged(first.id or "", RESULT) is None
    assert sender.refuse(first, "forbidden") is None
    assert sender.outbox.withdraw(1) is None
    assert sender.outbox.next_at() is None


def test_it_is_bounded(sender: Sender) -> None:
    """Beyond the bound a message is refused, not kept."""
    for ticket in range(WAITING):
        assert sender.add(ticket) is None
    full = sender.add(WAITING)
    assert full is not None
    assert full.code == "rate_limited"
    assert len(sender.outbox) == WAITING


@given(st.data())
def test_any_story_stores_each_message_once_in_order(data: st.DataObject) -> None:
    """A server that loses requests and answers in any way ends up with each message once,

    in order within its room, when it drops keys it has.
    """
    sender = Sender()
    rooms = data.draw(st.lists(st.sampled_from("ab"), min_size=1, max_size=12))
    stored: dict[str, list[str]] = {"a": [], "b": []}
    keys: set[str] = set()
    settled: dict[int, object] = {}
    for ticket, room in enumerate(rooms):
        sender.add(ticket, room)

    def store(frame: Send) -> None:
        if frame.key not in keys:
            keys.add(frame.key)
            stored[frame.room].append(frame.text)
        done = sender.outbox.acknowledged(frame.id or "", RESULT)
        if done is not None:
            assert done[0] not in settled
            settled[done[0]] = done[1]

    for _ in range(data.draw(st.integers(0, 30))):
        for frame in sender.due():
            fate = data.draw(st.sampled_from(["ok", "lost", "answer lost", "timeout", "no answer"]))
            if fate == "ok":
                store(frame)
            elif fate == "timeout":
                sender.refuse(frame, "timeout")
            elif fate == "answer lost" and frame.key not in keys:
                keys.add(frame.key)
                stored[frame.room].append(frame.text)
            if fate in ("lost", "answer lost"):
                sender.outbox.disconnected(sender.now)
        sender.now += ANSWER_SECONDS
    while len(sender.outbox):
        for frame in sender.due():
            store(frame)
        sender.now += ANSWER_SECONDS
    assert sorted(settled) == list(range(len(rooms)))
    for room in "ab":
        assert stored[room] == [str(ticket) for ticket, of in enumerate(rooms) if of == room]
