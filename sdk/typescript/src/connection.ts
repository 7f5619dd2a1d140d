/**
 * The state machine of one client through all its sockets: pure, no I/O, no clock, no chance.
 *
 *     waiting ──dialing──> dialing ──opened──> greeting ──ready──> ready
 *        ^                    │ unreachable       │ lost             │ lost
 *        └────────────────────┴───────────────────┴──────────────────┘    any ──stop──> closed
 *
 * Inputs are methods that take `now` (monotonic ms); what follows from them is fetched with
 * `take`, in order. Nothing a server sends makes it throw.
 */
import { toldMs } from "./backoff.ts";
import { type Advice, afterClose, reason } from "./closing.ts";
import type { ConnectionState, Effect } from "./effects.ts";
import { ClosedError, details, ownError, RequestError } from "./errors.ts";
import {
  decode,
  isLogEvent,
  type RawOk,
  type Received,
  readAuth,
  readSend,
  readSync,
  readWatch,
} from "./frames.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Inbox } from "./inbox.ts";
import { type Draft, Outbox, type Settled, tooLarge } from "./outbox.ts";
import type { ClientFrame, ErrorFrame, OwnStatus, Ready } from "./protocol.gen.ts";
import { LIMITS } from "./protocol.gen.ts";
import { ReadMarks } from "./read_marks.ts";
import { Redialing } from "./redialing.ts";
import { Renewal } from "./renewal.ts";
import { ANSWER_MS, type Purpose, Requests } from "./requests.ts";
import { Tally } from "./tally.ts";
import { Watching } from "./watching.ts";

/** From the upgrade to `ready`; beyond, another gateway is tried. */
export const GREETING_MS = 20_000;
/** Where the current socket is. */
export type Phase = "waiting" | "dialing" | "greeting" | "ready" | "closed";

/** What a client says of itself, and what it draws on. */
export interface Settings {
  readonly client: string;
  readonly status: OwnStatus;
  readonly resume: Readonly<Record<string, number>>;
  readonly makeKey: (ms: number) => string;
  readonly draw: () => number;
}

/** One client. */
export class Connection {
  phase: Phase = "waiting";
  /** Why the last socket was lost. */
  why = "";
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly heartbeat = new Heartbeat();
  readonly tally = new Tally();
  /** When to dial next, and whether with a fresh token. */
  readonly redialing: Redialing;
  readonly #settings: Settings;
  readonly #watching: Watching;
  readonly #marks = new ReadMarks();
  readonly #requests = new Requests();
  readonly #renewal = new Renewal();
  #effects: Effect[] = [];
  #numbers = 0;
  #tickets = 0;
  #status: OwnStatus;
  #toldStatus: OwnStatus | null = null;
  #user = "";
  #entered = "";
  #error: ClosedError | null = null;
  #greetBy = 0;
  /** The server's time less `now`; null: it never told. */
  #clockMs: number | null = null;
  #textBytes: number = LIMITS.TEXT_BYTES;
  #leaveAt = Number.POSITIVE_INFINITY;
  #leaving = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#status = settings.status;
    this.inbox = new Inbox(settings.resume, (item) => this.#effects.push({ do: "deliver", item }));
    this.outbox = new Outbox(settings.makeKey, settings.draw);
    this.redialing = new Redialing(settings.draw);
    this.#watching = new Watching(settings.draw);
  }

  // ---------------------------------------------------------------------- the life of a socket

  /** Note that a connection is being made. */
  dialing(now: number): void {
    if (this.phase !== "waiting") return;
    this.phase = "dialing";
    this.redialing.dialing(now);
  }

