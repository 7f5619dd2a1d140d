"""What a run leaves behind: what clients were answered and held, and what the servers keep.

Plain data, written by the harness, read by the checker and the timeline; nothing is judged here.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Outcome = Literal["ok", "refused", "unknown"]
"""`refused` is a final error; `unknown` that the last answer never came, or was not final."""


class Sending(Struct, frozen=True, kw_only=True):
    """One message that somebody tried to say, and what came of it.

    `began_ms` and `ended_ms` are of the harness's clock; `number` rises with each sending of one
    `client` into one `room`. `repeat`: it was acknowledged before, and is said again by a client
    that keeps no order.
    """

    client: str
    user: str
    room: str
    key: str
    text: str
    number: int
    began_ms: int
    ended_ms: int
    outcome: Outcome
    seq: int | None = None
    repeat: bool = False


class Amending(Struct, frozen=True, kw_only=True):
    """Something that somebody tried to do to an earlier message, and what came of it.

    `kind` is that of the event it is to become, `target` the place of the message. `text` is the
    text it is to get, or the emoji; empty for a deletion. It was asked for so many times
    (`attempts`): one that was not answered may have been carried out, and the next one too. Times
    and `number` as in `Sending`; a client does one thing after the other.
    """

    client: str
    user: str
    room: str
    kind: str
    target: int
    text: str
    number: int
    began_ms: int
    ended_ms: int
    outcome: Outcome
    attempts: int = 1

    @property
    def seq(self) -> int:
        """Where to look."""
        return self.target


class Entry(Struct, frozen=True, kw_only=True):
    """A log event: what the servers keep of it, or what a client was shown.

    `who` is the sender of a message, or the person whom a membership event is about, or who did
    something to an earlier message; `key` is the message's own, empty for other events. `target`
    is the place of the earlier message (0: none), and `text` then what it got: a text or an emoji.
    `deleted`: it is told of a message that is no more. `ms` is when it happened, or when the client
    heard it, by the clock of one machine.
    """

    seq: int
    kind: str
    who: str
    key: str = ""
    text: str = ""
    target: int = 0
    deleted: bool = False
    ms: int = 0


class Standing(Struct, frozen=True):
    """What a message is in the end: its text, whether it was deleted, who reacted with what."""

    text: str = ""
    deleted: bool = False
    reactions: frozenset[tuple[str, str]] = frozenset()


class Gap(Struct, frozen=True, kw_only=True):
    """A client was told that it holds nothing between these two (both exclusive)."""

    after: int
    before: int


class Rewind(Struct, frozen=True, kw_only=True):
    """A client was told that the log ends at `to`, and dropped what it held above."""

    to: int


class Left(Struct, frozen=True):
    """A client was told that it is in the room no more."""


Held = Entry | Gap | Rewind | Left


class Holding(Struct, frozen=True, kw_only=True):
    """What one client was shown of one room, in the order shown.

    `member_from`: the seq from which on the client was to hear of the room. `at_end`: the client
    was connected, and a member, when everything had settled: it must then hold the whole rest.
    """

    client: str
    user: str
    room: str
    member_from: int
    at_end: bool
    items: list[Held]


class Sight(Struct, frozen=True, kw_only=True):
    """What somebody was shown of whether another is here, once everything had settled.

    `client` saw it: one that watches, or `HTTP`.
    """

    client: str
    user: str
    status: str


class Fault(Struct, frozen=True, kw_only=True):
    """Something that was done to the stack, and when it was undone or mended."""

    kind: str
    target: str
    began_ms: int
    ended_ms: int


class Run(Struct, frozen=True, kw_only=True):
    """Everything that a run leaves behind.

    `stored`: what history keeps of each room, in its order. `logged`: what the log keeps of each
    room, of which a part may have been trimmed; `trimmed` is the highest seq that may be missing
    from it. `reborn`: the log's store was taken away in this run, so that what was acknowledged
    and had not reached Postgres may be missing; never in the runs that prove the promise. `stuck`:
    what was not well again in time, in words; the run ended there, and nobody was settled.

    `standing`: what Postgres keeps of each message of each room, by its place. `words`: the words
    that the servers still keep (`marks`), by where. `heard`: for each client the words that came to
    it, and when the last connection was begun on which each of them came. `sockets`: how many each
    of those had in the end who are looked at in `sights`.
    """

    seed: int
    faults: list[Fault]
    sendings: list[Sending]
    holdings: list[Holding]
    stored: dict[str, list[Entry]]
    logged: dict[str, list[Entry]]
    trimmed: int = 0
    reborn: bool = False
    stuck: str = ""
    amendings: list[Amending] = []
    standing: dict[str, dict[int, Standing]] = {}
    words: dict[str, frozenset[str]] = {}
    heard: dict[str, dict[str, int]] = {}
    sockets: dict[str, int] = {}
    sights: list[Sight] = []
