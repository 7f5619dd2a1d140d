/** Every frame that the protocol's golden vectors name finds its place in the store. */
import { CLOSE, ClosedError, type LogEvent, type Passing, type ServerFrame } from "parley-sdk";
import { describe, expect, test } from "vitest";
import vectors from "../../proto/vectors/valid.json" with { type: "json" };
import { fromItem, fromPassing, fromState } from "../src/incoming.ts";
import { type Happening, reduce, type State, signedIn } from "../src/store/state.ts";
import { BOB, ME, page, ready, room, stateAfter, stored } from "./store/making.ts";

interface Vector {
  readonly name: string;
  readonly frame: unknown;
}
const LOG = (vectors.log as Vector[]).map(({ name, frame }) => ({
  name,
  frame: frame as LogEvent,
}));
const SERVER = (vectors.server as Vector[]).map(({ name, frame }) => ({
  name,
  frame: frame as ServerFrame,
}));
const PASSING = [
  "typing",
  "presence",
  "read",
  "room.preferences",
  "block",
  "user.updated",
  "notification",
  "room.added",
];

/** Ada, an owner, in a room with one message at 12 that everything up to 16 is applied to. */
const BEFORE: State = stateAfter([
  ready([room({ last_seq: 16, read_seq: 10, unread: 1, members: 3 })]),
  { type: "open", room: "r1" },
  { type: "page", room: "r1", page: page([stored(12)], 16) },
  {
    type: "members",
    room: "r1",
    members: [{ user: { ...BOB, id: "u3" }, role: "member", joined_ms: 1 }],
  },
]);

describe.each(LOG)("the log event: $name", ({ frame }) => {
  const after = reduce(BEFORE, fromItem(frame));

  test("is applied, and once", () => {
    expect(after.rooms.get("r1")?.asOf).toBe(frame.type === "room.deleted" ? undefined : frame.seq);
    expect(reduce(after, fromItem(frame)).rooms).toEqual(after.rooms);
  });
});

test.each<[string, (state: State) => unknown, unknown]>([
  ["message", (s) => s.rooms.get("r1")?.log?.messages.at(-1)?.text, "hello"],
  [
    "message, edited before the replay",
    (s) => s.rooms.get("r1")?.log?.messages[1]?.edited_ms,
    1732300000999,
  ],
  ["message, deleted before the replay", (s) => s.rooms.get("r1")?.log?.messages[1]?.deleted, true],
  ["message.edited", (s) => s.rooms.get("r1")?.log?.messages[0]?.text, "hullo"],
  ["message.deleted", (s) => s.rooms.get("r1")?.log?.messages[0]?.deleted, true],
  [
    "message.preview",
    (s) =>
      s.rooms
        .get("r1")
        ?.log?.messages[0]?.previews?.map(({ title, icon, thumbnail }) => [title, icon, thumbnail]),
    [
      ["A page <b>", "UklGRg==", "UklGRg=="],
      ["B", undefined, undefined],
    ],
  ],
  [
    "message, looked up before the replay",
    (s) => s.rooms.get("r1")?.log?.messages[1]?.previews?.[0]?.site,
    "A",
  ],
  ["room.updated, without previews", (s) => s.rooms.get("r1")?.about.previews, false],
  ["reaction.added", (s) => s.rooms.get("r1")?.log?.messages[0]?.reactions[0]?.emoji, "👍🏽"],
  ["member.joined", (s) => s.rooms.get("r1")?.roster?.members.get("u3"), "member"],
  ["member.left", (s) => s.rooms.get("r1")?.roster?.members.has("u3"), false],
  ["member.removed", (s) => s.rooms.get("r1")?.roster?.members.has("u3"), false],
  ["member.role", (s) => s.rooms.get("r1")?.roster?.members.get("u3"), "owner"],
  ["room.updated, one field", (s) => s.rooms.get("r1")?.about.topic, "news"],
  ["room.updated, both", (s) => s.rooms.get("r1")?.about.name, "News"],
  ["room.updated, archived in slow mode", (s) => s.rooms.get("r1")?.about.archived, true],
  ["room.updated, archived in slow mode", (s) => s.rooms.get("r1")?.about.slow_mode_seconds, 30],
  ["room.updated, archived in slow mode", (s) => s.rooms.get("r1")?.about.name, "General"],
  ["member.muted", (s) => s.rooms.get("r1")?.about.muted_until_ms, null],
  ["room.deleted", (s) => s.rooms.has("r1"), false],
])("the log event %s means what it says", (name, look, meaning) => {
  const frame = LOG.find((vector) => vector.name === name)?.frame;
  if (!frame) throw new Error(`no vector ${name}`);
  expect(look(reduce(BEFORE, fromItem(frame)))).toEqual(meaning);
});

test.each(SERVER.filter(({ frame }) => frame.type === "ready"))(
  "$name: is the state to begin with",
  ({ frame }) => {
    if (frame.type !== "ready") throw new Error("no ready");
    const state = reduce(signedIn(ME), { type: "ready", frame });
    expect(state.me.id).toBe("u1");
    expect([...state.rooms.keys()]).toEqual(frame.rooms.map(({ id }) => id));
    expect(state.greeted).toBe(true);
  },
);

