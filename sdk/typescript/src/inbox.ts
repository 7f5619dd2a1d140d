/**
 * What comes in: every room's log, and the gaps being filled.
 *
 * Pure: it says which `sync` is wanted and is told the answers; what is to be delivered goes to
 * `deliver` at once and in order. It keeps no queue.
 */
import { CAP_MS } from "./backoff.ts";
import type { SyncAnswer, UnknownEvent } from "./frames.ts";
import type { ErrorCode, LogEvent, Resumed, Room } from "./protocol.gen.ts";
import { LIMITS } from "./protocol.gen.ts";
import { type Item, RoomLog, type Step } from "./room_log.ts";

/** Rooms whose gaps are filled at the same time. */
export const SYNCS_AT_ONCE = 4;
/** Most of a `hello` that `resume` takes, of the 64 KiB a frame may have. */
export const RESUME_BYTES = 48_000;
const SEQ_BYTES = 20; // quotes, colon, comma and the digits of the highest seq
const FIRST_WAIT_MS = 200;
const FINAL: ReadonlySet<ErrorCode> = new Set(["not_found", "forbidden"]);

/** A `sync` to send now. */
export interface Ask {
  readonly room: string;
  readonly after: number;
  readonly limit: number;
}

/** A gap being filled: when to ask next (monotonic), and whether that is under way. */
interface Gap {
  at: number;
  flying: boolean;
  failures: number;
}

/** All logs of one client. */
export class Inbox {
  readonly #deliver: (item: Item) => void;
  readonly #logs: Map<string, RoomLog>;
  readonly #replaying = new Set<string>();
  readonly #gaps = new Map<string, Gap>();
  /** Rooms in whose replay something came. */
  readonly #replayed = new Set<string>();
  #begun = false;
  /** Holes that were filled. */
  healed = 0;
  /** Holes that were not, and told by a marker. */
  left = 0;
  #doubles = 0;

