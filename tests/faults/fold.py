"""What the events of a room add up to, and whether somebody was told what history holds; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from tests.faults.record import Entry, Held, Run, Standing

EDITED, DELETED = "message.edited", "message.deleted"
ADDED, REMOVED = "reaction.added", "reaction.removed"
AMENDS = frozenset({EDITED, DELETED, ADDED, REMOVED})
"""Kinds of events that do something to an earlier message."""


def fold(items: Iterable[Held]) -> dict[int, Standing]:
    """Give each message by its place, as these events leave it; of an unknown one nothing."""
    found: dict[int, Standing] = {}
    for item in items:
        if not isinstance(item, Entry):
            continue
        if item.kind == "message":
            found[item.seq] = Standing(item.text, item.deleted)
        elif (before := found.get(item.target)) is not None:
            found[item.target] = _after(before, item)
    return found


def _after(before: Standing, event: Entry) -> Standing:
    if before.deleted:
        return before
    reaction = (event.who, event.text)
    match event.kind:
        case "message.edited":
            return replace(before, text=event.text)
        case "message.deleted":
            return Standing(deleted=True)
        case "reaction.added":
            return replace(before, reactions=before.reactions | {reaction})
        case "reaction.removed":
            return replace(before, reactions=before.reactions - {reaction})
    return before


class Truth:
    """What history holds of one room, and every text that one of its messages ever had."""

    def __init__(self, entries: Sequence[Entry], texts: Mapping[int, set[str]]) -> None:
        """`entries` in their order; `texts` by the places of messages."""
        self.entries = entries
        self.order = [entry.seq for entry in entries]
        self.membership = [entry for entry in entries if entry.kind.startswith("member.")]
        self.by_seq = {entry.seq: entry for entry in entries}
        self.texts = texts
        self.amends: dict[int, list[Entry]] = defaultdict(list)
        """The events about each message, in their order."""
        for entry in entries:
            if entry.kind in AMENDS:
                self.amends[entry.target].append(entry)
        self.gone = {entry.target for entry in entries if entry.kind == DELETED}
        """The messages that were deleted."""

    def agrees(self, entry: Entry) -> bool:
        """Say whether an event, kept in the log or shown to somebody, is what happened there.

        A message may come as it was said, as it was edited since, or without a word once deleted;
        so may what its edits said.
        """
        true = self.by_seq.get(entry.seq)
        if true is None or _identity(true) != _identity(entry):
            return False
        if (entry.text, entry.deleted) == (true.text, true.deleted):
            return True
        if entry.deleted:
            return entry.seq in self.gone and not entry.text
        if entry.kind == "message":
            return entry.text in self.texts.get(entry.seq, ())
        if entry.kind == EDITED and entry.target in self.gone:
            return not entry.text or entry.text in self.texts.get(entry.target, ())
        return False

    def is_erased(self, seq: int) -> bool:
        """Say whether the log no longer has to hold it: a deleted message, or an edit of one."""
        entry = self.by_seq[seq]
        place = entry.seq if entry.kind == "message" else entry.target
        return entry.kind in ("message", EDITED) and place in self.gone


def truths(run: Run) -> dict[str, Truth]:
    """Give what there is to know of each room that history holds."""
    said = {(one.room, one.user, one.key): one.text for one in run.sendings}
    texts: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in run.amendings:
        if one.kind == EDITED:
            texts[one.room][one.target].add(one.text)
    for room, entries in run.stored.items():
        for entry in entries:
            if entry.kind == "message" and (room, entry.who, entry.key) in said:
                texts[room][entry.seq].add(said[room, entry.who, entry.key])
    return {room: Truth(entries, texts[room]) for room, entries in run.stored.items()}


def _identity(entry: Entry) -> tuple[str, str, str, int]:
    return entry.kind, entry.who, entry.key, entry.target
