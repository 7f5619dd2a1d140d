/** Whether somebody sits in front of this page: what the browser tells of it, and for how long. */

/** Without a touch for so long one is idle. */
export const IDLE_MS = 5 * 60_000;
/** With the page out of sight one is idle sooner. */
export const HIDDEN_MS = 60_000;
const LOOK_MS = 5_000;
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

/** Tells by `changed` that somebody came, went, or looks elsewhere. */
export class Attention {
  readonly #changed: () => void;
  readonly #over = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  #touched_ms = Date.now();
  #hidden_ms: number | null = null;
  #idle = false;

  constructor(changed: () => void) {
    this.#changed = changed;
    const options = { signal: this.#over.signal, passive: true, capture: true };
    for (const touch of TOUCHES) addEventListener(touch, () => this.#touch(), options);
    addEventListener("focus", () => this.#touch(), options);
    addEventListener("blur", () => this.#changed(), options);
    document.addEventListener("visibilitychange", () => this.#seen(), options);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Whether nobody was here for a while. */
  get idle(): boolean {
    return this.#idle;
  }

  /** Whether the page is in sight and the one that is worked with. */
  get looks(): boolean {
    return document.visibilityState === "visible" && document.hasFocus();
  }

  /** Listen no more. */
  stop(): void {
    this.#over.abort();
    clearInterval(this.#timer);
  }

  #touch(): void {
    this.#touched_ms = Date.now();
    if (this.#idle) this.#look();
    else if (this.#hidden_ms !== null) this.#seen();
    this.#changed();
  }

  #seen(): void {
    const hidden = document.visibilityState === "hidden";
    this.#hidden_ms = hidden ? (this.#hidden_ms ?? Date.now()) : null;
    if (!hidden) this.#touched_ms = Date.now();
    this.#look();
    this.#changed();
  }

  #look(): void {
    const now_ms = Date.now();
    const idle =
      now_ms - this.#touched_ms >= IDLE_MS ||
      (this.#hidden_ms !== null && now_ms - this.#hidden_ms >= HIDDEN_MS);
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.#changed();
  }
}
