/**
 * One signed-in person's connection, store, and all that goes between them. Not: who that is, and
 * where in the application they are.
 */
import {
  Api,
  type Attachment,
  Client,
  ClosedError,
  type CookieSession,
  type Facts,
  type OwnStatus,
  ProblemError,
  SendError,
} from "parley-sdk";
import { Attention } from "./doing/attention.ts";
import type { Cache } from "./doing/cache_idb.ts";
import type { DeviceSettings } from "./doing/device.ts";
import { Drafts } from "./doing/drafts.ts";
import { Emojis } from "./doing/emojis.ts";
import { Faces } from "./doing/faces.ts";
import { Farewell } from "./doing/farewell.ts";
import { Fetching } from "./doing/fetching.ts";
import { Files } from "./doing/files.ts";
import { Keeping } from "./doing/keeping.ts";
import { Notifier } from "./doing/notifier.ts";
import { Outage } from "./doing/outage.ts";
import { Pushing } from "./doing/pushing.ts";
import { Reading } from "./doing/reading.ts";
import { Talking } from "./doing/talking.ts";
import { type TypingWord, Typist } from "./doing/typist.ts";
import { Unsent } from "./doing/unsent.ts";
import { Viewing } from "./doing/viewing.ts";
import { Watching } from "./doing/watching.ts";
import { fromItem, fromPassing, fromState } from "./incoming.ts";
import { emojisOf } from "./store/emojis.ts";
import { positions } from "./store/kept.ts";
import { roomName, userName } from "./store/names.ts";
import { type Happening, reduce, type State } from "./store/state.ts";
import { Store } from "./store/store.ts";
import { type Deed, type Failure, failureWords } from "./words.ts";

const TICK_MS = 1_000;

/** What a house stands on. `ended`: the server let the person go. */
export interface Ground {
  readonly cache: Cache;
  device(): DeviceSettings;
  go(room: string, seq: number): void;
  ended(): void;
}

/** Where one person talks: from signing in to signing out. */
export class House {
  readonly store: Store<State, Happening>;
  readonly api: Api;
  readonly talk: Talking;
  readonly files: Files;
  readonly viewing: Viewing;
  readonly pushing: Pushing;
  readonly emojis: Emojis;
  readonly faces: Faces;
  readonly #client: Client;
  readonly #fetching: Fetching;
  readonly #watching: Watching;
  readonly #reading: Reading;
  readonly #attention: Attention;
  readonly #notifier: Notifier;
  readonly #keeping: Keeping;
  readonly #cache: Cache;
  readonly #outage = new Outage();
  readonly #farewell: Farewell;
  /** Tabs whose end is waited for, since they hold unsent messages. */
  readonly #awaited = new Set<string>();
  readonly #typist = new Typist();
  readonly #drafts: Drafts;
  readonly #unsent: Unsent;
  readonly #ticking: ReturnType<typeof setInterval>;
  readonly #leaving = new Set<string>();
  /** Settles when the session is known to hold: before that there is nothing to ask with. */
  readonly #entered: Promise<void>;
  #enter: () => void = () => {};
  #status: OwnStatus;
  #closed = false;

