/**
 * Learns which custom emoji there are: when one comes in, when one chooses, and when a name comes
 * up that is not known. Nobody is told of changes, so each of these is bounded. It shows none.
 */
import { type CustomEmojis, LIMITS, ProblemError } from "parley-sdk";
import type { Emojis as Known } from "../store/emojis.ts";

/** What was learned so long ago is learned anew when one chooses. */
const FRESH_MS = 5_000;
/** And when the connection is back. */
const STALE_MS = 300_000;
/** How often an unknown name is a reason to ask. */
const MISSING_MS = 30_000;
/** A name that was asked for in vain is let be that long. */
const VAIN_MS = 300_000;
/** One who chooses waits no longer: what is known already is better than nothing. */
export const PATIENCE_MS = 1_500;

/** Where they are asked for, and where what was answered is kept. */
export interface Shelf {
  list(): Promise<CustomEmojis>;
  tell(answer: CustomEmojis): void;
  known(): Known;
}

/** For one signed-in person. */
export class Emojis {
  readonly #shelf: Shelf;
  #asking: Promise<void> | null = null;
  #learned_ms = Number.NEGATIVE_INFINITY;
  #missed_ms = Number.NEGATIVE_INFINITY;
  #waiting: ReturnType<typeof setTimeout> | null = null;
  readonly #vain = new Map<string, number>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** The connection is up: learn them, unless that was just done. */
  async connected(): Promise<void> {
    if (Date.now() - this.#learned_ms >= STALE_MS) await this.learn();
  }

  /** Learn them; without an answer it stays as it was known. Asked twice at once, it asks once. */
  learn(): Promise<void> {
    this.#asking ??= this.#learn().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** One is about to choose: gives them as they are now, or after a while as they are known. */
  async choosing(): Promise<Known> {
    if (Date.now() - this.#learned_ms < FRESH_MS) return this.#shelf.known();
    let late: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      late = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([this.learn(), patience]);
    clearTimeout(late);
    return this.#shelf.known();
  }

  /** A text or a reaction names one that is not known: it may be new. */
  missing(name: string): void {
    const now_ms = Date.now();
    if (now_ms - (this.#vain.get(name) ?? Number.NEGATIVE_INFINITY) < VAIN_MS) return;
    if (this.#vain.size >= LIMITS.CUSTOM_EMOJI) this.#vain.clear();
    this.#vain.set(name, now_ms);
    this.#waiting ??= setTimeout(
      () => {
        this.#waiting = null;
        this.#missed_ms = Date.now();
        void this.learn();
      },
      Math.max(0, this.#missed_ms + MISSING_MS - now_ms),
    );
  }

  /** Ask no more. */
  stop(): void {
    if (this.#waiting !== null) clearTimeout(this.#waiting);
    this.#waiting = null;
  }

  async #learn(): Promise<void> {
    try {
      this.#shelf.tell(await this.#shelf.list());
      this.#learned_ms = Date.now();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
    }
  }
}
