/**
 * All that the client knows, and what each thing that happens makes of it. Pure: no I/O, no clock;
 * a time is part of what happened.
 */
import type {
  Attachment,
  ErrorCode,
  LogEvent,
  Member,
  Page,
  Presence,
  PresenceEvent,
  ReadEvent,
  Ready,
  Receipt,
  Room,
  RoomPreferences,
  Seq,
  TypingEvent,
  User,
} from "parley-sdk";
import type { Connection } from "./connection.ts";
import { type Emojis, NO_EMOJIS } from "./emojis.ts";
import * as notices from "./notices.ts";
import type { Past } from "./past.ts";
import * as rooms from "./room.ts";
import * as sends from "./sends.ts";
import * as typing from "./typists.ts";

/** Rooms whose messages are held at most, the latest opened ones. */
export const OPENED = 10;
/** Messages held of a room, but of one in which somebody scrolled up. */
export const KEPT_MESSAGES = 300;

/** Who this client speaks for. */
export interface Me {
  readonly id: string;
  readonly username: string;
  readonly display_name: string;
}

/** A room that is looked at from outside: one that could be joined, or none. */
export type Visit =
  | { readonly id: string; readonly phase: "missing" }
  | { readonly id: string; readonly phase: "found"; readonly room: Room };

/**
 * `greeted`: there was a `ready`, so `rooms` are all of mine. `wish`: the message of the open room
 * that is still to be found and shown. `opened`: rooms whose messages are
 * held, the latest last. `bottom`: the room whose newest message is on the screen. `looks`: somebody
 * sits in front of it. `users`: everybody whose name came up. `blocked`: whom I
 * block. `presence`: of those watched. `emojis`: the custom ones.
 */
export interface State {
  readonly me: Me;
  readonly greeted: boolean;
  readonly textBytes: number;
  readonly connection: Connection;
  readonly rooms: ReadonlyMap<string, rooms.RoomState>;
  readonly open: string | null;
  readonly wish: Seq | null;
  readonly opened: readonly string[];
  readonly bottom: string | null;
  readonly looks: boolean;
  readonly visit: Visit | null;
  readonly users: ReadonlyMap<string, User>;
  readonly blocked: ReadonlySet<string>;
  readonly presence: ReadonlyMap<string, Presence>;
  readonly emojis: Emojis;
  readonly notices: readonly notices.Notice[];
}

/** Everything that can happen. */
export type Happening =
  | { readonly type: "ready"; readonly frame: Ready }
  | { readonly type: "me"; readonly me: User }
  | { readonly type: "log"; readonly event: LogEvent }
  | { readonly type: "missed"; readonly room: string; readonly before: Seq }
  | { readonly type: "rewound"; readonly room: string; readonly to: Seq }
  | { readonly type: "gone"; readonly room: string }
  | { readonly type: "room"; readonly room: Room }
  | { readonly type: "visit"; readonly visit: Visit }
  | { readonly type: "open"; readonly room: string | null; readonly at?: Seq | null }
  | { readonly type: "page"; readonly room: string; readonly page: Page }
  | { readonly type: "older"; readonly room: string; readonly page: Page; readonly before: Seq }
  | { readonly type: "newer"; readonly room: string; readonly page: Page; readonly after: Seq }
  | {
      readonly type: "aimed";
      readonly room: string;
      readonly seq: Seq;
      readonly page: Page | null;
    }
  | {
      readonly type: "reread";
      readonly room: string;
      readonly past: Past;
      readonly pages: Page[];
    }
  | { readonly type: "newest"; readonly room: string }
  | { readonly type: "bottom"; readonly room: string; readonly at: boolean }
  | { readonly type: "looks"; readonly looks: boolean }
  | { readonly type: "members"; readonly room: string; readonly members: readonly Member[] }
  | { readonly type: "receipts"; readonly room: string; readonly receipts: readonly Receipt[] }
  | { readonly type: "users"; readonly users: readonly User[] }
  | { readonly type: "renamed"; readonly user: User }
  | { readonly type: "watched"; readonly presence: readonly Presence[] }
  | { readonly type: "blocks"; readonly users: readonly User[] }
  | { readonly type: "block"; readonly user: string; readonly blocked: boolean }
  | { readonly type: "emojis"; readonly emojis: Emojis }
  | { readonly type: "presence"; readonly frame: PresenceEvent }
  | { readonly type: "typing"; readonly frame: TypingEvent; readonly now_ms: number }
  | { readonly type: "read"; readonly frame: ReadEvent }
  | { readonly type: "preferences"; readonly frame: RoomPreferences }
  | { readonly type: "marked"; readonly room: string; readonly seq: Seq }
  | { readonly type: "unread"; readonly room: string; readonly seq: Seq | null }
  | { readonly type: "tick"; readonly now_ms: number }
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "revived"; readonly room: string; readonly sending: sends.Sending }
  | SendHappening
  | {
      readonly type: "notice";
      readonly words: string;
      readonly about?: string;
      readonly cutOff?: boolean;
    }
  | { readonly type: "settled"; readonly about: string }
  | { readonly type: "dismissed"; readonly notice: number };

