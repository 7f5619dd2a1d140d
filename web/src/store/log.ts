/**
 * The messages of one room: pages over HTTP and the live stream joined into one log. It asks
 * nobody itself: `phase` says what is wanted.
 */
import type { LogEvent, Page, Seq } from "parley-sdk";
import {
  type Change,
  changed,
  concerns,
  fromEvent,
  isChange,
  quoting,
  type Shown,
} from "./message.ts";
import { isNote, merged, type Note, within } from "./notes.ts";

/**
 * `phase`: `loading` nothing is known yet, `ready` the log is here, `stale` something was lost
 * and the newest page is wanted again. `messages`: ascending, every message from `from` up to
 * `applied`; `notes`: what else
 * happened there. `since`: a page must reach that far. `more`: there are older ones. `early`: events
 * that came before the page they follow. `changes`: the latest events about earlier messages,
 * complete above `changesAfter`, for older pages that lag behind.
 */
export interface Log {
  readonly phase: "loading" | "ready" | "stale";
  readonly messages: readonly Shown[];
  readonly notes: readonly Note[];
  readonly from: Seq;
  readonly applied: Seq;
  readonly since: Seq;
  readonly more: boolean;
  readonly early: readonly LogEvent[];
  readonly changes: readonly Change[];
  readonly changesAfter: Seq;
}

/** Events kept while their page is under way; with more, a page is asked for again. */
export const EARLY_EVENTS = 500;
/** Messages held beyond what is to be kept, until they are let go together. */
export const SLACK = 100;
/** Changes kept for older pages. */
export const CHANGES = 256;

/** A log of which nothing is known but that it reaches `since`. */
export function opened(since: Seq): Log {
  return {
    phase: "loading",
    messages: [],
    notes: [],
    from: 0,
    applied: 0,
    since,
    more: false,
    early: [],
    changes: [],
    changesAfter: 0,
  };
}

/** Take the newest page: everything known before gives way to it, and what came early follows. */
export function paged(log: Log, page: Page, me: string): Log {
  if (page.as_of_seq < log.since) return log;
  const fresh: Log = {
    phase: "ready",
    messages: page.messages.map((message) => ({ ...message, as_of: page.as_of_seq })),
    notes: merged([], page.events),
    from: page.more ? (page.messages[0]?.seq ?? page.as_of_seq + 1) : 0,
    applied: page.as_of_seq,
    since: page.as_of_seq,
    more: page.more,
    early: [],
    changes: [],
    changesAfter: page.as_of_seq,
  };
  return log.early.reduce((joined, event) => happened(joined, event, me), fresh);
}

/** Take a page of messages older than `from`; one that can't be joined on is let go. */
export function extended(log: Log, page: Page, before: Seq, me: string): Log {
  if (log.phase !== "ready" || before !== log.from) return log;
  const older = brought(log, page, me)?.filter((message) => message.seq < log.from);
  if (!older) return log;
  return {
    ...log,
    messages: [...older, ...log.messages],
    notes: merged(log.notes, page.events),
    from: page.more ? (older[0]?.seq ?? log.from) : 0,
    more: page.more,
  };
}

/** A page's messages with what happened to them since; null: that is not known any more. */
export function brought(log: Log, page: Page, me: string): Shown[] | null {
  if (page.as_of_seq < log.applied && page.as_of_seq < log.changesAfter) return null;
  const changes = [...log.changes, ...log.early.filter(isChange)];
  return page.messages
    .map((message) => ({ ...message, as_of: page.as_of_seq }))
    .map((message) =>
      changes
        .filter((change) => concerns(message, change))
        .reduce<Shown>((one, change) => changed(one, change, me), message),
    );
}

/** Take an event of the stream, which gives each once and in order. */
export function happened(log: Log, event: LogEvent, me: string): Log {
  if (log.phase !== "ready") return waiting(log, event);
  if (event.seq <= log.applied) return log;
  const next = { ...log, applied: event.seq };
  if (event.type === "message") {
    // The log may hold a message twice for a moment; a pair of sender and id is shown once.
    const known = log.messages.some((one) => one.id === event.id && one.sender === event.sender);
    return known ? next : { ...next, messages: [...log.messages, quoted(log, fromEvent(event))] };
  }
  const told = isNote(event) ? { ...next, notes: merged(next.notes, [event]) } : next;
  return isChange(event) ? applied(told, event, me) : told;
}

/** Take that events were lost: the newest page is wanted, and must reach `since`. */
export function lost(log: Log, since: Seq): Log {
  if (log.phase === "loading") return { ...log, since: Math.max(log.since, since) };
  return { ...log, phase: "stale", since };
}

/** Take that the log ends at `to`: what was above is lost to all. */
export function rewound(log: Log, to: Seq): Log {
  const messages = log.messages.filter((message) => message.seq <= to);
  const early = log.early.filter((event) => event.seq <= to);
  return {
    ...log,
    phase: log.phase === "loading" ? "loading" : "stale",
    messages,
    notes: within(log.notes, 0, to),
    early,
    applied: Math.min(log.applied, to),
    since: Math.min(log.since, to),
  };
}

/**
 * Let go of the oldest messages beyond `keep`; they can be paged again. Not of every single one at
 * once: the list on the screen would be laid out anew for each new message.
 */
export function trimmed(log: Log, keep: number): Log {
  if (log.messages.length <= keep + SLACK) return log;
  const messages = log.messages.slice(-keep);
  const from = messages[0]?.seq ?? log.from;
  return { ...log, messages, notes: within(log.notes, from), from, more: true };
}

function waiting(log: Log, event: LogEvent): Log {
  if (log.early.length < EARLY_EVENTS) return { ...log, early: [...log.early, event] };
  return { ...log, early: [], since: event.seq };
}

function applied(log: Log, change: Change, me: string): Log {
  const changes = [...log.changes, change];
  const dropped = changes.length > CHANGES ? changes.shift() : undefined;
  const kept = { ...log, changes, changesAfter: dropped ? dropped.seq : log.changesAfter };
  return { ...kept, messages: changedIn(log.messages, change, me) };
}

/** Messages after an event about one of them, which others may quote. */
export function changedIn(
  messages: readonly Shown[],
  change: Change,
  me: string,
): readonly Shown[] {
  if (!messages.some((one) => concerns(one, change))) return messages;
  return messages.map((one) => (concerns(one, change) ? changed(one, change, me) : one));
}

/** A message of the stream, which has no quote of its own, with what is held of the answered one. */
function quoted(log: Log, message: Shown): Shown {
  if (message.reply_to === null || message.deleted) return message;
  const answered = log.messages.find((one) => one.seq === message.reply_to);
  return answered ? { ...message, quote: quoting(answered) } : message;
}
