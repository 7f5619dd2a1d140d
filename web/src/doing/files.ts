/** Uploads what somebody adds to a message, and holds it until that is sent. */
import { type Attachment, ProblemError } from "parley-sdk";
import { Store } from "../store/store.ts";
import {
  begun,
  left,
  of,
  reduce,
  there,
  type Upload,
  type UploadHappening,
  type Uploads,
  uploaded,
} from "../store/uploads.ts";
import { uploadRefusal } from "../words.ts";
import type { Unsent } from "./unsent.ts";
import { upload } from "./upload_xhr.ts";

/** Types of what every browser shows as an image. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** For one signed-in person. What is uploaded outlives a reload; what is on its way does not. */
export class Files {
  readonly store = new Store<Uploads, UploadHappening>(new Map(), reduce);
  readonly #token: () => Promise<string>;
  readonly #unsent: Unsent;
  readonly #ending = new AbortController();
  readonly #running = new Map<number, { readonly file: File; ending: AbortController }>();
  #next = 1;

  constructor(token: () => Promise<string>, unsent: Unsent) {
    this.#token = token;
    this.#unsent = unsent;
    for (const [room, files] of unsent.all()) {
      const uploads = files.map((file) => there(this.#next++, file));
      this.store.dispatch({ type: "added", room, uploads });
    }
  }

  /** The files of a room's next message. */
  of(room: string): readonly Upload[] {
    return of(this.store.state, room);
  }

  /** Add files, as many as a message can have; gives how many were too many. */
  add(room: string, files: readonly File[]): number {
    const taken = files.slice(0, Math.max(0, left(this.store.state, room)));
    const uploads = taken.map((file) => begun(this.#next++, file.name, file.size, pictured(file)));
    this.store.dispatch({ type: "added", room, uploads });
    for (const [at, { id }] of uploads.entries()) {
      const file = taken[at];
      if (file) void this.#upload(room, id, file);
    }
    return files.length - taken.length;
  }

  /** Upload one that is for no message; rejects with ProblemError. */
  async upload(room: string, file: File): Promise<Attachment> {
    const following = { signal: this.#ending.signal, onProgress: () => {} };
    return upload(await this.#token(), room, file, following);
  }

  /** Try one again that failed. */
  again(room: string, id: number): void {
    const known = this.#running.get(id);
    if (!known) return;
    this.store.dispatch({ type: "again", room, id });
    void this.#upload(room, id, known.file);
  }

  /** Have one no more; what is under way of it ends. */
  remove(room: string, id: number): void {
    this.#running.get(id)?.ending.abort();
    this.#running.delete(id);
    forget(this.of(room).filter((one) => one.id === id));
    this.store.dispatch({ type: "removed", room, id });
    this.#keep(room);
  }

  /** Give those that are there, and have none any more: they are of a message now. */
  take(room: string): readonly Attachment[] {
    const files = uploaded(this.store.state, room);
    for (const { id } of this.of(room)) this.#running.delete(id);
    forget(this.of(room));
    this.store.dispatch({ type: "taken", room });
    this.#keep(room);
    return files;
  }

  /** End everything that is on its way. */
  stop(): void {
    this.#ending.abort();
    for (const { ending } of this.#running.values()) ending.abort();
    this.#running.clear();
    for (const uploads of this.store.state.values()) forget(uploads);
  }

  #keep(room: string): void {
    this.#unsent.set(room, uploaded(this.store.state, room));
  }

  async #upload(room: string, id: number, file: File): Promise<void> {
    const ending = new AbortController();
    this.#running.set(id, { file, ending });
    try {
      const attachment = await upload(await this.#token(), room, file, {
        signal: ending.signal,
        onProgress: (to) => this.store.dispatch({ type: "progress", room, id, to }),
      });
      this.store.dispatch({ type: "done", room, id, attachment });
      this.#keep(room);
    } catch (error) {
      if (ending.signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      this.store.dispatch({ type: "failed", room, id, why: uploadRefusal(error.code) });
    }
  }
}

/** The URL of an image that was chosen, under which the browser keeps it until it is forgotten. */
function pictured(file: File): string | null {
  return SHOWN.has(file.type) ? URL.createObjectURL(file) : null;
}

function forget(uploads: readonly Upload[]): void {
  for (const { picture } of uploads) if (picture !== null) URL.revokeObjectURL(picture);
}
