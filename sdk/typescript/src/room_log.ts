/**
 * One room's log as this client holds it: each event once, in order. It asks nobody itself.
 *
 * Live events come in order and may be missing, doubled or early (a server's fault, a lost
 * socket); answers to `sync` are the truth. Whatever comes in, nothing is thrown: what goes out
 * are the events in order and, where there is a hole, a marker that says so.
 */
import type { SyncAnswer, UnknownEvent } from "./frames.ts";
import { LIMITS, type LogEvent } from "./protocol.gen.ts";

/** Events kept while a gap before them is being filled; later ones come again by `sync`. */
export const HELD_EVENTS = 256;
/** Latest (sender, id) pairs remembered against doubles. */
export const PAIRS = 256;
/** Answers that may lack what was already seen live, before the hole is declared real. */
export const TRIES = 5;
/** Events fetched to fill one gap, as many as a resume replays; what is beyond is `missed`. */
export const FILL_EVENTS: number = LIMITS.RESUME_EVENTS;

/** Events of `room` above `after` and below `before` did not come this way: page them over HTTP. */
export interface Missed {
  readonly type: "missed";
  readonly room: string;
  readonly after: number;
  readonly before: number;
}

/** The room's log ends at `to`: what was delivered from there up to `held` is lost to all. */
export interface Rewound {
  readonly type: "rewound";
  readonly room: string;
  readonly to: number;
  readonly held: number;
}

/** The user is no longer in `room`, and events up to that moment may be missing. */
export interface Gone {
  readonly type: "gone";
  readonly room: string;
}

export type Marker = Missed | Rewound | Gone;
export type Item = LogEvent | Marker;

/** What follows from an input: items for the user in order, and whether to ask `sync`. */
export interface Step {
  readonly items: readonly Item[];
  readonly ask: boolean;
}

const NOTHING: Step = { items: [], ask: false };

/**
 * The place in one room's log.
 *
 * `last`: everything up to it was delivered or declared missed. `asking`: a `sync` after `last`
 * is wanted or under way; until its answer is applied, live events are held back. `tries`: how
 * many answers in a row brought nothing new, for whoever paces the asking.
 */
export class RoomLog {
  readonly room: string;
  last: number;
  asking = false;
  tries = 0;
  /** Events that were dropped because they had come before. */
  doubles = 0;
  #held = new Map<number, LogEvent | UnknownEvent>();
  #dropped = 0;
  #known = 0;
  #filled = 0;
  readonly #pairs = new Map<string, number>();

  constructor(room: string, last: number) {
    this.room = room;
    this.last = last;
  }

