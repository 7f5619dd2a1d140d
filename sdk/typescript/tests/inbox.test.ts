/** What comes in: rooms that begin, go on and end; gaps that are filled a few at a time. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Ask, Inbox, SYNCS_AT_ONCE } from "../src/inbox.ts";
import { LIMITS } from "../src/protocol.gen.ts";
import type { Item } from "../src/room_log.ts";
import { brief, message, resumed, room } from "./making.ts";

let items: Item[];
let inbox: Inbox;
function make(resume: Record<string, number> = {}): void {
  items = [];
  inbox = new Inbox(resume, (item) => items.push(item));
}
beforeEach(() => make());

const ask = (after: number, of = "r1"): Ask => ({ room: of, after, limit: LIMITS.SYNC_EVENTS });

describe("rooms", () => {
  test("begin with what happens from the first ready on", () => {
    inbox.ready([room({ last_seq: 40, read_seq: 10 })], 0);
    inbox.event(message(40), 0);
    inbox.event(message(41), 0);
    expect(brief(items)).toEqual([41]);
    expect([inbox.whole, inbox.asks(0), inbox.positions()]).toEqual([true, [], { r1: 41 }]);
  });

  test("that were joined later begin where the membership did", () => {
    inbox.ready([], 0);
    inbox.added(room({ last_seq: 42, read_seq: 40 }), 0);
    expect([inbox.whole, inbox.asks(0)]).toEqual([false, [ask(40)]]);
    inbox.answered("r1", { events: [message(41), message(42)], more: false, oldest: 1 }, 0);
    expect([brief(items), inbox.whole]).toEqual([[41, 42], true]);
  });

  test("that nobody told of begin with their first event", () => {
    inbox.event(message(9), 0);
    expect(brief(items)).toEqual([9]);
  });

  test("that are missing in a later ready are gone", () => {
    inbox.ready([room(), room({ id: "r2" })], 0);
    inbox.disconnected();
    inbox.ready([room({ id: "r2" })], 0);
    expect([brief(items), inbox.positions()]).toEqual([["gone r1"], { r2: 0 }]);
  });
});

describe("a new connection", () => {
  test("resumes every room from what it holds, and is whole when all replays ended", () => {
    inbox.ready([room({ last_seq: 3 }), room({ id: "r2", last_seq: 5 })], 0);
    inbox.disconnected();
    expect(inbox.resume()).toEqual({ r1: 3, r2: 5 });
    inbox.ready([room({ last_seq: 4 }), room({ id: "r2", last_seq: 5 })], 0);
    inbox.event(message(4), 0);
    inbox.resumed(resumed(3, 4), 0);
    expect(inbox.whole).toBe(false);
    inbox.resumed(resumed(5, 5, { room: "r2" }), 0);
    expect([inbox.whole, inbox.asks(0), brief(items)]).toEqual([true, [], [4]]);
  });

  test("begins from given positions", () => {
    make({ r1: 7 });
    expect(inbox.resume()).toEqual({ r1: 7 });
  });

  test("tells a gap that is too long, and a room that is gone", () => {
    make({ r1: 7, r2: 8 });
    inbox.resume();
    inbox.ready([room({ last_seq: 2_000 })], 0);
    inbox.resumed(resumed(7, 2_000, { complete: false }), 0);
    inbox.resumed(resumed(8, 8, { room: "r2", complete: false, gone: true }), 0);
    inbox.resumed(resumed(1, 1, { room: "r3" }), 0);
    expect([brief(items), inbox.whole]).toEqual([["missed 7-2001", "gone r2"], true]);
  });

  test("resumes no more rooms than a hello may name; the rest is asked for", () => {
    const names = Array.from({ length: LIMITS.RESUME_ROOMS + 1 }, (_, at) => `room-${at}`);
    make(Object.fromEntries(names.map((name) => [name, 1])));
    const held = inbox.resume();
    expect(Object.keys(held).length).toBe(LIMITS.RESUME_ROOMS);
    inbox.ready(
      names.map((id) => room({ id, last_seq: 2 })),
      0,
    );
    expect(inbox.asks(0)).toEqual([ask(1, `room-${LIMITS.RESUME_ROOMS}`)]);
  });

  test("resumes no more bytes than a hello may have", () => {
    const names = Array.from({ length: 900 }, (_, at) => `room-${at}`.padEnd(64, "-"));
    make(Object.fromEntries(names.map((name) => [name, LIMITS.SEQ_MAX])));
    const bytes = JSON.stringify(inbox.resume()).length;
    expect(bytes).toBeGreaterThan(40_000);
    expect(bytes).toBeLessThan(LIMITS.FRAME_BYTES - LIMITS.TOKEN_CHARACTERS);
  });
});

describe("gaps", () => {
  test("are filled a few at a time", () => {
    const rooms = Array.from({ length: SYNCS_AT_ONCE + 2 }, (_, at) => room({ id: `r${at}` }));
    inbox.ready(rooms, 0);
    for (const { id } of rooms) inbox.event(message(3, { room: id }), 0);
    expect(inbox.nextAt()).toBe(0);
    expect(inbox.asks(0).length).toBe(SYNCS_AT_ONCE);
    expect([inbox.asks(0), inbox.nextAt()]).toEqual([[], Infinity]);
    const events = [1, 2, 3].map((seq) => message(seq, { room: "r0" }));
    inbox.answered("r0", { events, more: false, oldest: 1 }, 0);
    expect(inbox.asks(0)).toEqual([ask(0, `r${SYNCS_AT_ONCE}`)]);
  });

  test("are asked for again, later each time, when an answer brings nothing", () => {
    inbox.event(message(1), 0);
    inbox.event(message(4), 0);
    inbox.asks(0);
    const empty = { events: [], more: false, oldest: 1 };
    inbox.answered("r1", empty, 0);
    expect([inbox.asks(399), inbox.nextAt()]).toEqual([[], 400]);
    expect(inbox.asks(400)).toEqual([ask(1)]);
    inbox.answered("r1", empty, 400);
    expect(inbox.nextAt()).toBe(1_200);
  });

  test("are asked for again, later each time, after an error", () => {
    inbox.event(message(1), 0);
    inbox.event(message(4), 0);
    const waits = Array.from({ length: 10 }, () => {
      const at = inbox.nextAt();
      inbox.asks(at);
      inbox.refused("r1", "unavailable", at);
      return inbox.nextAt() - at;
    });
    expect(waits.slice(0, 3)).toEqual([400, 800, 1_600]);
    expect(waits.at(-1)).toBe(30_000);
    expect(inbox.whole).toBe(false);
  });

  test("end when the room is not the user's any more", () => {
    inbox.event(message(1), 0);
    inbox.event(message(4), 0);
    inbox.asks(0);
    inbox.refused("r1", "forbidden", 0);
    expect([brief(items), inbox.whole]).toEqual([[1, "gone r1"], true]);
  });

  test("take no answers that nobody asked for", () => {
    inbox.answered("r1", { events: [message(1)], more: false, oldest: 1 }, 0);
    inbox.refused("r1", "unavailable", 0);
    expect([items, inbox.whole]).toEqual([[], true]);
  });
});

describe("the account", () => {
  test("counts events that came more than once, also of rooms that are gone", () => {
    inbox.ready([room({ last_seq: 40 })], 0);
    inbox.event(message(41), 0);
    inbox.event(message(41), 0);
    inbox.event(message(42, { id: message(41).id }), 0);
    expect([inbox.doubles, brief(items)]).toEqual([2, [41]]);
    inbox.ready([], 0);
    expect(inbox.doubles).toBe(2);
  });

  test("counts a hole that a sync filled, once", () => {
    inbox.ready([room({ last_seq: 40 })], 0);
    inbox.event(message(43, { prev: 42 }), 0);
    inbox.asks(0);
    expect([inbox.healed, inbox.left]).toEqual([0, 0]);
    inbox.answered("r1", { events: [message(41), message(42)], more: false, oldest: 1 }, 0);
    expect([inbox.healed, inbox.left, inbox.whole]).toEqual([1, 0, true]);
  });

  test("counts a hole that is left to paging, and does not call it healed", () => {
    inbox.ready([room({ last_seq: 40 })], 0);
    inbox.event(message(50, { prev: 49 }), 0);
    inbox.asks(0);
    inbox.answered("r1", { events: [message(49)], more: false, oldest: 49 }, 0);
    expect([inbox.healed, inbox.left]).toEqual([0, 1]);
  });

  test("counts a resume that brought something, and not one that brought nothing", () => {
    make({ r1: 40, r2: 7 });
    inbox.resume();
    inbox.ready([room({ last_seq: 41 }), room({ id: "r2", last_seq: 7 })], 0);
    inbox.event(message(41), 0);
    inbox.resumed(resumed(40, 41), 0);
    inbox.resumed(resumed(7, 7, { room: "r2" }), 0);
    expect([inbox.healed, inbox.left]).toEqual([1, 0]);
    inbox.disconnected();
    inbox.resume();
    inbox.resumed(resumed(41, 900, { complete: false }), 0);
    expect([inbox.healed, inbox.left]).toEqual([1, 1]);
  });
});
