/** Does to the messages of a room what a person wants, and shows which of them they want. */
import type { Happening, State } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import type { Talk } from "../views/talk.ts";
import type { Deed } from "../words.ts";
import type { Fetching } from "./fetching.ts";
import type { Reading } from "./reading.ts";

/** How something is tried whose failure the person is told of. */
export type Attempt = (deed: Deed, work: () => Promise<unknown>) => Promise<boolean>;

/** For one signed-in person. */
export class Talking implements Talk {
  readonly #store: Store<State, Happening>;
  readonly #fetching: Fetching;
  readonly #reading: Reading;
  readonly #attempt: Attempt;

  constructor(
    store: Store<State, Happening>,
    fetching: Fetching,
    reading: Reading,
    attempt: Attempt,
  ) {
    this.#store = store;
    this.#fetching = fetching;
    this.#reading = reading;
    this.#attempt = attempt;
  }

  async older(room: string): Promise<void> {
    await this.#attempt("load messages", () => this.#fetching.older(room));
  }

  async newer(room: string): Promise<void> {
    await this.#attempt("load messages", () => this.#fetching.newer(room));
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
}
