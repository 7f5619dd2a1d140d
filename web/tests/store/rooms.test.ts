/** The rooms one is in, who is in them, and who is here and typing. */
import fc from "fast-check";
import type { Room } from "parley-sdk";
import { describe, expect, test } from "vitest";
import { neighbour, roomName, sections, typingWords, userName } from "../../src/store/names.ts";
import { type Happening, OPENED, type State } from "../../src/store/state.ts";
import { TYPING_MS } from "../../src/store/typists.ts";
import { BOB, event, log, message, page, ready, room, stateAfter } from "./making.ts";

const START = [ready([room({ last_seq: 2 })])];
const OPEN: Happening[] = [...START, { type: "open", room: "r1" }];
const members = (...ids: string[]): Happening => ({
  type: "members",
  room: "r1",
  members: ids.map((id) => ({
    user: { id, username: id, display_name: id.toUpperCase(), avatar: null },
    role: "member",
    joined_ms: 1,
  })),
});
const typing = (user: string, active: boolean, now_ms = 0): Happening => ({
  type: "typing",
  frame: { type: "typing", room: "r1", user, active },
  now_ms,
});
const listed = (state: State) => [...(state.rooms.get("r1")?.roster?.members.keys() ?? [])];
const about = (state: State) => state.rooms.get("r1")?.about;
const words = (happenings: Happening[]) => {
  const state = stateAfter(happenings);
  const found = state.rooms.get("r1");
  return found ? typingWords(found, state.users) : null;
};

