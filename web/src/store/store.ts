/** The one place that holds the present state and tells who listens; what it becomes is `reduce`. */

/** A value, what changes it, and those who want to know. Listeners are called at once, in order. */
export class Store<State, Happening> {
  readonly #reduce: (state: State, what: Happening) => State;
  readonly #listeners = new Set<(state: State) => void>();
  #state: State;

  constructor(state: State, reduce: (state: State, what: Happening) => State) {
    this.#state = state;
    this.#reduce = reduce;
  }

  /** The present state. */
  get state(): State {
    return this.#state;
  }

  /** Let something happen. A listener that lets more happen is called again for that. */
  dispatch(what: Happening): void {
    const next = this.#reduce(this.#state, what);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener(this.#state);
  }

  /** Be told of every change; gives what ends that. */
  subscribe(listener: (state: State) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
