/**
 * Learns who has which picture, for the faces that are on the screen: messages say of their senders
 * no more than the name. It shows none.
 */
import { LIMITS, ProblemError, type User } from "parley-sdk";

/** Faces that come together are asked for together. */
const PAUSE_MS = 100;
/** What was learned so long ago is learned anew when the connection is back. */
const STALE_MS = 300_000;
/** People that are remembered as asked for; beyond, all are forgotten. */
const ASKED = 5_000;

/** Where people are asked for, and where what was answered is kept. */
export interface People {
  ask(ids: readonly string[]): Promise<readonly User[]>;
  tell(users: readonly User[]): void;
  known(): ReadonlyMap<string, User>;
}

/** For one signed-in person. Each is asked for once, also one whom nobody knows. */
export class Faces {
  readonly #people: People;
  /** What is called when the picture of somebody on the screen is another one. */
  readonly #shown = new Map<string, Set<() => void>>();
  readonly #asked = new Set<string>();
  readonly #waiting = new Set<string>();
  #known: ReadonlyMap<string, User>;
  #began_ms = Date.now();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(people: People) {
    this.#people = people;
    this.#known = people.known();
  }

  /** The id of somebody's picture; null: they have none, or it is not known. */
  of(id: string): string | null {
    return this.#people.known().get(id)?.avatar ?? null;
  }

  /** Follow somebody's picture until the function given is called. */
  follow(id: string, changed: () => void): () => void {
    const all = this.#shown.get(id) ?? new Set();
    this.#shown.set(id, all.add(changed));
    if (!this.#people.known().has(id)) this.#want(id);
    return () => {
      all.delete(changed);
      if (all.size === 0 && this.#shown.get(id) === all) this.#shown.delete(id);
    };
  }

  /** A picture could not be had: perhaps they have another one by now. */
  failed(id: string): void {
    this.#want(id);
  }

  /** What is known may have changed: tell those who follow. */
  look(): void {
    const former = this.#known;
    this.#known = this.#people.known();
    if (former === this.#known) return;
    for (const [id, all] of this.#shown) {
      if (former.get(id)?.avatar === this.#known.get(id)?.avatar) continue;
      for (const changed of all) changed();
    }
  }

  /** The connection is up: what changed long ago was not heard. */
  connected(): void {
    const now_ms = Date.now();
    if (now_ms - this.#began_ms < STALE_MS) return;
    this.#began_ms = now_ms;
    this.#asked.clear();
    for (const id of this.#shown.keys()) this.#want(id);
  }

  /** Ask no more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.clear();
  }

  #want(id: string): void {
    if (this.#asked.has(id)) return;
    if (this.#asked.size >= ASKED) this.#asked.clear();
    this.#asked.add(id);
    this.#waiting.add(id);
    this.#timer ??= setTimeout(() => void this.#ask(), PAUSE_MS);
  }

  async #ask(): Promise<void> {
    const ids = [...this.#waiting].slice(0, LIMITS.IDS_PER_QUERY);
    for (const id of ids) this.#waiting.delete(id);
    try {
      this.#people.tell(await this.#people.ask(ids));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // They are asked for again when they come up the next time.
      for (const id of ids) this.#asked.delete(id);
    }
    const more = this.#timer !== null && this.#waiting.size > 0;
    this.#timer = more ? setTimeout(() => void this.#ask(), PAUSE_MS) : null;
  }
}
