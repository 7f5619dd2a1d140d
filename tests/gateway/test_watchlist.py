"""Who sees whom: what is told, to whom, once; what is withheld in doubt; and when all is let go."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from gateway.watchlist import UNKNOWN, Notice, Watch, Watchlist
from proto.calls import Seen
from proto.shapes import Presence, Status

Told = list[tuple[str, str, str]]


class Onlookers:
    """A watchlist whose connections are names, and what each of them was told."""

    def __init__(self) -> None:
        self.list: Watchlist[str] = Watchlist()
        self.watches: dict[str, Watch[str]] = {}
        self.told: Told = []
        self.rev = 0

    def watch(self, owner: str, *users: str) -> list[Presence]:
        """Let a connection, whose user is its name without the digit, watch people who are idle."""
        watch = self.watches.setdefault(owner, Watch(owner, owner.rstrip("0123456789")))
        question = self.list.ask(watch.user, users)
        self.list.renew(question)
        self.list.hold(question, question.users)
        for user in question.users:
            if self.list.revs([user])[user] == UNKNOWN:
                self.learn(user, "idle")
        presence, _ = self.list.install(watch, question)
        self.list.drop(question)
        return presence

    def learn(self, user: str, status: Status, rev: int = 0, known: int | None = None) -> None:
        """Take a change, the latest unless told."""
        self.rev += 1
        self._tell(self.list.learn(Seen(user, status, 7, rev or self.rev), known))

    def settle(self, user: str, *shared: str) -> list[str]:
        """Take history's answer about somebody, asked just now; gives who is followed no more."""
        notices, gone = self.list.settle(self.list.question(user), shared)
        self._tell(*notices)
        return gone

    def _tell(self, *notices: Notice[str] | None) -> None:
        for notice in notices:
            if notice is not None:
                told = notice.presence
                self.told += [(owner, told.user, told.status) for owner in sorted(notice.owners)]

    def take(self) -> Told:
        """What was told since the last look."""
        told, self.told = self.told, []
        return told


def _seen(user: str, rev: int, status: Status = "online") -> Seen:
    return Seen(user, status, 7, rev)


def _sees(presence: Iterable[Presence]) -> list[tuple[str, str]]:
    return [(one.user, one.status) for one in presence]


def test_everyone_is_followed_once_and_until_the_last() -> None:
    """However many watch them, and whatever is under way."""
    people: Watchlist[str] = Watchlist()
    first, second = people.ask("a", ["x", "y", "x"]), people.ask("b", ["y"])
    assert list(first.users) == ["x", "y"]
    assert people.hold(first, ["x", "y"]) == (["x", "y"], [])
    assert people.hold(second, ["y"]) == ([], [])
    assert people.users() == ["x", "y"]
    assert people.hold(first, ["y", "z"]) == (["z"], ["x"])
    assert people.drop(first) == ["z"]
    assert people.drop(first) == []
    assert people.drop(second) == ["y"]
    assert len(people) == 0


def test_a_watch_replaces_the_one_before() -> None:
    """In the order asked, each once; whoever is left out is told of no more."""
    here = Onlookers()
    assert _sees(here.watch("a1", "y", "x", "y")) == [("y", "idle"), ("x", "idle")]
    here.learn("x", "online")
    assert _sees(here.watch("a1", "x", "z")) == [("x", "online"), ("z", "idle")]
    here.take()
    here.learn("y", "online")
    here.learn("z", "dnd")
    assert here.take() == [("a1", "z", "dnd")]
    assert here.watch("a1") == []
    assert here.list.users() == []


def test_a_change_is_told_to_each_who_watches_once() -> None:
    """All connections, also of the same person; nothing when nothing differs."""
    here = Onlookers()
    for owner in ("a1", "a2", "b1"):
        here.watch(owner, "x")
    here.learn("x", "online", 10)
    assert here.take() == [("a1", "x", "online"), ("a2", "x", "online"), ("b1", "x", "online")]
    here.learn("x", "online", 11)
    here.learn("nobody", "online", 11)
    assert here.take() == []


def test_the_higher_revision_counts() -> None:
    """What is older comes too late, whichever way it came."""
    here = Onlookers()
    here.watch("a1", "x")
    here.learn("x", "online", 10)
    here.learn("x", "dnd", 10)
    here.learn("x", "dnd", 9)
    here.learn("x", "dnd", 9, known=8)
    assert here.take() == [("a1", "x", "online")]


