/** Which messages a person is told of though they look elsewhere; pure, and not the telling. */
import { LIMITS, type MessageSent, type OwnStatus } from "parley-sdk";
import { linesOf } from "../text/plain.ts";
import { roomName, userName } from "./names.ts";
import type { RoomState } from "./room.ts";
import type { State } from "./state.ts";

/** What is older than this when it is caught up with is no news: it is unread, and shown as that. */
export const FRESH_MS = 2 * 60_000;
/** Letters of a message that are shown outside the page at most. */
const LETTERS = 160;

/** A notification: `room` is where it leads to. */
export interface Alert {
  readonly room: string;
  readonly seq: number;
  readonly title: string;
  readonly body: string;
}

/** What is known besides the state. `looked`: a room that is on some screen, in some tab. */
export interface Circumstances {
  readonly status: OwnStatus;
  readonly now_ms: number;
  looked(room: string): boolean;
}

/**
 * The notification that a message gives rise to; null: none. `told`: the server says that it
 * concerns one, and knows better than this client why.
 */
export function alertOf(
  state: State,
  message: MessageSent,
  around: Circumstances,
  told = false,
): Alert | null {
  const room = state.rooms.get(message.room);
  if (!room || message.sender === state.me.id || around.status === "dnd") return null;
  if (state.blocked.has(message.sender)) return null;
  const isOld = state.connection.phase !== "live" && around.now_ms - message.ts > FRESH_MS;
  if (isOld || message.seq <= room.unread.read) return null;
  if (!told && !isWanted(room, message, state.me.id)) return null;
  if (around.looked(message.room)) return null;
  const sender = message.sender_name || userName(state.users, message.sender);
  return {
    room: message.room,
    seq: message.seq,
    title: room.about.kind === "direct" ? sender : `${sender} in ${roomName(room.about)}`,
    body: linesOf(message.text, LETTERS) || "An attachment",
  };
}

function isWanted({ about }: RoomState, message: MessageSent, me: string): boolean {
  if (about.muted || about.notify === "none") return false;
  if (message.everyone || message.mentions.includes(me)) return true;
  if (about.notify !== "all") return false;
  if (about.kind === "direct") return true;
  return message.thread === null && about.members <= LIMITS.NOTIFY_MEMBERS;
}