describe("rooms", () => {
  test("are those of the last ready", () => {
    const state = stateAfter([...OPEN, ready([room({ id: "r2", name: "Tea" })])]);
    expect([...state.rooms.keys()]).toEqual(["r2"]);
    expect(state.opened).toEqual([]);
  });

  test("are in order of their names, in any case", () => {
    const names = ["tea", "Ale", "cake"].map((name) => room({ id: name, name }));
    const [all] = sections(stateAfter([ready(names)]).rooms);
    const order = all?.rooms.map((one) => roomName(one.about));
    expect(order).toEqual(["Ale", "cake", "tea"]);
  });

  test("come in parts: favourites, rooms, people one writes to; muted ones last in each", () => {
    const ann = { id: "u2", username: "ann", display_name: "Ann", avatar: null };
    const state = stateAfter([
      ready([
        room({ id: "d1", kind: "direct", name: null, peers: [ann] }),
        room({ id: "r1", name: "Ale", muted: true }),
        room({ id: "r2", name: "Tea" }),
        room({ id: "r3", name: "Cake", favourite: true }),
      ]),
    ]);
    const parts = sections(state.rooms).map(({ title, rooms }) => [
      title,
      rooms.map((one) => roomName(one.about)),
    ]);
    expect(parts).toEqual([
      ["Favourites", ["Cake"]],
      ["Rooms", ["Tea", "Ale"]],
      ["People", ["Ann"]],
    ]);
  });

  test("keep their order until one comes, goes or moves, and are always as they are now", () => {
    const names = ["Ale", "Cake", "Tea"];
    const one = fc.record({
      id: fc.constantFrom("r1", "r2", "r3", "r4"),
      name: fc.constantFrom(...names),
      muted: fc.boolean(),
      favourite: fc.boolean(),
      unread: fc.nat(2),
    });
    const some = fc.uniqueArray(one, { selector: ({ id }) => id });
    const state = (rooms: readonly Partial<Room>[]) => stateAfter([ready(rooms.map(room))]).rooms;
    fc.assert(
      fc.property(some, some, (before, after) => {
        const former = sections(state(before));
        const rooms = state(after);
        expect(sections(rooms, former)).toEqual(sections(rooms));
        expect(sections(rooms, sections(rooms))).toEqual(sections(rooms));
      }),
    );
    const same = state([{ id: "r1" }]);
    const first = sections(same);
    expect(sections(same, first)).toBe(first);
  });

  test("have neighbours, round and round, also unread ones alone", () => {
    const state = stateAfter([
      ready([
        room({ id: "r1", name: "Ale" }),
        room({ id: "r2", name: "Cake" }),
        room({ id: "r3", name: "Tea", unread: 1 }),
      ]),
      { type: "open", room: "r1" },
    ]);
    expect(neighbour(state, 1, false)).toBe("r2");
    expect(neighbour(state, -1, false)).toBe("r3");
    expect(neighbour(state, 1, true)).toBe("r3");
    expect(neighbour({ ...state, open: null }, 1, false)).toBe("r1");
    expect(neighbour({ ...state, open: null }, -1, false)).toBe("r3");
    expect(neighbour({ ...state, open: "r3" }, 1, true)).toBeNull();
  });

  test("come by word of the socket or the answer to a request, in any order, once", () => {
    const made: Happening = { type: "room", room: room({ id: "r2", last_seq: 1 }) };
    const state = stateAfter([...START, made, made]);
    expect([...state.rooms.keys()]).toEqual(["r1", "r2"]);
  });

  test("one is not in are not added", () => {
    const state = stateAfter([...START, { type: "room", room: room({ id: "r2", role: null }) }]);
    expect(state.rooms.has("r2")).toBe(false);
  });

  test.each([
    ["leaves", event("member.left", 3, { user: "me", role: "member" })],
    ["is removed", event("member.removed", 3, { user: "me", role: "member" })],
    ["sees it deleted", event("room.deleted", 3, {})],
  ])("go when one %s", (_, what) => {
    expect(stateAfter([...OPEN, log(what)]).rooms.size).toBe(0);
  });

  test("follow changes of name, topic, picture and role, but not again those already told", () => {
    const renamed = log(event("room.updated", 3, { name: "News", topic: "all of it" }));
    expect(about(stateAfter([...START, renamed]))).toMatchObject({
      name: "News",
      topic: "all of it",
    });
    const old = log(event("room.updated", 2, { name: "Old" }));
    expect(about(stateAfter([...START, old]))?.name).toBe("General");
    const pictured = log(event("room.updated", 3, { picture: "m1" }));
    expect(about(stateAfter([...START, pictured]))?.picture).toBe("m1");
    const topic = log(event("room.updated", 4, { topic: "tea" }));
    expect(about(stateAfter([...START, pictured, topic]))?.picture).toBe("m1");
    const bare = log(event("room.updated", 4, { picture: null }));
    expect(about(stateAfter([...START, pictured, bare]))?.picture).toBeNull();
    const role = log(event("member.role", 3, { user: "me", role: "member" }));
    expect(about(stateAfter([...START, role]))?.role).toBe("member");
    const other = log(event("member.role", 3, { user: "bob", role: "member" }));
    expect(about(stateAfter([...START, other]))?.role).toBe("owner");
  });

  test("are called by the others in them when they have no name", () => {
    expect(roomName(room({ name: null, peers: [BOB] }))).toBe("Bob");
    expect(roomName(room({ name: null }))).toBe("Direct messages");
  });

  test("looked at long ago let go of their messages", () => {
    const many = Array.from({ length: OPENED + 1 }, (_, at) => room({ id: `r${at}` }));
    const visits = many.map(({ id }): Happening => ({ type: "open", room: id }));
    const state = stateAfter([ready(many), ...visits]);
    expect(state.rooms.get("r0")?.log).toBeNull();
    expect(state.rooms.get("r1")?.log?.phase).toBe("loading");
  });

  test("opened before they are known are loaded when they are", () => {
    const state = stateAfter([{ type: "open", room: "r1" }, ...START]);
    expect(state.rooms.get("r1")?.log?.phase).toBe("loading");
  });

  test("what happens in an unknown room does no harm", () => {
    const state = stateAfter([...START, log(message(3, { room: "r9" })), typing("bob", true)]);
    expect([...state.rooms.keys()]).toEqual(["r1"]);
  });
});

