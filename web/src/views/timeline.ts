/** The order in which messages are shown, and where a day or a new speaker begins; no markup. */
import type { Seq } from "parley-sdk";
import type { Shown } from "../store/message.ts";
import type { Note } from "../store/notes.ts";
import type { RoomState } from "../store/room.ts";
import type { Sending } from "../store/sends.ts";
import type { Me } from "../store/state.ts";

/** Messages of one sender this close together are one group. */
export const GROUP_MS = 5 * 60_000;

/**
 * One message to show. `key` stays the same from sending to being in the log. `heads`: it begins a
 * group. `day`: it begins a day. `fresh`: the first one that is new to whoever came.
 */
export interface Line {
  readonly kind: "message";
  readonly key: string;
  readonly sender: string;
  readonly senderName: string;
  readonly at_ms: number;
  readonly text: string;
  readonly heads: boolean;
  readonly day: boolean;
  readonly fresh: boolean;
  readonly message: Shown | null;
  readonly sending: Sending | null;
}

/** Where the room begins. */
export interface Beginning {
  readonly kind: "beginning";
  readonly key: "beginning";
}

/** What happened between two messages. `key` is its last's, which stays when earlier ones come. */
export interface Told {
  readonly kind: "told";
  readonly key: string;
  readonly at_ms: number;
  readonly day: boolean;
  readonly notes: readonly Note[];
}

/** Something that has a place of its own on the screen. */
export type Row = Line | Told | Beginning;

/** Rows, and what they were made of. */
export interface Timeline {
  readonly room: RoomState;
  readonly me: Me;
  readonly rows: readonly Row[];
}

/**
 * Everything to show of a room, from top to bottom; what is still on its way comes last. This runs for
 * every message that comes: the rows of those that are as they were are the `former` ones.
 */
export function timeline(room: RoomState, me: Me, former: Timeline | null = null): Row[] {
  const held = room.past ?? room.log;
  const rows = former ? kept(former, room, me) : [];
  if (rows.length === 0 && hasBeginning(room)) rows.push({ kind: "beginning", key: "beginning" });
  const last = rows.at(-1);
  const first = firstFresh(room, me.id);
  const notes = held?.notes ?? [];
  const messages = held?.messages ?? [];
  const dayBegins = days();
  let before: Line | Told | null = null;
  let from = 0;
  let told = 0;
  if (last?.kind === "message" && last.message) {
    before = last;
    from = messages.lastIndexOf(last.message) + 1;
    told = countUntil(notes, 0, last.message.seq);
    dayBegins(last.at_ms);
  }
  const tell = (until: number) => {
    if (until === told) return;
    before = toldOf(dayBegins, notes.slice(told, until));
    rows.push(before);
    told = until;
  };
  for (const message of messages.slice(from)) {
    tell(countUntil(notes, told, message.seq));
    before = lineOf(message, before, dayBegins, message === first);
    rows.push(before);
  }
  tell(notes.length);
  // What one says goes to the end of the log, which is not in sight here.
  if (!room.past) sends(rows, before, room.sends, me, dayBegins);
  return rows;
}

/** The rows of before, up to the last of the messages that all are as they were. */
function kept({ room: former, me: who, rows }: Timeline, room: RoomState, me: Me): Row[] {
  const then = former.past ?? former.log;
  const now = room.past ?? room.log;
  if (!then || !now || who !== me) return [];
  if (hasBeginning(former) !== hasBeginning(room)) return [];
  if (firstFresh(former, me.id) !== firstFresh(room, me.id)) return [];
  const other = now.messages.findIndex((message, at) => message !== then.messages[at]);
  const last = now.messages[(other < 0 ? now.messages.length : other) - 1];
  if (!last) return [];
  return rows.slice(0, rows.findLastIndex((row) => messageOf(row) === last) + 1);
}

function messageOf(row: Row): Shown | null {
  return row.kind === "message" ? row.message : null;
}

function hasBeginning({ past, log }: RoomState): boolean {
  const held = past ?? log;
  return held !== null && !held.more && (past !== null || log?.phase === "ready");
}

