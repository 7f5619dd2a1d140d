/** One room as its member sees it: everything the other cores know of it, brought together. */
import type {
  LogEvent,
  Member,
  Page,
  Preferences,
  ReadEvent,
  Receipt,
  Role,
  Room,
  Seq,
  TypingEvent,
} from "parley-sdk";
import * as logs from "./log.ts";
import { fromEvent } from "./message.ts";
import * as pasts from "./past.ts";
import * as rosters from "./roster.ts";
import * as sending from "./sends.ts";
import * as typing from "./typists.ts";
import * as unread from "./unread.ts";

/** A message to be shown; another wish is another object, though it may be for the same message. */
export interface Target {
  readonly seq: Seq;
}

/**
 * `about`: what the server last said, changed by every event since; its counts are in `unread`.
 * `asOf`: the last event that `about` has in it. `log` and `roster` are null until it is opened.
 * `past`: what is looked at instead of the log. `line`: the mark above which all is new to whoever
 * comes back; null: nothing was. `receipts`: how far others have read, as far as they tell;
 * `unasked`: those who moved before the room was looked at are not among them yet. `heldUnread`: one
 * has put one's mark back, and it stays there until one comes again or says something.
 */
export interface RoomState {
  readonly about: Room;
  readonly asOf: Seq;
  readonly unread: unread.Unread;
  readonly log: logs.Log | null;
  readonly past: pasts.Past | null;
  readonly target: Target | null;
  readonly line: Seq | null;
  readonly heldUnread: boolean;
  readonly receipts: ReadonlyMap<string, Seq>;
  readonly unasked: boolean;
  readonly roster: rosters.Roster | null;
  readonly sends: readonly sending.Sending[];
  readonly typists: typing.Typists;
}

/** Take what the server says of a room; an older answer changes nothing. */
export function known(
  former: RoomState | undefined,
  about: Room,
  me: string,
  blocked?: ReadonlySet<string>,
): RoomState {
  if (!former) {
    return {
      about,
      asOf: about.last_seq,
      unread: unread.counted(null, about, blocked),
      log: null,
      past: null,
      target: null,
      line: null,
      heldUnread: false,
      receipts: new Map(),
      unasked: true,
      roster: null,
      sends: [],
      typists: new Map(),
    };
  }
  if (about.last_seq < former.asOf) return former;
  return {
    ...former,
    about,
    asOf: about.last_seq,
    unread: identified(former, unread.counted(former.unread, about), me),
  };
}

/** Take that somebody comes to look: at its newest messages, those above their mark being new. */
export function entered(room: RoomState): RoomState {
  const line = unread.unreadCount(room.unread) > 0 ? room.unread.read : null;
  return { ...opened(room), past: null, target: null, line, heldUnread: false };
}

/** Begin to hold the log and the members of a room that is looked at. Idempotent. */
export function opened(room: RoomState): RoomState {
  if (room.log) return room;
  return { ...room, log: logs.opened(room.asOf), roster: rosters.unlisted };
}

/** Let go of what is held for looking at it. */
export function shelved(room: RoomState): RoomState {
  return { ...room, log: null, past: null, target: null, roster: null, typists: new Map() };
}

/** Take an event of the room's log. */
export function happened(room: RoomState, event: LogEvent, me: string): RoomState {
  let next = room;
  if (room.log) next = { ...next, log: logs.happened(room.log, event, me) };
  if (room.past) next = { ...next, past: pasts.happened(room.past, event, me) };
  if (room.roster && rosters.isMemberEvent(event)) {
    next = { ...next, roster: rosters.changed(room.roster, event) };
  }
  if (event.type === "message") {
    const typists = typing.without(next.typists, event.sender);
    const sends = event.sender === me ? sending.withdrawn(next.sends, event.id) : next.sends;
    next = { ...next, typists, sends, unread: unread.said(next.unread, fromEvent(event), me) };
  } else if (event.type === "message.deleted") {
    next = { ...next, unread: unread.deleted(next.unread, event.target) };
  } else if (event.type === "message.edited") {
    const mention = event.everyone === true || event.mentions.includes(me);
    next = { ...next, unread: unread.edited(next.unread, event.target, mention) };
  } else if (event.type === "member.left" || event.type === "member.removed") {
    next = { ...next, typists: typing.without(next.typists, event.user) };
  }
  if (event.seq > next.asOf) {
    next = { ...next, asOf: event.seq, about: described(next.about, event, me) };
  }
  return settled(next, me);
}

