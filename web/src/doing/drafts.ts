/**
 * What was written and not sent, by room. A window keeps its own, also when it is loaded anew; one
 * that has none begins with the browser's, which are those written last in any window.
 */
import { OF_BROWSER, OF_WINDOW, read, write } from "./storage.ts";

const KEY = "parley drafts ";
/** Rooms with a draft at most; the one not written in for longest gives way. */
const ROOMS = 50;

type Texts = Map<string, string>;

/** One person's drafts in this window; whoever signs in after them sees none of them. */
export class Drafts {
  readonly #key: string;
  readonly #texts: Texts;

  constructor(user: string) {
    this.#key = KEY + user;
    const own = read(OF_WINDOW, this.#key, isDraft);
    this.#texts = own.size > 0 ? own : read(OF_BROWSER, this.#key, isDraft);
  }

  /** What is written for a room. */
  get(room: string): string {
    return this.#texts.get(room) ?? "";
  }

  /** Take what is written for a room. */
  set(room: string, text: string): void {
    put(this.#texts, room, text);
    write(OF_WINDOW, this.#key, this.#texts);
    // Another window may have written for another room since.
    const all = read(OF_BROWSER, this.#key, isDraft);
    put(all, room, text);
    write(OF_BROWSER, this.#key, all);
  }

  /** Forget them all. */
  clear(): void {
    this.#texts.clear();
    write(OF_WINDOW, this.#key, this.#texts);
    write(OF_BROWSER, this.#key, this.#texts);
  }
}

function put(texts: Texts, room: string, text: string): void {
  texts.delete(room);
  if (text !== "") texts.set(room, text);
  for (const old of texts.keys()) {
    if (texts.size <= ROOMS) break;
    texts.delete(old);
  }
}

function isDraft(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string";
}
