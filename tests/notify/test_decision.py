"""Who must hear of a message, and of which of several."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify import decision
from notify.decision import FRESH_MS, PRECEDENCE, Notice, Said
from proto import events, subjects, wire
from proto.audience import AudienceReply, Hearer
from proto.shapes import Notify, RoomKind
from services.bus import Record

NOW_MS = 1_800_000_000_000


def said(seq: int = 10, sender: str = "ada", **fields: Any) -> Said:  # noqa: ANN401 - any field
    """A message of ada's that concerns nobody in particular."""
    plain = {
        "room": "r1",
        "ts": NOW_MS,
        "sender_name": "Ada",
        "text": "hello",
        "answers": (),
        "in_thread": False,
        "mentions": frozenset(),
        "everyone": False,
    }
    return Said(**{**plain, "seq": seq, "sender": sender, **fields})


def audience(
    *people: Hearer,
    messages: list[Said],
    kind: RoomKind | None = "private",
    large: bool = False,
    others: dict[int, str] | None = None,
) -> AudienceReply:
    """What history answers about messages none of which is deleted."""
    known = {one.seq: one.sender for one in messages} | (others or {})
    return AudienceReply(kind=kind, name="Tea", large=large, said=known, people=list(people))


def bob(notify: Notify = "all", read_seq: int = 0, *blocked: str) -> Hearer:
    """Somebody who has not read anything, unless told otherwise."""
    return Hearer("bob", notify, read_seq, list(blocked))


def kind_of(message: Said, hearer: Hearer, **facts: Any) -> str | None:  # noqa: ANN401 - as above
    """Why the hearer must hear of a message; None if not."""
    found = decision.notices([message], audience(hearer, messages=[message], **facts))
    return found[0].kind if found else None


NAMED = frozenset({"bob"})


@pytest.mark.parametrize(
    ("message", "facts", "level", "kind"),
    [
        (said(), {}, "all", "message"),
        (said(), {}, "mentions", None),
        (said(), {"large": True}, "all", None),
        (said(in_thread=True), {}, "all", None),
        (said(mentions=NAMED), {}, "mentions", "mention"),
        (said(mentions=NAMED, in_thread=True), {"large": True}, "all", "mention"),
        (said(mentions=frozenset({"cleo"})), {}, "mentions", None),
        (said(answers=(3,)), {"others": {3: "bob"}}, "mentions", "reply"),
        (said(answers=(3,), in_thread=True), {"others": {3: "bob"}}, "all", "reply"),
        (said(answers=(3,)), {"others": {3: "cleo"}}, "mentions", None),
        (said(answers=(3,)), {}, "mentions", None),
        (said(everyone=True), {"large": True}, "mentions", "everyone"),
        (said(), {"kind": "direct"}, "all", "direct"),
        (said(in_thread=True), {"kind": "direct"}, "all", "direct"),
        (said(), {"kind": "direct"}, "mentions", None),
        (said(mentions=NAMED, everyone=True), {"kind": "direct"}, "all", "mention"),
    ],
)
def test_why_a_message_concerns_somebody(
    message: Said, facts: dict[str, Any], level: Notify, kind: str | None
) -> None:
    """By its mentions, what it answers, its room and the person's level: the module's table."""
    assert kind_of(message, bob(level), **facts) == kind


def test_what_concerns_nobody() -> None:
    """One's own, what is read, whom one blocks, and what was deleted within the seconds."""
    named: dict[str, Any] = {"mentions": NAMED}
    assert kind_of(said(**named), bob()) == "mention"
    assert kind_of(said(sender="bob", **named), bob()) is None
    assert kind_of(said(seq=7, **named), bob("all", 7)) is None
    assert kind_of(said(seq=8, **named), bob("all", 7)) == "mention"
    assert kind_of(said(**named), bob("all", 0, "ada")) is None
    message = said(**named)
    assert decision.notices([message], audience(bob(), messages=[])) == []


def test_of_several_the_most_pressing_and_of_those_the_last() -> None:
    """One notice a person; each has their own."""
    messages = [
        said(1),
        said(2, mentions=NAMED),
        said(3, everyone=True),
        said(4, mentions=NAMED, text="last"),
        said(5),
    ]
    people = (bob(), Hearer("cleo", "mentions", 0), Hearer("dan", "mentions", 3))
    found = decision.notices(messages, audience(*people, messages=messages))
    assert [(one.user, one.kind, one.said.seq) for one in found] == [
        ("bob", "mention", 4),
        ("cleo", "everyone", 3),
    ]