/** Take that the connection was lost: words that pass are not said again. */
export function silenced(room: RoomState): RoomState {
  if (room.typists.size === 0 && room.unasked) return room;
  return { ...room, typists: new Map(), unasked: true };
}

/** Take the newest page. */
export function paged(room: RoomState, page: Page, me: string): RoomState {
  if (!room.log) return room;
  const log = logs.paged(room.log, page, me);
  return joined({ ...room, log, sends: sending.unseen(room.sends, log.messages, me) }, me);
}

/** Take a page of what was before `before`. `keep`: of the newest, once one is far from them. */
export function extended(
  room: RoomState,
  page: Page,
  before: Seq,
  keep: number,
  me: string,
): RoomState {
  if (!room.log) return room;
  if (room.past) return { ...room, past: pasts.above(room.past, page, before, room.log, me) };
  const next = settled({ ...room, log: logs.extended(room.log, page, before, me) }, me);
  const past = next.log && pasts.parted(next.log, keep);
  return past ? trimmed({ ...next, past }, keep) : next;
}

/** Take a page of what was after `after`, while one looks at the past. */
export function followed(room: RoomState, page: Page, after: Seq, me: string): RoomState {
  if (!room.log || !room.past) return room;
  return joined({ ...room, past: pasts.below(room.past, page, after, room.log, me) }, me);
}

/**
 * Take the messages around one that is to be shown; without a page it is on the screen already. A
 * page that can't be brought up to date, or has none, changes nothing.
 */
export function aimed(room: RoomState, seq: Seq, page: Page | null, me: string): RoomState {
  const target = { seq };
  if (!page || !room.log) return { ...room, target };
  const past = pasts.begun(page, room.log, me);
  return past ? joined({ ...room, past, target }, me) : room;
}

/** Take, page by page, what became of the past that is looked at: of just this much of it. */
export function reread(room: RoomState, asked: pasts.Past, pages: Page[], me: string): RoomState {
  if (!room.log || room.past?.from !== asked.from || room.past.to !== asked.to) return room;
  return joined({ ...room, past: pasts.reread(room.past, pages, room.log, me) }, me);
}

/** Look at the newest messages again. */
export function current(room: RoomState): RoomState {
  return room.past ? { ...room, past: null, target: null } : room;
}

/** Whether a place in the log is among the messages on the screen. */
export function holds(room: RoomState, seq: Seq): boolean {
  if (room.past) return seq >= room.past.from && seq <= room.past.to;
  return room.log?.phase === "ready" && seq >= room.log.from;
}

/** Begin or end the line above what is new: `looks`, one sees it come. */
export function lined(before: RoomState, now: RoomState, looks: boolean): RoomState {
  const were = unread.unreadCount(before.unread);
  const are = unread.unreadCount(now.unread);
  if (looks || were > 0 || are === 0) return now;
  return { ...now, line: now.unread.read };
}

/** Let go of the oldest messages beyond `keep`. */
export function trimmed(room: RoomState, keep: number): RoomState {
  return room.log ? { ...room, log: logs.trimmed(room.log, keep) } : room;
}

/**
 * Take that events up to `since` were lost on the way. `reads`: somebody has scrolled up, and goes
 * on to see what they came to; whether that is still so is asked.
 */
export function lost(room: RoomState, since: Seq, reads: boolean): RoomState {
  const { log } = room;
  const read = room.past ?? (reads && log?.phase === "ready" ? pasts.left(log) : null);
  return {
    ...room,
    asOf: Math.max(room.asOf, since),
    log: log && logs.lost(log, since),
    past: read && { ...read, doubt: true },
    roster: room.roster && rosters.unlisted,
    unread: { ...room.unread, doubt: true },
  };
}

/** Take that the room's log ends at `to`, and that what was above is lost to all. */
export function rewound(room: RoomState, to: Seq): RoomState {
  return {
    ...room,
    asOf: Math.min(room.asOf, to),
    about: { ...room.about, last_seq: Math.min(room.about.last_seq, to) },
    log: room.log && logs.rewound(room.log, to),
    past: null,
    roster: room.roster && rosters.unlisted,
    unread: unread.rewound(room.unread, to),
  };
}

