/**
 * When the log stands still. What nobody can press while it moves is made then: a row that is
 * passed by at speed costs no more than what is read of it.
 */
import { createContext } from "preact";
import { useContext, useLayoutEffect, useState } from "preact/hooks";

/** Unmoved for so long it stands: longer than between two turns of a wheel, and no wait to a hand. */
const STILL_MS = 100;

/** Once it stands, so many are called at a time, a frame apart: all at once would cost several. */
export const AT_A_TIME = 8;
const FRAME_MS = 16;

/** One log, moving or not. */
export class Rest {
  readonly #waiting = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stillAt = 0;

  /** Whether it moves. */
  get moves(): boolean {
    return this.#timer !== undefined;
  }

  /** Take that it was moved. */
  moved(): void {
    this.#stillAt = performance.now() + STILL_MS;
    this.#timer ??= setTimeout(() => this.#look(), STILL_MS);
  }

  /** Have `stands` called once it stands still, at once if it does; gives what calls that off. */
  when(stands: () => void): () => void {
    if (this.moves) this.#waiting.add(stands);
    else stands();
    return () => void this.#waiting.delete(stands);
  }

  /** Call nobody any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #look(): void {
    const left = this.#stillAt - performance.now();
    if (left > 0) {
      this.#timer = setTimeout(() => this.#look(), left);
      return;
    }
    const waiting = [...this.#waiting].slice(0, AT_A_TIME);
    for (const stands of waiting) this.#waiting.delete(stands);
    const isOver = this.#waiting.size === 0;
    this.#timer = isOver ? undefined : setTimeout(() => this.#look(), FRAME_MS);
    for (const stands of waiting) stands();
  }
}

const Context = createContext(new Rest());

/** Tells the views below which log they are in. */
export const RestProvider = Context;

/** Whether the log stood still since this view began; from then on it is so. */
export function useStood(): boolean {
  const rest = useContext(Context);
  const [stood, setStood] = useState(() => !rest.moves);
  useLayoutEffect(() => (stood ? undefined : rest.when(() => setStood(true))), [stood]);
  return stood;
}
