/** What those who may do about custom emoji over HTTP, one method a deed; which there are: `Emojis`. */
import { LIMITS, ProblemError } from "parley-sdk";
import type { House } from "../house.ts";
import { type Emojis, withEmoji, withoutEmoji } from "../store/emojis.ts";
import type { Deed } from "../words.ts";
import type { Ask } from "./affairs.ts";

/** The collection. False: it failed, and the person was told. */
export class Collecting {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Add one. */
  async add(name: string, picture: File): Promise<boolean> {
    return this.#changed("add emoji", async (house) => {
      const added = await house.api.addEmoji(name, picture);
      return (emojis) => withEmoji(emojis, added);
    });
  }

  /** Remove one. */
  async remove(name: string): Promise<boolean> {
    return this.#changed("remove emoji", async (house) => {
      await house.api.removeEmoji(name);
      return (emojis) => withoutEmoji(emojis, name);
    });
  }

  /** Whether one is an admin; without an answer one is none. */
  async isAdmin(): Promise<boolean> {
    const role = await this.#quietly(async ({ api }) => (await api.account()).role);
    return role === "admin";
  }

  /** Learn the names of those who added what there is, as far as they are not known. */
  async learnAdders(): Promise<void> {
    await this.#quietly(async ({ api, store }) => {
      const { emojis, users } = store.state;
      const adders = [...emojis.named.values()].map((one) => one.added_by);
      const unknown = [...new Set(adders)].filter((id) => !users.has(id));
      for (let from = 0; from < unknown.length; from += LIMITS.IDS_PER_QUERY) {
        const ids = unknown.slice(from, from + LIMITS.IDS_PER_QUERY);
        store.dispatch({ type: "users", users: await api.users(ids) });
      }
    });
  }

  async #changed(
    deed: Deed,
    work: (house: House) => Promise<(emojis: Emojis) => Emojis>,
  ): Promise<boolean> {
    const done = await this.#ask(deed, async (house) => {
      const change = await work(house);
      house.store.dispatch({ type: "emojis", emojis: change(house.store.state.emojis) });
      return true;
    });
    return done === true;
  }

  /** Ask for what nobody misses: null without an answer, of which nobody is told. */
  async #quietly<T>(work: (house: House) => Promise<T>): Promise<T | null> {
    return this.#ask("look at account", async (house) => {
      try {
        return await work(house);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        return null;
      }
    });
  }
}
