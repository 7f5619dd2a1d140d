/** The order in which messages are shown, and where a day or a new speaker begins; no markup. */
import type { Shown } from "../store/message.ts";
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

/** Something that has a place of its own on the screen. */
export type Row = Line | Beginning;

/** Everything to show of a room, from top to bottom; what is still on its way comes last. */
export function timeline(room: RoomState, me: Me): Row[] {
  const held = room.past ?? room.log;
  const rows: Row[] = [];
  if (held && !held.more && (room.past || room.log?.phase === "ready")) {
    rows.push({ kind: "beginning", key: "beginning" });
  }
  const first = firstFresh(room, me.id);
  let before: Line | null = null;
  for (const message of held?.messages ?? []) {
    const { sender, sender_name, ts, text } = message;
    const fresh = message === first;
    before = {
      kind: "message",
      key: `${sender} ${message.id}`,
      sender,
      senderName: sender_name,
      at_ms: ts,
      text,
      ...begins(before, sender, ts, fresh || message.reply_to !== null),
      fresh,
      message,
      sending: null,
    };
    rows.push(before);
  }
  // What one says goes to the end of the log, which is not in sight here.
  if (!room.past) sends(rows, before, room.sends, me);
  return rows;
}

function sends(rows: Row[], last: Line | null, sending: readonly Sending[], me: Me): void {
  let before = last;
  for (const one of sending) {
    before = {
      kind: "message",
      key: `${me.id} ${one.key}`,
      sender: me.id,
      senderName: me.display_name,
      at_ms: one.at_ms,
      text: one.text,
      ...begins(before, me.id, one.at_ms, one.reply_to !== null),
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

function begins(before: Line | null, sender: string, at_ms: number, apart: boolean) {
  const day = !before || dayOf(before.at_ms) !== dayOf(at_ms);
  const heads = day || apart || before.sender !== sender || at_ms - before.at_ms > GROUP_MS;
  return { day, heads };
}

function dayOf(at_ms: number): string {
  return new Date(at_ms).toDateString();
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
