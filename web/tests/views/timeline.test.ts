/** What is said by one person in one go is one group, and every day begins by its name. */
import { expect, test } from "vitest";
import { dayName, GROUP_MS, type Line, timeline } from "../../src/views/timeline.ts";
import { ME, page, ready, room, stateAfter, stored } from "../store/making.ts";

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
