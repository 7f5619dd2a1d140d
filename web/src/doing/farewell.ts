/**
 * Says why one is no longer in a room that one looks at: by whom one was put out or the room was
 * deleted, and of a ban until when and why. The log says that there is one; the rest is told to
 * whoever asks for their own.
 */
import type { LogEvent, OwnBan } from "parley-sdk";
import { goodbyeWords } from "../words.ts";

/** What it needs of the rest. `banFrom`: what keeps one out of a room; null where nothing is told. */
export interface Door {
  banFrom(room: string): Promise<OwnBan | null>;
  nameOf(user: string): string;
  say(words: string): void;
}

/** One room. */
interface Left {
  readonly id: string;
  readonly name: string;
}

/** A ban of which no more is known than that there is one. */
const BARE: OwnBan = { until_ms: null, reason: "" };

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
  async say({ id, name }: Left): Promise<void> {
    const why = this.#last?.room === id ? this.#last : null;
    this.#last = null;
    const by = why && this.#door.nameOf(why.by);
    if (why?.type === "room.deleted") return this.#door.say(`${by} deleted ${name}.`);
    // What happened while one was away is not in the log of one who is out: it may have been a ban.
    const asks = why === null || why.banned === true;
    const told = asks ? await this.#door.banFrom(id) : null;
    this.#door.say(goodbyeWords(name, by, told ?? (why?.banned === true ? BARE : null)));
  }
}
