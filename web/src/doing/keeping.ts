/** Keeps the state for the next visit while it changes; what is kept of it is in `store/kept`. */
import { changes, keptSelf, type Unsent } from "../store/kept.ts";
import type { State } from "../store/state.ts";
import type { Cache } from "./cache_idb.ts";

/** A state that changes all the time is kept so often at most. */
const APART_MS = 1_500;
/** No tab takes more messages in a millisecond. */
const ORDERS_A_MS = 16;

/** For one signed-in person and one tab. */
export class Keeping {
  readonly #cache: Cache;
  readonly #tab: string;
  #kept: State;
  #latest: State;
  /** What is kept of the unsent messages, by their keys. */
  #unsent = new Map<string, Unsent>();
  /** Rises from one message to the next, also from one tab to a later one. */
  #order = Date.now() * ORDERS_A_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #over = new AbortController();

  /** `state`: what is kept already. `tab`: who this tab is among those of the browser. */
  constructor(cache: Cache, tab: string, state: State) {
    this.#cache = cache;
    this.#tab = tab;
    this.#kept = state;
    this.#latest = state;
    const { signal } = this.#over;
    // A page that goes out of sight may never be heard of again.
    document.addEventListener("visibilitychange", () => this.#save(), { signal });
    addEventListener("pagehide", () => this.#save(), { signal });
  }

  /** Look at the state again; call it whenever that changed. */
  look(state: State): void {
    if (this.#over.signal.aborted) return;
    const before = this.#latest;
    this.#latest = state;
    if (state.rooms !== before.rooms) this.#keepUnsent(state);
    if (state.greeted && this.#timer === undefined) {
      this.#timer = setTimeout(() => this.#save(), APART_MS);
    }
  }

  /** Take messages over that another tab, which is gone by now, did not send. */
  adopted(unsent: readonly Unsent[]): void {
    const mine = unsent.map((one) => ({ ...one, tab: this.#tab }));
    for (const one of mine) this.#unsent.set(one.key, one);
    void this.#cache.keepUnsent(mine, []);
  }

  /** Keep nothing any more. */
  stop(): void {
    this.#over.abort();
    clearTimeout(this.#timer);
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const state = this.#latest;
    const before = this.#kept;
    if (!state.greeted || state === before) return;
    this.#kept = state;
    const { put, gone } = changes(before.rooms, state.rooms);
    const isSame =
      state.me === before.me && state.users === before.users && state.blocked === before.blocked;
    if (put.length === 0 && gone.length === 0 && isSame && state.opened === before.opened) return;
    void this.#cache.save(keptSelf(state), put, gone);
  }

  /** At once: what somebody wrote is not to be lost with the tab. */
  #keepUnsent(state: State): void {
    const now = new Map<string, Unsent>();
    const put: Unsent[] = [];
    for (const [room, { sends }] of state.rooms) {
      for (const sending of sends) {
        if (sending.state === "sent") continue;
        const former = this.#unsent.get(sending.key);
        const isSame = former?.sending === sending;
        const order = former?.order ?? this.#order++;
        const { key } = sending;
        const user = state.me.id;
        const one = isSame ? former : { key, user, room, tab: this.#tab, order, sending };
        now.set(sending.key, one);
        if (!isSame) put.push(one);
      }
    }
    const settled = [...this.#unsent.keys()].filter((key) => !now.has(key));
    this.#unsent = now;
    if (put.length > 0 || settled.length > 0) void this.#cache.keepUnsent(put, settled);
  }
}
