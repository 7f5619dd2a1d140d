/** Whether the other side is still there (protocol §6). Pure: it is told the time. */
import { LIMITS } from "./protocol.gen.ts";

/** Silence after a `ping` before the socket is given up. */
export const PONG_MS = 10_000;
/** The same when there is reason to doubt: the network or the tab came back. */
export const PROBE_MS = 5_000;
const LEAST_MS = 1_000;

/** One connection's signs of life. */
export class Heartbeat {
  #everyMs: number = LIMITS.HEARTBEAT_MS;
  #heardAt = 0;
  /** When silence is the end; null: no ping is unanswered. */
  #pongBy: number | null = null;
  #pingedAt: number | null = null;
  /** From the last `ping` to its `pong`; null: not measured yet. */
  roundTripMs: number | null = null;

  /** Expect a sign of life every so often. */
  every(ms: number): void {
    this.#everyMs = Math.max(LEAST_MS, ms);
  }

  /** Take a sign of life: any frame is one. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#pongBy = null;
  }

  /** Take the answer to a `ping`. */
  ponged(now: number): void {
    if (this.#pingedAt !== null) this.roundTripMs = now - this.#pingedAt;
    this.#pingedAt = null;
  }

  /** Doubt: have little patience from now on. True: a ping has to be sent. */
  probe(now: number): boolean {
    const ping = this.#pongBy === null;
    if (ping) this.#pingedAt = now;
    this.#pongBy = Math.min(this.#pongBy ?? Number.POSITIVE_INFINITY, now + PROBE_MS);
    return ping;
  }

  /** Say what is due, once: a ping, or the end. */
  due(now: number): "ping" | "end" | null {
    if (now < this.at) return null;
    const due = this.#pongBy === null ? "ping" : "end";
    this.#pongBy = now + PONG_MS;
    if (due === "ping") this.#pingedAt = now;
    return due;
  }

  /** When something is due next. */
  get at(): number {
    return this.#pongBy ?? this.#heardAt + this.#everyMs;
  }
}
