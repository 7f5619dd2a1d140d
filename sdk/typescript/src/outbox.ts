/**
 * Messages on their way: one at a time in each room, retried with the same key until settled.
 *
 * Pure: it is told the time and given what makes a key; it neither sends nor waits.
 */
import { delayMs, toldMs } from "./backoff.ts";
import { details, SendError } from "./errors.ts";
import type { ErrorCode, ErrorFrame, Send, SendResult } from "./protocol.gen.ts";
import { LIMITS, RETRYABLE } from "./protocol.gen.ts";

/** Most messages of one client that are not settled yet. */
export const WAITING = 1_000;
/** How long an answer may take before the message is sent again; a gateway takes 15 s at most. */
export const ANSWER_MS = 20_000;
/** Most keys made for one message, when the clock they are made by is said to be ahead. */
export const KEYS = 3;
/** Whoever types faster than allowed waits; nothing was stored, so the key may be used again. */
const AGAIN: ReadonlySet<ErrorCode> = new Set<ErrorCode>([...RETRYABLE, "rate_limited"]);

/** A longer wait, such as in slow mode, is for whoever sends to decide about. */
export const WAIT_MS = 60_000;

/** What a `send` needs besides its content: room, key, id. */
const ENVELOPE_BYTES = 1_024;
const ENCODER = new TextEncoder();

/** What a message says. */
export type Content = Pick<Send, "text" | "reply_to" | "thread" | "attachments">;

/** A message to send. `ownKey`: the key was made by this library, which may make another. */
export interface Draft {
  readonly room: string;
  readonly key: string;
  readonly ownKey: boolean;
  readonly content: Content;
}

/** One message under way. `at`: when to send it next, after a failure or for lack of an answer. */
interface Outgoing {
  readonly ticket: number;
  readonly draft: Draft;
  key: string;
  at: number;
  /** The request it went out as, while its answer is waited for. */
  request: string | null;
  attempts: number;
  keys: number;
  /** A try ended without word of whether it was stored. */
  unsure: boolean;
}

/** How a message ended, or that its key is another by now. */
export type Settled =
  | { readonly ticket: number; readonly result: SendResult }
  | { readonly ticket: number; readonly error: SendError }
  | { readonly ticket: number; readonly key: string };

/** All unsettled messages of one client, in the order given within each room. */
export class Outbox {
  readonly #makeKey: (ms: number) => string;
  readonly #draw: () => number;
  readonly #rooms = new Map<string, Outgoing[]>();
  readonly #flying = new Map<string, Outgoing>();
  #size = 0;

  constructor(makeKey: (ms: number) => string, draw: () => number) {
    this.#makeKey = makeKey;
    this.#draw = draw;
  }

  /** How many messages are not settled. */
  get size(): number {
    return this.#size;
  }

  /** Take a message. An error: too many are waiting. */
  add(ticket: number, draft: Draft): SendError | null {
    if (this.#size >= WAITING) {
      return new SendError("rate_limited", `${WAITING} messages are waiting already`, draft.key);
    }
    this.#size += 1;
    const outgoing: Outgoing = {
      ticket,
      draft,
      key: draft.key,
      at: 0,
      request: null,
      attempts: 0,
      keys: 1,
      unsure: false,
    };
    const waiting = this.#rooms.get(draft.room);
    if (waiting) waiting.push(outgoing);
    else this.#rooms.set(draft.room, [outgoing]);
    return null;
  }

  /** Give the frames to write now, at most one a room; each counts as sent. */
  due(now: number, number: () => string): Send[] {
    const due: Send[] = [];
    for (const [head] of this.#rooms.values()) {
      if (head === undefined || head.at > now) continue;
      // No answer in time: the same again, under a new request id.
      if (head.request !== null) this.#land(head, true);
      const id = number();
      head.request = id;
      head.attempts += 1;
      head.at = now + ANSWER_MS;
      this.#flying.set(id, head);
      due.push({
        type: "send",
        id,
        room: head.draft.room,
        key: head.key,
        ...head.draft.content,
      });
    }
    return due;
  }

