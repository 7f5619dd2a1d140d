/** Whose presence is followed, through all connections. Pure: it is told the time. */
import { delayMs, toldMs } from "./backoff.ts";
import type { ErrorCode, ErrorFrame } from "./protocol.gen.ts";

/** Errors after which the same people are asked for again. */
const AGAIN: ReadonlySet<ErrorCode> = new Set([
  "timeout",
  "unavailable",
  "rate_limited",
  "internal",
]);

/** The set of people last asked for. `at`: when to ask; Infinity: nothing to ask. */
export class Watching {
  at = Number.POSITIVE_INFINITY;
  readonly #draw: () => number;
  #users: readonly string[] = [];
  #failures = 0;

  constructor(draw: () => number) {
    this.#draw = draw;
  }

  /** Follow these people from now on, instead of those before. */
  want(users: readonly string[], now: number): void {
    this.#users = [...users];
    this.#failures = 0;
    this.at = now;
  }

  /** Take it that a connection is ready: it follows nobody yet. */
  ready(now: number): void {
    this.#failures = 0;
    this.at = this.#users.length > 0 ? now : Number.POSITIVE_INFINITY;
  }

  /** Give whom to ask for, once, if it is time. */
  due(now: number): readonly string[] | null {
    if (this.at > now) return null;
    this.at = Number.POSITIVE_INFINITY;
    return this.#users;
  }

  /** Take an error to the latest question. False: it is final. */
  refused(error: ErrorFrame, now: number): boolean {
    if (!AGAIN.has(error.code)) return false;
    this.at = now + toldMs(error.retry_after_ms) + delayMs(this.#failures, this.#draw());
    this.#failures += 1;
    return true;
  }
}