/** What can happen to a message of one's own. */
export type SendHappening =
  | {
      readonly type: "send";
      readonly room: string;
      readonly key: string;
      readonly text: string;
      readonly reply_to?: Seq | null;
      readonly attachments?: readonly Attachment[];
      readonly now_ms: number;
    }
  | { readonly type: "sent"; readonly room: string; readonly key: string; readonly seq: Seq }
  | {
      readonly type: "refused";
      readonly room: string;
      readonly key: string;
      readonly code: ErrorCode;
    }
  | {
      readonly type: "rekeyed";
      readonly room: string;
      readonly key: string;
      readonly other: string;
    }
  | { readonly type: "withdrawn"; readonly room: string; readonly key: string };

/** The state of somebody who just signed in. */
export function signedIn(me: Me): State {
  return {
    me,
    greeted: false,
    textBytes: 16_384,
    connection: { phase: "connecting" },
    rooms: new Map(),
    open: null,
    wish: null,
    opened: [],
    bottom: null,
    looks: true,
    visit: null,
    users: new Map(),
    blocked: new Set(),
    presence: new Map(),
    emojis: NO_EMOJIS,
    notices: [],
  };
}

/** What a happening makes of the state. */
export function reduce(state: State, what: Happening): State {
  switch (what.type) {
    case "ready":
      return greeted(state, what.frame);
    case "me":
      return named({ ...state, me: what.me }, [what.me]);
    case "room":
      return added(state, what.room);
    case "gone":
      return gone(state, what.room);
    case "log":
      return happened(state, what.event);
    case "open":
      return opened({ ...state, wish: what.at ?? null }, what.room);
    case "bottom":
      return scrolled(state, what.room, what.at);
    case "looks":
      return what.looks === state.looks ? state : { ...state, looks: what.looks };
    case "visit":
      return what.visit.id === state.open ? { ...state, visit: what.visit } : state;
    case "users":
      return named(state, what.users);
    case "renamed":
      return renamed(state, what.user);
    case "blocks":
      return named(ignoring(state, new Set(what.users.map((one) => one.id))), what.users);
    case "block":
      return ignoring(state, blocked(state.blocked, what.user, what.blocked));
    case "watched":
      return { ...state, presence: new Map(what.presence.map((one) => [one.user, one])) };
    case "emojis":
      return { ...state, emojis: what.emojis };
    case "presence":
      return seen(state, what.frame);
    case "tick":
      return ticked(state, what.now_ms);
    case "connection":
      return connected(state, what.connection);
    case "notice":
      return {
        ...state,
        notices: notices.given(state.notices, what.words, what.about, what.cutOff),
      };
    case "settled":
      return { ...state, notices: notices.settled(state.notices, what.about) };
    case "dismissed":
      return { ...state, notices: notices.dismissed(state.notices, what.notice) };
    default:
      return inRoom(state, what);
  }
}

type InRoom = Exclude<
  Happening,
  {
    type:
      | "ready"
      | "me"
      | "room"
      | "gone"
      | "log"
      | "open"
      | "bottom"
      | "looks"
      | "visit"
      | "users"
      | "renamed"
      | "blocks"
      | "block"
      | "watched"
      | "emojis"
      | "presence"
      | "tick"
      | "connection"
      | "notice"
      | "settled"
      | "dismissed";
  }
