/** One room's log: each event once, in order, and every hole said to be one. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SyncAnswer } from "../src/frames.ts";
import {
  FILL_EVENTS,
  HELD_EVENTS,
  type Item,
  PAIRS,
  RoomLog,
  type Step,
  TRIES,
} from "../src/room_log.ts";
import { brief, message } from "./making.ts";

const NOTHING: Step = { items: [], ask: false };

function answer(seqs: readonly number[], more: Partial<SyncAnswer> = {}): SyncAnswer {
  return { events: seqs.map((seq) => message(seq)), more: false, oldest: 0, ...more };
}

function shown({ items, ask }: Step): { items: (number | string)[]; ask: boolean } {
  return { items: brief(items), ask };
}

describe("live events", () => {
  test("come out as they come in", () => {
    const log = new RoomLog("r1", 4);
    expect(shown(log.accept(message(5)))).toEqual({ items: [5], ask: false });
    expect(shown(log.accept(message(9, { prev: 5 })))).toEqual({ items: [9], ask: false });
    expect(log.last).toBe(9);
  });

  test("come out once, by their seq", () => {
    const log = new RoomLog("r1", 5);
    expect(log.accept(message(5))).toEqual(NOTHING);
    expect(log.accept(message(3))).toEqual(NOTHING);
  });

  test("come out once, by sender and id, whatever their seq", () => {
    const log = new RoomLog("r1", 0);
    log.accept(message(1, { id: "same" }));
    expect(log.accept(message(2, { id: "same" }))).toEqual(NOTHING);
    expect(shown(log.accept(message(3, { id: "same", sender: "u2" }))).items).toEqual([3]);
    expect(log.last).toBe(3);
  });

  test("are remembered by sender and id within bounds", () => {
    const log = new RoomLog("r1", 0);
    for (let seq = 1; seq <= PAIRS + 1; seq += 1) log.accept(message(seq));
    const [first, second] = [PAIRS + 2, PAIRS + 3];
    expect(shown(log.accept(message(first, { id: "key-1" }))).items).toEqual([first]);
    expect(log.accept(message(second, { id: "key-3" }))).toEqual(NOTHING);
  });

  test("with a lower prev than the log holds are no sign of loss", () => {
    const log = new RoomLog("r1", 7);
    expect(shown(log.accept(message(8, { prev: 0 }))).items).toEqual([8]);
  });

  test("of a type that is not known have their place, and are not shown", () => {
    const log = new RoomLog("r1", 1);
    expect(log.accept({ type: "unknown", room: "r1", seq: 2, prev: 1 })).toEqual(NOTHING);
    expect(shown(log.accept(message(3))).items).toEqual([3]);
  });
});

describe("a gap", () => {
  test("is asked for once; what comes meanwhile waits", () => {
    const log = new RoomLog("r1", 1);
    expect(shown(log.accept(message(4)))).toEqual({ items: [], ask: true });
    expect(log.accept(message(5))).toEqual(NOTHING);
    expect(shown(log.page(answer([2, 3])))).toEqual({ items: [2, 3, 4, 5], ask: false });
    expect(log.asking).toBe(false);
  });

  test("is filled page by page", () => {
    const log = new RoomLog("r1", 0);
    log.accept(message(5));
    expect(shown(log.page(answer([1, 2], { more: true })))).toEqual({ items: [1, 2], ask: true });
    expect(shown(log.page(answer([3, 4, 5])))).toEqual({ items: [3, 4, 5], ask: false });
  });

  test("whose beginning is no longer kept is told, before what is", () => {
    const log = new RoomLog("r1", 1);
    log.accept(message(9));
    const step = log.page(answer([8, 9], { oldest: 8 }));
    expect(shown(step)).toEqual({ items: ["missed 1-8", 8, 9], ask: false });
  });

  test("that no answer fills is believed in the end, and told", () => {
    const log = new RoomLog("r1", 1);
    log.accept(message(4));
    for (let tried = 1; tried < TRIES; tried += 1) {
      expect(shown(log.page(answer([])))).toEqual({ items: [], ask: true });
      expect(log.tries).toBe(tried);
    }
    expect(shown(log.page(answer([])))).toEqual({ items: ["missed 1-4", 4], ask: false });
  });

  test("keeps no more events than its bound; those beyond are asked for", () => {
    const log = new RoomLog("r1", 0);
    const end = HELD_EVENTS + 3;
    for (let seq = 2; seq <= end; seq += 1) log.accept(message(seq));
    const first = log.page(answer([1]));
    expect(first.items.length).toBe(HELD_EVENTS + 1);
    expect(first.ask).toBe(true);
    expect(shown(log.page(answer([end - 1, end])))).toEqual({ items: [end - 1, end], ask: false });
  });

  test("beyond its bound that no answer fills is told too", () => {
    const log = new RoomLog("r1", 0);
    const end = HELD_EVENTS + 3;
    for (let seq = 2; seq <= end; seq += 1) log.accept(message(seq));
    log.page(answer([1]));
    const steps = Array.from({ length: TRIES }, () => log.page(answer([])));
    expect(shown(steps[TRIES - 1] ?? NOTHING)).toEqual({
      items: [`missed ${end - 2}-${end + 1}`],
      ask: false,
    });
    expect(log.last).toBe(end);
  });

  test("that is too long is left to whoever pages it", () => {
    const log = new RoomLog("r1", 0);
    expect(shown(log.known(5_000))).toEqual({ items: [], ask: true });
    log.accept(message(5_001));
    let last: Step = NOTHING;
    for (let from = 1; from <= FILL_EVENTS; from += 100) {
      const page = Array.from({ length: 100 }, (_, at) => from + at);
      last = log.page(answer(page, { more: true }));
    }
    expect(brief(last.items).slice(-2)).toEqual([FILL_EVENTS, `missed ${FILL_EVENTS}-5002`]);
    expect(shown(log.page(answer([])))).toEqual({ items: [], ask: false });
    expect(shown(log.accept(message(5_002))).items).toEqual([5_002]);
  });

  test("of which nothing later is known is filled to its end", () => {
    const log = new RoomLog("r1", 3);
    log.resumed(1, false);
    const page = Array.from({ length: FILL_EVENTS }, (_, at) => 2 + at);
    expect(log.page(answer(page, { more: true })).ask).toBe(true);
    expect(shown(log.page(answer([FILL_EVENTS + 2])))).toEqual({
      items: [FILL_EVENTS + 2],
      ask: false,
    });
  });

  test("is asked for by known only where the log ends before", () => {
    const log = new RoomLog("r1", 5);
    expect(log.known(5)).toEqual(NOTHING);
    expect(shown(log.known(6))).toEqual({ items: [], ask: true });
    expect(log.known(7)).toEqual(NOTHING);
  });

  test("is forgotten with the connection, and an answer that nobody waits for too", () => {
    const log = new RoomLog("r1", 1);
    log.accept(message(4));
    log.disconnected();
    expect(log.page(answer([2, 3, 4]))).toEqual(NOTHING);
    expect(log.last).toBe(1);
  });
});

describe("the end of a replay", () => {
  test("that was complete says nothing more", () => {
    expect(new RoomLog("r1", 5).resumed(5, true)).toEqual(NOTHING);
  });

  test("that names more than came is asked for", () => {
    expect(new RoomLog("r1", 5).resumed(6, true)).toEqual({ items: [], ask: true });
  });

  test("too long a gap is told, and the log goes on behind it", () => {
    const log = new RoomLog("r1", 5);
    expect(shown(log.resumed(900, false))).toEqual({ items: ["missed 5-901"], ask: false });
    expect(shown(log.accept(message(901))).items).toEqual([901]);
  });

  test("nothing is missed where nothing was said", () => {
    expect(new RoomLog("r1", 5).resumed(5, false)).toEqual(NOTHING);
  });

  test("a lost log is told; what it goes on with is asked for, and no double of what is gone", () => {
    const log = new RoomLog("r1", 0);
    for (const seq of [1, 2, 3]) log.accept(message(seq));
    expect(shown(log.resumed(2, false))).toEqual({ items: ["rewound 2-3"], ask: true });
    const again = answer([]).events.concat(message(1_000, { prev: 2, id: "key-3" }));
    expect(shown(log.page({ events: again, more: false, oldest: 0 }))).toEqual({
      items: [1_000],
      ask: false,
    });
  });
});

/** The answer of a server that has `log`, as honest as a `sync` is. */
function sync(log: readonly number[], after: number, limit: number): SyncAnswer {
  const later = log.filter((seq) => seq > after);
  const page = later.slice(0, limit);
  const events = page.map((seq) => message(seq, { prev: log[log.indexOf(seq) - 1] ?? 0 }));
  return { events, more: later.length > limit, oldest: 0 };
}

test("whatever is doubled, lost or late, what comes out is the log: once, in order, whole", () => {
  const steps = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 60 });
  const chaos = fc.infiniteStream(fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(steps, chaos, fc.integer({ min: 1, max: 9 }), (rises, draws, limit) => {
      let top = 0;
      const seqs = rises.map((rise) => {
        top += rise;
        return top;
      });
      const log = new RoomLog("r1", 0);
      const got: Item[] = [];
      let asked = false;
      const take = (step: Step): void => {
        got.push(...step.items);
        asked = log.asking;
      };
      const known: number[] = [];
      for (const [index, seq] of seqs.entries()) {
        known.push(seq);
        const event = message(seq, { prev: seqs[index - 1] ?? 0 });
        const draw = draws.next().value ?? 0;
        if (draw > 3) take(log.accept(event));
        if (draw > 7) take(log.accept(event));
        if (asked && draw % 2 === 0) take(log.page(sync(known, log.last, limit)));
      }
      take(log.known(top));
      for (let turn = 0; asked && turn < 1_000; turn += 1)
        take(log.page(sync(known, log.last, limit)));
      expect(brief(got)).toEqual(seqs);
      expect(asked).toBe(false);
    }),
  );
});
