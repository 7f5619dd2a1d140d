/**
 * A client that stays connected, as its user sees it; no rule of the protocol is here.
 *
 * The rules are in `connection` and the cores it stands on, the doing is in `driver`.
 */
import { socketUrl } from "./address.ts";
import { monotonic, wall } from "./clock.ts";
import { Connection } from "./connection.ts";
import { Driver, type Handlers } from "./driver.ts";
import type { ConnectionState } from "./effects.ts";
import { ClosedError, SendError } from "./errors.ts";
import type { SyncAnswer } from "./frames.ts";
import { LIMITS, type OwnStatus, type SendResult } from "./protocol.gen.ts";
import type { Facts } from "./tally.ts";
import { FixedToken, type TokenSource } from "./tokens.ts";
import { uuid7 } from "./uuid7.ts";

export const NAME = "parley-sdk-typescript/0.1";

/**
 * name: what a person sees in the list of their devices, at most 128 characters.
 * status: how one is shown from the beginning; `online` by default.
 * resume: the last seq handled in each room, as `positions` gave it; without, a room begins with
 * what happens from now on.
 */
export interface ClientOptions {
  readonly name?: string;
  readonly status?: OwnStatus;
  readonly resume?: Readonly<Record<string, number>>;
}

/**
 * key: the message's identity, of an earlier try; without, one is made.
 * onKey: called should the key become another, because this machine's clock was ahead.
 */
export interface SendOptions {
  readonly key?: string;
  readonly replyTo?: number;
  readonly thread?: number;
  readonly attachments?: readonly string[];
  readonly onKey?: (key: string) => void;
}

/** A message on its way. */
export interface Sending {
  /** Its identity: the `id` of the event by which it comes back. */
  readonly key: string;
  /**
   * Settles when the message is durable in the log (however long that takes) or never will be:
   * then with a SendError, or a ClosedError when the client stopped and it is not known.
   */
  readonly result: Promise<SendResult>;
  /** Give it up: `result` fails with `timeout`; if it was ever sent it may come all the same. */
  withdraw(): void;
}

/**
 * One user's live connection, kept up through everything that can be waited out.
 *
 * url: where Parley is (`location.origin`), or the very URL of the socket; a TypeError if neither.
 * tokens: an access token, or a source of them.
 */
export class Client {
  readonly #core: Connection;
  readonly #driver: Driver;

  constructor(
    url: string,
    tokens: string | TokenSource,
    handlers: Handlers,
    options: ClientOptions = {},
  ) {
    this.#core = new Connection({
      client: options.name ?? NAME,
      status: options.status ?? "online",
      resume: options.resume ?? {},
      makeKey: (ms) => uuid7(ms, crypto.getRandomValues(new Uint8Array(10))),
      draw: Math.random,
    });
    const source = typeof tokens === "string" ? new FixedToken(tokens) : tokens;
    this.#driver = new Driver(socketUrl(url), source, this.#core, handlers);
  }

  /** Connect, and stay connected until `close`. Idempotent. */
  connect(): void {
    this.#driver.start();
  }

  /** Close for good; sends and syncs under way end with ClosedError. Idempotent. */
  close(): void {
    this.#core.stop(null);
    this.#driver.act();
  }

  /** Where the client stands. */
  get state(): ConnectionState {
    return this.#core.state(monotonic());
  }

  /** What was counted and measured so far; `probe` measures the round trip anew. */
  get facts(): Facts {
    const { tally, heartbeat, inbox, outbox } = this.#core;
    return {
      session: tally.session,
      gateway: tally.gateway,
      connections: tally.connections,
      roundTripMs: heartbeat.roundTripMs,
      healed: inbox.healed,
      left: inbox.left,
      doubles: inbox.doubles,
      waiting: outbox.size,
    };
  }

  /** The last seq of each room that `onEvent` was given, for a later `resume`. */
  positions(): Record<string, number> {
    return this.#core.inbox.positions();
  }

  /**
   * Send a message; also without a connection, for when there is one.
   *
   * Messages into one room go out one after the other in the order of the calls. Through lost
   * connections, `timeout`, `unavailable` and `rate_limited` it is tried again with the same key,
   * for ever; the room then has it once. At most 1,000 may wait.
   */
  send(room: string, text: string, options: SendOptions = {}): Sending {
    let key = options.key ?? this.#core.makeKey(wall(), monotonic());
    if (this.#core.phase === "closed") {
      const result = Promise.reject(new ClosedError("the client was closed"));
      return { key, result, withdraw: () => {} };
    }
    const ticket = this.#core.send({
      room,
      key,
      ownKey: options.key === undefined,
      content: {
        text,
        ...(options.replyTo === undefined ? {} : { reply_to: options.replyTo }),
        ...(options.thread === undefined ? {} : { thread: options.thread }),
        ...(options.attachments?.length ? { attachments: [...options.attachments] } : {}),
      },
    });
    const result = this.#driver.sent(ticket, (another) => {
      key = another;
      options.onKey?.(another);
    });
    const withdraw = (): void => {
      this.#core.outbox.withdraw(ticket);
      this.#driver.forget(ticket, new SendError("timeout", "it was withdrawn", key));
    };
    return {
      get key() {
        return key;
      },
      result,
      withdraw,
    };
  }

  /**
   * Ask for log events of a room after a seq, oldest first; `onEvent` is not touched by it.
   *
   * Throws RequestError when it was refused, not answered, or there is no connection, and
   * ClosedError when the client stopped.
   */
  async sync(room: string, after: number, limit: number = LIMITS.SYNC_EVENTS): Promise<SyncAnswer> {
    if (this.#core.phase === "closed") throw new ClosedError("the client was closed");
    return this.#driver.synced(this.#core.sync(room, after, limit, monotonic()));
  }

  /**
   * Follow the presence of these people instead of those before, on later connections too.
   *
   * Whoever may be seen comes by `onWatched`, what changes then by `onPassing`. People are shown
   * only to those who share a room: watch again when somebody came. Throws RangeError for more
   * than 500.
   */
  watch(users: readonly string[]): void {
    if (users.length > LIMITS.WATCH_USERS) {
      throw new RangeError(`at most ${LIMITS.WATCH_USERS} people can be watched`);
    }
    this.#core.watch(users, monotonic());
    this.#driver.act();
  }

  /** Show oneself so, on later connections too. */
  setStatus(status: OwnStatus): void {
    this.#core.setStatus(status);
    this.#driver.act();
  }

  /** Move one's read mark forward; without a connection, when there is one. */
  markRead(room: string, seq: number): void {
    this.#core.markRead(room, seq, monotonic());
    this.#driver.act();
  }

  /** Show that one types, or no longer; lost when there is no connection. */
  typing(room: string, active: boolean): void {
    this.#core.typing(room, active);
    this.#driver.act();
  }

  /** Find out at once whether the connection lives; a browser's events do so by themselves. */
  probe(): void {
    this.#driver.probe();
  }

  /** Break the connection without a word, as a lost network does; it comes back by itself. */
  drop(): void {
    this.#driver.drop();
  }
}