test.each(SERVER.filter(({ frame }) => PASSING.includes(frame.type)))(
  "the passing frame $name: is taken",
  ({ frame }) => {
    const what = fromPassing(frame as Passing, 0);
    // A notification is for those who do not look; this client looks.
    if (!what) return expect(frame.type).toBe("notification");
    expect(reduce(BEFORE, what).rooms.has("r1")).toBe(true);
  },
);

describe("a passing frame", () => {
  const passing = (name: string): State => {
    const frame = SERVER.find((vector) => vector.name === name)?.frame;
    const what = fromPassing(frame as Passing, 0);
    if (!what) throw new Error(`no vector ${name}`);
    return reduce(BEFORE, what);
  };

  test("of typing names who types", () => {
    expect([...(passing("typing").rooms.get("r1")?.typists.keys() ?? [])]).toEqual(["u2"]);
  });

  test("of presence says how somebody is here", () => {
    expect(passing("presence").presence.get("u2")?.status).toBe("offline");
    expect(passing("presence, here").presence.get("u2")?.status).toBe("online");
  });

  test("of one's own choice says how one wants to have the room", () => {
    const about = passing("room.preferences").rooms.get("r1")?.about;
    expect([about?.muted, about?.notify, about?.favourite]).toEqual([true, "mentions", true]);
  });

  test("of somebody blocked says so, and no more when they are not", () => {
    const state = passing("block");
    expect([...state.blocked]).toEqual(["u2"]);
    const { type, user } = { type: "block" as const, user: "u2" };
    expect(reduce(state, { type, user, blocked: false }).blocked.size).toBe(0);
    const all = reduce(state, { type: "blocks", users: [BOB] });
    expect([...all.blocked]).toEqual(["bob"]);
  });

  test("of a new name shows it, where a direct room is called by it too", () => {
    const direct = room({ id: "d1", kind: "direct", name: null, peers: [{ ...BOB, id: "u2" }] });
    const before = reduce(BEFORE, { type: "room", room: direct });
    const frame = SERVER.find((vector) => vector.name === "user.updated")?.frame;
    const what = fromPassing(frame as Passing, 0);
    if (!what) throw new Error("no vector");
    const after = reduce(before, what);
    expect(after.users.get("u2")?.display_name).toBe("Robert");
    expect(after.rooms.get("d1")?.about.peers[0]?.display_name).toBe("Robert");
    expect(after.me).toBe(before.me);
    const own = { ...before.me, display_name: "Augusta", avatar: null };
    expect(reduce(before, { type: "renamed", user: own }).me.display_name).toBe("Augusta");
  });

  test("of a room that one is in by now brings it", () => {
    expect(passing("room.added").rooms.get("r1")?.about.last_seq).toBe(42);
  });
});

test.each<[string, Happening]>([
  ["missed", fromItem({ type: "missed", room: "r1", after: 16, before: 20 })],
  ["rewound", fromItem({ type: "rewound", room: "r1", to: 5, held: 16 })],
])("the marker %s makes the log stale", (_, what) => {
  expect(reduce(BEFORE, what).rooms.get("r1")?.log?.phase).toBe("stale");
});

test("the marker gone takes the room away", () => {
  expect(reduce(BEFORE, fromItem({ type: "gone", room: "r1" })).rooms.size).toBe(0);
});

describe("the connection", () => {
  test("that waits says until when, and nothing alarming of a first short pause", () => {
    const waiting = (retryInMs: number | null, wasUp: boolean) =>
      fromState({ state: "connecting", why: "", retryInMs }, 1_000, wasUp);
    expect(waiting(5_000, true)).toEqual({ phase: "waiting", retry_at_ms: 6_000 });
    expect(waiting(400, true)).toEqual({ phase: "connecting" });
    expect(waiting(400, false)).toEqual({ phase: "waiting", retry_at_ms: 1_400 });
    expect(waiting(null, false)).toEqual({ phase: "connecting" });
  });

  test.each([
    [CLOSE.REVOKED, "revoked"],
    [CLOSE.REPLACED, "replaced"],
    [CLOSE.UNAUTHORIZED, "signed out"],
    [CLOSE.PROTOCOL, "protocol"],
    [CLOSE.FRAME_TOO_LARGE, "protocol"],
    [0, "protocol"],
  ])("that ended with %i did so because: %s", (code, reason) => {
    const error = new ClosedError("over", code);
    expect(fromState({ state: "closed", error }, 0, true)).toEqual({ phase: "stopped", reason });
  });

  test("that one ended oneself is over without a fault", () => {
    const over = fromState({ state: "closed", error: null }, 0, true);
    expect(over).toEqual({ phase: "stopped", reason: "signed out" });
  });

  test("that stands is as the library says", () => {
    expect(fromState({ state: "live" }, 0, false)).toEqual({ phase: "live", move: null });
    expect(fromState({ state: "catching up" }, 0, false)).toEqual({ phase: "catching up" });
  });
});
