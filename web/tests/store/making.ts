/** Events, pages and rooms for the tests of the store: everything but what matters filled in. */
import type { CustomEmoji, LogEvent, Message, MessageSent, Page, Ready, Room } from "parley-sdk";
import { type Happening, type Me, reduce, type State, signedIn } from "../../src/store/state.ts";

export const ME: Me = { id: "me", username: "ada", display_name: "Ada" };
export const BOB = { id: "bob", username: "bob", display_name: "Bob", avatar: null };

export function message(seq: number, more: Partial<MessageSent> = {}): MessageSent {
  return {
    type: "message",
    room: "r1",
    seq,
    prev: seq - 1,
    ts: 1_000 * seq,
    id: `key-${seq}`,
    sender: "bob",
    sender_name: "Bob",
    text: `text ${seq}`,
    reply_to: null,
    thread: null,
    attachments: [],
    mentions: [],
    everyone: false,
    ...more,
  };
}

export function event<Type extends LogEvent["type"]>(
  type: Type,
  seq: number,
  more: Partial<Extract<LogEvent, { type: Type }>>,
): LogEvent {
  return { type, room: "r1", seq, prev: seq - 1, ts: 1_000 * seq, by: "bob", ...more } as LogEvent;
}

export function stored(seq: number, more: Partial<Message> = {}): Message {
  const { type: _, ...fields } = message(seq);
  return { ...fields, reactions: [], ...more };
}

export function page(
  messages: readonly Message[],
  as_of_seq: number,
  more = false,
  events: Page["events"] = [],
): Page {
  return { messages: [...messages], more, as_of_seq, events: [...events] };
}

export function emoji(name: string): CustomEmoji {
  const url = `/v1/emoji/pictures/${name}`;
  return { name, url, width: 128, height: 128, added_by: "bob", added_ms: 5 };
}

export function room(more: Partial<Room> = {}): Room {
  return {
    id: "r1",
    kind: "public",
    name: "General",
    topic: "",
    role: "owner",
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

export function ready(rooms: readonly Room[]): Happening {
  const frame: Ready = {
    type: "ready",
    session: "s1",
    gateway: "g1",
    user: ME,
    rooms: [...rooms],
    heartbeat_ms: 25_000,
    limits: {
      frame_bytes: 65_536,
      text_bytes: 16_384,
      sends_per_10s: 50,
      room_sends_per_10s: 0,
      sockets: 0,
      sends_waiting: 32,
      attachments: 10,
      sync_events: 200,
      resume_events: 500,
    },
    server_time_ms: 0,
  };
  return { type: "ready", frame };
}

export function log(event: LogEvent): Happening {
  return { type: "log", event };
}

/** The state after all of this, from the beginning or from another state. */
export function stateAfter(happenings: readonly Happening[], from: State = signedIn(ME)): State {
  return happenings.reduce(reduce, from);
}

/** The texts on the screen. */
export function texts(state: State, id = "r1"): string[] {
  return (state.rooms.get(id)?.log?.messages ?? []).map((one) =>
    one.deleted ? "(deleted)" : one.text,
  );
}
