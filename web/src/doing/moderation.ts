/** What those who keep order in a room do over HTTP, one method a deed; who may is not known here. */
import type { AuditEntry, Sanction } from "parley-sdk";
import type { House } from "../house.ts";
import type { Deed } from "../words.ts";
import type { Ask, Listed } from "./affairs.ts";

/** Entries on a page of a list. */
const PAGE = 50;

/** The keeping of order. Null and false: it failed, and the person was told. */
export class Moderation {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Put somebody out of a room, and keep them out until a time, or for good (null). */
  async ban(room: string, user: string, until_ms: number | null, reason: string): Promise<boolean> {
    return this.#done("ban", (house) => house.api.ban(room, user, { reason, until_ms }));
  }

  /** Let somebody in again. */
  async unban(room: string, user: string): Promise<boolean> {
    return this.#done("ban", (house) => house.api.unban(room, user));
  }

  /** Have a member write nothing until a time, or for good (null). */
  async mute(
    room: string,
    user: string,
    until_ms: number | null,
    reason: string,
  ): Promise<boolean> {
    return this.#done("mute", (house) => house.api.mute(room, user, { reason, until_ms }));
  }

  /** Let a member write again. */
  async unmute(room: string, user: string): Promise<boolean> {
    return this.#done("mute", (house) => house.api.unmute(room, user));
  }

  /** Give who is kept out. */
  async bans(room: string, cursor: string | null): Promise<Listed<Sanction> | null> {
    return this.#ask("look after room", async ({ api }) => {
      const { bans, next } = await api.bans(room, paging(cursor));
      return { items: bans, next: next ?? null };
    });
  }

  /** Give who may not write. */
  async mutes(room: string, cursor: string | null): Promise<Listed<Sanction> | null> {
    return this.#ask("look after room", async ({ api }) => {
      const { mutes, next } = await api.mutes(room, paging(cursor));
      return { items: mutes, next: next ?? null };
    });
  }

  /** Give what was done in a room, and by whom. */
  async audit(room: string, cursor: string | null): Promise<Listed<AuditEntry> | null> {
    return this.#ask("look after room", async ({ api }) => {
      const { entries, next } = await api.audit(room, paging(cursor));
      return { items: entries, next: next ?? null };
    });
  }

  async #done(deed: Deed, work: (house: House) => Promise<unknown>): Promise<boolean> {
    const done = await this.#ask(deed, async (house) => {
      await work(house);
      return true;
    });
    return done === true;
  }
}

function paging(cursor: string | null): { limit: number; cursor?: string } {
  return cursor === null ? { limit: PAGE } : { limit: PAGE, cursor };
}
