/**
 * What is kept of the state for the next visit, and the state made of it again; not where it is
 * kept. Bounded: of most rooms only what they are, of the latest opened ones a screenful besides.
 */
import type { Room, Seq, User } from "parley-sdk";
import type { Shown } from "./message.ts";
import { type Note, within } from "./notes.ts";
import * as rooms from "./room.ts";
import type { Sending } from "./sends.ts";
import { type Me, type State, signedIn } from "./state.ts";
import type { Unread } from "./unread.ts";

/** Messages kept of a room. */
export const MESSAGES = 60;
/** People kept, the latest named. */
export const PEOPLE = 500;
/** Rooms kept at most: nobody waits for a browser to read more than that. */
export const ROOMS = 1_000;

/** Who it is, and who has a name. */
export interface KeptSelf {
  readonly me: Me;
  readonly users: readonly User[];
  /** Rooms whose messages are kept, the latest opened last. */
  readonly opened: readonly string[];
  /** Whom one blocks; an earlier version did not keep it. */
  readonly blocked?: readonly string[];
}

/** One room. `messages`: every one above `from` up to `applied`; null: none are kept. */
export interface KeptRoom {
  readonly id: string;
  readonly about: Room;
  readonly asOf: Seq;
  readonly unread: Unread;
  readonly log: {
    readonly messages: readonly Shown[];
    readonly notes?: readonly Note[];
    readonly from: Seq;
    readonly applied: Seq;
    readonly more: boolean;
  } | null;
}

/** A message that is not in the log yet, as far as is known. `tab`: the one that sends it. */
export interface Unsent {
  readonly key: string;
  readonly user: string;
  readonly room: string;
  readonly tab: string;
  /** The order in which they were written. */
  readonly order: number;
  readonly sending: Sending;
}

/** All of it. */
export interface Kept {
  readonly self: KeptSelf;
  readonly rooms: readonly KeptRoom[];
}

/** What is to be kept of whom and who has a name. */
export function keptSelf({ me, users, opened, blocked }: State): KeptSelf {
  return { me, users: [...users.values()].slice(-PEOPLE), opened, blocked: [...blocked] };
}

/** What is to be kept of a room. */
export function keptRoom(room: rooms.RoomState): KeptRoom {
  const { about, asOf, unread, log } = room;
  if (log?.phase !== "ready") return { id: about.id, about, asOf, unread, log: null };
  const messages = log.messages.slice(-MESSAGES);
  const cut = messages.length < log.messages.length;
  const from = cut ? (messages[0]?.seq ?? log.from) : log.from;
  return {
    id: about.id,
    about,
    asOf,
    unread,
    log: {
      messages,
      notes: within(log.notes, from),
      from,
      applied: log.applied,
      more: cut || log.more,
    },
  };
}

/** The rooms whose keeping a change of the state makes necessary, and those to be forgotten. */
export function changes(
  before: State["rooms"],
  now: State["rooms"],
): { readonly put: readonly KeptRoom[]; readonly gone: readonly string[] } {
  const put = [...now]
    .slice(0, ROOMS)
    .filter(([id, room]) => {
      const former = before.get(id);
      return (
        !former ||
        former.about !== room.about ||
        former.unread !== room.unread ||
        former.log !== room.log
      );
    })
    .map(([, room]) => keptRoom(room));
  const gone = [...before.keys()].filter((id) => !now.has(id));
  return { put, gone };
}

/** The state that was kept. It is what was known, and not greeted: the server has the word. */
export function revived({ self, rooms: kept }: Kept): State {
  const state = signedIn(self.me);
  const blocked = new Set(self.blocked);
  const all = new Map(kept.map((one) => [one.id, revivedRoom(one, self.me.id, blocked)]));
  return {
    ...state,
    rooms: all,
    users: new Map(self.users.map((user) => [user.id, user])),
    blocked,
    opened: self.opened.filter((id) => all.get(id)?.log),
  };
}

/** The last seq of each room whose messages were kept: what followed is to be replayed. */
export function positions(state: State): Record<string, Seq> {
  return Object.fromEntries(
    [...state.rooms].flatMap(([id, { log }]) =>
      log?.phase === "ready" ? [[id, log.applied]] : [],
    ),
  );
}

function revivedRoom(
  { about, asOf, unread, log }: KeptRoom,
  me: string,
  blocked: ReadonlySet<string>,
): rooms.RoomState {
  // An earlier version kept no blocks with what is unread.
  const known = { ...unread, without: unread.without ?? blocked };
  const room = { ...rooms.known(undefined, about, me), asOf, unread: known };
  if (!log) return room;
  const opened = rooms.opened(room);
  if (!opened.log) return room;
  // An earlier version kept no notes.
  const { messages, notes = [], from, applied, more } = log;
  return {
    ...opened,
    log: {
      ...opened.log,
      phase: "ready",
      messages,
      notes,
      from,
      applied,
      more,
      since: applied,
      changesAfter: applied,
    },
  };
}