def test_an_answer_counts_if_nothing_came_since_the_question() -> None:
    """A presence whose clock went back, as another Redis may have one, has lower revisions."""
    here = Onlookers()
    here.watch("a1", "x")
    here.learn("x", "online", 10)
    known = here.list.revs(["x", "nobody"])
    assert known == {"x": 10, "nobody": UNKNOWN}
    here.learn("x", "offline", 5, known=known["x"])
    assert here.take() == [("a1", "x", "online"), ("a1", "x", "offline")]


def test_a_presence_that_knows_nothing_yet_makes_nobody_look_gone() -> None:
    """Redis was emptied: until gateways have renewed, everyone is unknown there, and nobody left.
    Of whom nothing was known here either is offline."""
    here = Onlookers()
    here.watch("a1", "x")
    here.learn("x", "online", 10)
    nothing = _seen("x", 0, "offline")
    assert here.list.learn(nothing, here.list.revs(["x"])["x"]) is None
    assert here.list.learn(nothing) is None
    here.learn("x", "offline", 11)
    assert here.take() == [("a1", "x", "online"), ("a1", "x", "offline")]
    stranger = here.list.ask("a", ["y"])
    here.list.hold(stranger, ["y"])
    assert here.list.learn(_seen("y", 0, "offline")) is None
    assert here.list.revs(["y"]) == {"y": 0}
    assert here.list.learn(_seen("y", 0, "offline"), 0) is None


def test_last_seen_is_told_of_those_who_are_not_here() -> None:
    """Not when they are: it would be of no use, and not of the protocol."""
    here = Onlookers()
    (presence,) = here.watch("a1", "x")
    assert presence.last_seen_ms is None
    notice = here.list.learn(_seen("x", 10, "offline"))
    assert notice == (Presence("x", "offline", 7), ["a1"])


def test_a_closed_connection_is_told_nothing_and_needs_nobody() -> None:
    """Also while somebody is in doubt; twice is harmless."""
    here = Onlookers()
    here.watch("a1", "x", "y")
    here.watch("b1", "y")
    assert here.list.doubt("x")
    here.learn("x", "online")
    assert here.list.close(here.watches["a1"]) == ["x"]
    assert here.list.close(here.watches["a1"]) == []
    here.learn("y", "online")
    assert here.take() == [("b1", "y", "online")]
    assert here.settle("x") == []
    assert here.list.doubted() == []


def test_whoever_is_in_doubt_is_shown_to_nobody_until_it_is_settled() -> None:
    """Then what they are now, once, to those who may still see them, if it differs."""
    here = Onlookers()
    here.watch("a1", "x", "y")
    here.watch("b1", "x")
    assert here.list.doubt("x")
    here.learn("x", "online")
    here.learn("x", "dnd")
    here.learn("y", "online")
    assert here.take() == [("a1", "y", "online")]
    assert here.list.question("x").users == {"a", "b"}
    here.settle("x", "a")
    assert here.take() == [("a1", "x", "dnd")]
    here.learn("x", "idle")
    assert here.take() == [("a1", "x", "idle")]


def test_what_is_as_it_was_before_the_doubt_is_not_told() -> None:
    """They went and came back while nobody could be told."""
    here = Onlookers()
    here.watch("a1", "x")
    here.list.doubt("a")
    here.learn("x", "online")
    here.learn("x", "idle")
    here.settle("a", "x")
    assert here.take() == []


def test_one_who_left_sees_nobody_of_them_any_more() -> None:
    """Both directions: whom they watch, and who watches them."""
    here = Onlookers()
    here.watch("x1", "a", "b", "x")
    here.watch("a1", "x")
    here.list.doubt("x")
    here.learn("a", "online")
    here.learn("x", "online")
    # Oneself is never in doubt.
    assert here.take() == [("x1", "x", "online")]
    assert here.list.question("x").users == {"a", "b"}
    assert here.settle("x", "b") == ["a"]
    here.learn("b", "online")
    here.learn("x", "dnd")
    assert here.take() == [("x1", "b", "online"), ("x1", "x", "dnd")]


def test_who_watches_nobody_any_more_is_asked_about_no_more() -> None:
    """Their last one was a stranger; they may watch again."""
    here = Onlookers()
    here.watch("a1", "x")
    here.list.doubt("x")
    assert here.settle("x") == ["x"]
    assert not here.list.doubt("a")
    assert not here.list.doubt("x")
    here.watch("a1", "x")
    assert here.list.doubt("a")


def test_a_doubt_during_the_question_outlives_its_answer() -> None:
    """They left another room just then: the answer is about before."""
    here = Onlookers()
    here.watch("a1", "x", "y")
    here.list.doubt("x")
    asked = here.list.question("x")
    here.list.doubt("x")
    here.learn("x", "online")
    assert here.list.settle(asked, ["a"]) == ([], [])
    assert here.list.doubted() == ["x"]
    here.settle("x", "a")
    assert here.take() == [("a1", "x", "online")]


