/** Says that one types, seldom enough; what is typed stays here. Pure: a time is an argument. */

/** Said again so often while one goes on: others see it for 6 s (protocol.md §6). */
export const AGAIN_MS = 3_000;
/** Rooms with more members pass no typing (protocol.md §6). */
export const MEMBERS = 200;

/** A word to say. */
export interface TypingWord {
  readonly room: string;
  readonly active: boolean;
}

/** What was said last, and when. */
export class Typist {
  #room: string | null = null;
  #said_ms = 0;

  /** Take what stands in the field of a room; give the word that is due. */
  drafted(room: string, text: string, members: number, now_ms: number): TypingWord | null {
    if (text.trim() === "") return this.#room === room ? this.stopped() : null;
    if (members > MEMBERS) return null;
    if (this.#room === room && now_ms - this.#said_ms < AGAIN_MS) return null;
    this.#room = room;
    this.#said_ms = now_ms;
    return { room, active: true };
  }

  /** Take that a message was sent, which says by itself that one is done. */
  sent(room: string): void {
    if (this.#room === room) this.#room = null;
  }

  /** Take that one turned away; give the word that is due. */
  stopped(): TypingWord | null {
    const room = this.#room;
    this.#room = null;
    return room === null ? null : { room, active: false };
  }
}
