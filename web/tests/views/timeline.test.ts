/** What is said by one person in one go is one group, and every day begins by its name. */
import { describe, expect, test } from "vitest";
import type { Note } from "../../src/store/notes.ts";
import { gathered } from "../../src/views/ToldView.tsx";
import { dayName, GROUP_MS, type Line, readers, timeline } from "../../src/views/timeline.ts";
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
