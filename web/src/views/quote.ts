/** What a reply shows of the message it answers; no markup. */
import type { Seq } from "parley-sdk";
import type { RoomState } from "../store/room.ts";

/** `text`: one line of it; null: it was deleted, or is not known. */
export interface Quote {
  readonly seq: Seq;
  readonly sender: string | null;
  readonly text: string | null;
  readonly deleted: boolean;
}

const LENGTH = 200;

/** What is known here of the message at a seq; null: it answers none. */
export function quoteOf(room: RoomState, seq: Seq | null): Quote | null {
  if (seq === null) return null;
  const held = [...(room.past?.messages ?? []), ...(room.log?.messages ?? [])];
  const found = held.find((message) => message.seq === seq);
  if (!found) return { seq, sender: null, text: null, deleted: false };
  const deleted = found.deleted === true;
  return { seq, sender: found.sender_name, text: deleted ? null : lineOf(found.text), deleted };
}

/** A text in one line, not too long. */
export function lineOf(text: string): string {
  const line = text
    .slice(0, 2 * LENGTH)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > LENGTH ? `${line.slice(0, LENGTH)}…` : line;
}

/** Whether two show the same. */
export function isSame(one: Quote | null, other: Quote | null): boolean {
  if (!one || !other) return one === other;
  return (
    one.seq === other.seq &&
    one.sender === other.sender &&
    one.text === other.text &&
    one.deleted === other.deleted
  );
}
