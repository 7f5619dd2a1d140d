/** Looking at a room's past: a stretch apart from the log, until the two meet. */
import { describe, expect, test } from "vitest";
import { PAST_MESSAGES } from "../../src/store/past.ts";
import type { Happening, State } from "../../src/store/state.ts";
import { event, log, message, page, ready, room, stateAfter, stored } from "./making.ts";

const held = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => stored(from + at));
const OPEN: Happening[] = [
  ready([room({ last_seq: 5000 })]),
  { type: "open", room: "r1" },
  { type: "page", room: "r1", page: page(held(4951, 5000), 5000, true) },
];
const aimed = (seq: number, found: ReturnType<typeof page> | null): Happening => ({
  type: "aimed",
  room: "r1",
  seq,
  page: found,
});
const newer = (found: ReturnType<typeof page>, after: number): Happening => ({
  type: "newer",
  room: "r1",
  page: found,
  after,
});
const older = (found: ReturnType<typeof page>, before: number): Happening => ({
  type: "older",
  room: "r1",
  page: found,
  before,
});
const seen = (state: State) => {
  const found = state.rooms.get("r1");
  const messages = (found?.past ?? found?.log)?.messages ?? [];
  return [messages[0]?.seq, messages.at(-1)?.seq, messages.length];
};
const roomOf = (state: State) => state.rooms.get("r1");

describe("the messages around a place", () => {
  const jumped = stateAfter([...OPEN, aimed(100, page(held(51, 150), 5000, true))]);

  test("are looked at instead of the newest", () => {
    expect(seen(jumped)).toEqual([51, 150, 100]);
    expect(roomOf(jumped)?.target).toEqual({ seq: 100, turn: 1 });
  });

  test("that are on the screen already are shown there, as often as one asks", () => {
    const twice = stateAfter([...OPEN, aimed(4990, null), aimed(4990, null)]);
    expect(roomOf(twice)).toMatchObject({ past: null, target: { seq: 4990, turn: 2 } });
  });

  test("go on upwards and downwards", () => {
    const up = stateAfter([older(page(held(1, 50), 5000), 51)], jumped);
    expect(seen(up)).toEqual([1, 150, 150]);
    expect(roomOf(up)?.past).toMatchObject({ from: 0, more: false });
    const down = stateAfter([newer(page(held(151, 250), 5000, true), 150)], up);
    expect(seen(down)).toEqual([1, 250, 250]);
  });

  test("become one with the log where they meet it", () => {
    const down = [newer(page(held(151, 4960), 5000, true), 150)];
    const whole = stateAfter(down, jumped);
    expect(roomOf(whole)?.past).toBeNull();
    expect(seen(whole)[1]).toBe(5000);
    expect(roomOf(whole)?.log?.messages.map(({ seq }) => seq)).toEqual(
      [...new Set(roomOf(whole)?.log?.messages.map(({ seq }) => seq))].sort((a, b) => a - b),
    );
  });

  test("become one with the log at once when they reach it", () => {
    const near = stateAfter([...OPEN, aimed(4930, page(held(4881, 4980), 5000, true))]);
    expect(roomOf(near)?.past).toBeNull();
    expect(seen(near)).toEqual([4881, 5000, 120]);
  });

  test("are not touched by what is said now, which is in the log", () => {
    const later = stateAfter([log(message(5001))], jumped);
    expect(seen(later)).toEqual([51, 150, 100]);
    const back = stateAfter([{ type: "newest", room: "r1" }], later);
    expect(seen(back)).toEqual([4951, 5001, 51]);
  });

  test("are edited, deleted and reacted to like any other", () => {
    const deleted = stateAfter([log(event("message.deleted", 5001, { target: 60 }))], jumped);
    expect(roomOf(deleted)?.past?.messages.find(({ seq }) => seq === 60)?.deleted).toBe(true);
  });

  test("that were changed while the page was under way are shown as they are", () => {
    const late = stateAfter([
      ...OPEN,
      log(event("message.deleted", 5001, { target: 60 })),
      aimed(60, page(held(51, 150), 5000, true)),
    ]);
    expect(roomOf(late)?.past?.messages.find(({ seq }) => seq === 60)?.deleted).toBe(true);
  });

  test("are left by whoever says something", () => {
    const send: Happening = { type: "send", room: "r1", key: "k", text: "hi", now_ms: 1 };
    expect(roomOf(stateAfter([send], jumped))?.past).toBeNull();
  });

  test("of which none came change nothing", () => {
    expect(roomOf(stateAfter([...OPEN, aimed(7, page([], 5000))]))?.past).toBeNull();
  });

  test("page that nobody waits for any more is let go", () => {
    const late = stateAfter([newer(page(held(1, 9), 5000, true), 77)], jumped);
    expect(seen(late)).toEqual([51, 150, 100]);
  });
});

describe("what is held is bounded", () => {
  test("however far one reads up, and all of it can be reached again", () => {
    let state = stateAfter(OPEN);
    for (let from = 4951; from > 1; from -= 100) {
      const first = Math.max(1, from - 100);
      state = stateAfter([older(page(held(first, from - 1), 5000, first > 1), from)], state);
      expect(seen(state)[2]).toBeLessThanOrEqual(PAST_MESSAGES + 400);
      expect(seen(state)[0]).toBe(first);
    }
    expect(roomOf(state)?.past).toMatchObject({ from: 0, to: PAST_MESSAGES });
    while (roomOf(state)?.past) {
      const to = roomOf(state)?.past?.to ?? 0;
      const last = Math.min(5000, to + 100);
      state = stateAfter([newer(page(held(to + 1, last), 5000, last < 5000), to)], state);
      expect(seen(state)[2]).toBeLessThanOrEqual(PAST_MESSAGES + 400);
    }
    expect(seen(state)[1]).toBe(5000);
  });
});

describe("the line above what is new", () => {
  const read = room({ last_seq: 5000, read_seq: 4990, unread: 10 });
  const line = (state: State) => roomOf(state)?.line;
  const open: Happening = { type: "open", room: "r1" };
  const bottom: Happening = { type: "bottom", room: "r1", at: true };
  const marked: Happening = { type: "marked", room: "r1", seq: 5000 };

  test("is where one's mark was when one came, and stays though it moves", () => {
    const state = stateAfter([ready([read]), open]);
    expect(line(state)).toBe(4990);
    expect(line(stateAfter([marked], state))).toBe(4990);
  });

  test("is gone when one comes again, or says something", () => {
    const state = stateAfter([ready([read]), open, marked]);
    expect(line(stateAfter([{ type: "open", room: null }, open], state))).toBeNull();
    const send: Happening = { type: "send", room: "r1", key: "k", text: "hi", now_ms: 1 };
    expect(line(stateAfter([send], state))).toBeNull();
  });

  test("is drawn before what came while nobody looked, or while one read further up", () => {
    const away: Happening = { type: "looks", looks: false };
    const state = stateAfter([...OPEN, bottom, marked]);
    expect(line(stateAfter([log(message(5001))], state))).toBeNull();
    expect(line(stateAfter([away, log(message(5001)), log(message(5002))], state))).toBe(5000);
    const up: Happening = { type: "bottom", room: "r1", at: false };
    expect(line(stateAfter([up, log(message(5001))], state))).toBe(5000);
  });
});
