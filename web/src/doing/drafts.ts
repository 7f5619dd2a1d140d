/**
 * What was written and not sent, by room. A window keeps its own, also when it is loaded anew; one
 * that has none begins with the browser's, which are those written last in any window.
 */

const KEY = "parley drafts ";
/** Rooms with a draft at most; the one not written in for longest gives way. */
const ROOMS = 50;

type Texts = Map<string, string>;
/** Where they are kept. Asking for it may throw: storage can be forbidden. */
type Keep = () => Pick<Storage, "getItem" | "setItem" | "removeItem">;

const OF_WINDOW: Keep = () => sessionStorage;
const OF_BROWSER: Keep = () => localStorage;

/** One person's drafts in this window; whoever signs in after them sees none of them. */
export class Drafts {
  readonly #key: string;
  readonly #texts: Texts;

  constructor(user: string) {
    this.#key = KEY + user;
    const own = read(OF_WINDOW, this.#key);
    this.#texts = own.size > 0 ? own : read(OF_BROWSER, this.#key);
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
    const all = read(OF_BROWSER, this.#key);
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

function read(keep: Keep, key: string): Texts {
  try {
    const found: unknown = JSON.parse(keep().getItem(key) ?? "[]");
    return new Map(Array.isArray(found) ? found.filter(isDraft) : []);
  } catch {
    return new Map(); // Storage is forbidden, or holds something else.
  }
}

function write(keep: Keep, key: string, texts: Texts): void {
  try {
    if (texts.size === 0) keep().removeItem(key);
    else keep().setItem(key, JSON.stringify([...texts]));
  } catch {
    // Storage is forbidden or full: the drafts last as long as the page.
  }
}

function isDraft(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string";
}
