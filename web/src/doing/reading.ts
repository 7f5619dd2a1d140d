/** Moves the read mark of the open room while somebody really looks at its newest message. */
import type { Client } from "parley-sdk";
import type { Happening, State } from "../store/state.ts";
import type { Store } from "../store/store.ts";

/** A busy room moves its mark so often at most. */
const APART_MS = 500;

/** Whether one looks is told by `looks`, whether the newest is on the screen by `atBottom`. */
export class Reading {
  readonly #store: Store<State, Happening>;
  readonly #client: Client;
  readonly #looks: () => boolean;
  #bottom: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store<State, Happening>, client: Client, looks: () => boolean) {
    this.#store = store;
    this.#client = client;
    this.#looks = looks;
  }

  /** Take that the newest message of a room is on the screen, or no longer. */
  atBottom(room: string, atBottom: boolean): void {
    if (atBottom) this.#bottom = room;
    else if (this.#bottom === room) this.#bottom = null;
    this.look();
  }

  /** Look at the store again; call it whenever that, or whether one looks, changed. */
  look(): void {
    if (this.#timer !== undefined || this.#due() === null) return;
    this.#mark();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.look();
    }, APART_MS);
  }

  /** Mark nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {}, 0);
    this.#bottom = null;
  }

  #due(): { room: string; seq: number } | null {
    const { open, rooms } = this.#store.state;
    const room = open === null ? undefined : rooms.get(open);
    if (open === null || open !== this.#bottom || room?.log?.phase !== "ready") return null;
    if (room.heldUnread) return null;
    const seq = room.log.applied;
    return seq > room.unread.read && this.#looks() ? { room: open, seq } : null;
  }

  #mark(): void {
    const due = this.#due();
    if (!due) return;
    this.#client.markRead(due.room, due.seq);
    this.#store.dispatch({ type: "marked", ...due });
  }
}