  /** Take an upgraded socket: greet, and resume what is held. */
  opened(token: string, expiresInMs: number | null, now: number): void {
    if (this.phase !== "dialing") return;
    this.phase = "greeting";
    this.redialing.opened();
    this.heartbeat.heard(now);
    this.#leaveAt = Number.POSITIVE_INFINITY;
    this.#leaving = false;
    this.#greetBy = now + GREETING_MS;
    this.#renewal.plan(expiresInMs, now);
    this.#toldStatus = this.#status;
    this.#write({
      type: "hello",
      token,
      client: this.#settings.client,
      status: this.#status,
      resume: this.inbox.resume(),
    });
  }

  /** Take the end of a socket: `code` of its close frame, 1006 when there was none. */
  lost(code: number, now: number): void {
    const advice = this.#leaving ? "at once" : afterClose(code);
    this.#endOfSocket(this.#leaving ? "told to reconnect" : `${reason(code)} (${code})`, now);
    this.#goOn(advice, code, now);
  }

  /** Take it that no connection, or no token to go with it, is to be had for now. */
  unreachable(why: string, now: number): void {
    this.#endOfSocket(why, now);
    this.#goOn("backoff", 0, now);
  }

  /** End it all: what is not settled fails. Idempotent. */
  stop(error: ClosedError | null): void {
    if (this.phase === "closed") return;
    this.phase = "closed";
    this.#error = error;
    this.#requests.drain();
    this.#effects.push({ do: "hang up" }, { do: "stopped", error });
  }

  #endOfSocket(why: string, now: number): void {
    if (this.phase === "closed") return;
    this.phase = "waiting";
    this.why = why;
    this.inbox.disconnected();
    this.outbox.disconnected(now);
    this.#marks.disconnected(now);
    const error = ownError("unavailable", `the connection was lost: ${why}`);
    for (const purpose of this.#requests.drain()) this.#fail(purpose, error, now);
  }

  #goOn(advice: Advice, code: number, now: number): void {
    if (this.phase === "closed") return;
    if (!this.redialing.plan(advice, this.#leaveAt, now)) {
      this.stop(new ClosedError(reason(code), code));
    }
  }

  // ----------------------------------------------------------------------------- what comes in

  /** Take one text frame of the server. */
  received(text: string, now: number): void {
    this.heartbeat.heard(now);
    if (this.phase !== "greeting" && this.phase !== "ready") return;
    const frame = decode(text);
    if (frame === null) return;
    if (typeof frame === "string") {
      this.#strange(`a frame that is not of the protocol: ${frame}`);
    } else if (isLogEvent(frame)) {
      this.inbox.event(frame, now);
    } else {
      this.#frame(frame, now);
    }
  }

  #frame(frame: Exclude<Received, { prev: number }>, now: number): void {
    switch (frame.type) {
      case "ok":
        this.#ok(frame, now);
        break;
      case "error":
        this.#refused(frame, now);
        break;
      case "ready":
        this.#ready(frame, now);
        break;
      case "resumed":
        this.inbox.resumed(frame, now);
        break;
      case "room.added":
        this.#effects.push({ do: "pass on", frame });
        this.inbox.added(frame.room, now);
        break;
      case "read":
        if (frame.user === this.#user) this.#marks.forget(frame.room);
        this.#effects.push({ do: "pass on", frame });
        break;
      case "typing":
      case "presence":
      case "room.preferences":
      case "block":
      case "user.updated":
      case "notification":
        this.#effects.push({ do: "pass on", frame });
        break;
      case "reconnect":
        this.#leaveAt = now + toldMs(frame.after_ms);
        break;
      case "auth.expiring":
        this.#effects.push({ do: "renew" });
        this.#renewal.fetching(now);
        break;
      case "pong":
        this.heartbeat.ponged(now);
        break;
    }
  }

  #ready(frame: Ready, now: number): void {
    if (this.phase === "ready") {
      this.#strange("a second ready");
      return;
    }
    this.phase = "ready";
    this.redialing.ready(now);
    this.tally.greeted(frame);
    this.#clockMs = frame.server_time_ms - now;
    this.#user = frame.user.id;
    this.#textBytes = frame.limits.text_bytes;
    this.heartbeat.every(frame.heartbeat_ms);
    this.#effects.push({ do: "ready", frame });
    this.inbox.ready(frame.rooms, now);
    for (const mark of this.#marks.ready(frame.rooms, now)) this.#write({ type: "read", ...mark });
    this.#watching.ready(now);
  }

  #ok(frame: RawOk, now: number): void {
    if (this.outbox.sent(frame.id)) {
      const sent = readSend(frame.result);
      if (typeof sent !== "string") {
        this.#settle(this.outbox.acknowledged(frame.id, sent));
        return;
      }
      this.#strange(`an answer to a send that is not of the protocol: ${sent}`);
      this.outbox.unreadable(frame.id, now);
      return;
    }
    const purpose = this.#requests.pop(frame.id);
    if (purpose === null) return;
    const wrong = this.#answered(purpose, frame.result, now);
    if (wrong !== null) {
      const what = `an answer to ${purpose.for} that is not of the protocol: ${wrong}`;
      this.#strange(what);
      this.#fail(purpose, ownError("internal", what), now);
    }
  }

  /** Take the answer to a request; a string says why it cannot be understood. */
  #answered(purpose: Purpose, result: unknown, now: number): string | null {
    switch (purpose.for) {
      case "sync":
      case "gap": {
        const answer = readSync(result);
        if (typeof answer === "string") return answer;
        if (purpose.for === "gap") this.inbox.answered(purpose.room, answer, now);
        else this.#effects.push({ do: "synced", ticket: purpose.ticket, outcome: answer });
        return null;
      }
      case "watch": {
        const answer = readWatch(result);
        if (typeof answer === "string") return answer;
        this.#effects.push({ do: "watched", presence: answer.presence });
        return null;
      }
      case "auth": {
        const answer = readAuth(result);
        if (typeof answer === "string") return answer;
        this.#renewal.plan(answer.expires_in_ms, now);
        return null;
      }
    }
  }

  #refused(frame: ErrorFrame, now: number): void {
    if (frame.id == null) {
      // 4500 follows an `unauthorized`; nothing else belongs to no request, but a bad frame.
      if (frame.code !== "unauthorized") this.#strange(`${frame.code}: ${frame.message}`);
      return;
    }
    if (this.outbox.sent(frame.id)) {
      this.#settle(this.outbox.refused(frame.id, frame, now));
      return;
    }
    const purpose = this.#requests.pop(frame.id);
    if (purpose !== null) this.#fail(purpose, frame, now);
  }

  // ---------------------------------------------------------------------- what the user wants

  /** Make a key for a message: by the server's clock, where it is known, else by this one's. */
  makeKey(wallMs: number, now: number): string {
    return this.#settings.makeKey(this.#clockMs === null ? wallMs : this.#clockMs + now);
  }

  /** Send a message when its turn in its room comes. */
  send(draft: Draft): number {
    const ticket = this.#ticket();
    const error = tooLarge(draft, this.#textBytes) ?? this.outbox.add(ticket, draft);
    if (error !== null) this.#effects.push({ do: "sent", ticket, outcome: error });
    return ticket;
  }

  /** Ask for log events; apart from what the inbox asks for by itself. */
  sync(room: string, after: number, limit: number, now: number): number {
    const ticket = this.#ticket();
    const purpose: Purpose = { for: "sync", ticket };
    if (this.phase === "ready") {
      this.#ask(purpose, (id) => ({ type: "sync", id, room, after, limit }), now);
    } else {
      this.#fail(purpose, ownError("unavailable", "there is no connection"), now);
    }
    return ticket;
  }

  /** Follow the presence of these people alone, on later connections too. */
  watch(users: readonly string[], now: number): void {
    this.#watching.want(users, now);
  }

  /** Show this person so, on later connections too. */
  setStatus(status: OwnStatus): void {
    this.#status = status;
  }

  /** Move a read mark forward; without a connection, when there is one. */
  markRead(room: string, seq: number, now: number): void {
    const connected = this.phase === "ready";
    this.#marks.set(room, seq, connected ? now : Number.POSITIVE_INFINITY);
    if (connected) this.#write({ type: "read", room, seq });
  }

  /** Say that one types, or no longer: now or never. */
  typing(room: string, active: boolean): void {
    if (this.phase === "ready") this.#write({ type: "typing", room, active });
  }

  /** Bring a fresh token to the living connection. */
  renewed(token: string, expiresInMs: number | null, now: number): void {
    if (this.phase !== "ready") return;
    this.#renewal.plan(expiresInMs, now);
    this.#ask({ for: "auth" }, (id) => ({ type: "auth", id, token }), now);
  }

  /**
   * Find out at once whether the connection lives, and with little patience: the network or the
   * tab came back. Where one is waited for, try now.
   */
  probe(now: number): void {
    if (this.phase === "ready") {
      if (this.heartbeat.probe(now)) this.#write({ type: "ping" });
    } else if (this.phase === "waiting") {
      this.redialing.hurry(now);
    }
  }

  // ------------------------------------------------------------------------ time, and effects

  /** Do what is due. */
  tick(now: number): void {
    if (this.phase === "greeting" && now >= this.#greetBy) {
      this.#greetBy = now + GREETING_MS;
      this.#effects.push({ do: "hang up" });
    }
    if (this.phase !== "ready") return;
    const due = this.heartbeat.due(now);
    if (due === "ping") this.#write({ type: "ping" });
    else if (due === "end") this.#effects.push({ do: "hang up" });
    if (now >= this.#leaveAt && !this.#leaving) {
      this.#leaving = true;
      this.#effects.push({ do: "hang up" });
    }
    if (now >= this.#renewal.at) {
      this.#renewal.fetching(now);
      this.#effects.push({ do: "renew" });
    }
    for (const purpose of this.#requests.late(now))
      this.#fail(purpose, ownError("timeout", "no answer came in time"), now);
  }

  /** Give the time of the next `tick` or dial that is due; Infinity: none. */
  nextAt(): number {
    switch (this.phase) {
      case "waiting":
        return this.redialing.at;
      case "greeting":
        return this.#greetBy;
      case "ready":
        return Math.min(
          this.heartbeat.at,
          this.#leaving ? Number.POSITIVE_INFINITY : this.#leaveAt,
          this.#renewal.at,
          this.#requests.nextAt(),
          this.#watching.at,
          this.outbox.nextAt(),
          this.inbox.nextAt(),
        );
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  /** Fetch what is to be done, in order; what is due to be sent is in it. */
  take(now: number): Effect[] {
    if (this.phase === "ready") {
      if (this.#toldStatus !== this.#status) this.#write({ type: "status", status: this.#status });
      this.#toldStatus = this.#status;
      for (const frame of this.outbox.due(now, () => this.#number())) this.#write(frame);
      for (const { room, after, limit } of this.inbox.asks(now)) {
        this.#ask({ for: "gap", room }, (id) => ({ type: "sync", id, room, after, limit }), now);
      }
      const users = this.#watching.due(now);
      if (users !== null) {
        this.#requests.forget("watch");
        this.#ask({ for: "watch" }, (id) => ({ type: "watch", id, users: [...users] }), now);
      }
    }
    this.#enter(now);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Give where the client stands. */
  state(now: number): ConnectionState {
    switch (this.phase) {
      case "closed":
        return { state: "closed", error: this.#error };
      case "ready":
        return { state: this.inbox.whole ? "live" : "catching up" };
      default: {
        const { at } = this.redialing;
        const retryInMs = this.phase === "waiting" && at > now ? at - now : null;
        return { state: "connecting", why: this.why, retryInMs };
      }
    }
  }

  #ask(purpose: Purpose, make: (id: string) => ClientFrame, now: number): void {
    const id = this.#number();
    this.#requests.add(id, purpose, now + ANSWER_MS);
    this.#write(make(id));
  }

  #fail(purpose: Purpose, frame: ErrorFrame, now: number): void {
    switch (purpose.for) {
      case "sync": {
        const outcome = new RequestError(frame.code, frame.message, details(frame));
        this.#effects.push({ do: "synced", ticket: purpose.ticket, outcome });
        break;
      }
      case "gap":
        this.inbox.refused(purpose.room, frame.code, now);
        break;
      case "watch":
        if (!this.#watching.refused(frame, now)) this.#strange(`watch: ${frame.message}`);
        break;
      case "auth": // the renewal comes again by itself, or the socket ends with 4500
        break;
    }
  }

  #settle(settled: Settled | null): void {
    if (settled === null) return;
    const { ticket } = settled;
    if ("key" in settled) this.#effects.push({ do: "rekeyed", ticket, key: settled.key });
    else if ("error" in settled) this.#effects.push({ do: "sent", ticket, outcome: settled.error });
    else this.#effects.push({ do: "sent", ticket, outcome: settled.result });
  }

  #enter(now: number): void {
    const state = this.state(now);
    const waits = state.state === "connecting" && state.retryInMs !== null;
    const entered = `${state.state} ${waits ? this.redialing.at : ""}`;
    if (entered === this.#entered) return;
    this.#entered = entered;
    this.#effects.push({ do: "entered", state });
  }

  #write(frame: ClientFrame): void {
    this.#effects.push({ do: "write", text: JSON.stringify(frame) });
  }

  #strange(what: string): void {
    this.#effects.push({ do: "strange", what });
  }

  #number(): string {
    return String(++this.#numbers);
  }

  #ticket(): number {
    return ++this.#tickets;
  }
}
