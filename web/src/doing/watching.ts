/** Follows the presence of oneself, of those one writes to, and of those in the open room who are
 * listed, or, where it is large, on the screen. */
import { type Client, LIMITS } from "parley-sdk";
import type { State } from "../store/state.ts";

/** Changes of a list that come close together are asked about once. */
const PAUSE_MS = 200;
/** People of direct rooms at most: the members of the open room have their place too. */
const PEERS = 200;

/** Whom to watch follows from the state; the client repeats it on every new connection. */
export class Watching {
  readonly #client: Pick<Client, "watch">;
  #wanted = "";
  #seen: readonly string[] = [];
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Pick<Client, "watch">) {
    this.#client = client;
  }

  /** Look at the state again; call it whenever that changed. */
  look(state: State): void {
    const room = state.open === null ? undefined : state.rooms.get(state.open);
    if (room?.roster?.phase === "loading") return;
    const isLarge = room !== undefined && room.about.members > LIMITS.PRESENCE_MEMBERS;
    const listed = isLarge ? this.#seen : (room?.roster?.members.keys() ?? []);
    const peers = [...state.rooms.values()].flatMap(({ about }) => about.peers.map(({ id }) => id));
    const all = new Set([state.me.id, ...peers.slice(0, PEERS), ...listed]);
    const users = [...all].slice(0, LIMITS.WATCH_USERS);
    const wanted = [...users].sort().join();
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#client.watch(users), PAUSE_MS);
  }

  /** Take these for the members of a large room who are on the screen. */
  onScreen(users: readonly string[], state: State): void {
    this.#seen = users;
    if (!this.#stopped) this.look(state);
  }

  /** Watch nobody else any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