def test_what_history_is_asked() -> None:
    """Once for all messages of a room: who said what they answer, and about whom they name."""
    messages = [
        said(5, answers=(2, 1), mentions=frozenset({"dan"})),
        said(7, "cleo", mentions=NAMED, everyone=True),
        said(6, answers=(5,)),
    ]
    call = decision.question(messages, "bob")
    assert (call.room, call.seq, call.seqs) == ("r1", 7, [1, 2, 5, 6, 7])
    assert (call.senders, call.named) == (["ada", "cleo"], ["bob", "dan"])
    assert call.everyone
    assert call.after == "bob"
    assert not decision.question([said()]).everyone


def record(seq: int, data: bytes, ts_ms: int = NOW_MS) -> Record:
    """A record of the log."""
    return Record(subjects.room_log("r1"), seq, ts_ms, data, b"")


def test_what_is_news() -> None:
    """Messages that are young enough, by room; other events and what cannot be read are not."""

    def message(room: str, **fields: Any) -> bytes:  # noqa: ANN401 - any field of the event
        return wire.encode(
            events.Message(
                room=room, ts=1, id="k", sender="ada", sender_name="Ada", text="x", **fields
            )
        )

    records = [
        record(1, message("r1", reply_to=3, thread=2, mentions=["bob"], everyone=True)),
        record(2, message("r2")),
        record(3, message("r1"), NOW_MS - FRESH_MS),
        record(4, message("r1"), NOW_MS - FRESH_MS - 1),
        record(5, wire.encode(events.MessageDeleted(room="r1", ts=1, target=1, by="ada"))),
        record(6, b"{"),
        record(7, b"\xff"),
    ]
    found = decision.news(records, NOW_MS)
    assert {room: [one.seq for one in some] for room, some in found.items()} == {
        "r1": [1, 3],
        "r2": [2],
    }
    first, plain = found["r1"][0], found["r2"][0]
    assert (first.answers, first.in_thread, first.mentions) == ((3, 2), True, NAMED)
    assert first.everyone
    assert (plain.answers, plain.in_thread, plain.mentions) == ((), False, frozenset())


PEOPLE = st.sampled_from(["ada", "bob", "cleo"])
MESSAGES = st.lists(
    st.builds(
        said,
        seq=st.integers(1, 9),
        sender=PEOPLE,
        answers=st.lists(st.integers(1, 9), max_size=2).map(tuple),
        in_thread=st.booleans(),
        mentions=st.frozensets(PEOPLE),
        everyone=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.seq,
)
HEARERS = st.lists(
    st.builds(
        Hearer,
        user=PEOPLE,
        notify=st.sampled_from(["all", "mentions"]),
        read_seq=st.integers(0, 9),
        blocked=st.lists(PEOPLE, max_size=1),
    ),
    max_size=3,
    unique_by=lambda one: one.user,
)


@given(MESSAGES, HEARERS, st.booleans(), st.sampled_from(["public", "private", "direct"]))
def test_nobody_hears_twice_or_of_what_is_not_theirs(
    messages: list[Said],
    people: list[Hearer],
    large: bool,  # noqa: FBT001 - an example's own
    kind: RoomKind,
) -> None:
    """Whatever was said: at most one notice a person, of an unread message of somebody else whom
    they do not block, and no other unread one that concerns them is more pressing, or as pressing
    and later.
    """
    facts = audience(*people, messages=messages, kind=kind, large=large)
    found = {notice.user: notice for notice in decision.notices(messages, facts)}
    assert len(found) == len(decision.notices(messages, facts))
    for hearer in people:
        alone = [
            one
            for message in messages
            for one in decision.notices([message], facts)
            if one.user == hearer.user
        ]
        notice = found.get(hearer.user)
        assert (notice is None) == (not alone)
        if notice is None:
            continue
        assert notice.said.seq > hearer.read_seq
        assert notice.said.sender not in (hearer.user, *hearer.blocked)
        assert notice in alone
        assert _rank(notice) == min(map(_rank, alone))
        last = [one for one in alone if _rank(one) == _rank(notice)][-1]
        assert notice == last


def _rank(notice: Notice) -> int:
    return PRECEDENCE.index(notice.kind)