describe("a room looked at from outside", () => {
  const visit: Happening = {
    type: "visit",
    visit: { id: "r9", phase: "found", room: room({ id: "r9", role: null }) },
  };

  test("is shown while it is open", () => {
    expect(stateAfter([...START, { type: "open", room: "r9" }, visit]).visit?.phase).toBe("found");
    expect(stateAfter([...START, visit]).visit).toBeNull();
  });

  test("is one's own once one joined", () => {
    const joined: Happening = { type: "room", room: room({ id: "r9" }) };
    const state = stateAfter([...START, { type: "open", room: "r9" }, visit, joined]);
    expect(state.visit).toBeNull();
    expect(state.rooms.get("r9")?.log?.phase).toBe("loading");
  });
});

describe("members", () => {
  test("are those listed and what happened since", () => {
    const joined = log(event("member.joined", 3, { user: "cyd", role: "member" }));
    const left = log(event("member.left", 4, { user: "bob", role: "member" }));
    expect(listed(stateAfter([...OPEN, members("me", "bob"), joined, left]))).toEqual([
      "me",
      "cyd",
    ]);
  });

  test("are right when something happens while the list is under way", () => {
    const joined = log(event("member.joined", 3, { user: "cyd", role: "member" }));
    expect(listed(stateAfter([...OPEN, joined, members("me")]))).toEqual(["me", "cyd"]);
    expect(listed(stateAfter([...OPEN, joined, members("me", "cyd")]))).toEqual(["me", "cyd"]);
  });

  test("are counted, each change once", () => {
    const joined = log(event("member.joined", 3, { user: "cyd", role: "member" }));
    expect(about(stateAfter([...START, joined, joined]))?.members).toBe(3);
    const left = log(event("member.left", 4, { user: "cyd", role: "member" }));
    expect(about(stateAfter([...START, joined, left]))?.members).toBe(2);
  });

  test("are listed anew after a gap", () => {
    const state = stateAfter([...OPEN, members("me"), { type: "missed", room: "r1", before: 9 }]);
    expect(state.rooms.get("r1")?.roster?.phase).toBe("loading");
  });

  test("have names", () => {
    const state = stateAfter([...OPEN, members("bob")]);
    expect(userName(state.users, "bob")).toBe("BOB");
    expect(userName(state.users, "nobody")).toBe("Somebody");
  });
});

describe("typing", () => {
  const three = members("bob", "cyd", "dan");

  test("is said by name, or of several people", () => {
    expect(words([...OPEN, three])).toBe("");
    expect(words([...OPEN, three, typing("bob", true)])).toBe("BOB is typing…");
    const two = [typing("bob", true), typing("cyd", true)];
    expect(words([...OPEN, three, ...two])).toBe("BOB and CYD are typing…");
    const all = [...two, typing("dan", true)];
    expect(words([...OPEN, three, ...all])).toBe("Several people are typing…");
  });

  test.each<[string, Happening]>([
    ["word of it", typing("bob", false)],
    ["their message", log(message(3))],
    ["their leaving", log(event("member.left", 3, { user: "bob", role: "member" }))],
    ["its time", { type: "tick", now_ms: TYPING_MS }],
    ["a new connection", ready([room({ last_seq: 2 })])],
  ])("ends with %s", (_, end) => {
    expect(words([...OPEN, three, typing("bob", true), end])).toBe("");
  });

  test("lasts until its time and through others' messages", () => {
    const on: Happening[] = [
      { type: "tick", now_ms: TYPING_MS - 1 },
      log(message(3, { sender: "cyd" })),
    ];
    expect(words([...OPEN, three, typing("bob", true), ...on])).toBe("BOB is typing…");
  });

  test("of one's own elsewhere is not shown", () => {
    expect(words([...OPEN, typing("me", true)])).toBe("");
  });
});

describe("presence", () => {
  test("is what the answer says of all, then what changes", () => {
    const watched: Happening = {
      type: "watched",
      presence: [{ user: "bob", status: "dnd", last_seen_ms: null }],
    };
    const change: Happening = {
      type: "presence",
      frame: { type: "presence", user: "cyd", status: "idle", last_seen_ms: null },
    };
    const shown = (happenings: readonly Happening[]) =>
      [...stateAfter([...START, ...happenings]).presence].map(([id, { status }]) => [id, status]);
    expect(shown([watched, change])).toEqual([
      ["bob", "dnd"],
      ["cyd", "idle"],
    ]);
    expect(shown([change, watched])).toEqual([["bob", "dnd"]]);
  });
});

