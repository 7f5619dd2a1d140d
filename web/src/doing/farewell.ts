/**
 * Says why one is no longer in a room that one looks at: by whom one was put out or the room was
 * deleted, and of a ban until when and why. The log says that there is one; the rest is told to whoever tries to come back.
 */
import type { LogEvent } from "parley-sdk";
import type { Failure } from "../words.ts";
import { banWords, goodbyeWords } from "../words.ts";

/** What it needs of the rest. `comeBack`: joins a room; null: one is in it again. */
export interface Door {
  comeBack(room: string): Promise<Failure | null>;
  nameOf(user: string): string;
  say(words: string): void;
}

/** One room. */
interface Left {
  readonly id: string;
  readonly name: string;
  /** One who is not in it could join it, were it not for a ban. */
  readonly open: boolean;
}

/** The goodbyes of one person. */
export class Farewell {
  readonly #me: string;
  readonly #door: Door;
  #last: Extract<LogEvent, { type: "member.removed" | "room.deleted" }> | null = null;

  constructor(me: string, door: Door) {
    this.#me = me;
    this.#door = door;
  }

  /** Take what happened in a room, before anybody acts on it. */
  happened(event: LogEvent): void {
    if (event.type === "room.deleted") this.#last = event;
    if (event.type === "member.removed" && event.user === this.#me) this.#last = event;
  }

  /** Say goodbye to a room one is no longer in. */
  async say({ id, name, open }: Left): Promise<void> {
    const why = this.#last?.room === id ? this.#last : null;
    this.#last = null;
    const by = why && this.#door.nameOf(why.by);
    if (why?.type === "room.deleted") return this.#door.say(`${by} deleted ${name}.`);
    const plain = goodbyeWords(name, by, why?.banned === true);
    // A room that is not public says nothing to whoever is outside, of a ban neither.
    if (why?.banned !== true || !open) return this.#door.say(plain);
    const refusal = await this.#door.comeBack(id);
    if (refusal !== null) this.#door.say(banWords(refusal.detail ?? "", name) ?? plain);
  }
}
