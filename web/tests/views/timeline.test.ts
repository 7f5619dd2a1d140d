/** What is said by one person in one go is one group, and every day begins by its name. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Note } from "../../src/store/notes.ts";
import { type Happening, reduce } from "../../src/store/state.ts";
import { gathered } from "../../src/views/ToldView.tsx";
import {
  dayName,
  GROUP_MS,
  type Line,
  readers,
  type Timeline,
  timeline,
} from "../../src/views/timeline.ts";
import { event, ME, page, ready, room, stateAfter, stored } from "../store/making.ts";

const NOON = new Date(2026, 10, 23, 12).getTime();
const DAY_MS = 24 * 3_600_000;

function lines(messages: [string, number][]) {
  const held = messages.map(([sender, ts], at) => stored(at + 1, { sender, ts }));
  const state = stateAfter([
    ready([room()]),
    { type: "open", room: "r1" },
    { type: "page", room: "r1", page: page(held, 9) },
  ]);
  const found = state.rooms.get("r1");
  const rows = found ? timeline(found, ME) : [];
  return rows
    .filter((row): row is Line => row.kind === "message")
    .map(({ heads, day }) => [heads, day]);
}

test("a message soon after the same person's belongs to it", () => {
  expect(
    lines([
      ["bob", NOON],
      ["bob", NOON + GROUP_MS],
    ]),
  ).toEqual([
    [true, true],
    [false, false],
  ]);
});

test("another person, or a pause, begins a group", () => {
  const [first] = lines([["bob", NOON]]);
  expect(first).toEqual([true, true]);
  expect(
    lines([
      ["bob", NOON],
      ["cyd", NOON + 1],
    ])[1],
  ).toEqual([true, false]);
  expect(
    lines([
      ["bob", NOON],
      ["bob", NOON + GROUP_MS + 1],
    ])[1],
  ).toEqual([true, false]);
});

test("what is pinned has a head of its own, which says so", () => {
  const said = [1, 2, 3].map((seq) => stored(seq, { sender: "bob", ts: NOON + seq }));
  const held = said.map((one) => (one.seq === 2 ? { ...one, pinned: true } : one));
  const state = stateAfter([
    ready([room()]),
    { type: "open", room: "r1" },
    { type: "page", room: "r1", page: page(held, 9) },
  ]);
  const found = state.rooms.get("r1");
  const rows = found ? timeline(found, ME) : [];
  expect(rows.flatMap((row) => (row.kind === "message" ? [row.heads] : []))).toEqual([
    true,
    true,
    false,
  ]);
});

test("another day begins a group by its name", () => {
  const midnight = new Date(2026, 10, 24).getTime();
  expect(
    lines([
      ["bob", midnight - 1],
      ["bob", midnight],
    ])[1],
  ).toEqual([true, true]);
});

test("days are named as one speaks of them", () => {
  expect(dayName(NOON, NOON + 1)).toBe("Today");
  expect(dayName(NOON - DAY_MS, NOON)).toBe("Yesterday");
  expect(dayName(NOON - 7 * DAY_MS, NOON)).toBe("Monday, November 16");
  expect(dayName(NOON - 365 * DAY_MS, NOON)).toBe("Sunday, November 23, 2025");
});

describe("what happened besides", () => {
  const join = (seq: number, user: string, by = user) =>
    event("member.joined", seq, { user, by, role: "member" }) as Note;
  const rows = (notes: Note[], messages: number[]) => {
    const held = messages.map((seq) => stored(seq));
    const state = stateAfter([
      ready([room()]),
      { type: "open", room: "r1" },
      { type: "page", room: "r1", page: page(held, 9, false, notes) },
    ]);
    const found = state.rooms.get("r1");
    return (found ? timeline(found, ME) : []).map((row) =>
      row.kind === "told" ? row.notes.map(({ seq }) => seq) : row.kind,
    );
  };

  test("is told between the messages it lay between", () => {
    const told = [join(1, "bob"), join(3, "cyd"), join(4, "dan"), join(6, "eve")];
    expect(rows(told, [2, 5])).toEqual(["beginning", [1], "message", [3, 4], "message", [6]]);
  });

  test("who made the room is told of alone, whoever came right after", () => {
    const made = event("member.joined", 1, { user: "ada", by: "ada", role: "owner" }) as Note;
    expect(gathered([made, join(2, "bob")])).toHaveLength(2);
  });

  test("those who came by themselves are told of together, others one by one", () => {
    const alone = [join(1, "bob"), join(2, "cyd"), join(3, "dan", "bob"), join(4, "eve")];
    expect(gathered(alone).map((some) => some.map(({ seq }) => seq))).toEqual([[1, 2], [3], [4]]);
  });
});

test("the first message of somebody else above the line is the one that is new", () => {
  const state = stateAfter([
    ready([room({ last_seq: 4, read_seq: 1, unread: 2 })]),
    { type: "open", room: "r1" },
    {
      type: "page",
      room: "r1",
      page: page([stored(1), stored(2, { sender: "me" }), stored(3), stored(4)], 4),
    },
  ]);
  const found = state.rooms.get("r1");
  const fresh = (found ? timeline(found, ME) : []).map(
    (row) => row.kind === "message" && row.fresh,
  );
  expect(fresh).toEqual([false, false, false, true, false]);
});

test("a receipt stands under the last message it reaches, and not under one's own", () => {
  const state = stateAfter([
    ready([room()]),
    { type: "open", room: "r1" },
    { type: "page", room: "r1", page: page([stored(1), stored(3, { sender: "cyd" })], 4) },
  ]);
  const found = state.rooms.get("r1");
  const receipts = new Map([
    ["bob", 4],
    ["cyd", 4],
    ["dan", 2],
  ]);
  expect([...readers(found ? timeline(found, ME) : [], receipts)]).toEqual([
    ["cyd key-3", ["bob"]],
    ["bob key-1", ["dan"]],
  ]);
});

/** What may happen to a room, by a number and the place in the log that it has if it takes one. */
const HAPPENINGS: readonly ((seq: number, number: number) => Happening)[] = [
  (seq, number) => {
    const sender = number % 2 ? "bob" : "cyd";
    const ts = NOON + seq * (number % 5 ? 1_000 : DAY_MS);
    const reply_to = number % 7 ? null : 1;
    return { type: "log", event: event("message", seq, { id: `k${seq}`, sender, ts, reply_to }) };
  },
  (seq, number) => ({
    type: "log",
    event: event("message.edited", seq, {
      target: number % seq,
      text: `anew ${seq}`,
      mentions: [],
    }),
  }),
  (seq, number) => ({
    type: "log",
    event: event("message.deleted", seq, { target: number % seq }),
  }),
  (seq, number) => ({ type: "log", event: event("message.pinned", seq, { target: number % seq }) }),
  (seq) => ({ type: "log", event: event("member.joined", seq, { user: "cyd", ts: NOON + seq }) }),
  (seq, number) => ({
    type: "send",
    room: "r1",
    key: `s${number}`,
    text: `mine ${seq}`,
    now_ms: NOON + seq,
  }),
  (_, number) => ({ type: "withdrawn", room: "r1", key: `s${number}` }),
  (_, number) => ({ type: "bottom", room: "r1", at: number % 2 === 0 }),
  (_, number) => ({ type: "looks", looks: number % 2 === 0 }),
  (_, number) => ({ type: "unread", room: "r1", seq: number % 3 ? number : null }),
  () => ({ type: "older", room: "r1", page: page([], 1), before: 1 }),
  () => ({ type: "open", room: "r1" }),
  (seq) => ({ type: "rewound", room: "r1", to: seq - 2 }),
  (seq, number) => ({
    type: "page",
    room: "r1",
    page: page([stored(seq, { ts: NOON + number })], seq, number % 2 === 0),
  }),
];

