"""What a webhook is told, how it is signed, and when it is told again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from notify import hook
from notify.shares import Shares
from proto import events, limits, wire
from proto.calls import StoredEvent
from proto.deliveries import WebhookJob

JOB = WebhookJob("w1", "r1", 7, 1_000_000)
HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "webhooks.md"
DAY_MS = limits.WEBHOOK_SECONDS * 1000
Verify = Callable[[str, bytes, dict[str, str], float], bool]


def verifier() -> Verify:
    """The recipe of the documents, as a receiver would copy it."""
    (recipe,) = re.findall(r"```python\n(.*?)```", HOWTO.read_text(), re.DOTALL)
    known: dict[str, Verify] = {}
    exec(recipe, known)  # noqa: S102 - it is what is tested
    return known["is_from_parley"]


def said() -> bytes:
    """A body."""
    event = events.Message(room="r1", ts=5, id="k", sender="u1", sender_name="Ada", text="hi “you”")
    return hook.body(JOB, StoredEvent(7, 3, Raw(wire.encode(event))))


def test_what_is_said() -> None:
    """The event as clients see it, with its place, and what delivery it is."""
    told = json.loads(said())
    assert (told["delivery"], told["webhook"]) == ("w1.7", "w1")
    assert (told["event"]["type"], told["event"]["seq"], told["event"]["prev"]) == ("message", 7, 3)
    assert told["event"]["text"] == "hi “you”"


def test_what_is_told_at_all() -> None:
    """Messages, their edits and deletions, by how a stored event begins."""
    told = (
        events.Message(room="r", ts=1, id="k", sender="u", sender_name="U", text="t"),
        events.MessageEdited(room="r", ts=1, target=1, by="u", text="t"),
        events.MessageDeleted(room="r", ts=1, target=1, by="u"),
    )
    assert all(hook.is_told(wire.encode(event)) for event in told)
    assert not hook.is_told(wire.encode(events.MessagePinned(room="r", ts=1, target=1, by="u")))
    assert not hook.is_told(b"")


def test_a_receiver_can_tell() -> None:
    """By the recipe of the documents: neither another body, nor another time, nor a secret of
    before, nor what is older than the window passes."""
    verify, now = verifier(), 1_700_000_000.0
    headers = hook.headers(JOB, "new secret", said(), int(now * 1000))
    sent = {name.title(): value for name, value in headers.items()}
    assert verify("new secret", said(), sent, now)
    assert verify("new secret", said(), sent, now + limits.WEBHOOK_SKEW_SECONDS)
    assert not verify("old secret", said(), sent, now)
    assert not verify("new secret", said() + b" ", sent, now)
    assert not verify("new secret", said(), sent, now + limits.WEBHOOK_SKEW_SECONDS + 1)
    assert not verify("new secret", said(), sent, now - limits.WEBHOOK_SKEW_SECONDS - 1)
    later = str(int(now) + 1)
    assert not verify("new secret", said(), {**sent, "Parley-Timestamp": later}, now)
    assert not verify("new secret", said(), {**sent, "Parley-Signature": "v1="}, now)
    assert not verify("new secret", said(), {}, now)
    signed_before = hook.signature("old secret", int(now), said())
    assert not verify("new secret", said(), {**sent, "Parley-Signature": signed_before}, now)


def test_a_delivery_has_one_id() -> None:
    """At each attempt, though time and signature are others; so a receiver drops doubles."""
    first, second = (hook.headers(JOB, "s", said(), ms) for ms in (5_000, 65_000))
    assert first["parley-delivery"] == second["parley-delivery"] == JOB.delivery
    assert first["parley-signature"] != second["parley-signature"]


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (200, "delivered", "it answered 200"),
        (299, "delivered", "it answered 299"),
        (302, "again", "it answered 302: redirects are not followed"),
        (400, "again", "it answered 400"),
        (410, "off", "it answered 410: it wants no more"),
        (503, "again", "it answered 503"),
    ],
)
def test_answers(status: int, outcome: hook.Outcome, reason: str) -> None:
    """Only 2xx is a yes, and only 410 a no for ever."""
    assert hook.outcome(status) == outcome
    assert hook.reason(status) == reason


def test_it_is_tried_for_a_day() -> None:
    """At doubling distances, some 30 times, the last time when the day is over."""
    now_ms, tries = JOB.at_ms, 1
    pauses = []
    while not hook.is_last(JOB, now_ms):
        pauses.append(hook.pause_seconds(JOB, now_ms, 0.5))
        now_ms += int(pauses[-1] * 1000)
        tries += 1
    assert pauses[:5] == [5.0, 5.0, 10.0, 20.0, 40.0]
    assert max(pauses) == 3_600.0
    assert 30 <= tries <= 40
    assert 0 <= now_ms - JOB.at_ms - DAY_MS <= 5_000


@given(
    st.integers(0, 2 * DAY_MS),
    st.floats(0, 1),
    st.one_of(st.none(), st.text(max_size=5), st.integers(0, 10**30).map(str)),
)
def test_pauses_have_bounds(age_ms: int, chance: float, asked: str | None) -> None:
    """Whatever a receiver asks for: from seconds to an hour, and hardly beyond the day."""
    pause = hook.pause_seconds(JOB, JOB.at_ms + age_ms, chance, asked)
    assert 3.75 <= pause <= 3_600.0
    assert pause <= max(5.0, (DAY_MS - age_ms) / 1000)
    assert 2.0 <= hook.full_seconds(chance) <= 6.0


def test_a_receiver_asks_for_time() -> None:
    """`Retry-After` in seconds is heeded where it is longer; a date is not read."""
    assert hook.pause_seconds(JOB, JOB.at_ms, 0.0, "90") == 90.0
    assert hook.pause_seconds(JOB, JOB.at_ms, 0.0, "1") == 3.75
    assert hook.pause_seconds(JOB, JOB.at_ms, 1.0, "Fri, 27 Nov 2026 10:00:00 GMT") == 6.25
    assert hook.pause_seconds(JOB, JOB.at_ms, 1.0, "²") == 6.25


def test_a_host_has_its_share() -> None:
    """And is forgotten when nothing is asked of it."""
    hosts = Shares(2)
    assert [hosts.take("a") for _ in range(3)] == [True, True, False]
    assert hosts.take("b")
    hosts.give("a")
    assert hosts.take("a")
    for host in ("a", "a", "b"):
        hosts.give(host)
    assert len(hosts) == 0
