/** The order in which messages are shown, and where a day or a new speaker begins; no markup. */
import type { Message } from "parley-sdk";
import type { RoomState } from "../store/room.ts";
import type { Sending } from "../store/sends.ts";
import type { Me } from "../store/state.ts";

/** Messages of one sender this close together are one group. */
export const GROUP_MS = 5 * 60_000;

/**
 * One message to show. `key` stays the same from sending to being in the log. `heads`: it begins a
 * group. `day`: it begins a day.
 */
export interface Line {
  readonly key: string;
  readonly sender: string;
  readonly senderName: string;
  readonly at_ms: number;
  readonly text: string;
  readonly heads: boolean;
  readonly day: boolean;
  readonly message: Message | null;
  readonly sending: Sending | null;
}

/** Everything to show of a room, from top to bottom; what is still on its way comes last. */
export function timeline(room: RoomState, me: Me): Line[] {
  const lines: Line[] = [];
  for (const message of room.log?.messages ?? []) {
    const { sender, sender_name, ts, text } = message;
    const key = `${sender} ${message.id}`;
    const base = { key, sender, senderName: sender_name, at_ms: ts, text };
    lines.push({ ...base, ...begins(lines.at(-1), sender, ts), message, sending: null });
  }
  for (const sending of room.sends) {
    const key = `${me.id} ${sending.key}`;
    const base = {
      key,
      sender: me.id,
      senderName: me.display_name,
      at_ms: sending.at_ms,
      text: sending.text,
    };
    lines.push({ ...base, ...begins(lines.at(-1), me.id, sending.at_ms), message: null, sending });
  }
  return lines;
}

function begins(before: Line | undefined, sender: string, at_ms: number) {
  const day = !before || dayOf(before.at_ms) !== dayOf(at_ms);
  const heads = day || before.sender !== sender || at_ms - before.at_ms > GROUP_MS;
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
