/**
 * A stretch of a room's past, looked at apart from its newest messages. Not the log: what is said
 * now is not in it, only what happens to the messages it holds.
 */
import type { LogEvent, Page, Seq } from "parley-sdk";
import { brought, changedIn, type Log } from "./log.ts";
import { isChange, type Shown } from "./message.ts";
import { merged, type Note, within } from "./notes.ts";

/**
 * `messages`: ascending, every message from `from` to `to`. `more`: there may be older ones;
 * newer ones there are until it joins the log. `doubt`: events were lost that may have changed them,
 * so they are to be asked for again.
 */
export interface Past {
  readonly messages: readonly Shown[];
  readonly notes: readonly Note[];
  readonly from: Seq;
  readonly to: Seq;
  readonly more: boolean;
  readonly doubt: boolean;
}

/** Messages held of the past at most: those furthest from where one scrolls are let go. */
export const PAST_MESSAGES = 1000;

/** Take the messages around a place; null: there are none, or they can't be brought up to date. */
export function begun(page: Page, log: Log, me: string): Past | null {
  const messages = brought(log, page, me);
  const first = messages?.[0];
  const last = messages?.at(-1);
  if (!messages || !first || !last) return null;
  const notes = merged([], page.events);
  const from = page.more ? first.seq : 0;
  return { messages, notes, from, to: last.seq, more: page.more, doubt: false };
}

/** What is looked at of a log that others go on with. */
export function left({ messages, notes, from, applied, more }: Log): Past | null {
  return messages.length === 0 ? null : { messages, notes, from, to: applied, more, doubt: false };
}

/**
 * Take all of it anew, as pages that follow each other; pages older than the log is are let go.
 * Null: nothing of it is left.
 */
export function reread(past: Past, pages: readonly Page[], log: Log, me: string): Past | null {
  const taken = pages.map((page) => brought(log, page, me));
  const messages = taken.flatMap((one) => one ?? []).filter(({ seq }) => seq <= past.to);
  if (taken.includes(null)) return past;
  if (messages.length === 0) return null;
  const notes = pages.reduce<readonly Note[]>((told, page) => merged(told, page.events), []);
  return { ...past, messages, notes: within(notes, past.from, past.to), doubt: false };
}

/** Take a page of what was before `before`; one that can't be joined on is let go. */
export function above(past: Past, page: Page, before: Seq, log: Log, me: string): Past {
  if (before !== past.from) return past;
  const messages = brought(log, page, me)?.filter(({ seq }) => seq < past.from);
  if (!messages) return past;
  const all = [...messages, ...past.messages].slice(0, PAST_MESSAGES);
  const from = page.more ? (messages[0]?.seq ?? past.from) : 0;
  const to = all.at(-1)?.seq ?? past.to;
  const notes = within(merged(past.notes, page.events), 0, to);
  return { ...past, messages: all, notes, from, to, more: page.more };
}

/** Take a page of what was after `after`; one that can't be joined on is let go. */
export function below(past: Past, page: Page, after: Seq, log: Log, me: string): Past {
  if (after !== past.to) return past;
  const messages = brought(log, page, me)?.filter(({ seq }) => seq > past.to);
  if (!messages) return past;
  const all = [...past.messages, ...messages];
  const kept = all.slice(-PAST_MESSAGES);
  const to = page.more ? (all.at(-1)?.seq ?? past.to) : Math.max(page.as_of_seq, past.to);
  const notes = merged(past.notes, page.events);
  if (kept.length === all.length) return { ...past, messages: all, notes, to };
  const from = kept[0]?.seq ?? past.from;
  return { ...past, messages: kept, notes: within(notes, from), from, to, more: true };
}

/** Take an event: it may change one of the messages. */
export function happened(past: Past, event: LogEvent, me: string): Past {
  if (!isChange(event)) return past;
  return { ...past, messages: changedIn(past.messages, event, me) };
}

/** The log with this in front of it, once they meet; null as long as something lies between. */
export function joined(past: Past, log: Log): Log | null {
  if (past.doubt || log.phase !== "ready" || past.to < log.from - 1) return null;
  if (past.from >= log.from) return log;
  const older = past.messages.filter(({ seq }) => seq < log.from);
  const messages = [...older, ...log.messages];
  return {
    ...log,
    messages,
    notes: merged(past.notes, log.notes),
    from: past.from,
    more: past.more,
  };
}

/** Part a log that was read up too far: the past that is looked at, without what came last. */
export function parted(log: Log, keep: number): Past | null {
  if (log.messages.length <= PAST_MESSAGES + keep) return null;
  const messages = log.messages.slice(0, PAST_MESSAGES);
  const to = messages.at(-1)?.seq ?? log.from;
  const notes = within(log.notes, 0, to);
  return { messages, notes, from: log.from, to, more: log.more, doubt: false };
}
