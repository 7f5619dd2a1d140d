/** Looking at a room's past: a stretch apart from the log, until the two meet. */
import { describe, expect, test } from "vitest";
import { PAST_MESSAGES, type Past } from "../../src/store/past.ts";
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
    expect(roomOf(jumped)?.target).toEqual({ seq: 100 });
  });

  test("that are on the screen already are shown there, as often as one asks", () => {
    const once = stateAfter([...OPEN, aimed(4990, null)]);
    const twice = stateAfter([aimed(4990, null)], once);
    expect(roomOf(twice)).toMatchObject({ past: null, target: { seq: 4990 } });
    expect(roomOf(twice)?.target).not.toBe(roomOf(once)?.target);
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

  test("that came from before what is known by now are asked for again", () => {
    const wish: Happening = { type: "open", room: "r1", at: 60 };
    const old = aimed(60, page(held(51, 150), 4999, true));
    const late = stateAfter([...OPEN, wish, old]);
    expect(late.wish).toBe(60);
    expect(roomOf(late)?.past).toBeNull();
    const now = stateAfter([aimed(60, page(held(51, 150), 5000, true))], late);
    expect(now.wish).toBeNull();
    expect(roomOf(now)?.target).toEqual({ seq: 60 });
  });

  test("page that nobody waits for any more is let go", () => {
    const late = stateAfter([newer(page(held(1, 9), 5000, true), 77)], jumped);
    expect(seen(late)).toEqual([51, 150, 100]);
  });
});

describe("a view that somebody scrolled to, when events were lost", () => {
  const missed: Happening = { type: "missed", room: "r1", before: 6001 };
  const jumped = stateAfter([...OPEN, aimed(100, page(held(51, 150), 5000, true))]);
  const newest: Happening = { type: "page", room: "r1", page: page(held(5951, 6000), 6000, true) };
  const reread = (state: State, asOf: number): Happening => ({
    type: "reread",
    room: "r1",
    past: roomOf(state)?.past as Past,
    pages: [page(held(51, 150), asOf, true)],
  });

  test("stays, and is asked for again before it is believed", () => {
    const after = stateAfter([missed, newest], jumped);
    expect(seen(after)).toEqual([51, 150, 100]);
    expect(roomOf(after)?.past?.doubt).toBe(true);
    const gone = { ...stored(60), deleted: true, text: "" } as const;
    const pages = [page([...held(51, 59), gone], 6000, true), page(held(61, 160), 6000, true)];
    const past = roomOf(after)?.past as Past;
    const sure = stateAfter([{ type: "reread", room: "r1", past, pages }], after);
    expect(seen(sure)).toEqual([51, 150, 100]);
    expect(roomOf(sure)?.past?.messages.find(({ seq }) => seq === 60)?.deleted).toBe(true);
    expect(roomOf(sure)?.past?.doubt).toBe(false);
  });

  test("is not believed from a page that is older than the loss, or of another stretch", () => {
    const after = stateAfter([missed, newest], jumped);
    expect(roomOf(stateAfter([reread(after, 5999)], after))?.past?.doubt).toBe(true);
    const higher = stateAfter([older(page(held(1, 50), 6000), 51)], after);
    expect(roomOf(stateAfter([reread(after, 6000)], higher))?.past).toMatchObject({
      from: 0,
      doubt: true,
    });
  });

  test("is left when nothing of it is there any more", () => {
    const after = stateAfter([missed, newest], jumped);
    const past = roomOf(after)?.past as Past;
    const none = stateAfter([{ type: "reread", room: "r1", past, pages: [page([], 6000)] }], after);
    expect(roomOf(none)?.past).toBeNull();
  });

  test("is what was read of the log itself, unless one was at its end", () => {
    const up = stateAfter([...OPEN, missed, newest]);
    expect(seen(up)).toEqual([4951, 5000, 50]);
    const bottom: Happening = { type: "bottom", room: "r1", at: true };
    expect(seen(stateAfter([...OPEN, bottom, missed, newest]))).toEqual([5951, 6000, 50]);
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
