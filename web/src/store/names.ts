/** The names that people and rooms are shown by, and what is read from the state at a glance. */
import type { Room, User } from "parley-sdk";
import type { RoomState } from "./room.ts";
import type { State } from "./state.ts";
import { unreadCount } from "./unread.ts";

/** How names are put in order. */
export const byName = new Intl.Collator();

/** What a room is called; a direct one by the others in it. */
export function roomName(room: Room): string {
  if (room.name !== null) return room.name;
  const peers = room.peers.map((peer) => peer.display_name);
  return peers.length > 0 ? peers.join(", ") : "Direct messages";
}

/** What somebody is called; before that is known, nothing but that it is somebody. */
export function userName(users: ReadonlyMap<string, User>, id: string): string {
  return users.get(id)?.display_name ?? "Somebody";
}

/** Unread messages that a room's badge shows; none where it is muted. */
export function badge(room: RoomState): number {
  return room.about.muted ? 0 : unreadCount(room.unread);
}

/** A part of the list of rooms. */
export interface Section {
  readonly title: string;
  readonly rooms: readonly RoomState[];
}

/**
 * Rooms by name, the favourites apart, and the people one writes to; muted ones last. `former`: what
 * this gave before; where none has come, gone or moved since, none is compared with another.
 */
export function sections(
  rooms: State["rooms"],
  former: readonly Section[] = [],
): readonly Section[] {
  return inPlace(rooms, former) ?? sorted(rooms);
}

/** The same order with the rooms as they are now; null: it is not theirs any more. */
function inPlace(rooms: State["rooms"], former: readonly Section[]): readonly Section[] | null {
  let count = 0;
  let isSame = true;
  const next: Section[] = [];
  for (const { title, rooms: were } of former) {
    const are: RoomState[] = [];
    for (const room of were) {
      const now = rooms.get(room.about.id);
      if (!now || !standAlike(now.about, room.about)) return null;
      if (now !== room) isSame = false;
      are.push(now);
    }
    count += are.length;
    next.push({ title, rooms: are });
  }
  if (count !== rooms.size) return null;
  return isSame ? former : next;
}

/** Whether a room has the same place as it had. */
function standAlike(one: Room, other: Room): boolean {
  return (
    one === other ||
    (one.muted === other.muted &&
      one.favourite === other.favourite &&
      one.kind === other.kind &&
      one.name === other.name &&
      one.peers === other.peers)
  );
}

function sorted(rooms: State["rooms"]): Section[] {
  const all = [...rooms.values()].sort(
    (a, b) =>
      Number(a.about.muted) - Number(b.about.muted) ||
      byName.compare(roomName(a.about), roomName(b.about)) ||
      (a.about.id < b.about.id ? -1 : 1),
  );
  const others = all.filter(({ about }) => !about.favourite);
  return [
    { title: "Favourites", rooms: all.filter(({ about }) => about.favourite) },
    { title: "Rooms", rooms: others.filter(({ about }) => about.kind !== "direct") },
    { title: "People", rooms: others.filter(({ about }) => about.kind === "direct") },
  ].filter(({ rooms }) => rooms.length > 0);
}

/** The room that comes so many places after the open one in the list, round and round. */
export function neighbour(state: State, by: 1 | -1, unreadOnly: boolean): string | null {
  const all = sections(state.rooms).flatMap(({ rooms }) => rooms);
  const at = all.findIndex(({ about }) => about.id === state.open);
  const start = at < 0 && by < 0 ? 0 : at;
  for (let step = 1; step <= all.length; step += 1) {
    const room = all[(start + by * step + all.length * 2) % all.length];
    if (!room || room.about.id === state.open) continue;
    if (!unreadOnly || badge(room) > 0) return room.about.id;
  }
  return null;
}

/** Messages of one's own that wait for a connection, or for their turn. */
export function unsentCount(state: State): number {
  let count = 0;
  for (const { sends } of state.rooms.values()) {
    for (const { state } of sends) if (state === "sending") count += 1;
  }
  return count;
}

/** The title of the window: what is unread in all rooms, and which one is open. */
export function title(state: State): string {
  const unread = [...state.rooms.values()].reduce((sum, room) => sum + badge(room), 0);
  const open = state.open === null ? undefined : state.rooms.get(state.open);
  const name = open ? `${roomName(open.about)} – Parley` : "Parley";
  return unread > 0 ? `(${unread}) ${name}` : name;
}

/** Who is typing in a room, in words; empty when nobody is. */
export function typingWords(room: RoomState, users: ReadonlyMap<string, User>): string {
  const names = [...room.typists.keys()].map((id) => userName(users, id));
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return "Several people are typing…";
}
