/** Requests of one socket that wait for their one answer; messages are in `outbox`, not here. */

/** How long an answer may take. */
export const ANSWER_MS = 20_000;

/** What was asked: by the user (`ticket`), to fill a gap (`room`), or by the client itself. */
export type Purpose =
  | { readonly for: "sync"; readonly ticket: number }
  | { readonly for: "gap"; readonly room: string }
  | { readonly for: "watch" }
  | { readonly for: "auth" };

interface Asked {
  readonly purpose: Purpose;
  readonly at: number;
}

/** The requests of one socket, by their id. Bounded by those who ask: each waits. */
export class Requests {
  #asked = new Map<string, Asked>();

  /** Take a request that goes out as `id`, and waits until `at`. */
  add(id: string, purpose: Purpose, at: number): void {
    this.#asked.set(id, { purpose, at });
  }

  /** Give the request an answer belongs to, once. */
  pop(id: string): Purpose | null {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked?.purpose ?? null;
  }

  /** Forget those for a purpose: another has taken their place. */
  forget(purpose: Purpose["for"]): void {
    for (const [id, asked] of this.#asked) {
      if (asked.purpose.for === purpose) this.#asked.delete(id);
    }
  }

  /** Give, once, those that waited too long. */
  late(now: number): Purpose[] {
    return [...this.#asked]
      .filter(([, asked]) => asked.at <= now)
      .map(([id, { purpose }]) => {
        this.#asked.delete(id);
        return purpose;
      });
  }

  /** Give all of them, once: the socket is gone. */
  drain(): Purpose[] {
    const asked = [...this.#asked.values()];
    this.#asked = new Map();
    return asked.map(({ purpose }) => purpose);
  }

  /** Give when the first of them has waited too long; Infinity: none. */
  nextAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const asked of this.#asked.values()) at = Math.min(at, asked.at);
    return at;
  }
}
