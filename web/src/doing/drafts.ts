/** What was written and not sent, by room: kept by the window, also when it is loaded anew. */

const KEY = "parley drafts ";
/** Rooms with a draft at most; the one not written in for longest gives way. */
const ROOMS = 50;

/** One person's drafts in this window; whoever signs in after them sees none of them. */
export class Drafts {
  readonly #key: string;
  readonly #texts: Map<string, string>;

  constructor(user: string) {
    this.#key = KEY + user;
    this.#texts = new Map(read(this.#key));
  }

  /** What is written for a room. */
  get(room: string): string {
    return this.#texts.get(room) ?? "";
  }

  /** Take what is written for a room. */
  set(room: string, text: string): void {
    this.#texts.delete(room);
    if (text !== "") this.#texts.set(room, text);
    for (const old of this.#texts.keys()) {
      if (this.#texts.size <= ROOMS) break;
      this.#texts.delete(old);
    }
    write(this.#key, [...this.#texts]);
  }

  /** Forget them all. */
  clear(): void {
    this.#texts.clear();
    write(this.#key, []);
  }
}

function read(key: string): [string, string][] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? found.filter(isDraft) : [];
  } catch {
    return []; // Storage is forbidden, or holds something else.
  }
}

function write(key: string, drafts: readonly [string, string][]): void {
  try {
    if (drafts.length === 0) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(drafts));
  } catch {
    // Storage is forbidden or full: the drafts last as long as the page.
  }
}

function isDraft(value: unknown): value is [string, string] {
  return Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "string";
}