>;

function inRoom(state: State, what: InRoom): State {
  const id = "frame" in what ? what.frame.room : what.room;
  const room = state.rooms.get(id);
  if (!room) return state;
  const now = changed(state, room, what);
  if (what.type === "aimed") {
    // A page that is older than what is known by now is asked for again.
    const isLate = now === room && what.page !== null && what.page.messages.length > 0;
    const wish = isLate && id === state.open ? what.seq : null;
    return { ...state, wish, rooms: new Map(state.rooms).set(id, now) };
  }
  const next = now === room ? state : { ...state, rooms: new Map(state.rooms).set(id, now) };
  return what.type === "members"
    ? named(
        next,
        what.members.map((one) => one.user),
      )
    : next;
}

function changed(state: State, room: rooms.RoomState, what: InRoom): rooms.RoomState {
  const me = state.me.id;
  switch (what.type) {
    case "missed":
      return rooms.lost(room, what.before - 1, isReadUp(state, room.about.id));
    case "rewound":
      return rooms.rewound(room, what.to);
    case "page":
      return rooms.paged(room, what.page, me);
    case "older":
      return rooms.extended(room, what.page, what.before, KEPT_MESSAGES, me);
    case "newer":
      return rooms.followed(room, what.page, what.after, me);
    case "aimed":
      return rooms.aimed(room, what.seq, what.page, me);
    case "reread":
      return rooms.reread(room, what.past, what.pages, me);
    case "newest":
      return rooms.current(room);
    case "members":
      return rooms.listed(room, what.members);
    case "receipts":
      return rooms.told(room, what.receipts, me);
    case "unread":
      return rooms.heldUnread(room, what.seq);
    case "marked":
      return rooms.marked(room, what.seq);
    case "read":
      return rooms.read(room, what.frame, me);
    case "preferences":
      return rooms.preferred(room, what.frame);
    case "revived":
      return rooms.revived(room, what.sending, me);
    case "typing":
      return rooms.typed(room, what.frame, me, what.now_ms);
    case "send":
      // Whoever says something is done with what was new, and wants to see it stand there.
      return {
        ...rooms.current(room),
        line: null,
        heldUnread: false,
        sends: sent(room.sends, what),
      };
    default:
      return { ...room, sends: sent(room.sends, what) };
  }
}

function sent(list: readonly sends.Sending[], what: SendHappening): readonly sends.Sending[] {
  switch (what.type) {
    case "send":
      return sends.begun(
        list,
        what.key,
        what.text,
        what.now_ms,
        what.reply_to ?? null,
        what.attachments,
      );
    case "sent":
      return sends.acknowledged(list, what.key, what.seq);
    case "refused":
      return sends.refused(list, what.key, what.code);
    case "rekeyed":
      return sends.rekeyed(list, what.key, what.other);
    case "withdrawn":
      return sends.withdrawn(list, what.key);
  }
}

function blocked(former: ReadonlySet<string>, user: string, now: boolean): ReadonlySet<string> {
  const next = new Set(former);
  if (now) next.add(user);
  else next.delete(user);
  return next;
}

function ignoring(state: State, now: ReadonlySet<string>): State {
  const { blocked: former } = state;
  if (now.size === former.size && [...now].every((user) => former.has(user))) return state;
  const all = [...state.rooms].map(([id, room]) => [id, rooms.ignoring(room, now)] as const);
  return { ...state, blocked: now, rooms: new Map(all) };
}

function greeted(state: State, frame: Ready): State {
  const mine = new Map(frame.rooms.map((room) => [room.id, met(state, room, frame.user.id)]));
  const next = {
    ...state,
    me: frame.user,
    greeted: true,
    textBytes: frame.limits.text_bytes,
    rooms: mine,
    opened: state.opened.filter((id) => mine.has(id)),
  };
  // Opened before it was known that one is in it.
  return named(
    opened(next, state.open),
    frame.rooms.flatMap((room) => room.peers),
  );
}

