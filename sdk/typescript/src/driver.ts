/** What the client's core wants, done: with a socket, a timer and tokens. It knows no rule. */
import { monotonic } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionState, Effect, Passing } from "./effects.ts";
import { ClosedError, ProblemError, type RequestError, type SendError } from "./errors.ts";
import type { SyncAnswer } from "./frames.ts";
import {
  CLOSE,
  type ErrorCode,
  type Presence,
  type Ready,
  type SendResult,
} from "./protocol.gen.ts";
import type { Item } from "./room_log.ts";
import { Socket } from "./socket.ts";
import type { TokenSource } from "./tokens.ts";
import { onWake } from "./wake.ts";

/** Longest delay of a timer (HTML: a signed 32-bit number of ms). */
const TIMER_MS = 2 ** 31 - 1;
const HOPELESS: ReadonlySet<ErrorCode> = new Set(["unauthorized", "forbidden"]);

/** What a client tells. Each should be quick; what one throws is reported, and stops nothing. */
export interface Handlers {
  /** After every hello, before what was missed: the state that later events continue. */
  onReady?(ready: Ready): void;
  /** Log events, each once and in its room's order, and a marker wherever there is a hole. */
  onEvent?(item: Item): void;
  /** Frames that are now or never: typing, presence, read marks, notifications, new rooms. */
  onPassing?(frame: Passing): void;
  /** The presence of all those watched who may be seen, in place of what was known of anybody. */
  onWatched?(presence: readonly Presence[]): void;
  onState?(state: ConnectionState): void;
  /** Something that should not be, for a log; by default it goes to the console. */
  onStrange?(what: string): void;
}

interface Waiting<T> {
  resolve(result: T): void;
  reject(error: Error): void;
}

interface WaitingSend extends Waiting<SendResult> {
  rekeyed(key: string): void;
}

/** Drives one `Connection`. */
export class Driver {
  readonly #core: Connection;
  readonly #url: string;
  readonly #tokens: TokenSource;
  readonly #handlers: Handlers;
  readonly #sends = new Map<number, WaitingSend>();
  readonly #syncs = new Map<number, Waiting<SyncAnswer>>();
  #token = "";
  #socket: Socket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #started = false;
  #stopWaking = (): void => {};
  #renewing = false;
  #acting = false;

  constructor(url: string, tokens: TokenSource, core: Connection, handlers: Handlers) {
    this.#url = url;
    this.#tokens = tokens;
    this.#core = core;
    this.#handlers = handlers;
  }