  /** `beginning`: what is known of before. Nothing is asked of the server until `connect`. */
  constructor(session: CookieSession, beginning: State, status: OwnStatus, ground: Ground) {
    const { me } = beginning;
    this.#status = status;
    this.#drafts = new Drafts(me.id);
    this.#cache = ground.cache;
    this.store = new Store(beginning, reduce);
    this.#entered = new Promise((enter) => {
      this.#enter = enter;
    });
    const tokens = {
      access: async (options?: { readonly fresh?: boolean }) => {
        await this.#entered;
        return session.access(options);
      },
      expiresInMs: () => session.expiresInMs(),
    };
    this.api = new Api(location.origin, tokens);
    this.#unsent = new Unsent(me.id);
    this.files = new Files(() => tokens.access(), this.#unsent);
    this.viewing = new Viewing((ids) => this.api.signMedia(ids));
    this.pushing = new Pushing(me.id, this.api);
    this.emojis = new Emojis({
      list: () => this.api.emoji(),
      tell: (answer) => this.store.dispatch({ type: "emojis", emojis: emojisOf(answer) }),
      known: () => this.store.state.emojis,
    });
    this.faces = new Faces({
      ask: (ids) => this.api.users(ids),
      tell: (users) => this.store.dispatch({ type: "users", users }),
      known: () => this.store.state.users,
    });
    const { dispatch } = this.store;
    const tell = dispatch.bind(this.store);
    this.#client = new Client(
      location.origin,
      session,
      {
        onReady: (frame) => {
          tell({ type: "ready", frame });
          void this.#adopt();
          void this.#learnBlocks();
          void this.emojis.connected();
          this.faces.connected();
        },
        onEvent: (item) => {
          const what = fromItem(item);
          if (what.type === "log") this.#farewell.happened(what.event);
          tell(what);
          this.#notifier.happened(item);
        },
        onPassing: (frame) => {
          const what = fromPassing(frame, Date.now());
          if (what) tell(what);
          if (frame.type === "notification") this.#notifier.notified(frame);
          if (frame.type === "read" && frame.user === me.id) this.#notifier.read(frame.room);
        },
        onWatched: (presence) => tell({ type: "watched", presence }),
        onState: (state) => {
          const { phase } = this.store.state.connection;
          const wasUp = phase === "live" || phase === "catching up";
          const now_ms = Date.now();
          const move = this.#outage.entered(state, this.#client.facts, performance.now(), now_ms);
          const connection = fromState(state, now_ms, wasUp, move);
          tell({ type: "connection", connection });
          if (connection.phase !== "stopped" || this.#closed) return;
          if (connection.reason === "revoked" || connection.reason === "signed out") {
            ground.ended();
          }
        },
      },
      { name: "parley-web/0.1", status, resume: positions(beginning) },
    );
    this.#farewell = new Farewell(me.id, {
      banFrom: (room) => this.api.ownBan(room).catch(() => null),
      nameOf: (user) => userName(this.store.state.users, user),
      say: (words) => tell({ type: "notice", words }),
    });
    this.#fetching = new Fetching(this.store, this.api, (key, error) => {
      this.#failed(key.startsWith("members") ? "load members" : "load messages", error);
    });
    this.#watching = new Watching(this.#client);
    this.#attention = new Attention(() => this.#attended());
    this.#reading = new Reading(this.store, this.#client, () => this.#attention.looks);
    const attempt = this.attempt.bind(this);
    this.talk = new Talking(
      this.store,
      this.api,
      this.#fetching,
      this.#reading,
      this.#watching,
      attempt,
    );
    this.#notifier = new Notifier(me.id, {
      state: () => this.store.state,
      status: () => this.#status,
      device: ground.device,
      pushed: () => this.pushing.on,
      looked: () => (this.#attention.looks ? this.store.state.open : null),
      go: ground.go,
    });
    this.#keeping = new Keeping(ground.cache, this.#notifier.tabs.id, beginning);
    this.#ticking = setInterval(() => tell({ type: "tick", now_ms: Date.now() }), TICK_MS);
    let rooms = this.store.state.rooms;
    this.store.subscribe((state) => {
      this.#sayGoodbye(rooms, state);
      rooms = state.rooms;
      this.#fetching.look();
      this.#watching.look(state);
      this.#reading.look();
      this.faces.look();
      this.#notifier.look();
      this.#keeping.look(state);
    });
    void this.#adopt();
  }

  /** Go live: the session is known to hold. Idempotent. */
  connect(): void {
    this.#enter();
    this.store.dispatch({ type: "looks", looks: this.#attention.looks });
    this.#client.connect();
    void this.pushing.refresh();
  }

  /** End all of it. What is not in the log yet is sent another time, unless it is forgotten. */
  close(): void {
    this.#closed = true;
    this.files.stop();
    this.emojis.stop();
    this.faces.stop();
    this.#keeping.stop();
    this.#notifier.stop();
    this.#client.close();
    this.#fetching.stop();
    this.#watching.stop();
    this.#reading.stop();
    this.#attention.stop();
    clearInterval(this.#ticking);
  }

  /** Forget what is kept for after a reload. */
  async forget(): Promise<void> {
    this.#keeping.stop();
    this.#drafts.clear();
    this.#unsent.clear();
    await this.#cache.wipe(true);
    await this.pushing.stop();
  }

  /** Give what was counted of the connection so far, and measure its round trip anew. */
  measured(): Facts {
    this.#client.probe();
    return this.#client.facts;
  }

  /** Look at a room, or at none; `at`: the seq of a message there to be shown. */
  open(room: string | null, at: number | null = null): void {
    if (room !== this.store.state.open) this.#say(this.#typist.stopped());
    this.store.dispatch({ type: "open", room, at });
  }

  /** Be shown so. */
  setStatus(status: OwnStatus): void {
    this.#status = status;
    this.#attended();
  }

  /** Leave a room. */
  async leave(room: string): Promise<boolean> {
    this.#leaving.add(room);
    const done = await this.attempt("leave", () => this.api.leave(room));
    if (done) this.store.dispatch({ type: "gone", room });
    this.#leaving.delete(room);
    return done;
  }

  /** Delete a room; no goodbye is said to whoever did it. */
  async deleteRoom(room: string): Promise<void> {
    this.#leaving.add(room);
    try {
      await this.api.deleteRoom(room);
      this.store.dispatch({ type: "gone", room });
    } finally {
      this.#leaving.delete(room);
    }
  }

  /** Send a message into a room; `key`: of an earlier try. */
  send(
    room: string,
    text: string,
    reply_to: number | null = null,
    attachments: readonly Attachment[] = [],
    key?: string,
  ): void {
    this.#typist.sent(room);
    let known = "";
    const sending = this.#client.send(room, text, {
      ...(key === undefined ? {} : { key }),
      ...(reply_to === null ? {} : { replyTo: reply_to }),
      attachments: attachments.map(({ id }) => id),
      onKey: (other) => {
        this.store.dispatch({ type: "rekeyed", room, key: known, other });
        known = other;
      },
    });
    known = sending.key;
    if (key === undefined) {
      const now_ms = Date.now();
      const said = { room, key: known, text, reply_to, attachments, now_ms };
      this.store.dispatch({ type: "send", ...said });
    }
    sending.result.then(
      ({ seq }) => this.store.dispatch({ type: "sent", room, key: known, seq }),
      (error: unknown) => {
        const code = error instanceof SendError ? error.code : "timeout";
        if (!(error instanceof SendError || error instanceof ClosedError)) throw error;
        this.store.dispatch({ type: "refused", room, key: known, code });
      },
    );
  }

  /** Try a message again that was refused: as the same one, or else anew. */
  retry(room: string, key: string): void {
    const failed = this.store.state.rooms.get(room)?.sends.find((one) => one.key === key);
    if (failed?.state !== "failed") return;
    if (failed.code === "bad_key") {
      this.store.dispatch({ type: "withdrawn", room, key });
      this.send(room, failed.text, failed.reply_to, failed.attachments);
    } else {
      this.store.dispatch({ type: "rekeyed", room, key, other: key });
      this.send(room, failed.text, failed.reply_to, failed.attachments, key);
    }
  }

  /** Keep what stands in the field of a room, and say that one types. */
  drafted(room: string, text: string): void {
    this.#drafts.set(room, text);
    const members = this.store.state.rooms.get(room)?.about.members ?? 0;
    this.#say(this.#typist.drafted(room, text, members, Date.now()));
  }

  /** What was last written for a room. */
  draft(room: string): string {
    return this.#drafts.get(room);
  }

  /** Do something over HTTP; tell the person if it failed. */
  async attempt(deed: Deed, work: () => Promise<unknown>): Promise<boolean> {
    const done = await this.ask(deed, async () => {
      await work();
      return true;
    });
    return done === true;
  }

  /** Ask something over HTTP; null: it failed, and the person was told. */
  async ask<T>(deed: Deed, work: () => Promise<T>): Promise<T | null> {
    try {
      const answer = await work();
      this.store.dispatch({ type: "settled", about: deed });
      return answer;
    } catch (error) {
      this.#failed(deed, error);
      return null;
    }
  }

  #failed(deed: Deed, error: unknown): void {
    const failure = failureOf(error);
    const words = failureWords(deed, failure);
    const cutOff = failure.code === "unavailable" || failure.code === "timeout";
    this.store.dispatch({ type: "notice", words, about: deed, cutOff });
  }

  #say(word: TypingWord | null): void {
    if (word) this.#client.typing(word.room, word.active);
  }

  /** Learn whom one blocks; without an answer it stays as it was known, until the next `ready`. */
  async #learnBlocks(): Promise<void> {
    try {
      this.store.dispatch({ type: "blocks", users: await this.api.blocks() });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
    }
  }

  /** Take over what tabs wrote and did not send that are gone by now. */
  async #adopt(): Promise<void> {
    const { tabs } = this.#notifier;
    const unsent = await this.#cache.unsent();
    for (const tab of new Set(unsent.map((one) => one.tab))) {
      if (tab === tabs.id || this.#awaited.has(tab)) continue;
      this.#awaited.add(tab);
      void tabs
        .gone(tab)
        .then(() => this.#takeOver(tab))
        .catch(() => {}) // This tab was closed first.
        .finally(() => this.#awaited.delete(tab));
    }
  }

  async #takeOver(tab: string): Promise<void> {
    const left = (await this.#cache.unsent()).filter((one) => one.tab === tab);
    const { me, rooms, greeted } = this.store.state;
    if (this.#closed) return;
    const mine = left.filter(({ user, room }) => user === me.id && rooms.has(room));
    // Somebody else's, or for a room one is not in any more.
    const vain = left
      .filter(({ user }) => user !== me.id || greeted)
      .filter((one) => !mine.includes(one));
    if (vain.length > 0)
      void this.#cache.keepUnsent(
        [],
        vain.map(({ key }) => key),
      );
    this.#keeping.adopted(mine);
    for (const { room, sending } of mine) {
      this.store.dispatch({ type: "revived", room, sending });
      if (sending.state !== "sending") continue;
      const { text, reply_to, attachments, key } = sending;
      this.send(room, text, reply_to, attachments, key);
    }
  }

  #attended(): void {
    const idle = this.#attention.idle && this.#status === "online";
    this.#client.setStatus(idle ? "idle" : this.#status);
    this.store.dispatch({ type: "looks", looks: this.#attention.looks });
    this.#notifier.look();
    this.#reading.look();
  }

  /** Say so when the open room goes, and it was not oneself who left it. */
  #sayGoodbye(before: State["rooms"], { open, rooms }: State): void {
    if (open === null || rooms === before || rooms.has(open) || this.#leaving.has(open)) return;
    const room = before.get(open);
    if (!room) return;
    const left = { id: room.about.id, name: roomName(room.about) };
    queueMicrotask(() => void this.#farewell.say(left));
  }
}

/** What is known of an error. One that is nobody's answer is a fault of this page. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ProblemError) return error;
  console.error(error);
  return { code: "internal", field: null, retryAfterMs: null };
}
