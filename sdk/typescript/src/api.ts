/** The HTTP interface (protocol §8), one method a call. Nothing live: that is `Client`. */
import { wall } from "./clock.ts";
import { ProblemError } from "./errors.ts";
import { readEvents } from "./frames.ts";
import { answer, type Call, call, type Method, path } from "./http.ts";
import type {
  Account,
  Audit,
  Bans,
  CustomEmoji,
  CustomEmojis,
  DeadLetter,
  DeadLetters,
  Hits,
  Invite,
  Invites,
  MadeWebhook,
  Members,
  Message,
  Messages,
  Mutes,
  NewInvite,
  NewMessage,
  NewPushDevice,
  NewRoom,
  NewSanction,
  NewWebhook,
  OwnBan,
  OwnSettings,
  Page,
  Preferences,
  Presence,
  PresenceList,
  PushDevice,
  PushSettings,
  Reactions,
  ReactionUsers,
  ReadMark,
  Receipt,
  Receipts,
  Replayed,
  Role,
  Room,
  RoomInvitation,
  RoomPatch,
  RoomPresence,
  Rooms,
  Session,
  Sessions,
  SetPreferences,
  SettingsPatch,
  SignedMedia,
  SignedUrls,
  User,
  Users,
  Version,
  Versions,
  Webhook,
  Webhooks,
} from "./protocol.gen.ts";
import { SHAPES } from "./protocol.gen.ts";
import { isObject, type Shape } from "./shape.ts";
import type { TokenSource } from "./tokens.ts";
import { uuid7 } from "./uuid7.ts";

/** Which page of a list: `cursor` is the `next` of the page before. */
export interface Paging {
  readonly cursor?: string;
  readonly limit?: number;
}

/** Which messages; at most one of `before`, `after` and `around` (each a seq), `limit` ≤ 100. */
export interface PageQuery {
  readonly before?: number;
  readonly after?: number;
  readonly around?: number;
  readonly limit?: number;
}

/** Make a message key, by this machine's clock: one for each message, the same on each retry. */
export function newKey(): string {
  return uuid7(wall(), crypto.getRandomValues(new Uint8Array(10)));
}

/**
 * Which hits: in one room, by one sender; `before` and `after` are seqs where `room` is given, else
 * times in milliseconds; `limit` ≤ 50.
 */
export interface SearchQuery {
  readonly room?: string;
  readonly sender?: string;
  readonly before?: number;
  readonly after?: number;
  readonly limit?: number;
  readonly cursor?: string;
}

/**
 * Calls to one Parley as the user whose `tokens` these are.
 *
 * Each throws ProblemError and nothing else; with its code `timeout` or `unavailable` and status
 * 0 it is not known whether it was carried out. Nothing is tried again, but a call whose token
 * was turned down (401): once, with a fresh one.
 */
export class Api {
  readonly #url: string;
  readonly #tokens: TokenSource;

  constructor(url: string, tokens: TokenSource) {
    this.#url = url.replace(/\/+$/, "");
    this.#tokens = tokens;
  }

  // ------------------------------------------------------------------------------------ people

  /** Give oneself. */
  async me(): Promise<User> {
    return this.#call("GET", "/v1/auth/me", SHAPES.User);
  }

  /** Change how others see one's name. */
  async setDisplayName(displayName: string): Promise<User> {
    return this.#call("PATCH", "/v1/auth/me", SHAPES.User, { body: { display_name: displayName } });
  }