function met(state: State, about: Room, me: string): rooms.RoomState {
  const former = state.rooms.get(about.id);
  const now = rooms.silenced(rooms.known(former, about, me, state.blocked));
  return former ? rooms.lined(former, now, isSeen(state, about.id)) : now;
}

function connected(state: State, connection: Connection): State {
  const isBack = connection.phase === "live" && state.connection.phase !== "live";
  return {
    ...state,
    connection,
    notices: isBack ? notices.reached(state.notices) : state.notices,
  };
}

/** Whether somebody sees what is said in a room now. */
function isSeen(state: State, room: string): boolean {
  return state.looks && room === state.open && room === state.bottom;
}

function added(state: State, room: Room): State {
  if (room.role === null) return state;
  const now = rooms.known(state.rooms.get(room.id), room, state.me.id, state.blocked);
  const next = { ...state, rooms: new Map(state.rooms).set(room.id, now) };
  return named(room.id === state.open ? opened(next, room.id) : next, room.peers);
}

function gone(state: State, id: string): State {
  if (!state.rooms.has(id)) return state;
  const left = new Map(state.rooms);
  left.delete(id);
  return { ...state, rooms: left, opened: state.opened.filter((one) => one !== id) };
}

function happened(state: State, event: LogEvent): State {
  const ends =
    event.type === "room.deleted" ||
    ((event.type === "member.left" || event.type === "member.removed") &&
      event.user === state.me.id);
  if (ends) return gone(state, event.room);
  const room = state.rooms.get(event.room);
  if (!room) return state;
  const after = rooms.happened(room, event, state.me.id);
  const now = rooms.lined(room, after, isSeen(state, event.room));
  const next = isReadUp(state, event.room) ? now : rooms.trimmed(now, KEPT_MESSAGES);
  return { ...state, rooms: new Map(state.rooms).set(event.room, next) };
}

/** Whether somebody scrolled up in a room: that is not taken away from under their eyes. */
function isReadUp(state: State, room: string): boolean {
  return room === state.open && room !== state.bottom;
}

function scrolled(state: State, id: string, at: boolean): State {
  if (!at) return state.bottom === id ? { ...state, bottom: null } : state;
  const room = state.rooms.get(id);
  if (!room) return state;
  const now = new Map(state.rooms).set(id, rooms.trimmed(room, KEPT_MESSAGES));
  return { ...state, bottom: id, rooms: now };
}

function opened(state: State, id: string | null): State {
  const next = { ...state, open: id, visit: state.visit?.id === id ? state.visit : null };
  const room = id === null ? undefined : state.rooms.get(id);
  if (id === null || !room) return next;
  const order = [...state.opened.filter((one) => one !== id), id];
  const comes = id !== state.open || !room.log;
  const now = new Map(state.rooms).set(id, comes ? rooms.entered(room) : room);
  for (const old of order.slice(0, -OPENED)) {
    const shelved = now.get(old);
    if (shelved) now.set(old, rooms.shelved(shelved));
  }
  return { ...next, visit: null, opened: order.slice(-OPENED), rooms: now };
}

function named(state: State, users: readonly User[]): State {
  if (users.length === 0) return state;
  const known = new Map(state.users);
  for (const user of users) known.set(user.id, user);
  return { ...state, users: known };
}

/** Somebody is called otherwise: I, or one whom a direct room is called by. */
function renamed(state: State, user: User): State {
  const rooms = new Map(state.rooms);
  for (const [id, room] of state.rooms) {
    const { about } = room;
    if (!about.peers.some((peer) => peer.id === user.id)) continue;
    const peers = about.peers.map((peer) => (peer.id === user.id ? user : peer));
    rooms.set(id, { ...room, about: { ...about, peers } });
  }
  const me = state.me.id === user.id ? user : state.me;
  return named({ ...state, me, rooms }, [user]);
}

function seen(state: State, frame: PresenceEvent): State {
  return { ...state, presence: new Map(state.presence).set(frame.user, frame) };
}

function ticked(state: State, now_ms: number): State {
  let now = state.rooms;
  for (const [id, room] of state.rooms) {
    const typists = typing.current(room.typists, now_ms);
    if (typists !== room.typists) now = new Map(now).set(id, { ...room, typists });
  }
  return now === state.rooms ? state : { ...state, rooms: now };
}
