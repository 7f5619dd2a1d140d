/** Does to the messages of a room what a person wants, and shows which of them they want. */
import type { Api, Message, Presence, RoomPresence, Version } from "parley-sdk";
import type { Happening, State } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import type { Talk } from "../views/talk.ts";
import type { Deed } from "../words.ts";
import type { Fetching } from "./fetching.ts";
import type { Reading } from "./reading.ts";
import type { Watching } from "./watching.ts";

/** How something is tried whose failure the person is told of. */
export type Attempt = (deed: Deed, work: () => Promise<unknown>) => Promise<boolean>;

/** For one signed-in person. */
export class Talking implements Talk {
  readonly #store: Store<State, Happening>;
  readonly #api: Api;
  readonly #fetching: Fetching;
  readonly #reading: Reading;
  readonly #watching: Watching;
  readonly #attempt: Attempt;

  constructor(
    store: Store<State, Happening>,
    api: Api,
    fetching: Fetching,
    reading: Reading,
    watching: Watching,
    attempt: Attempt,
  ) {
    this.#store = store;
    this.#api = api;
    this.#fetching = fetching;
    this.#reading = reading;
    this.#watching = watching;
    this.#attempt = attempt;
  }

  async older(room: string): Promise<boolean> {
    return this.#attempt("load messages", () => this.#fetching.older(room));
  }

  async newer(room: string): Promise<boolean> {
    return this.#attempt("load messages", () => this.#fetching.newer(room));
  }

  newest(room: string): void {
    this.#store.dispatch({ type: "newest", room });
  }

  async aim(room: string, seq: number): Promise<void> {
    await this.#attempt("load messages", () => this.#fetching.aim(room, seq));
  }

  atBottom(room: string, atBottom: boolean): void {
    this.#store.dispatch({ type: "bottom", room, at: atBottom });
    this.#reading.atBottom(room, atBottom);
  }

  async unreadFrom(room: string, seq: number): Promise<boolean> {
    // First: whoever looks at the newest message would have read it all again.
    this.#store.dispatch({ type: "unread", room, seq });
    const done = await this.#attempt("mark unread", async () => {
      await this.#api.read(room, seq - 1, true);
      this.#store.dispatch({ type: "room", room: await this.#api.room(room) });
    });
    if (!done) this.#store.dispatch({ type: "unread", room, seq: null });
    return done;
  }

  async edits(room: string, seq: number): Promise<readonly Version[] | null> {
    let found: readonly Version[] | null = null;
    await this.#attempt("load messages", async () => {
      found = await this.#api.edits(room, seq);
    });
    return found;
  }

  async edit(room: string, seq: number, text: string): Promise<boolean> {
    return this.#attempt("edit message", () => this.#api.editMessage(room, seq, text));
  }

  async remove(room: string, seq: number): Promise<boolean> {
    return this.#attempt("delete message", () => this.#api.deleteMessage(room, seq));
  }

  async react(room: string, seq: number, emoji: string, on: boolean): Promise<boolean> {
    return this.#attempt("react", () =>
      on ? this.#api.react(room, seq, emoji) : this.#api.unreact(room, seq, emoji),
    );
  }

  async reactors(room: string, seq: number, emoji: string): Promise<readonly string[]> {
    let names: readonly string[] = [];
    await this.#attempt("react", async () => {
      const found = await this.#api.reactions(room, seq);
      const users = found.find((one) => one.emoji === emoji)?.users ?? [];
      names = users.map(({ display_name }) => display_name);
    });
    return names;
  }

  async pin(room: string, seq: number, on: boolean): Promise<boolean> {
    return this.#attempt("pin message", () =>
      on ? this.#api.pin(room, seq) : this.#api.unpin(room, seq),
    );
  }

  async pins(room: string): Promise<readonly Message[] | null> {
    let found: readonly Message[] | null = null;
    await this.#attempt("load messages", async () => {
      found = await this.#api.pins(room);
    });
    return found;
  }

  async presence(user: string): Promise<Presence | null> {
    // Without an answer the card shows what is known besides.
    const [found] = await this.#api.presence([user]).catch(() => []);
    return found ?? null;
  }

  async here(room: string): Promise<RoomPresence | null> {
    return this.#api.roomPresence(room).catch(() => null);
  }

  onScreen(users: readonly string[]): void {
    this.#watching.onScreen(users, this.#store.state);
  }
}