function lineOf(
  message: Shown,
  before: Line | Told | null,
  dayBegins: DayBegins,
  fresh: boolean,
): Line {
  const { sender, sender_name, ts, text } = message;
  // An answer has its quote above it, and what is pinned says so in its head.
  const apart = fresh || message.reply_to !== null || message.pinned === true;
  return {
    kind: "message",
    key: `${sender} ${message.id}`,
    sender,
    senderName: sender_name,
    at_ms: ts,
    text,
    ...begins(dayBegins(ts), before, sender, ts, apart),
    fresh,
    message,
    sending: null,
  };
}

/** How many of the notes come before a place, of which `from` do. */
function countUntil(notes: readonly Note[], from: number, seq: number): number {
  let until = from;
  while (until < notes.length && (notes[until]?.seq ?? seq) < seq) until += 1;
  return until;
}

function toldOf(begins: DayBegins, notes: readonly Note[]): Told {
  const at_ms = notes[0]?.ts ?? 0;
  return { kind: "told", key: `told ${notes.at(-1)?.seq}`, at_ms, day: begins(at_ms), notes };
}

function sends(
  rows: Row[],
  last: Line | Told | null,
  sending: readonly Sending[],
  me: Me,
  dayBegins: DayBegins,
): void {
  let before = last;
  for (const one of sending) {
    before = {
      kind: "message",
      key: `${me.id} ${one.key}`,
      sender: me.id,
      senderName: me.display_name,
      at_ms: one.at_ms,
      text: one.text,
      ...begins(dayBegins(one.at_ms), before, me.id, one.at_ms, one.reply_to !== null),
      fresh: false,
      message: null,
      sending: one,
    };
    rows.push(before);
  }
}

/** The first message of somebody else above the line, once all from the line on are held. */
function firstFresh({ line, past, log }: RoomState, me: string): Shown | undefined {
  const held = past ?? log;
  if (line === null || !held || held.from > line + 1) return undefined;
  return held.messages.find(({ seq, sender }) => seq > line && sender !== me);
}

function begins(
  day: boolean,
  before: Line | Told | null,
  sender: string,
  at_ms: number,
  apart: boolean,
) {
  const goesOn =
    before?.kind === "message" && before.sender === sender && at_ms - before.at_ms <= GROUP_MS;
  return { day, heads: day || apart || !goesOn };
}

/** Whether a moment is on another day than the one before it that was asked about. */
type DayBegins = (at_ms: number) => boolean;

/** A day is looked up once, not for each of its messages: this runs for every message that comes. */
function days(): DayBegins {
  let from_ms = 0;
  let to_ms = 0;
  return (at_ms) => {
    if (at_ms >= from_ms && at_ms < to_ms) return false;
    const day = new Date(at_ms);
    from_ms = day.setHours(0, 0, 0, 0);
    to_ms = day.setDate(day.getDate() + 1);
    return true;
  };
}

/** Who has read up to which row and no further, by its key; of their own messages nobody is told. */
export function readers(
  rows: readonly Row[],
  receipts: ReadonlyMap<string, Seq>,
): ReadonlyMap<string, readonly string[]> {
  const lines = rows.filter((row): row is Line => row.kind === "message" && row.message !== null);
  const found = new Map<string, string[]>();
  for (const [user, seq] of receipts) {
    const last = lines.findLast(({ message }) => message !== null && message.seq <= seq);
    if (!last || last.sender === user) continue;
    found.set(last.key, [...(found.get(last.key) ?? []), user]);
  }
  return found;
}

/** The name of a day, seen from another. */
export function dayName(at_ms: number, now_ms: number): string {
  const then = new Date(at_ms);
  const today = new Date(now_ms);
  const yesterday = new Date(now_ms);
  yesterday.setDate(today.getDate() - 1);
  if (then.toDateString() === today.toDateString()) return "Today";
  if (then.toDateString() === yesterday.toDateString()) return "Yesterday";
  const sameYear = then.getFullYear() === today.getFullYear();
  return then.toLocaleDateString("en", {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}