  /** Give the time of the next `due` that may have something; Infinity: none. */
  nextAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const [head] of this.#rooms.values()) at = Math.min(at, head?.at ?? at);
    return at;
  }

  /** Say whether `request` is a message under way. */
  sent(request: string): boolean {
    return this.#flying.has(request);
  }

  /** Take the answer to a message: it is in the log. */
  acknowledged(request: string, result: SendResult): Settled | null {
    const head = this.#flying.get(request);
    if (head === undefined) return null;
    this.#land(head, false);
    this.#remove(head);
    return { ticket: head.ticket, result };
  }

  /** Take an error: final and told, or a reason to try again. */
  refused(request: string, error: ErrorFrame, now: number): Settled | null {
    const head = this.#flying.get(request);
    if (head === undefined) return null;
    this.#land(head, RETRYABLE.includes(error.code));
    if (AGAIN.has(error.code) && (error.retry_after_ms ?? 0) <= WAIT_MS) {
      head.at = now + this.#waitMs(head, error);
      return null;
    }
    if (error.code === "bad_key" && error.server_time_ms != null && mayMakeAnother(head)) {
      head.key = this.#makeKey(error.server_time_ms);
      head.keys += 1;
      head.at = now;
      return { ticket: head.ticket, key: head.key };
    }
    this.#remove(head);
    const failed = new SendError(error.code, error.message, head.key, details(error));
    return { ticket: head.ticket, error: failed };
  }

  /** Take an answer that says nothing: ask again with the same key, which settles it. */
  unreadable(request: string, now: number): void {
    const head = this.#flying.get(request);
    if (head === undefined) return;
    this.#land(head, true);
    head.at = now + delayMs(head.attempts - 1, this.#draw());
  }

  /** Take it that no answer will come: all are sent again when there is a connection. */
  disconnected(now: number): void {
    for (const head of [...this.#flying.values()]) {
      this.#land(head, true);
      head.at = now;
    }
  }

  /** Give a message up. True: it was never sent; false: it may be in the log. Null: unknown. */
  withdraw(ticket: number): boolean | null {
    for (const waiting of this.#rooms.values()) {
      const outgoing = waiting.find((other) => other.ticket === ticket);
      if (outgoing === undefined) continue;
      this.#land(outgoing, false);
      this.#remove(outgoing);
      return outgoing.attempts === 0;
    }
    return null;
  }

  #land(head: Outgoing, unsure: boolean): void {
    if (head.request !== null) this.#flying.delete(head.request);
    head.request = null;
    head.unsure ||= unsure;
  }

  #remove(outgoing: Outgoing): void {
    const left = (this.#rooms.get(outgoing.draft.room) ?? []).filter((other) => other !== outgoing);
    this.#size -= 1;
    if (left.length > 0) this.#rooms.set(outgoing.draft.room, left);
    else this.#rooms.delete(outgoing.draft.room);
  }

  #waitMs(head: Outgoing, error: ErrorFrame): number {
    // Who was told when there is more does not back off: that is no fault of the server's.
    const limited = error.code === "rate_limited" && error.retry_after_ms != null;
    return toldMs(error.retry_after_ms) + delayMs(limited ? 0 : head.attempts - 1, this.#draw());
  }
}

/** Only while no try can have stored the message: `bad_key` says that this one did not. */
function mayMakeAnother(head: Outgoing): boolean {
  return head.draft.ownKey && !head.unsure && head.keys < KEYS;
}

/** Refuse what would end the client (4513: too large a frame) or be sent in vain. */
export function tooLarge({ content, key }: Draft, textBytes: number): SendError | null {
  const text = bytes(content.text ?? "") > textBytes;
  const frame = bytes(JSON.stringify(content)) > LIMITS.FRAME_BYTES - ENVELOPE_BYTES;
  if (!text && !frame) return null;
  const what = text ? `the text is longer than ${textBytes} bytes` : "too large a frame";
  return new SendError("too_large", what, key, { field: "text" });
}

function bytes(text: string): number {
  return ENCODER.encode(text).length;
}
