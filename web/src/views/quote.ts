/** What a reply shows of the message it answers; no markup. */
import type { Seq } from "parley-sdk";
import type { Shown } from "../store/message.ts";
import type { RoomState } from "../store/room.ts";
import type { Sending } from "../store/sends.ts";
import { lineOf } from "../text/plain.ts";

/** `text`: one line of it; null: it was deleted, or is not known. */
export interface Quote {
  readonly seq: Seq;
  readonly sender: string | null;
  readonly text: string | null;
  readonly deleted: boolean;
}

/** What stands in place of what somebody said whom one blocks. */
export const BLOCKED = "Message of a blocked person";

/**
 * What is known of the message that one answers, as it is now; null: it answers none. What those
 * said who are `blocked` is not shown.
 */
export function quoteOf(
  room: RoomState,
  answer: Shown | Sending | null,
  blocked: ReadonlySet<string> = new Set(),
): Quote | null {
  const seq = answer?.reply_to ?? null;
  if (!answer || seq === null) return null;
  const of = (one: Shown) => one.seq === seq;
  const found = room.past?.messages.find(of) ?? room.log?.messages.find(of);
  const known = found ?? ("quote" in answer ? answer.quote : undefined);
  if (!known) return { seq, sender: null, text: null, deleted: false };
  if (blocked.has(known.sender)) return { seq, sender: null, text: BLOCKED, deleted: false };
  const deleted = known.deleted === true;
  return { seq, sender: known.sender_name, text: deleted ? null : lineOf(known.text), deleted };
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
