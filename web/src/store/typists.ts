/** Who is typing in one room, and until when that is believed; a time is an argument. */

/**
 * How long somebody is believed to type without further word. The server says when it began and
 * when it ended (protocol.md §6), and not that it goes on: this only bounds a lost end.
 */
export const TYPING_MS = 60_000;

/** When each typist's word runs out. */
export type Typists = ReadonlyMap<string, number>;

/** Somebody types, or stopped. */
export function typed(typists: Typists, user: string, active: boolean, now_ms: number): Typists {
  if (!active) return without(typists, user);
  return new Map(typists).set(user, now_ms + TYPING_MS);
}

/** Somebody said what they typed, or left. */
export function without(typists: Typists, user: string): Typists {
  if (!typists.has(user)) return typists;
  const left = new Map(typists);
  left.delete(user);
  return left;
}

/** Those whose word still holds. */
export function current(typists: Typists, now_ms: number): Typists {
  const left = [...typists].filter(([, until_ms]) => until_ms > now_ms);
  return left.length === typists.size ? typists : new Map(left);
}