  /** Take a live or replayed event: delivered, a double, held back, or sign of a gap. */
  accept(event: LogEvent | UnknownEvent): Step {
    if (event.seq <= this.last) {
      this.doubles += 1;
      return NOTHING;
    }
    if (this.asking) {
      this.#hold(event);
      return NOTHING;
    }
    if (event.prev > this.last) {
      this.#hold(event);
      return this.#lag();
    }
    return { items: this.#deliver(event), ask: false };
  }

  /** Note that the server's log reaches `seq`. */
  known(seq: number): Step {
    this.#known = Math.max(this.#known, seq);
    return seq > this.last ? this.#lag() : NOTHING;
  }

  /**
   * Take the end of a replay. `complete` false: nothing was replayed. A lower `to` then means
   * that the log was lost: what is above is told to be gone, and whatever follows is asked for.
   */
  resumed(to: number, complete: boolean): Step {
    if (complete || to === this.last) return this.known(to);
    if (to > this.last) {
      const missed = this.#missed(to + 1);
      this.last = to;
      return { items: [missed], ask: false };
    }
    const rewound: Rewound = { type: "rewound", room: this.room, to, held: this.last };
    this.last = to;
    for (const [pair, seq] of this.#pairs) {
      if (seq > to) this.#pairs.delete(pair);
    }
    return { items: [rewound], ask: this.#lag().ask };
  }

  /** Take the answer to a `sync` after `last`: the truth about what follows. */
  page({ events, more, oldest }: SyncAnswer): Step {
    if (!this.asking) return NOTHING;
    const before = this.last;
    const items: Item[] = [];
    if (oldest > before + 1) items.push(this.#missed(oldest));
    for (const event of events.toSorted((a, b) => a.seq - b.seq)) {
      if (event.seq > this.last) items.push(...this.#deliver(event));
    }
    this.last = Math.max(this.last, oldest - 1);
    this.tries = this.last > before ? 0 : this.tries + 1;
    this.#filled += events.length;
    if (!more) {
      // Only the last page: a lowered `prev` must not let a held event overtake later pages.
      this.#release(items);
      if (this.#held.size === 0 && this.#dropped <= this.last) return this.#whole(items);
    } else if (this.#filled >= FILL_EVENTS) {
      this.#skip(items);
    }
    if (this.tries >= TRIES) {
      this.#giveUp(items);
      return this.#whole(items);
    }
    return { items, ask: true };
  }

  /** Forget what was held back: the next connection resumes from `last`. Idempotent. */
  disconnected(): void {
    this.#held.clear();
    this.#dropped = 0;
    this.#known = 0;
    this.#filled = 0;
    this.asking = false;
    this.tries = 0;
  }

  /** Note that there is more than was delivered: ask, unless that is under way. */
  #lag(): Step {
    if (this.asking) return NOTHING;
    this.asking = true;
    this.tries = 0;
    this.#filled = 0;
    return { items: [], ask: true };
  }

  #whole(items: readonly Item[]): Step {
    this.disconnected();
    return { items, ask: false };
  }

  #missed(before: number): Missed {
    return { type: "missed", room: this.room, after: this.last, before };
  }

  #deliver(event: LogEvent | UnknownEvent): readonly LogEvent[] {
    this.last = event.seq;
    if (event.type === "unknown") return [];
    if (event.type === "message") {
      const pair = `${event.sender} ${event.id}`;
      if (this.#pairs.has(pair)) {
        this.doubles += 1;
        return [];
      }
      this.#pairs.set(pair, event.seq);
      if (this.#pairs.size > PAIRS) {
        for (const [oldest] of this.#pairs) {
          this.#pairs.delete(oldest);
          break;
        }
      }
    }
    return [event];
  }

  #hold(event: LogEvent | UnknownEvent): void {
    this.#known = Math.max(this.#known, event.seq);
    if (this.#held.has(event.seq) || this.#held.size < HELD_EVENTS) {
      this.#held.set(event.seq, event);
    } else {
      this.#dropped = Math.max(this.#dropped, event.seq);
    }
  }

  /** Deliver what was held back and now joins on; drop what the answer had already. */
  #release(items: Item[]): void {
    for (const event of [...this.#held.values()].toSorted((a, b) => a.seq - b.seq)) {
      if (event.seq > this.last) {
        if (event.prev > this.last) return;
        items.push(...this.#deliver(event));
      }
      this.#held.delete(event.seq);
    }
  }

  /** Leave the rest of a long gap to whoever pages it: go on behind what is known by now. */
  #skip(items: Item[]): void {
    this.#filled = 0;
    if (this.#known <= this.last) return;
    items.push(this.#missed(this.#known + 1));
    this.last = this.#known;
    this.#held.clear();
    this.#dropped = 0;
  }

  /** Believe the answers: what they lack is lost, and said to be. */
  #giveUp(items: Item[]): void {
    while (this.#held.size > 0) {
      const lowest = Math.min(...this.#held.keys());
      const event = this.#held.get(lowest);
      this.#held.delete(lowest);
      // What lies below the oldest that is kept was told to be missed already.
      if (event === undefined || lowest <= this.last) continue;
      items.push(this.#missed(lowest), ...this.#deliver(event));
      this.#release(items);
    }
    if (this.#dropped > this.last) {
      items.push(this.#missed(this.#dropped + 1));
      this.last = this.#dropped;
    }
  }
}