/** Take the list of members. */
export function listed(room: RoomState, members: readonly Member[]): RoomState {
  return room.roster ? { ...room, roster: rosters.listed(room.roster, members) } : room;
}

/** Take how far others have read by the answer of a server that may have been overtaken. */
export function told(room: RoomState, receipts: readonly Receipt[], me: string): RoomState {
  const known = new Map(room.receipts);
  for (const { user, read_seq } of receipts) {
    if (user !== me) known.set(user, Math.max(read_seq, known.get(user) ?? 0));
  }
  return { ...room, receipts: known, unasked: false };
}

/** Hold all from a message on for unread, however long one looks at it; null: no longer. */
export function heldUnread(room: RoomState, seq: Seq | null): RoomState {
  return { ...room, line: seq === null ? null : seq - 1, heldUnread: seq !== null };
}

/** Take one's own mark, moved here. */
export function marked(room: RoomState, seq: Seq): RoomState {
  return { ...room, unread: unread.marked(room.unread, seq) };
}

/** Take word of a mark: one's own of another device, or how far somebody else has read. */
export function read(room: RoomState, frame: ReadEvent, me: string): RoomState {
  if (frame.user === me) return { ...room, unread: unread.told(room.unread, frame.seq) };
  return { ...room, receipts: new Map(room.receipts).set(frame.user, frame.seq) };
}

/** Take whom one blocks: what they say is not unread. */
export function ignoring(room: RoomState, blocked: ReadonlySet<string>): RoomState {
  return { ...room, unread: unread.ignoring(room.unread, blocked, room.asOf) };
}

/** Take how one has chosen to have the room, here or on another device. */
export function preferred(room: RoomState, chosen: Preferences): RoomState {
  const { muted, notify, favourite } = chosen;
  return { ...room, about: { ...room.about, muted, notify, favourite } };
}

/** Take a message of one's own from before this page was loaded, unless it is in the log. */
export function revived(room: RoomState, one: sending.Sending, me: string): RoomState {
  const sends = sending.revived(room.sends, one);
  return { ...room, sends: sending.unseen(sends, room.log?.messages ?? [], me) };
}

/** Take word of somebody else's typing. */
export function typed(room: RoomState, frame: TypingEvent, me: string, now_ms: number): RoomState {
  if (frame.user === me) return room;
  return { ...room, typists: typing.typed(room.typists, frame.user, frame.active, now_ms) };
}

function identified(room: RoomState, now: unread.Unread, me: string): unread.Unread {
  const { log } = room;
  if (log?.phase !== "ready") return now;
  return unread.identified(now, log.messages, log.from, log.applied, me);
}

/** Put the past in front of the log, where the two meet. */
function joined(room: RoomState, me: string): RoomState {
  const log = room.past && room.log && pasts.joined(room.past, room.log);
  return settled(log ? { ...room, log, past: null } : room, me);
}

function settled(room: RoomState, me: string): RoomState {
  const now = identified(room, room.unread, me);
  return now === room.unread ? room : { ...room, unread: now };
}

function described(about: Room, event: LogEvent, me: string): Room {
  const now = { ...about, last_seq: event.seq };
  switch (event.type) {
    case "room.updated":
      return {
        ...now,
        name: event.name ?? now.name,
        topic: event.topic ?? now.topic,
        picture: event.picture === undefined ? now.picture : event.picture,
        slow_mode_seconds: event.slow_mode_seconds ?? now.slow_mode_seconds,
        archived: event.archived ?? now.archived,
        previews: event.previews ?? now.previews,
      };
    case "member.muted":
      return event.user === me ? { ...now, muted_until_ms: event.until_ms } : now;
    case "member.joined":
      return {
        ...now,
        members: now.members + 1,
        role: role(now.role, event.user === me, event.role),
      };
    case "member.role":
      return { ...now, role: role(now.role, event.user === me, event.role) };
    case "member.left":
    case "member.removed":
      return { ...now, members: Math.max(0, now.members - 1) };
    default:
      return now;
  }
}

function role(former: Role | null, mine: boolean, now: Role): Role | null {
  return mine ? now : former;
}
