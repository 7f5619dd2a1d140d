/** Knows where files are that messages show, as long as those URLs are good; it shows none. */
import { LIMITS, ProblemError, type SignedMedia } from "parley-sdk";

/** So long before its end a URL is not begun with. */
const SPARE_MS = 30_000;
/** What could not be had is asked for again after this. */
const AGAIN_MS = 20_000;

type Sign = (ids: readonly string[]) => Promise<Readonly<Record<string, SignedMedia>>>;

/** What is wanted in one turn is asked for together. */
export class Viewing {
  readonly #sign: Sign;
  readonly #known = new Map<string, SignedMedia>();
  readonly #vain = new Map<string, number>();
  readonly #wanted = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(sign: Sign) {
    this.#sign = sign;
  }

  /** Where a file is; null: that is not known, and asked for unless it just was in vain. */
  of(id: string, now_ms: number = Date.now()): SignedMedia | null {
    const known = this.#known.get(id);
    if (known && known.expires_ms - SPARE_MS > now_ms) return known;
    this.#known.delete(id);
    if (now_ms - (this.#vain.get(id) ?? Number.NEGATIVE_INFINITY) >= AGAIN_MS) this.#want(id);
    return null;
  }

  /** A URL did not lead to the file: have another one. */
  failed(id: string): void {
    if (this.#vain.has(id)) return;
    this.#known.delete(id);
    this.#vain.set(id, Date.now());
    setTimeout(() => {
      this.#vain.delete(id);
      this.#tell();
    }, AGAIN_MS);
  }

  /** A URL no longer leads to the file: have another one at once, but not over and over. */
  renew(id: string): void {
    if (this.#vain.has(id)) return;
    this.failed(id);
    this.#want(id);
  }

  /** Be told when something became known; gives what ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #want(id: string): void {
    if (this.#wanted.size === 0) queueMicrotask(() => void this.#ask());
    this.#wanted.add(id);
  }

  async #ask(): Promise<void> {
    const ids = [...this.#wanted];
    this.#wanted.clear();
    for (let from = 0; from < ids.length; from += LIMITS.IDS_PER_QUERY) {
      await this.#learn(ids.slice(from, from + LIMITS.IDS_PER_QUERY));
    }
    this.#tell();
  }

  async #learn(ids: readonly string[]): Promise<void> {
    try {
      const found = await this.#sign(ids);
      for (const id of ids) {
        const signed = found[id];
        if (signed) this.#known.set(id, signed);
        else this.failed(id);
      }
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      for (const id of ids) this.failed(id);
    }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
