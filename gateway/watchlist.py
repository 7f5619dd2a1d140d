"""Who here watches whom, what is known of those watched, and who of them is in doubt; a core.

It asks nobody and sends nothing: who shares a room is history's to say, who is here presence's,
and what is to be told comes out as data.

Presence is for people who share a room. While a person is in doubt (`doubt`) nobody is told of
them, and they are told of nobody but themselves; what changed meanwhile comes out of `settle`. Each
question to history gets a number, so that an answer counts only against what it knew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from proto import calls, shapes

C = TypeVar("C")

UNKNOWN = -1
"""The `rev` of one of whom nothing is known yet; every other is above it."""


class Watched(Generic[C]):
    """One person who is watched here, or about to be."""

    __slots__ = ("holds", "seen", "user", "watches")

    def __init__(self, user: str) -> None:
        self.user = user
        self.seen: calls.Seen | None = None
        """Never None while somebody watches."""
        self.watches: set[Watch[C]] = set()
        self.holds = 0
        """Questions under way that are about them."""


class Watch(Generic[C]):
    """Whom one connection (`owner`) of `user` watches."""

    __slots__ = ("asked", "owner", "people", "user", "withheld")

    def __init__(self, owner: C, user: str) -> None:
        self.owner = owner
        self.user = user
        self.people: tuple[Watched[C], ...] = ()
        self.asked = 0
        """The number of the question that let it in."""
        self.withheld: dict[Watched[C], shapes.Presence] | None = None
        """What the owner was told last of those whose changes were withheld since."""


class Question(Generic[C]):
    """A watch that is about to begin."""

    __slots__ = ("held", "is_stale", "number", "user", "users")

    def __init__(self, user: str, users: Iterable[str]) -> None:
        self.user = user
        self.users = dict.fromkeys(users)
        """Those asked for, in order, each once."""
        self.number = 0
        self.is_stale = False
        """Whether what history answered may be out of date."""
        self.held: tuple[Watched[C], ...] = ()


class Doubt(NamedTuple):
    """A question whether `user` still shares a room with each of `users`."""

    user: str
    users: frozenset[str]
    number: int


class Notice(NamedTuple, Generic[C]):
    """Tell these owners what they now see of a person."""

    presence: shapes.Presence
    owners: list[C]


class Following(NamedTuple):
    """Whom to follow from now on, and whom no longer."""

    new: list[str]
    gone: list[str]


class Watchlist(Generic[C]):
    """Everyone who is watched here; a person is kept as long as a watch or a question needs them.

    Bounded by the connections: each watches at most `limits.WATCH_USERS` people.
    """

    def __init__(self) -> None:
        self._people: dict[str, Watched[C]] = {}
        self._by_viewer: dict[str, set[Watch[C]]] = {}
        self._questions: set[Question[C]] = set()
        self._doubts: dict[str, int] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._people)

    def users(self) -> list[str]:
        """Everyone who is watched, or about to be."""
        return list(self._people)

    def revs(self, users: Iterable[str]) -> dict[str, int]:
        """What is known of people, to be given to `learn` with the answer to a later question."""
        return {user: self._rev(user) for user in users}

    # --------------------------------------------------------------------------- whom to watch

    def ask(self, user: str, users: Iterable[str]) -> Question[C]:
        """Begin a watch of `user`; `drop` ends the question, whatever came of it."""
        question: Question[C] = Question(user, users)
        self._questions.add(question)
        return question

    def renew(self, question: Question[C]) -> None:
        """Learn that history is asked now: what it answers is true from here on."""
        question.number, question.is_stale = self._next(), False

    def hold(self, question: Question[C], users: Iterable[str]) -> Following:
        """Take in what is told of `users` from now on, and of nobody else for this question."""
        before, new = question.held, []
        held = []
        for user in users:
            watched = self._people.get(user)
            if watched is None:
                watched = self._people[user] = Watched(user)
                new.append(user)
            watched.holds += 1
            held.append(watched)
        question.held = tuple(held)
        return Following(new, self._let_go(before))

    def drop(self, question: Question[C]) -> list[str]:
        """End a question; gives whom to follow no more. Idempotent."""
        self._questions.discard(question)
        held, question.held = question.held, ()
        return self._let_go(held)

    def install(
        self, watch: Watch[C], question: Question[C]
    ) -> tuple[list[shapes.Presence], list[str]]:
        """Put those held by a question in the place of the watch's people.

        Everything about them has been learnt. Gives what the owner now sees, in the order asked,
        and whom to follow no more.
        """
        before = watch.people
        self._leave(watch, before)
        watch.people, watch.asked, watch.withheld = question.held, question.number, None
        for watched in watch.people:
            watched.watches.add(watch)
        if watch.people:
            self._by_viewer.setdefault(watch.user, set()).add(watch)
        seen = [shown(watched.seen) for watched in watch.people if watched.seen is not None]
        return seen, self._forget(before)

    def close(self, watch: Watch[C]) -> list[str]:
        """End a watch; gives whom to follow no more. Idempotent."""
        before, watch.people, watch.withheld = watch.people, (), None
        self._leave(watch, before)
        return self._forget(before)

    # ------------------------------------------------------------------------- what is learnt

    def learn(self, seen: calls.Seen, known: int | None = None) -> Notice[C] | None:
        """Take what presence says of a person; gives whom to tell, if it makes a difference.

        Of two the higher `rev` counts. An answer to a question (`known` is what `revs` gave when it
        was asked) counts too if nothing came meanwhile: presence then told what is true by now,
        even if its clock went back. A `rev` of 0 says that presence knows nothing, which it may be
        about to learn: nobody is thought to have left because of it.
        """
        watched = self._people.get(seen.user)
        if watched is None:
            return None
        held = watched.seen
        if held is not None and seen.rev <= held.rev and (known != held.rev or not seen.rev):
            return None
        watched.seen = seen
        if held is None or shown(held) == shown(seen):
            return None
        before = shown(held)
        owners = [w.owner for w in watched.watches if not self._withholds(w, watched, before)]
        return Notice(shown(seen), owners) if owners else None

    # ------------------------------------------------------------------------- who is in doubt

    def doubt(self, user: str) -> bool:
        """Trust nothing about who shares a room with `user`; True if history has to be asked."""
        number = self._next()
        for question in self._questions:
            if user == question.user or user in question.users:
                question.is_stale = True
        watched = self._people.get(user)
        if user in self._by_viewer or (watched is not None and watched.watches):
            self._doubts[user] = number
        return user in self._doubts

    def doubt_all(self) -> bool:
        """Trust nothing about anyone; True if history has to be asked."""
        number = self._next()
        for question in self._questions:
            question.is_stale = True
        # Each pair has a viewer, so this covers all of them.
        for user in self._by_viewer:
            self._doubts[user] = number
        return bool(self._doubts)

    def doubted(self) -> list[str]:
        """Everyone in doubt, the longest first."""
        return list(self._doubts)

    def question(self, user: str) -> Doubt:
        """What to ask history about one who is in doubt; nothing if `users` is empty."""
        users = {
            watched.user for watch in self._by_viewer.get(user, ()) for watched in watch.people
        }
        target = self._people.get(user)
        if target is not None:
            users.update(watch.user for watch in target.watches)
        return Doubt(user, frozenset(users - {user}), self._next())

    def settle(self, doubt: Doubt, shared: Collection[str]) -> tuple[list[Notice[C]], list[str]]:
        """Take history's answer: those of `doubt.users` who do not share a room see each other no
        more, the others again unless newly in doubt.

        Gives what was withheld, and whom to follow no more.
        """
        strangers = doubt.users.difference(shared)
        gone = self._part(doubt, strangers) if strangers else []
        if self._doubts.get(doubt.user, 0) > doubt.number:
            return [], gone
        self._doubts.pop(doubt.user, None)
        notices = []
        for watch in self._by_viewer.get(doubt.user, ()):
            for watched in list(watch.withheld or ()):
                notices += self._release(watch, watched)
        target = self._people.get(doubt.user)
        for watch in target.watches if target is not None else ():
            notices += self._release(watch, target)
        return notices, gone

    # ------------------------------------------------------------------------------------ parts

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _rev(self, user: str) -> int:
        watched = self._people.get(user)
        return UNKNOWN if watched is None or watched.seen is None else watched.seen.rev

    def _is_doubtful(self, watch: Watch[C], watched: Watched[C]) -> bool:
        if not self._doubts or watch.user == watched.user:
            return False
        return watch.user in self._doubts or watched.user in self._doubts

    def _withholds(self, watch: Watch[C], watched: Watched[C], told: shapes.Presence) -> bool:
        if not self._is_doubtful(watch, watched):
            return False
        if watch.withheld is None:
            watch.withheld = {}
        watch.withheld.setdefault(watched, told)
        return True

    def _release(self, watch: Watch[C], watched: Watched[C] | None) -> list[Notice[C]]:
        """Tell the owner what was withheld, unless it is in doubt still or back where it was."""
        if watched is None or watch.withheld is None or watched not in watch.withheld:
            return []
        if self._is_doubtful(watch, watched) or watched.seen is None:
            return []
        told = watch.withheld.pop(watched)
        now = shown(watched.seen)
        return [] if now == told else [Notice(now, [watch.owner])]

    def _part(self, doubt: Doubt, strangers: frozenset[str]) -> list[str]:
        """End what strangers see of each other; a watch let in by a later question stays."""
        parted: list[Watched[C]] = []
        for watch in list(self._by_viewer.get(doubt.user, ())):
            if watch.asked <= doubt.number:
                parted += self._cut(watch, strangers)
        target = self._people.get(doubt.user)
        for watch in list(target.watches) if target is not None else ():
            if watch.user in strangers and watch.asked <= doubt.number:
                parted += self._cut(watch, {doubt.user})
        return self._forget(parted)

    def _cut(self, watch: Watch[C], users: Collection[str]) -> list[Watched[C]]:
        cut = [watched for watched in watch.people if watched.user in users]
        watch.people = tuple(watched for watched in watch.people if watched.user not in users)
        for watched in cut:
            watched.watches.discard(watch)
            if watch.withheld is not None:
                watch.withheld.pop(watched, None)
        if not watch.people:
            self._leave(watch, ())
        return cut

    def _leave(self, watch: Watch[C], people: Sequence[Watched[C]]) -> None:
        for watched in people:
            watched.watches.discard(watch)
        watches = self._by_viewer.get(watch.user)
        if watches is not None:
            watches.discard(watch)
            if not watches:
                del self._by_viewer[watch.user]

    def _let_go(self, held: Sequence[Watched[C]]) -> list[str]:
        for watched in held:
            watched.holds -= 1
        return self._forget(held)

    def _forget(self, people: Iterable[Watched[C]]) -> list[str]:
        """Those whom nobody needs any more, who are dropped."""
        gone = []
        for watched in people:
            idle = not watched.holds and not watched.watches
            if idle and self._people.get(watched.user) is watched:
                del self._people[watched.user]
                gone.append(watched.user)
        return gone


def shown(seen: calls.Seen) -> shapes.Presence:
    """What a client gets of it: when they were last seen is told of those who are not here."""
    last_seen_ms = seen.last_seen_ms if seen.status == "offline" else None
    return shapes.Presence(seen.user, seen.status, last_seen_ms, seen.custom_status)
