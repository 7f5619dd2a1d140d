/** Files that are uploaded and not sent, by room, for when the window is loaded anew; uploads none. */
import type { Attachment } from "parley-sdk";
import { OF_WINDOW, read, write } from "./storage.ts";

const KEY = "parley files ";
/** The server has a file that no message has for a day; a little less, to write the message in. */
const KEPT_MS = 23 * 3_600_000;

interface Kept {
  readonly at_ms: number;
  readonly file: Attachment;
}

/** One person's, in this window alone: beside it another one would send the same files again. */
export class Unsent {
  readonly #key: string;
  readonly #kept: Map<string, readonly Kept[]>;

  constructor(user: string, now_ms: number = Date.now()) {
    this.#key = KEY + user;
    this.#kept = new Map();
    for (const [room, kept] of read(OF_WINDOW, this.#key, isKept)) {
      const good = kept.filter(({ at_ms }) => at_ms > now_ms - KEPT_MS);
      if (good.length > 0) this.#kept.set(room, good);
    }
  }

  /** What there was when the window was loaded, and since. */
  all(): ReadonlyMap<string, readonly Attachment[]> {
    return new Map([...this.#kept].map(([room, kept]) => [room, kept.map(({ file }) => file)]));
  }

  /** Take what there is for a room now. */
  set(room: string, files: readonly Attachment[], now_ms: number = Date.now()): void {
    const before = new Map((this.#kept.get(room) ?? []).map((one) => [one.file.id, one]));
    const now = files.map((file) => before.get(file.id) ?? { at_ms: now_ms, file });
    if (now.length > 0) this.#kept.set(room, now);
    else this.#kept.delete(room);
    write(OF_WINDOW, this.#key, this.#kept);
  }

  /** Forget them all. */
  clear(): void {
    this.#kept.clear();
    write(OF_WINDOW, this.#key, this.#kept);
  }
}

function isKept(entry: unknown): entry is [string, readonly Kept[]] {
  return (
    Array.isArray(entry) &&
    typeof entry[0] === "string" &&
    Array.isArray(entry[1]) &&
    entry[1].every(
      (one: Partial<Kept> | null) =>
        typeof one?.at_ms === "number" &&
        typeof one.file?.id === "string" &&
        typeof one.file.name === "string" &&
        typeof one.file.mime === "string" &&
        typeof one.file.size === "number",
    )
  );
}