  /** Begin to connect, and never stop trying until told. Idempotent. */
  start(): void {
    if (this.#started || this.#core.phase === "closed") return;
    this.#started = true;
    this.#stopWaking = onWake(() => this.probe());
    this.act();
  }

  /** Find out at once whether the connection lives. */
  probe(): void {
    this.#core.probe(monotonic());
    this.act();
  }

  /** Break the connection without a word, as a lost network does; it comes back by itself. */
  drop(): void {
    if (this.#socket === null) return;
    this.#hangUp();
    this.act();
  }

  /** Wait for the end of a message. */
  sent(ticket: number, rekeyed: (key: string) => void): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      this.#sends.set(ticket, { resolve, reject, rekeyed });
      this.act();
    });
  }

  /** Give up waiting for the end of a message. */
  forget(ticket: number, error: SendError): void {
    this.#sends.get(ticket)?.reject(error);
    this.#sends.delete(ticket);
    this.act();
  }

  /** Wait for the answer to a `sync`. */
  synced(ticket: number): Promise<SyncAnswer> {
    return new Promise((resolve, reject) => {
      this.#syncs.set(ticket, { resolve, reject });
      this.act();
    });
  }

  /** Do what the core wants, in order, also what callbacks bring about meanwhile. */
  act(): void {
    // A client that was never started still has to tell that it was closed.
    const idle = !this.#started && this.#core.phase !== "closed";
    if (this.#acting || idle) return;
    this.#acting = true;
    try {
      for (;;) {
        const effects = this.#core.take(monotonic());
        if (effects.length === 0) break;
        for (const effect of effects) this.#do(effect);
      }
    } finally {
      this.#acting = false;
    }
    this.#plan();
  }

  #do(effect: Effect): void {
    const { onReady, onEvent, onPassing, onWatched, onState } = this.#handlers;
    switch (effect.do) {
      case "write":
        this.#socket?.send(effect.text);
        break;
      case "hang up":
        this.#hangUp();
        break;
      case "ready":
        this.#tell(() => onReady?.call(this.#handlers, effect.frame));
        break;
      case "deliver":
        this.#tell(() => onEvent?.call(this.#handlers, effect.item));
        break;
      case "pass on":
        this.#tell(() => onPassing?.call(this.#handlers, effect.frame));
        break;
      case "watched":
        this.#tell(() => onWatched?.call(this.#handlers, effect.presence));
        break;
      case "sent":
        settle(this.#sends, effect.ticket, effect.outcome);
        break;
      case "rekeyed":
        this.#tell(() => this.#sends.get(effect.ticket)?.rekeyed(effect.key));
        break;
      case "synced":
        settle(this.#syncs, effect.ticket, effect.outcome);
        break;
      case "entered":
        this.#tell(() => onState?.call(this.#handlers, effect.state));
        break;
      case "renew":
        void this.#renew();
        break;
      case "strange":
        this.#strange(effect.what);
        break;
      case "stopped":
        this.#stopped(effect.error);
        break;
    }
  }

  /** Let the timer stand where something is due next; one that is too early costs one look. */
  #plan(): void {
    const at = this.#core.nextAt();
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    const now = monotonic();
    const wait = Math.min(TIMER_MS, Math.max(0, at - now));
    this.#timerAt = now + wait;
    this.#timer = setTimeout(() => this.#wake(), Math.ceil(wait));
  }

  #wake(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = monotonic();
    if (this.#core.phase === "waiting" && now >= this.#core.redialing.at) {
      this.#core.dialing(now);
      void this.#dial();
    } else {
      this.#core.tick(now);
    }
    this.act();
  }

  /** Fetch a token and open a socket with it. */
  async #dial(): Promise<void> {
    const fresh = this.#core.redialing.fresh;
    try {
      const token = await this.#tokens.access({ fresh });
      if (this.#core.phase !== "dialing") return;
      if (fresh && token === this.#token) {
        this.#core.stop(new ClosedError("no fresh token is to be had", CLOSE.UNAUTHORIZED));
      } else {
        this.#token = token;
        this.#socket = this.#open();
      }
    } catch (error) {
      if (error instanceof ProblemError && !HOPELESS.has(error.code)) {
        this.#core.unreachable(error.message, monotonic());
      } else {
        const code = error instanceof ProblemError ? CLOSE.UNAUTHORIZED : 0;
        this.#core.stop(new ClosedError(`no connection to be had: ${String(error)}`, code, error));
      }
    }
    this.act();
  }

  #open(): Socket {
    return new Socket(this.#url, {
      opened: () => {
        this.#core.opened(this.#token, this.#tokens.expiresInMs(), monotonic());
        this.act();
      },
      text: (text) => {
        this.#core.received(text, monotonic());
        this.act();
      },
      lost: (code) => {
        this.#socket = null;
        this.#core.lost(code, monotonic());
        this.act();
      },
    });
  }

  #hangUp(): void {
    if (this.#socket === null) return;
    this.#socket.drop();
    this.#socket = null;
    this.#core.lost(1006, monotonic());
  }

  /** Bring a fresh token to the connection; the core asks again when that failed. */
  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      const token = await this.#tokens.access();
      if (token !== this.#token) {
        this.#token = token;
        this.#core.renewed(token, this.#tokens.expiresInMs(), monotonic());
        this.act();
      }
    } catch (error) {
      this.#strange(`no fresh token yet: ${String(error)}`);
    } finally {
      this.#renewing = false;
    }
  }

  #stopped(error: ClosedError | null): void {
    clearTimeout(this.#timer);
    this.#stopWaking();
    const end = error ?? new ClosedError("the client was closed");
    for (const waiting of [...this.#sends.values(), ...this.#syncs.values()]) waiting.reject(end);
    this.#sends.clear();
    this.#syncs.clear();
  }

  #tell(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      const where = error instanceof Error ? error.stack : undefined;
      this.#strange(`a callback threw: ${where ?? String(error)}`);
    }
  }

  #strange(what: string): void {
    const { onStrange } = this.#handlers;
    if (onStrange === undefined) console.warn(`parley: ${what}`);
    else onStrange.call(this.#handlers, what);
  }
}

function settle<T>(
  waiting: Map<number, Waiting<T>>,
  ticket: number,
  outcome: T | RequestError | SendError,
): void {
  const one = waiting.get(ticket);
  waiting.delete(ticket);
  if (outcome instanceof Error) one?.reject(outcome);
  else one?.resolve(outcome);
}
