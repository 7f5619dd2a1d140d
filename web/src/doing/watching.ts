/** Follows the presence of those who are listed in the open room, and of those one writes to. */
import { type Client, LIMITS } from "parley-sdk";
import type { State } from "../store/state.ts";

/** Changes of a list that come close together are asked about once. */
const PAUSE_MS = 200;
/** People of direct rooms at most: the members of the open room have their place too. */
const PEERS = 200;

/** Whom to watch follows from the state; the client repeats it on every new connection. */
export class Watching {
  readonly #client: Client;
  #wanted = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Look at the state again; call it whenever that changed. */
  look(state: State): void {
    const roster = state.open === null ? null : state.rooms.get(state.open)?.roster;
    if (roster?.phase === "loading") return;
    const peers = [...state.rooms.values()].flatMap(({ about }) => about.peers.map(({ id }) => id));
    const users = [...new Set([...peers.slice(0, PEERS), ...(roster?.members.keys() ?? [])])].slice(
      0,
      LIMITS.WATCH_USERS,
    );
    const wanted = [...users].sort().join();
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#client.watch(users), PAUSE_MS);
  }

  /** Watch nobody else any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
