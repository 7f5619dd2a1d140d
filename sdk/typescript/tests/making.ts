/** Frames and logs for tests, with what they do not care about filled in. */
import type { Item } from "../src/index.ts";
import type { ErrorFrame, MessageSent, Ready, Resumed, Room } from "../src/protocol.gen.ts";
import { LIMITS } from "../src/protocol.gen.ts";

export const KEY = "01936b5e-8f2a-7c3d-9e4f-1a2b3c4d5e6f";

export function message(seq: number, more: Partial<MessageSent> = {}): MessageSent {
  return {
    type: "message",
    room: "r1",
    seq,
    prev: seq - 1,
    ts: 1_700_000_000_000 + seq,
    id: `key-${seq}`,
    sender: "u1",
    sender_name: "Ada",
    text: `text ${seq}`,
    reply_to: null,
    thread: null,
    attachments: [],
    mentions: [],
    everyone: false,
    ...more,
  };
}

export function room(more: Partial<Room> = {}): Room {
  return {
    id: "r1",
    kind: "public",
    name: "General",
    topic: "",
    role: "member",
    members: 2,
    last_seq: 0,
    read_seq: 0,
    unread: 0,
    mentions: 0,
    muted: false,
    notify: "all",
    favourite: false,
    archived: false,
    slow_mode_seconds: 0,
    previews: true,
    picture: null,
    muted_until_ms: null,
    peers: [],
    ...more,
  };
}

export function ready(rooms: Room[] = [], more: Partial<Ready> = {}): Ready {
  return {
    type: "ready",
    session: "s1",
    gateway: "g1",
    user: { id: "me", username: "ada", display_name: "Ada" },
    rooms,
    heartbeat_ms: LIMITS.HEARTBEAT_MS,
    limits: {
      frame_bytes: LIMITS.FRAME_BYTES,
      text_bytes: LIMITS.TEXT_BYTES,
      sends_per_10s: 50,
      room_sends_per_10s: 0,
      sockets: 0,
      sends_waiting: LIMITS.SENDS_WAITING,
      attachments: LIMITS.ATTACHMENTS,
      sync_events: LIMITS.SYNC_EVENTS,
      resume_events: LIMITS.RESUME_EVENTS,
    },
    server_time_ms: 1_700_000_000_000,
    ...more,
  };
}

export function resumed(from: number, to: number, more: Partial<Resumed> = {}): Resumed {
  return { type: "resumed", room: "r1", from, to, complete: true, ...more };
}

export function problem(code: ErrorFrame["code"], more: Partial<ErrorFrame> = {}): ErrorFrame {
  return { type: "error", code, message: "no", ...more };
}

/** What items are, in short: a log event by its seq. */
export function brief(items: readonly Item[]): (number | string)[] {
  return items.map((item) => {
    switch (item.type) {
      case "missed":
        return `missed ${item.after}-${item.before}`;
      case "rewound":
        return `rewound ${item.to}-${item.held}`;
      case "gone":
        return `gone ${item.room}`;
      default:
        return item.seq;
    }
  });
}