describe("what must be told", () => {
  test("is told once, a few at a time, until it is dismissed", () => {
    const told = ["a", "b", "b", "c", "d"].map((words): Happening => ({ type: "notice", words }));
    const state = stateAfter([...START, ...told]);
    expect(state.notices.map((one) => one.words)).toEqual(["b", "c", "d"]);
    const first = state.notices[0]?.id ?? 0;
    expect(stateAfter([{ type: "dismissed", notice: first }], state).notices).toHaveLength(2);
  });

  test("goes when what failed is done, and gives way when it fails otherwise", () => {
    const failed = (about: string, words: string): Happening => ({ type: "notice", about, words });
    const words = (...happenings: Happening[]) =>
      stateAfter(happenings).notices.map((one) => one.words);
    const [add, join] = [failed("add", "nobody"), failed("join", "no such room")];
    expect(words(add, join, { type: "settled", about: "add" })).toEqual(["no such room"]);
    expect(words(add, join, failed("add", "not now"))).toEqual(["no such room", "not now"]);
    expect(words({ type: "notice", words: "a" }, { type: "settled", about: "add" })).toEqual(["a"]);
  });

  test("is another one when the same fails again, so that it is read out again", () => {
    const failed: Happening = { type: "notice", about: "add", words: "nobody" };
    const [once, twice] = [stateAfter([failed]), stateAfter([failed, failed])];
    expect(twice.notices).toHaveLength(1);
    expect(twice.notices[0]?.id).not.toBe(once.notices[0]?.id);
  });
});

describe("how far others have read", () => {
  const receipts = (...all: [string, number][]): Happening => ({
    type: "receipts",
    room: "r1",
    receipts: all.map(([user, read_seq]) => ({ user, read_seq })),
  });
  const bobRead = (seq: number): Happening => ({
    type: "read",
    frame: { type: "read", room: "r1", user: "bob", seq },
  });
  const known = (state: State) => state.rooms.get("r1")?.receipts;

  test("is asked for once, and again after the connection was lost", () => {
    const asked = stateAfter([...OPEN, receipts(["bob", 1], ["me", 2])]);
    expect(stateAfter(OPEN).rooms.get("r1")?.unasked).toBe(true);
    expect(asked.rooms.get("r1")?.unasked).toBe(false);
    expect(known(asked)).toEqual(new Map([["bob", 1]]));
    expect(stateAfter(START, asked).rooms.get("r1")?.unasked).toBe(true);
  });

  test("never goes back, whichever is told first", () => {
    expect(known(stateAfter([...OPEN, bobRead(2), receipts(["bob", 1])]))?.get("bob")).toBe(2);
    expect(known(stateAfter([...OPEN, receipts(["bob", 1]), bobRead(2)]))?.get("bob")).toBe(2);
  });
});

describe("a room that is held unread from a message on", () => {
  const held: Happening[] = [...OPEN, { type: "unread", room: "r1", seq: 2 }];
  const here = (happenings: Happening[]) => stateAfter(happenings).rooms.get("r1");

  test("has its line there until one comes again", () => {
    expect(here(held)).toMatchObject({ heldUnread: true, line: 1 });
    const again: Happening[] = [
      { type: "open", room: null },
      { type: "open", room: "r1" },
    ];
    expect(here([...held, ...again])?.heldUnread).toBe(false);
  });

  test("is so no longer when one says something, or when it could not be done", () => {
    const send: Happening = { type: "send", room: "r1", key: "k", text: "hi", now_ms: 1 };
    expect(here([...held, send])).toMatchObject({ heldUnread: false, line: null });
    const failed: Happening = { type: "unread", room: "r1", seq: null };
    expect(here([...held, failed])).toMatchObject({ heldUnread: false, line: null });
  });
});

test("a page for a room that is not held is let go", () => {
  const state = stateAfter([...START, { type: "page", room: "r1", page: page([], 2) }]);
  expect(state.rooms.get("r1")?.log).toBeNull();
});
