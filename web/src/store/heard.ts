/** Messages that came in lately, until it is known whether one must be told of them; pure. */
import type { MessageSent } from "parley-sdk";

/** As many are kept at most, the newest; what is older is no news by then. */
export const KEPT = 200;

/** The messages, in the order they came. */
export class Heard {
  #messages: readonly MessageSent[] = [];

  /** Keep one more. */
  add(message: MessageSent): void {
    this.#messages = [...this.#messages, message].slice(-KEPT);
  }

  /** Whether one is kept. */
  has({ room, seq }: MessageSent): boolean {
    return this.#find(room, seq) !== null;
  }

  /**
   * Give the one that the server says one must be told of, null if it is not kept. It stands for
   * all of its room that came before it.
   */
  take(room: string, seq: number): MessageSent | null {
    const found = this.#find(room, seq);
    this.#messages = this.#messages.filter((one) => one.room !== room || one.seq > seq);
    return found;
  }

  #find(room: string, seq: number): MessageSent | null {
    return this.#messages.find((one) => one.room === room && one.seq === seq) ?? null;
  }
}
