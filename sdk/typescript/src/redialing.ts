/** When to dial again after the end of a socket, and whether. Pure: it is told the time. */
import { delayMs } from "./backoff.ts";
import type { Advice } from "./closing.ts";

/** A connection that was ready for so long starts the backoff anew. */
export const STEADY_MS = 10_000;
/** Fresh tokens in a row that may be turned down before the client stops. */
export const FRESH_TOKENS = 2;
/** Between two tries, however often the network is said to be back. */
export const DIAL_APART_MS = 1_000;

/** The tries of one client. `at`: when to dial next; `fresh`: whether with a fresh token. */
export class Redialing {
  at = 0;
  fresh = false;
  readonly #draw: () => number;
  #attempts = 0;
  #tokensRefused = 0;
  #dialedAt = Number.NEGATIVE_INFINITY;
  #readyAt: number | null = null;

  constructor(draw: () => number) {
    this.#draw = draw;
  }

  /** Note that a connection is being made. */
  dialing(now: number): void {
    this.#dialedAt = now;
  }

  /** Note that there is one, made with the token asked for. */
  opened(): void {
    this.fresh = false;
  }

  /** Note that it was taken. */
  ready(now: number): void {
    this.#readyAt = now;
    this.#tokensRefused = 0;
  }

  /** Plan what follows the end of a socket. False: nothing, it is the end of the client. */
  plan(advised: Advice, leaveAt: number, now: number): boolean {
    if (this.#readyAt !== null && now - this.#readyAt >= STEADY_MS) this.#attempts = 0;
    this.#readyAt = null;
    let advice = advised;
    if (advice === "fresh token") {
      this.#tokensRefused += 1;
      this.fresh = true;
      if (this.#tokensRefused > FRESH_TOKENS) advice = "stop";
    }
    const atOnce = advice === "at once" || advice === "fresh token";
    if (advice === "stop") return false;
    if (advice === "when told" && leaveAt !== Number.POSITIVE_INFINITY) {
      this.at = Math.max(now, leaveAt);
    } else if (atOnce && this.#attempts === 0) {
      this.at = now;
      this.#attempts = 1;
    } else {
      this.at = now + delayMs(this.#attempts, this.#draw());
      this.#attempts += 1;
    }
    return true;
  }

  /** Wait no longer than need be: the network is said to be back. */
  hurry(now: number): void {
    this.at = Math.min(this.at, Math.max(now, this.#dialedAt + DIAL_APART_MS));
  }
}
