/** One's own read marks on their way to the server, which answers none. Pure: it is told the time. */
import type { Room } from "./protocol.gen.ts";

/** A mark set so long before the end of a socket has arrived: silence is noticed sooner. */
export const DOUBT_MS = 40_000;

interface Mark {
  readonly seq: number;
  /** When it was written to a socket; Infinity: it waits for one. */
  readonly at: number;
}

/** The furthest mark set in each room, as long as it is not sure that it arrived. */
export class ReadMarks {
  readonly #marks = new Map<string, Mark>();

  /** Set a mark, written to a socket at `at` (Infinity: there is none). */
  set(room: string, seq: number, at: number): void {
    const before = this.#marks.get(room)?.seq ?? 0;
    this.#marks.set(room, { seq: Math.max(seq, before), at });
  }

  /** Take it that the server knows better: the mark was set elsewhere, backward perhaps. */
  forget(room: string): void {
    this.#marks.delete(room);
  }

  /** Take the end of a socket: what was written long before it has arrived. */
  disconnected(now: number): void {
    for (const [room, { seq, at }] of this.#marks) {
      if (at < now - DOUBT_MS) this.#marks.delete(room);
      else this.#marks.set(room, { seq, at: Number.POSITIVE_INFINITY });
    }
  }

  /** Take the rooms of a `ready`; give the marks that did not arrive, to be written now. */
  ready(rooms: readonly Room[], now: number): { room: string; seq: number }[] {
    const lost = rooms
      .map(({ id, read_seq }) => ({ room: id, seq: this.#marks.get(id)?.seq ?? 0, read_seq }))
      .filter(({ seq, read_seq }) => seq > read_seq)
      .map(({ room, seq }) => ({ room, seq }));
    this.#marks.clear();
    for (const { room, seq } of lost) this.set(room, seq, now);
    return lost;
  }
}