def test_two_in_doubt_are_shown_when_both_are_settled() -> None:
    """Each may have left what they shared."""
    here = Onlookers()
    here.watch("a1", "x")
    here.list.doubt("a")
    here.list.doubt("x")
    here.learn("x", "online")
    here.settle("x", "a")
    assert here.take() == []
    here.settle("a", "x")
    assert here.take() == [("a1", "x", "online")]


def test_a_watch_let_in_later_is_not_cut_by_an_earlier_question() -> None:
    """They share a room again, and the client asked again, before the answer came."""
    here = Onlookers()
    here.watch("a1", "x")
    here.watch("x1", "a")
    here.list.doubt("x")
    here.learn("x", "dnd")
    asked = here.list.question("x")
    assert _sees(here.watch("a2", "x")) == [("x", "dnd")]
    here.watch("x1", "a")
    assert here.list.settle(asked, ()) == ([], [])
    here.learn("x", "online")
    here.learn("a", "online")
    assert here.take() == [("a2", "x", "online"), ("x1", "a", "online")]


def test_what_was_withheld_is_in_the_answer_of_a_new_watch() -> None:
    """And is not told again when the doubt is settled; what comes after the answer is."""
    here = Onlookers()
    here.watch("a1", "x")
    here.list.doubt("x")
    here.learn("x", "online")
    assert _sees(here.watch("a1", "x")) == [("x", "online")]
    here.settle("x", "a")
    assert here.take() == []
    here.list.doubt("x")
    here.learn("x", "idle")
    here.settle("x", "a")
    assert here.take() == [("a1", "x", "idle")]


def test_everyone_can_be_in_doubt() -> None:
    """After a loss; each viewer is asked about, and nobody else need be."""
    here = Onlookers()
    assert not here.list.doubt_all()
    here.watch("a1", "x")
    here.watch("b1", "x", "y")
    assert here.list.doubt_all()
    here.learn("x", "online")
    assert sorted(here.list.doubted()) == ["a", "b"]
    here.settle("b", "x")
    assert here.take() == [("b1", "x", "online")]
    here.settle("a", "x")
    assert here.take() == [("a1", "x", "online")]


def test_a_question_is_stale_when_somebody_of_it_comes_into_doubt() -> None:
    """Whoever asks or is asked for; until history is asked again. Others make no difference."""
    people: Watchlist[str] = Watchlist()
    question = people.ask("a", ["x"])
    for doubtful in ("a", "x"):
        people.renew(question)
        assert not people.doubt("other")
        assert not question.is_stale
        assert not people.doubt(doubtful)
        assert question.is_stale
    people.renew(question)
    people.doubt_all()
    assert question.is_stale
    people.hold(question, ["x"])
    assert not people.doubt("x")


_PEOPLE = st.sampled_from("abc")
_STEP = st.one_of(
    st.tuples(st.just("watch"), st.sampled_from(["a1", "a2", "b1"]), st.lists(_PEOPLE)),
    st.tuples(st.just("learn"), _PEOPLE, st.sampled_from(["online", "idle", "dnd"])),
    st.tuples(st.just("doubt"), _PEOPLE, st.none()),
    st.tuples(st.just("settle"), _PEOPLE, st.none()),
)


@given(st.lists(_STEP))
def test_what_was_told_last_is_what_is_true_once_nobody_is_in_doubt(
    steps: list[tuple[str, str, object]],
) -> None:
    """Whatever happens in whatever order: nothing is missed, and nothing is told twice."""
    here = Onlookers()
    known: dict[tuple[str, str], str] = {}

    def tell() -> None:
        for owner, user, status in here.take():
            assert known[owner, user] != status
            known[owner, user] = status

    for step, name, more in steps:
        if step == "watch":
            assert isinstance(more, list)
            presence = here.watch(name, *more)
            tell()
            known = {pair: status for pair, status in known.items() if pair[0] != name}
            known.update({(name, one.user): one.status for one in presence})
        elif step == "learn":
            here.learn(name, more)  # type: ignore[arg-type] # a status, from the strategy
        elif step == "doubt":
            here.list.doubt(name)
        else:
            here.settle(name, "a", "b", "c")
        tell()
    for user in here.list.doubted():
        here.settle(user, "a", "b", "c")
    tell()
    for owner, watch in here.watches.items():
        now = {(owner, one.user): one.seen.status for one in watch.people if one.seen}
        assert now == {pair: status for pair, status in known.items() if pair[0] == owner}
        assert not watch.withheld
