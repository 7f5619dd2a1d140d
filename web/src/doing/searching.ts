/** Finds messages over HTTP by what they say; what is looked for is in the address of the page. */
import type { Hit } from "parley-sdk";
import type { Search } from "../route.ts";
import type { Ask, Listed } from "./affairs.ts";

/** Hits on a page. */
const PAGE = 30;
const DAY_MS = 86_400_000;

/** The search. Null: it failed, and the person was told. */
export class Searching {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Give a page of the messages that a search finds, the newest first. */
  async search(search: Search, cursor: string | null): Promise<Listed<Hit> | null> {
    return this.#ask("search", async ({ api }) => {
      const { q, room, sender, since, until } = search;
      const page = await api.search(q, {
        limit: PAGE,
        ...(room === undefined ? {} : { room }),
        ...(sender === undefined ? {} : { sender }),
        // In a room places are seqs, which nobody knows by heart: days are for all rooms alone.
        ...(room !== undefined || since === undefined ? {} : { after: dayOf(since) - 1 }),
        ...(room !== undefined || until === undefined ? {} : { before: dayOf(until) + DAY_MS }),
        ...(cursor === null ? {} : { cursor }),
      });
      return { items: page.hits, next: page.next ?? null };
    });
  }
}

/** When a day, such as 2026-11-26, begins here. */
function dayOf(day: string): number {
  return new Date(`${day}T00:00:00`).getTime();
}
