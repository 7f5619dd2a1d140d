/** Keys for what must be done once however often it is asked for; it asks nobody itself. */

/**
 * The key of one form at a time: the same content, sent again because no answer came, keeps its
 * key; other content, or the next after it was `done`, gets another.
 */
export class Once {
  readonly #random: () => string;
  #content: string | null = null;
  #key = "";

  /** `random`: gives a text that nobody else has. */
  constructor(random: () => string = randomKey) {
    this.#random = random;
  }

  /** Give the key to send this content with. */
  key(content: string): string {
    if (content !== this.#content) {
      this.#content = content;
      this.#key = this.#random();
    }
    return this.#key;
  }

  /** Take that it was done: the same content once more is meant once more. */
  done(): void {
    this.#content = null;
  }
}

/** 128 random bits. Not `randomUUID`, which browsers keep from pages served over plain HTTP. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
