/**
 * What is unread in one room, derived from its log and the read mark (protocol.md §8); never a
 * number that is only counted up: where it can't be known it says so, and the server is asked.
 */
import type { Room, Seq } from "parley-sdk";
import type { Shown } from "./message.ts";

/** One message of somebody else above the read mark. */
interface Counted {
  readonly seq: Seq;
  readonly mention: boolean;
}

/**
 * `below`: what the server counted in (`read`, `asOf`], which ones is not known. `above`: the
 * messages known one by one, ascending. `doubt`: ask the server again. `without`: people whose
 * messages do not count, as they are blocked.
 */
export interface Unread {
  readonly read: Seq;
  readonly asOf: Seq;
  readonly below: { readonly count: number; readonly mentions: number };
  readonly above: readonly Counted[];
  readonly doubt: boolean;
  readonly without: ReadonlySet<string>;
}

/** Messages known one by one at most; the oldest half is then kept as a sum. */
export const COUNTED = 1000;

const NONE = { count: 0, mentions: 0 };
const NOBODY: ReadonlySet<string> = new Set();

/**
 * Take what the server says of a room, which must be no older than what is known. `without`: whom
 * one blocks, where nothing is known yet.
 */
export function counted(former: Unread | null, room: Room, without = NOBODY): Unread {
  return {
    read: room.read_seq,
    asOf: room.last_seq,
    below: { count: room.unread, mentions: room.mentions },
    above: (former?.above ?? []).filter(({ seq }) => seq > room.last_seq && seq > room.read_seq),
    doubt: false,
    without: former?.without ?? without,
  };
}

/**
 * Take whom one blocks: what they said above the mark may be counted in, or be missing now. `last`:
 * the last event of the room; with none above the mark nothing can be wrong.
 */
export function ignoring(unread: Unread, people: ReadonlySet<string>, last: Seq): Unread {
  return { ...unread, without: people, doubt: unread.doubt || last > unread.read };
}

/** Take a new message: one's own moves the mark, another's counts unless it is in a thread. */
export function said(unread: Unread, message: Shown, me: string): Unread {
  if (message.sender === me) return marked(unread, message.seq);
  const known = Math.max(unread.asOf, unread.read, unread.above.at(-1)?.seq ?? 0);
  if (message.seq <= known || !counts(unread, message, me)) return unread;
  const above = [...unread.above, { seq: message.seq, mention: mentions(message, me) }];
  return above.length > COUNTED ? summed({ ...unread, above }) : { ...unread, above };
}

/** Take a deletion. */
export function deleted(unread: Unread, target: Seq): Unread {
  if (target <= unread.read) return unread;
  if (unread.above.some(({ seq }) => seq === target)) {
    return { ...unread, above: unread.above.filter(({ seq }) => seq !== target) };
  }
  return target <= unread.asOf && unread.below.count > 0 ? { ...unread, doubt: true } : unread;
}

/** Take an edit, after which a message may mention somebody else. */
export function edited(unread: Unread, target: Seq, mention: boolean): Unread {
  if (target <= unread.read) return unread;
  if (unread.above.some(({ seq }) => seq === target)) {
    return {
      ...unread,
      above: unread.above.map((one) => (one.seq === target ? { seq: target, mention } : one)),
    };
  }
  return target <= unread.asOf && unread.below.count > 0 ? { ...unread, doubt: true } : unread;
}

/** Take a mark that moved forward, here or on another device. Idempotent. */
export function marked(unread: Unread, seq: Seq): Unread {
  if (seq <= unread.read) return unread;
  const above = unread.above.filter((one) => one.seq > seq);
  if (seq >= unread.asOf || unread.below.count === 0) {
    return { ...unread, read: seq, above, below: NONE };
  }
  return { ...unread, read: seq, above, doubt: true };
}

/** Take word of another device's mark: one that went back is known to the server alone. */
export function told(unread: Unread, seq: Seq): Unread {
  return seq < unread.read ? { ...unread, doubt: true } : marked(unread, seq);
}

/** Put messages in place of a sum, where the log from the mark up to it is at hand. */
export function identified(
  unread: Unread,
  messages: readonly Shown[],
  from: Seq,
  applied: Seq,
  me: string,
): Unread {
  if (unread.below.count === 0 && !unread.doubt) return unread;
  if (applied < unread.asOf || from > unread.read + 1) return unread;
  const known = messages
    .filter((one) => one.seq > unread.read && one.seq <= unread.asOf && counts(unread, one, me))
    .map((one) => ({ seq: one.seq, mention: mentions(one, me) }));
  const later = unread.above.filter(({ seq }) => seq > unread.asOf);
  return { ...unread, below: NONE, above: [...known, ...later], doubt: unread.doubt };
}

/** Take that the log ends at `to`: what was above is lost to all. */
export function rewound(unread: Unread, to: Seq): Unread {
  return {
    ...unread,
    read: Math.min(unread.read, to),
    asOf: Math.min(unread.asOf, to),
    above: unread.above.filter(({ seq }) => seq <= to),
    doubt: true,
  };
}

/** How many messages are unread. */
export function unreadCount(unread: Unread): number {
  return unread.below.count + unread.above.length;
}

/** How many of them mention me or everyone. */
export function mentionCount(unread: Unread): number {
  return unread.below.mentions + unread.above.filter(({ mention }) => mention).length;
}

function counts(unread: Unread, message: Shown, me: string): boolean {
  const { sender, thread, deleted } = message;
  return sender !== me && !unread.without.has(sender) && thread === null && deleted !== true;
}

function mentions(message: Shown, me: string): boolean {
  return message.everyone || message.mentions.includes(me);
}

function summed(unread: Unread): Unread {
  const half = unread.above.slice(0, COUNTED / 2);
  return {
    ...unread,
    asOf: half.at(-1)?.seq ?? unread.asOf,
    below: {
      count: unread.below.count + half.length,
      mentions: unread.below.mentions + half.filter(({ mention }) => mention).length,
    },
    above: unread.above.slice(COUNTED / 2),
  };
}
