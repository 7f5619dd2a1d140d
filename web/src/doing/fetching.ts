/** Fetches over HTTP whatever the store says is wanted of the rooms; it decides nothing. */
import type { Api, Member, Page, User } from "parley-sdk";
import type { Log } from "../store/log.ts";
import type { Past } from "../store/past.ts";
import { holds } from "../store/room.ts";
import { LISTED } from "../store/roster.ts";
import type { Happening, State } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import { Retrier, type Want } from "./retrier.ts";

/** Largest page (protocol.md §8). */
const PAGE = 100;
/** Messages in the newest page; the bottom of a screen, and what is read up from it. */
const NEWEST = 50;

/** Keeps fetching for one signed-in person. `failed` is told what could not be had, once. */
export class Fetching {
  readonly #store: Store<State, Happening>;
  readonly #api: Api;
  readonly #retrier: Retrier;
  readonly #nameless = new Set<string>();
  #wasUp = false;

  constructor(
    store: Store<State, Happening>,
    api: Api,
    failed: (key: string, error: unknown) => void,
  ) {
    this.#store = store;
    this.#api = api;
    this.#retrier = new Retrier(() => this.#wants(), failed);
  }

  /** Look at the store again; call it whenever that changed. */
  look(): void {
    const { phase } = this.#store.state.connection;
    const isUp = phase === "live" || phase === "catching up";
    const cameUp = isUp && !this.#wasUp;
    this.#wasUp = isUp;
    if (cameUp) this.#retrier.hurry();
    else this.#retrier.look();
  }

  /** Fetch nothing any more. */
  stop(): void {
    this.#retrier.stop();
  }

  /** Fetch the page above what is held of a room. */
  async older(room: string): Promise<void> {
    const { past, log } = this.#store.state.rooms.get(room) ?? {};
    const held = past ?? (log?.phase === "ready" ? log : null);
    if (!held?.more) return;
    const page = await this.#api.messages(room, { before: held.from, limit: PAGE });
    this.#store.dispatch({ type: "older", room, page, before: held.from });
  }

  /** Fetch the page below what is held of a room's past. */
  async newer(room: string): Promise<void> {
    const past = this.#store.state.rooms.get(room)?.past;
    if (!past) return;
    const page = await this.#api.messages(room, { after: past.to, limit: PAGE });
    this.#store.dispatch({ type: "newer", room, page, after: past.to });
  }

  /** Have a message of a room shown, fetching what is around it unless that is held. */
  async aim(room: string, seq: number): Promise<void> {
    const known = this.#store.state.rooms.get(room);
    const page =
      known && holds(known, seq)
        ? null
        : await this.#api.messages(room, { around: seq, limit: PAGE });
    this.#store.dispatch({ type: "aimed", room, seq, page });
  }

  #wants(): Want[] {
    const { state } = this.#store;
    if (!this.#wasUp || !state.greeted) return [];
    return [...this.#ofOpenRoom(state), ...this.#ofAllRooms(state)];
  }

  #ofOpenRoom(state: State): Want[] {
    const id = state.open;
    if (id === null) return [];
    const room = state.rooms.get(id);
    if (!room) {
      return state.visit ? [] : [{ key: `visit ${id}`, work: () => this.#visit(id) }];
    }
    const wants: Want[] = [];
    if (room.past?.doubt && room.log?.phase === "ready") {
      wants.push({ key: `past ${id}`, work: () => this.#past(id) });
    }
    if (room.log && room.log.phase !== "ready") {
      wants.push({ key: `page ${id}`, work: () => this.#page(id) });
    }
    const { wish } = state;
    if (room.log && wish !== null) {
      wants.push({ key: `aim ${id} ${wish}`, work: () => this.aim(id, wish) });
    }
    if (room.roster?.phase === "loading") {
      wants.push({ key: `members ${id}`, work: () => this.#members(id) });
    }
    if (room.unasked && room.log?.phase === "ready") {
      wants.push({ key: `receipts ${id}`, work: () => this.#receipts(id) });
    }
    const mentioned = new Set([
      ...(room.roster?.members.keys() ?? []),
      ...room.typists.keys(),
      ...toldOf(room.past ?? room.log),
    ]);
    const names = [...mentioned]
      .filter((user) => !state.users.has(user) && !this.#nameless.has(user))
      .slice(0, PAGE);
    if (room.roster?.phase === "ready" && names.length > 0) {
      wants.push({ key: "names", work: () => this.#names(names) });
    }
    return wants;
  }

  #ofAllRooms(state: State): Want[] {
    return [...state.rooms.values()]
      .filter((room) => room.unread.doubt)
      .map(({ about: { id } }) => ({ key: `room ${id}`, work: () => this.#room(id) }));
  }

  async #page(room: string): Promise<void> {
    const page = await this.#api.messages(room, { limit: NEWEST });
    this.#store.dispatch({ type: "page", room, page });
  }

  /** All that is held of a room's past, anew. */
  async #past(room: string): Promise<void> {
    const past = this.#store.state.rooms.get(room)?.past;
    if (!past) return;
    const pages: Page[] = [];
    let after = Math.max(0, past.from - 1);
    for (let more = true; more; ) {
      const page = await this.#api.messages(room, { after, limit: PAGE });
      const last = page.messages.at(-1)?.seq ?? past.to;
      pages.push(page);
      more = page.more && last < past.to && last > after;
      after = last;
    }
    this.#store.dispatch({ type: "reread", room, past, pages });
  }

  async #members(room: string): Promise<void> {
    const members: Member[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#api.members(room, {
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      members.push(...page.members);
      cursor = page.next;
    } while (cursor !== undefined && members.length < LISTED);
    this.#store.dispatch({ type: "members", room, members });
  }

  async #receipts(room: string): Promise<void> {
    this.#store.dispatch({ type: "receipts", room, receipts: await this.#api.receipts(room) });
  }

  async #names(ids: readonly string[]): Promise<void> {
    const users: User[] = await this.#api.users(ids);
    const known = new Set(users.map(({ id }) => id));
    for (const id of ids) if (!known.has(id)) this.#nameless.add(id);
    this.#store.dispatch({ type: "users", users });
  }

  async #room(id: string): Promise<void> {
    this.#store.dispatch({ type: "room", room: await this.#api.room(id) });
  }

  async #visit(id: string): Promise<void> {
    const room = await this.#api.room(id).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (!room) this.#store.dispatch({ type: "visit", visit: { id, phase: "missing" } });
    else if (room.role !== null) this.#store.dispatch({ type: "room", room });
    else this.#store.dispatch({ type: "visit", visit: { id, phase: "found", room } });
  }
}

/** Those of whom something is told on the screen, besides what they say. */
function toldOf(held: Past | Log | null): string[] {
  if (!held) return [];
  return [
    ...held.notes.flatMap((note) => ("user" in note ? [note.user, note.by] : [note.by])),
    ...held.messages.flatMap(({ mentions }) => mentions),
  ];
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "not_found";
}
