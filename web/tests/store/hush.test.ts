/** Whoever cannot write now is told why, and until when. */
import { expect, test } from "vitest";
import { hushOf } from "../../src/store/hush.ts";
import { spanWords } from "../../src/views/span.ts";
import { page, ready, room, stateAfter, stored } from "./making.ts";

const NOW = 100_000;
const hush = (more: Parameters<typeof room>[0], last = 1_000) => {
  const found = stateAfter([
    ready([room({ role: "member", last_seq: 1, ...more })]),
    { type: "open", room: "r1" },
    { type: "page", room: "r1", page: page([stored(1, { sender: "me", ts: last })], 1) },
  ]).rooms.get("r1");
  return found && hushOf(found, "me", NOW);
};

test("nothing keeps one from writing in a room as it usually is", () => {
  expect(hush({})).toBeNull();
});

test("in an archived room nobody writes", () => {
  expect(hush({ archived: true, role: "owner" })).toEqual({ kind: "archived" });
});

test("who is muted waits until it is over", () => {
  expect(hush({ muted_until_ms: NOW + 5 })).toEqual({ kind: "muted", until_ms: NOW + 5 });
  expect(hush({ muted_until_ms: NOW })).toBeNull();
});

test("slow mode is for members, from their last message on", () => {
  expect(hush({ slow_mode_seconds: 30 }, 90_000)).toEqual({
    kind: "slow",
    seconds: 30,
    free_ms: 120_000,
  });
  expect(hush({ slow_mode_seconds: 30, role: "moderator" })).toBeNull();
});

test.each([
  [1_000, "1 second"],
  [1_001, "2 seconds"],
  [0, "1 second"],
  [60_000, "1 minute"],
  [7_200_000, "2 hours"],
  [172_800_000, "2 days"],
])("%i ms are %s", (ms, words) => {
  expect(spanWords(ms)).toBe(words);
});
