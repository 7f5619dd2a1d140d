/** What is done about rooms and with people over HTTP, one method a deed; messages are not here. */
import {
  type DeadLetter,
  type Invite,
  type MadeWebhook,
  type Member,
  type NewWebhook,
  ProblemError,
  type Role,
  type RoomInvitation,
  type RoomPatch,
  type SetPreferences,
  type User,
  type Webhook,
} from "parley-sdk";
import type { House } from "../house.ts";
import type { Deed } from "../words.ts";

/** Does something for whoever is signed in; null: it failed, and they were told. */
export type Ask = <T>(deed: Deed, work: (house: House) => Promise<T>) => Promise<T | null>;

/** People shown for a few letters at most. */
const FOUND = 8;
/** Members on a page of the list. */
const PAGE = 50;

/** A page of a list; `next` asks for the one after it. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** The affairs of rooms. Null and false: it failed, and the person was told. */
export class Affairs {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Find people by the beginning of a name. */
  async people(letters: string): Promise<readonly User[] | null> {
    return this.#ask("find people", async (house) => {
      const users = await house.api.searchUsers(letters, FOUND);
      house.store.dispatch({ type: "users", users });
      return users.filter(({ id }) => id !== house.store.state.me.id);
    });
  }

  /** Give the room that is only of these people and oneself, made at need. */
  async direct(users: readonly string[]): Promise<string | null> {
    return this.#ask("write to", async (house) => {
      const room = await house.api.createRoom({ kind: "direct", members: [...users] });
      house.store.dispatch({ type: "room", room });
      return room.id;
    });
  }

  /** Change what a room is called, what it is about, and so on. */
  async change(room: string, patch: RoomPatch): Promise<boolean> {
    return this.#done("change room", async (house) => {
      house.store.dispatch({ type: "room", room: await house.api.updateRoom(room, patch) });
    });
  }

  /** Give a room a picture. */
  async picture(room: string, image: File): Promise<boolean> {
    return this.#done("change picture", async (house) => {
      const { id } = await house.files.upload(room, image);
      const changed = await house.api.updateRoom(room, { picture: id });
      house.store.dispatch({ type: "room", room: changed });
    });
  }

  /** Choose how to have a room; nobody else learns of it. */
  async prefer(room: string, chosen: SetPreferences): Promise<boolean> {
    return this.#done("change room", async (house) => {
      const preferences = await house.api.prefer(room, chosen);
      const frame = { type: "room.preferences", room, ...preferences } as const;
      house.store.dispatch({ type: "preferences", frame });
    });
  }

  /** Delete a room, with all that was said in it. */
  async delete(room: string): Promise<boolean> {
    return this.#done("delete room", (house) => house.deleteRoom(room));
  }

  /** Give a page of a room's members. */
  async members(room: string, cursor: string | null): Promise<Listed<Member> | null> {
    return this.#ask("load members", async (house) => {
      const paging = cursor === null ? { limit: PAGE } : { limit: PAGE, cursor };
      const page = await house.api.members(room, paging);
      house.store.dispatch({ type: "users", users: page.members.map(({ user }) => user) });
      return { items: page.members, next: page.next ?? null };
    });
  }

  /** Add somebody to a room. */
  async add(room: string, user: string): Promise<boolean> {
    return this.#done("add person", (house) => house.api.addMember(room, user));
  }

  /** Give the invite links of a room that are good. */
  async invites(room: string): Promise<Listed<Invite> | null> {
    return this.#ask("invite", async ({ api }) => {
      return { items: await api.invites(room), next: null };
    });
  }

  /** Make a link into a room: for so many seconds, and so many people (null: any number). */
  async invite(room: string, seconds: number, uses: number | null): Promise<Invite | null> {
    const wanted = { expires_in: seconds, ...(uses === null ? {} : { uses }) };
    return this.#ask("invite", ({ api }) => api.invite(room, wanted));
  }

  /** Take a link back. */
  async uninvite(room: string, code: string): Promise<boolean> {
    return this.#done("invite", (house) => house.api.revokeInvite(room, code));
  }

  /** Give the webhooks of a room. */
  async webhooks(room: string): Promise<Listed<Webhook> | null> {
    return this.#ask("webhook", async ({ api }) => {
      return { items: await api.webhooks(room), next: null };
    });
  }

  /** Make a webhook of a room. */
  async makeWebhook(room: string, webhook: NewWebhook): Promise<MadeWebhook | null> {
    return this.#ask("webhook", ({ api }) => api.makeWebhook(room, webhook));
  }

  /** Give a webhook another secret. */
  async renewWebhook(room: string, webhook: string): Promise<MadeWebhook | null> {
    return this.#ask("webhook", ({ api }) => api.renewWebhook(room, webhook));
  }

  /** Have a webhook told again, also of what it could not be told before. */
  async enableWebhook(room: string, webhook: string): Promise<boolean> {
    return this.#done("webhook", async ({ api }) => {
      await api.switchWebhook(room, webhook, true);
      await api.replayDeadLetters(room, webhook);
    });
  }

  /** Give what a webhook could not be told, the newest first. */
  async deadLetters(room: string, webhook: string): Promise<Listed<DeadLetter> | null> {
    return this.#ask("webhook", async ({ api }) => {
      return { items: await api.deadLetters(room, webhook), next: null };
    });
  }

  /** Have a webhook told all that it could not be told before. */
  async replayDeadLetters(room: string, webhook: string): Promise<boolean> {
    return this.#done("webhook", async ({ api }) => {
      await api.replayDeadLetters(room, webhook);
    });
  }

  /** End a webhook. */
  async removeWebhook(room: string, webhook: string): Promise<boolean> {
    return this.#done("webhook", (house) => house.api.removeWebhook(room, webhook));
  }

  /** Give where a link leads; "none": it is good no more. */
  async invitation(code: string): Promise<RoomInvitation | "none" | null> {
    return this.#ask("look at invite", async ({ api }) => {
      try {
        return await api.invitation(code);
      } catch (error) {
        if (error instanceof ProblemError && error.code === "not_found") return "none";
        throw error;
      }
    });
  }

  /** Follow a link into its room. */
  async accept(code: string): Promise<string | null> {
    return this.#ask("join", async (house) => {
      const room = await house.api.joinByInvite(code);
      house.store.dispatch({ type: "room", room });
      return room.id;
    });
  }

  /** Give a member another role. */
  async setRole(room: string, user: string, role: Role): Promise<boolean> {
    return this.#done("change role", (house) => house.api.setRole(room, user, role));
  }

  /** Put a member out of a room. */
  async remove(room: string, user: string): Promise<boolean> {
    return this.#done("remove person", (house) => house.api.removeMember(room, user));
  }

  async #done(deed: Deed, work: (house: House) => Promise<unknown>): Promise<boolean> {
    const done = await this.#ask(deed, async (house) => {
      await work(house);
      return true;
    });
    return done === true;
  }
}
