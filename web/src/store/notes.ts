/** What happened in a room besides what was said, as far as people want to know; no messages. */
import type { LogEvent, Seq } from "parley-sdk";

/** Somebody came or went or is something else now, the room was changed, a message was pinned. */
export type Note = Extract<
  LogEvent,
  {
    type:
      | "member.joined"
      | "member.left"
      | "member.removed"
      | "member.role"
      | "room.updated"
      | "message.pinned";
  }
>;

const KINDS: ReadonlySet<string> = new Set<Note["type"]>([
  "member.joined",
  "member.left",
  "member.removed",
  "member.role",
  "room.updated",
  "message.pinned",
]);

/** Kept of one stretch at most: a herd that comes and goes is not what one reads up for. */
export const NOTES = 500;

/** Say whether an event is one to tell of. */
export function isNote(event: LogEvent): event is Note {
  return KINDS.has(event.type);
}

/** All of both, ascending, each once. */
export function merged(notes: readonly Note[], events: readonly LogEvent[]): readonly Note[] {
  const known = new Set(notes.map(({ seq }) => seq));
  const others = events.filter(isNote).filter(({ seq }) => !known.has(seq));
  if (others.length === 0) return notes;
  return [...notes, ...others].sort((a, b) => a.seq - b.seq).slice(-NOTES);
}

/** Those of a stretch of the log. */
export function within(
  notes: readonly Note[],
  from: Seq,
  to: Seq = Number.POSITIVE_INFINITY,
): readonly Note[] {
  return notes.filter(({ seq }) => seq >= from && seq <= to);
}
