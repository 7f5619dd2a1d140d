/** Does what is wanted, one piece of work a key at a time, again and later while it stays wanted. */

/** A piece of work: settles when it is done, rejects when it was not. */
export interface Want {
  readonly key: string;
  readonly work: () => Promise<void>;
}

/** Pieces of work under way at once. */
export const AT_ONCE = 4;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 10_000;

/** `wants` gives what is wanted at present; `failed` is told of the first failure of each. */
export class Retrier {
  readonly #wants: () => Want[];
  readonly #failed: (key: string, error: unknown) => void;
  readonly #busy = new Set<string>();
  readonly #tries = new Map<string, number>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #stopped = false;

  constructor(wants: () => Want[], failed: (key: string, error: unknown) => void) {
    this.#wants = wants;
    this.#failed = failed;
  }

  /** Begin whatever is wanted and neither under way nor pausing. */
  look(): void {
    if (this.#stopped) return;
    const wants = this.#wants();
    const keys = new Set(wants.map(({ key }) => key));
    for (const key of this.#tries.keys()) {
      if (!keys.has(key) && !this.#busy.has(key)) this.#forget(key);
    }
    for (const want of wants) {
      if (this.#busy.size >= AT_ONCE) return;
      if (!this.#busy.has(want.key) && !this.#timers.has(want.key)) void this.#do(want);
    }
  }

  /** Pause no longer: what was in the way is gone. */
  hurry(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#tries.clear();
    this.look();
  }

  /** Begin nothing any more. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #do({ key, work }: Want): Promise<void> {
    const tries = this.#tries.get(key) ?? 0;
    this.#tries.set(key, tries + 1);
    this.#busy.add(key);
    try {
      await work();
    } catch (error) {
      if (tries === 0 && !this.#stopped) this.#failed(key, error);
    }
    this.#busy.delete(key);
    if (this.#stopped) return;
    // Still wanted after it was done: the answer was not enough yet, and is asked for less often.
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        this.look();
      }, pause),
    );
    this.look();
  }

  #forget(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    this.#tries.delete(key);
  }
}