test("rows that are made of the last ones are those that are made of nothing", () => {
  const happening = fc.tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 8, arbitrary: fc.nat(HAPPENINGS.length - 1) },
    ),
    fc.nat(20),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      let state = stateAfter([
        ready([room()]),
        { type: "open", room: "r1" },
        { type: "page", room: "r1", page: page([stored(1, { ts: NOON })], 1, true) },
      ]);
      let last: Timeline | null = null;
      happenings.forEach(([which, number], at) => {
        const what = HAPPENINGS[which];
        if (what) state = reduce(state, what(at + 2, number));
        const found = state.rooms.get("r1");
        if (!found) throw new Error("the room is gone");
        const rows = timeline(found, ME, last);
        expect(rows).toEqual(timeline(found, ME));
        last = { room: found, me: ME, rows };
      });
    }),
  );
});

test("a message that comes leaves the rows of those above it as they are", () => {
  const before = stateAfter([
    ready([room()]),
    { type: "open", room: "r1" },
    { type: "page", room: "r1", page: page([stored(1), stored(2)], 2) },
  ]);
  const after = reduce(before, { type: "log", event: event("message", 3, { id: "k3" }) });
  const [one, other] = [before.rooms.get("r1"), after.rooms.get("r1")];
  if (!one || !other) throw new Error("the room is gone");
  const rows = timeline(one, ME);
  const more = timeline(other, ME, { room: one, me: ME, rows });
  expect(more).toHaveLength(rows.length + 1);
  expect(rows.every((row, at) => row === more[at])).toBe(true);
});