  /** Give where one is signed in, the device used last first. */
  async sessions(): Promise<Session[]> {
    return (await this.#call<Sessions>("GET", "/v1/auth/sessions", SHAPES.Sessions)).sessions;
  }

  /** Sign one device out. Idempotent. */
  async endSession(session: string): Promise<void> {
    await this.#call("DELETE", path("/v1/auth/sessions", session), "any");
  }

  /** Sign out everywhere else; with `all` here too. Idempotent. */
  async endSessions(all = false): Promise<void> {
    const query = { all: String(all) };
    await this.#call("DELETE", "/v1/auth/sessions", "any", { query });
  }

  /** Choose another password, which signs out everywhere else. `invalid` with the field at fault. */
  async changePassword(current: string, next: string): Promise<void> {
    await this.#call("POST", "/v1/auth/password", "any", { body: { current, new: next } });
  }

  /** Give one's own account, with what others are not shown. */
  async account(): Promise<Account> {
    return this.#call("GET", "/v1/auth/account", SHAPES.Account);
  }

  /** Say where a link for a new password may be sent; null: nowhere. `invalid` with the field. */
  async setEmail(email: string | null, password: string): Promise<void> {
    await this.#call("POST", "/v1/auth/email", "any", { body: { email, password } });
  }

  /** Put one's own account out of use, which signs out everywhere. `invalid` with the field. */
  async deactivate(password: string): Promise<void> {
    await this.#call("POST", "/v1/auth/deactivate", "any", { body: { password } });
  }

  /** Give those of at most 100 ids that exist, in no order. */
  async users(ids: readonly string[]): Promise<User[]> {
    const query = { ids: ids.join(",") };
    return (await this.#call<Users>("GET", "/v1/users", SHAPES.Users, { query })).users;
  }

  /** Give people whose name begins so; whose username is just that comes first. */
  async searchUsers(prefix: string, limit?: number): Promise<User[]> {
    const query = { q: prefix, limit };
    return (await this.#call<Users>("GET", "/v1/users/search", SHAPES.Users, { query })).users;
  }

  /** Give the presence of those of at most 100 people whom one may see. */
  async presence(users: readonly string[]): Promise<Presence[]> {
    const query = { users: users.join(",") };
    const shape = SHAPES.PresenceList;
    return (await this.#call<PresenceList>("GET", "/v1/presence", shape, { query })).presence;
  }

  /** Give where files are, for at least ten minutes; those not there for one are left out. */
  async signMedia(ids: readonly string[]): Promise<Record<string, SignedMedia>> {
    const options = { body: { ids } };
    return (await this.#call<SignedUrls>("POST", "/v1/media/sign", SHAPES.SignedUrls, options))
      .urls;
  }

  /** Have a picture, of which others see the middle. `too_large`: make it smaller first. */
  async setAvatar(image: Blob): Promise<User> {
    const form = new FormData();
    form.set("file", image);
    return this.#call("PUT", "/v1/media/avatars/me", SHAPES.User, { form });
  }

  /** Have no picture any more. Idempotent. */
  async removeAvatar(): Promise<void> {
    await this.#call("DELETE", "/v1/media/avatars/me", "any");
  }

  /** Give all custom emoji by name, and who may add one. */
  async emoji(): Promise<CustomEmojis> {
    return this.#call("GET", "/v1/emoji", SHAPES.CustomEmojis);
  }

  /**
   * Add a custom emoji, for those who may. `conflict`, with the field `name`: it is taken, or one of
   * Unicode's has it; without: there are too many.
   */
  async addEmoji(name: string, picture: Blob): Promise<CustomEmoji> {
    const form = new FormData();
    form.set("name", name);
    form.set("file", picture);
    return this.#call("POST", "/v1/emoji", SHAPES.CustomEmoji, { form });
  }

  /** Remove a custom emoji; texts and reactions keep its name. Idempotent. */
  async removeEmoji(name: string): Promise<void> {
    await this.#call("DELETE", path("/v1/emoji", name), "any");
  }

  /** Give how many of a room one is in are here. */
  async roomPresence(room: string): Promise<RoomPresence> {
    return this.#call("GET", path("/v1/presence/rooms", room), SHAPES.RoomPresence);
  }

  // ------------------------------------------------------------------------------------- rooms

  /**
   * Make a room with these members; a second direct room of the same people is the first.
   *
   * With the same `idempotencyKey` again (any text of one's own), it is made once.
   */
  async createRoom(room: NewRoom, idempotencyKey?: string): Promise<Room> {
    const headers = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
    return this.#call("POST", "/v1/rooms", SHAPES.Room, { body: room, headers });
  }

  /** Give a page of the rooms one is in. */
  async myRooms(paging: Paging = {}): Promise<Rooms> {
    return this.#call("GET", "/v1/rooms", SHAPES.Rooms, { query: { ...paging } });
  }

  /** Give a page of the public rooms whose name matches. */
  async publicRooms(prefix = "", paging: Paging = {}): Promise<Rooms> {
    const query = { q: prefix || undefined, ...paging };
    return this.#call("GET", "/v1/rooms/public", SHAPES.Rooms, { query });
  }

  /** Give one room; `not_found` also for private ones that one is not in. */
  async room(room: string): Promise<Room> {
    return this.#call("GET", path("/v1/rooms", room), SHAPES.Room);
  }

  /** Change what a room is; what is left out stays. */
  async updateRoom(room: string, patch: RoomPatch): Promise<Room> {
    return this.#call("PATCH", path("/v1/rooms", room), SHAPES.Room, { body: patch });
  }

  /** Delete a room. Idempotent. */
  async deleteRoom(room: string): Promise<void> {
    await this.#call("DELETE", path("/v1/rooms", room), "any");
  }

  /** Join a public room. Idempotent. */
  async join(room: string): Promise<Room> {
    return this.#call("POST", path("/v1/rooms", room, "join"), SHAPES.Room);
  }

  /** Leave a room. Idempotent. */
  async leave(room: string): Promise<void> {
    await this.#call("POST", path("/v1/rooms", room, "leave"), "any");
  }

  /** Give a page of a room's members. */
  async members(room: string, paging: Paging = {}): Promise<Members> {
    const query = { ...paging };
    return this.#call("GET", path("/v1/rooms", room, "members"), SHAPES.Members, { query });
  }

  /** Add a user to a room. Idempotent. */
  async addMember(room: string, user: string, role: Role = "member"): Promise<void> {
    const body = { user, role };
    await this.#call("POST", path("/v1/rooms", room, "members"), "any", { body });
  }

  /** Give a member a role. */
  async setRole(room: string, user: string, role: Role): Promise<void> {
    const body = { role };
    await this.#call("PATCH", path("/v1/rooms", room, "members", user), "any", { body });
  }

  /** Remove a member from a room. Idempotent. */
  async removeMember(room: string, user: string): Promise<void> {
    await this.#call("DELETE", path("/v1/rooms", room, "members", user), "any");
  }

  // -------------------------------------------------------------------------------- moderation

  /** Keep somebody out until a time, or for good; in it or not. Idempotent. */
  async ban(room: string, user: string, sanction: NewSanction = {}): Promise<void> {
    const where = path("/v1/rooms", room, "bans", user);
    await this.#call("PUT", where, "any", { body: sanction });
  }

  /** Lift a ban. Idempotent. */
  async unban(room: string, user: string): Promise<void> {
    await this.#call("DELETE", path("/v1/rooms", room, "bans", user), "any");
  }

  /** Give a page of the bans in force, the newest first. */
  async bans(room: string, paging: Paging = {}): Promise<Bans> {
    const query = { ...paging };
    return this.#call("GET", path("/v1/rooms", room, "bans"), SHAPES.Bans, { query });
  }

  /** Give the ban that keeps oneself out of a room; `not_found` where there is none. */
  async ownBan(room: string): Promise<OwnBan> {
    return this.#call("GET", path("/v1/rooms", room, "bans", "me"), SHAPES.OwnBan);
  }

  /** Have a member write nothing in a room until a time, or for good. Idempotent. */
  async mute(room: string, user: string, sanction: NewSanction = {}): Promise<void> {
    const where = path("/v1/rooms", room, "mutes", user);
    await this.#call("PUT", where, "any", { body: sanction });
  }

  /** Lift a mute. Idempotent. */
  async unmute(room: string, user: string): Promise<void> {
    await this.#call("DELETE", path("/v1/rooms", room, "mutes", user), "any");
  }

  /** Give a page of the mutes in force, the newest first. */
  async mutes(room: string, paging: Paging = {}): Promise<Mutes> {
    const query = { ...paging };
    return this.#call("GET", path("/v1/rooms", room, "mutes"), SHAPES.Mutes, { query });
  }

  /** Make a link into a room: for so many seconds (a week), and so many people. */
  async invite(room: string, invite: NewInvite = {}): Promise<Invite> {
    const where = path("/v1/rooms", room, "invites");
    return this.#call("POST", where, SHAPES.Invite, { body: invite });
  }

  /** Give the invites of a room that are good, the newest first. */
  async invites(room: string): Promise<Invite[]> {
    const where = path("/v1/rooms", room, "invites");
    return (await this.#call<Invites>("GET", where, SHAPES.Invites)).invites;
  }

  /** Make an invite good no more. Idempotent. */
  async revokeInvite(room: string, code: string): Promise<void> {
    await this.#call("DELETE", path("/v1/rooms", room, "invites", code), "any");
  }

  /** Give what an invite leads to; `not_found` if it is good no more. */
  async invitation(code: string): Promise<RoomInvitation> {
    return this.#call("GET", path("/v1/invites", code), SHAPES.RoomInvitation);
  }

  /** Become a member by an invite. Idempotent: a member takes no use of it. */
  async joinByInvite(code: string): Promise<Room> {
    return this.#call("POST", path("/v1/invites", code, "join"), SHAPES.Room);
  }

  /** Make a webhook of a room; its secret is shown this once. */
  async makeWebhook(room: string, webhook: NewWebhook): Promise<MadeWebhook> {
    const where = path("/v1/rooms", room, "webhooks");
    return this.#call("POST", where, SHAPES.MadeWebhook, { body: webhook });
  }

  /** Give the webhooks of a room, the newest first, without their secrets. */
  async webhooks(room: string): Promise<Webhook[]> {
    const where = path("/v1/rooms", room, "webhooks");
    return (await this.#call<Webhooks>("GET", where, SHAPES.Webhooks)).webhooks;
  }

  /** Give a webhook another secret; the former is good for nothing from now on. */
  async renewWebhook(room: string, webhook: string): Promise<MadeWebhook> {
    const where = path("/v1/rooms", room, "webhooks", webhook, "secret");
    return this.#call("POST", where, SHAPES.MadeWebhook);
  }

  /** Have an outgoing webhook told what happens from now on, or no more. */
  async switchWebhook(room: string, webhook: string, enabled: boolean): Promise<Webhook> {
    const where = path("/v1/rooms", room, "webhooks", webhook);
    return this.#call("PATCH", where, SHAPES.Webhook, { body: { enabled } });
  }

  /** Give what an outgoing webhook did not deliver, the newest first. */
  async deadLetters(room: string, webhook: string): Promise<DeadLetter[]> {
    const where = path("/v1/rooms", room, "webhooks", webhook, "dead-letters");
    return (await this.#call<DeadLetters>("GET", where, SHAPES.DeadLetters)).dead_letters;
  }

  /** Have dead letters delivered anew, all or those at some places; how many. */
  async replayDeadLetters(room: string, webhook: string, seqs?: number[]): Promise<number> {
    const where = path("/v1/rooms", room, "webhooks", webhook, "dead-letters", "replay");
    const body = seqs === undefined ? {} : { seqs };
    return (await this.#call<Replayed>("POST", where, SHAPES.Replayed, { body })).replayed;
  }

  /** End a webhook. Idempotent. */
  async removeWebhook(room: string, webhook: string): Promise<void> {
    await this.#call("DELETE", path("/v1/rooms", room, "webhooks", webhook), "any");
  }

  /** Give a page of who did what in a room, the newest first. */
  async audit(room: string, paging: Paging = {}): Promise<Audit> {
    const query = { ...paging };
    return this.#call("GET", path("/v1/rooms", room, "audit"), SHAPES.Audit, { query });
  }

  // ---------------------------------------------------------------------------------- messages

  /** Give messages oldest first, everything up to `as_of_seq` applied; the newest by default. */
  async messages(room: string, query: PageQuery = {}): Promise<Page> {
    const where = path("/v1/rooms", room, "messages");
    return readPage(await this.#call("GET", where, "any", { query: { ...query } }));
  }

  /**
   * Say something without a socket, with every guarantee of a send there: after `timeout` or
   * `unavailable` say it again with the same `key` (`newKey()`).
   */
  async post(room: string, message: NewMessage): Promise<Message> {
    const where = path("/v1/rooms", room, "messages");
    return this.#call("POST", where, SHAPES.Message, { body: message });
  }

  /** Give one message, as it is now. */
  async message(room: string, seq: number): Promise<Message> {
    return this.#call("GET", at(room, seq), SHAPES.Message);
  }

  /** Give one's own message another text. Idempotent. */
  async editMessage(room: string, seq: number, text: string): Promise<Message> {
    return this.#call("PATCH", at(room, seq), SHAPES.Message, { body: { text } });
  }

  /** Delete one's own message, or as a moderator another's; its text is nowhere then. Idempotent. */
  async deleteMessage(room: string, seq: number): Promise<void> {
    await this.#call("DELETE", at(room, seq), "any");
  }

  /** Give the former texts of a message, oldest first; for moderators. */
  async edits(room: string, seq: number): Promise<Version[]> {
    const shape = SHAPES.Versions;
    return (await this.#call<Versions>("GET", at(room, seq, "edits"), shape)).versions;
  }

  /** React to a message with an emoji. Idempotent. */
  async react(room: string, seq: number, emoji: string): Promise<void> {
    await this.#call("PUT", at(room, seq, "reactions", emoji), "any");
  }

  /** Take a reaction back. Idempotent. */
  async unreact(room: string, seq: number, emoji: string): Promise<void> {
    await this.#call("DELETE", at(room, seq, "reactions", emoji), "any");
  }

  /** Give who reacted to a message, by emoji. */
  async reactions(room: string, seq: number): Promise<ReactionUsers[]> {
    const shape = SHAPES.Reactions;
    return (await this.#call<Reactions>("GET", at(room, seq, "reactions"), shape)).reactions;
  }

  /** Pin a message; `conflict` when a hundred are. Idempotent. */
  async pin(room: string, seq: number): Promise<void> {
    await this.#call("PUT", at(room, seq, "pin"), "any");
  }

  /** Pin a message no longer. Idempotent. */
  async unpin(room: string, seq: number): Promise<void> {
    await this.#call("DELETE", at(room, seq, "pin"), "any");
  }

  /** Give the pinned messages of a room, the one that was pinned last first. */
  async pins(room: string): Promise<Message[]> {
    const where = path("/v1/rooms", room, "pins");
    return (await this.#call<Messages>("GET", where, SHAPES.Messages)).messages;
  }

  /**
   * Give messages that have all the words of `q`, the newest first, at most 50 at once: in all rooms
   * one is in, or in one. They may be few or none: only without a `next` they are the last.
   */
  async search(q: string, query: SearchQuery = {}): Promise<Hits> {
    return this.#call("GET", "/v1/search", SHAPES.Hits, { query: { q, ...query } });
  }

  /** Move one's read mark forward to `seq`; back only with `back`. */
  async read(room: string, seq: number, back = false): Promise<ReadMark> {
    const body = { seq, back };
    return this.#call("PUT", path("/v1/rooms", room, "read"), SHAPES.ReadMark, { body });
  }

  /** Choose how to have a room; what is left out stays. Nobody else learns of it. */
  async prefer(room: string, chosen: SetPreferences): Promise<Preferences> {
    const where = path("/v1/rooms", room, "preferences");
    return this.#call("PUT", where, SHAPES.Preferences, { body: chosen });
  }

  /** Give how far the others have read, those who show it; nobody in large rooms. */
  async receipts(room: string): Promise<Receipt[]> {
    const where = path("/v1/rooms", room, "receipts");
    return (await this.#call<Receipts>("GET", where, SHAPES.Receipts)).receipts;
  }

  // ----------------------------------------------------------------------------------- oneself

  /** Give what one has settled for oneself. */
  async settings(): Promise<OwnSettings> {
    return this.#call("GET", "/v1/settings", SHAPES.OwnSettings);
  }

  /** Settle whether others see how far one has read, and who may open direct rooms. */
  async settle(patch: SettingsPatch): Promise<OwnSettings> {
    return this.#call("PATCH", "/v1/settings", SHAPES.OwnSettings, { body: patch });
  }

  /** Give whom one blocks. */
  async blocks(): Promise<User[]> {
    return (await this.#call<Users>("GET", "/v1/blocks", SHAPES.Users)).users;
  }

  /** Block somebody, who is not told. Idempotent. */
  async block(user: string): Promise<void> {
    await this.#call("PUT", path("/v1/blocks", user), "any");
  }

  /** Block somebody no more. Idempotent. */
  async unblock(user: string): Promise<void> {
    await this.#call("DELETE", path("/v1/blocks", user), "any");
  }

  /** Give the key that browsers subscribe with, and those that are told while Parley is closed. */
  async pushSettings(): Promise<PushSettings> {
    return this.#call("GET", "/v1/notify/push", SHAPES.PushSettings);
  }

  /** Have a browser told while Parley is closed, or say that it is still there. Idempotent. */
  async subscribePush(device: NewPushDevice): Promise<PushDevice> {
    return this.#call("PUT", "/v1/notify/push", SHAPES.PushDevice, { body: device });
  }

  /** Have a browser told no more. Idempotent. */
  async unsubscribePush(device: string): Promise<void> {
    await this.#call("DELETE", path("/v1/notify/push", device), "any");
  }

  // ---------------------------------------------------------------------------------- the call

  /** Call as the signed-in user; a token that was turned down is refreshed once. */
  async #call<T>(method: Method, where: string, shape: Shape, options: Call = {}): Promise<T> {
    const token = await this.#tokens.access();
    try {
      return answer(await call(this.#url, method, where, { ...options, token }), shape);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== "unauthorized") throw error;
      const fresh = await this.#tokens.access({ fresh: true });
      if (fresh === token) throw error;
      return answer(await call(this.#url, method, where, { ...options, token: fresh }), shape);
    }
  }
}

/** The path of a message, or of what belongs to it. */
function at(room: string, seq: number, ...more: string[]): string {
  return path("/v1/rooms", room, "messages", seq, ...more);
}

/** Read a page; events of types that are not known are left out, as on the socket. */
function readPage(page: unknown): Page {
  const events = readEvents(isObject(page) ? (page["events"] ?? []) : []);
  if (typeof events === "string") throw new ProblemError("internal", `unreadable: ${events}`);
  const known = events.filter((event) => event.type !== "unknown");
  return answer(isObject(page) ? { ...page, events: known } : page, SHAPES.Page);
}