  constructor(resume: Readonly<Record<string, number>>, deliver: (item: Item) => void) {
    this.#deliver = deliver;
    this.#logs = new Map(
      Object.entries(resume).map(([room, last]) => [room, new RoomLog(room, last)]),
    );
  }

  /** Whether everything the server told of was delivered. */
  get whole(): boolean {
    return this.#replaying.size === 0 && this.#gaps.size === 0;
  }

  /** Events that came more than once. */
  get doubles(): number {
    return [...this.#logs.values()].reduce((sum, log) => sum + log.doubles, this.#doubles);
  }

  /** The last seq of each room that was delivered. */
  positions(): Record<string, number> {
    return Object.fromEntries([...this.#logs].map(([room, log]) => [room, log.last]));
  }

  /** Give what a `hello` says to hold; rooms beyond the limit are asked for after `ready`. */
  resume(): Record<string, number> {
    const held: [string, number][] = [];
    let left = RESUME_BYTES;
    for (const [room, log] of this.#logs) {
      left -= room.length + SEQ_BYTES;
      if (left < 0 || held.length === LIMITS.RESUME_ROOMS) break;
      held.push([room, log.last]);
      this.#replaying.add(room);
    }
    return Object.fromEntries(held);
  }

  /** Take the rooms of a `ready`; in the first one, new rooms begin with what happens now. */
  ready(rooms: readonly Room[], now: number): void {
    const begun = this.#begun;
    this.#begun = true;
    const present = new Set(rooms.map((room) => room.id));
    for (const room of [...this.#logs.keys()]) {
      // Those in the replay are told by their `resumed`.
      if (!present.has(room) && !this.#replaying.has(room)) this.#gone(room);
    }
    for (const room of rooms) {
      if (this.#replaying.has(room.id)) continue;
      if (begun || this.#logs.has(room.id)) this.added(room, now);
      else this.#begin(room.id, room.last_seq);
    }
  }

  /**
   * Take a room the user is in by now; a known one goes on.
   *
   * A new one begins at its `read_seq`, where the membership began: what was said between then
   * and word of it has come to nobody's ears here, and is asked for.
   */
  added(room: Room, now: number): void {
    const begin = Math.min(room.read_seq, room.last_seq);
    const log = this.#logs.get(room.id) ?? this.#begin(room.id, begin);
    this.#take(log, log.known(room.last_seq), now);
  }

  /** Take a live or replayed event. */
  event(event: LogEvent | UnknownEvent, now: number): void {
    const log = this.#logs.get(event.room) ?? this.#begin(event.room, event.prev);
    if (this.#replaying.has(event.room)) this.#replayed.add(event.room);
    this.#take(log, log.accept(event), now);
  }

  /** Take the end of a room's replay. */
  resumed(frame: Resumed, now: number): void {
    this.#replaying.delete(frame.room);
    const log = this.#logs.get(frame.room);
    if (log === undefined) return;
    if (this.#replayed.delete(frame.room) && frame.complete) this.healed += 1;
    if (frame.gone === true) this.#gone(frame.room);
    else this.#take(log, log.resumed(frame.to, frame.complete), now);
  }

  /** Give the syncs that are due, and count them as under way. */
  asks(now: number): Ask[] {
    const asks: Ask[] = [];
    let free = SYNCS_AT_ONCE - [...this.#gaps.values()].filter((gap) => gap.flying).length;
    for (const [room, gap] of this.#gaps) {
      const log = this.#logs.get(room);
      if (free <= 0 || gap.flying || gap.at > now || log === undefined) continue;
      gap.flying = true;
      free -= 1;
      asks.push({ room, after: log.last, limit: LIMITS.SYNC_EVENTS });
    }
    return asks;
  }

  /** Take the answer to a `sync`. */
  answered(room: string, answer: SyncAnswer, now: number): void {
    const log = this.#logs.get(room);
    const gap = this.#gaps.get(room);
    if (log === undefined || gap === undefined) return;
    gap.flying = false;
    gap.failures = 0;
    const left = this.left;
    this.#take(log, log.page(answer), now);
    if (!log.asking && this.left === left) this.healed += 1;
    if (log.asking) gap.at = now + (log.tries > 0 ? FIRST_WAIT_MS * 2 ** log.tries : 0);
    else this.#gaps.delete(room);
  }

  /** Take an error instead, or the lack of any answer: again later, or the room is gone. */
  refused(room: string, code: ErrorCode, now: number): void {
    const gap = this.#gaps.get(room);
    if (gap === undefined) return;
    if (FINAL.has(code)) {
      this.#gone(room);
      return;
    }
    gap.flying = false;
    gap.failures += 1;
    gap.at = now + Math.min(CAP_MS, FIRST_WAIT_MS * 2 ** Math.min(gap.failures, 8));
  }

  /** Forget what only the lost connection knew; the next one resumes from what is held. */
  disconnected(): void {
    this.#gaps.clear();
    this.#replaying.clear();
    this.#replayed.clear();
    for (const log of this.#logs.values()) log.disconnected();
  }

  /** Give the time of the next `asks` that may have something; Infinity: none. */
  nextAt(): number {
    const waiting = [...this.#gaps.values()].filter((gap) => !gap.flying);
    if (this.#gaps.size - waiting.length >= SYNCS_AT_ONCE) return Number.POSITIVE_INFINITY;
    return Math.min(...waiting.map((gap) => gap.at), Number.POSITIVE_INFINITY);
  }

  #begin(room: string, last: number): RoomLog {
    const log = new RoomLog(room, last);
    this.#logs.set(room, log);
    return log;
  }

  #gone(room: string): void {
    this.#doubles += this.#logs.get(room)?.doubles ?? 0;
    this.#logs.delete(room);
    this.#gaps.delete(room);
    this.#deliver({ type: "gone", room });
  }

  #take(log: RoomLog, step: Step, now: number): void {
    for (const item of step.items) {
      if (item.type === "missed" || item.type === "rewound") this.left += 1;
      this.#deliver(item);
    }
    if (step.ask && !this.#gaps.has(log.room)) {
      this.#gaps.set(log.room, { at: now, flying: false, failures: 0 });
    }
  }
}
