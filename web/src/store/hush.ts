/** What keeps somebody from writing into a room now, as far as this client knows; not the words. */
import type { RoomState } from "./room.ts";

/** `slow`: one message every so many seconds; the next one can go at `free_ms`. */
export type Hush =
  | { readonly kind: "archived" }
  | { readonly kind: "muted"; readonly until_ms: number }
  | { readonly kind: "slow"; readonly seconds: number; readonly free_ms: number };

/** What keeps one from writing; null: nothing does. Moderators are never slowed down. */
export function hushOf({ about, log }: RoomState, me: string, now_ms: number): Hush | null {
  if (about.archived) return { kind: "archived" };
  const { muted_until_ms: until_ms, slow_mode_seconds: seconds, role } = about;
  if (until_ms !== null && until_ms > now_ms) return { kind: "muted", until_ms };
  if (seconds === 0 || role !== "member") return null;
  const last = log?.messages.findLast(({ sender }) => sender === me);
  return { kind: "slow", seconds, free_ms: last ? last.ts + seconds * 1000 : 0 };
}
