/** Messages on their way: one at a time a room, the same key on every retry, settled once. */
import { beforeEach, describe, expect, test } from "vitest";
import { SendError } from "../src/errors.ts";
import { ANSWER_MS, type Draft, KEYS, Outbox, WAITING } from "../src/outbox.ts";
import type { ErrorCode, Send } from "../src/protocol.gen.ts";
import { problem } from "./making.ts";

const RESULT = { seq: 7, ts: 1, duplicate: false };

let outbox: Outbox;
let number: number;
beforeEach(() => {
  outbox = new Outbox(
    (ms) => `made-at-${ms}`,
    () => 1,
  );
  number = 0;
});

function add(ticket: number, more: Partial<Draft> = {}): SendError | null {
  const content = { text: `text ${ticket}` };
  return outbox.add(ticket, { room: "r1", key: `key-${ticket}`, ownKey: true, content, ...more });
}

function due(now: number): Send[] {
  return outbox.due(now, () => {
    number += 1;
    return String(number);
  });
}

const brief = (sends: readonly Send[]): string[] => sends.map(({ id, key }) => `${id} ${key}`);

describe("sending", () => {
  test("goes out with its key and content, and is settled by its answer", () => {
    add(1, { content: { text: "hi", reply_to: 3 } });
    expect(due(0)).toEqual([
      { type: "send", id: "1", room: "r1", key: "key-1", text: "hi", reply_to: 3 },
    ]);
    expect(outbox.sent("1")).toBe(true);
    expect(outbox.acknowledged("1", RESULT)).toEqual({ ticket: 1, result: RESULT });
    expect([outbox.size, outbox.sent("1"), outbox.nextAt()]).toEqual([0, false, Infinity]);
  });

  test("is one at a time in a room, and other rooms do not wait", () => {
    add(1);
    add(2);
    add(3, { room: "r2" });
    expect(brief(due(0))).toEqual(["1 key-1", "2 key-3"]);
    expect(due(0)).toEqual([]);
    outbox.acknowledged("1", RESULT);
    expect(brief(due(0))).toEqual(["3 key-2"]);
  });

  test("is refused beyond the bound, and taken again below it", () => {
    for (let ticket = 1; ticket <= WAITING; ticket += 1) expect(add(ticket)).toBeNull();
    expect(add(WAITING + 1)).toBeInstanceOf(SendError);
    outbox.withdraw(1);
    expect(add(WAITING + 1)).toBeNull();
  });

  test("ignores answers to what is not under way", () => {
    expect(outbox.acknowledged("9", RESULT)).toBeNull();
    expect(outbox.refused("9", problem("internal"), 0)).toBeNull();
    expect(() => outbox.unreadable("9", 0)).not.toThrow();
  });
});

describe("retrying", () => {
  test.each<ErrorCode>(["timeout", "unavailable", "rate_limited"])(
    "after %s uses the same key, and holds back the later ones of the room",
    (code) => {
      add(1);
      add(2);
      due(0);
      expect(outbox.refused("1", problem(code, { retry_after_ms: 2_000 }), 10)).toBeNull();
      expect(outbox.nextAt()).toBe(10 + 2_000 + 500);
      expect(due(2_509)).toEqual([]);
      expect(brief(due(2_510))).toEqual(["2 key-1"]);
    },
  );

  test("comes when no answer did, under another request id", () => {
    add(1);
    due(0);
    expect(outbox.nextAt()).toBe(ANSWER_MS);
    expect(brief(due(ANSWER_MS))).toEqual(["2 key-1"]);
    expect([outbox.sent("1"), outbox.sent("2")]).toEqual([false, true]);
  });

  test("comes at once on the next connection", () => {
    add(1);
    due(0);
    outbox.disconnected(5);
    expect(outbox.sent("1")).toBe(false);
    expect(brief(due(5))).toEqual(["2 key-1"]);
  });

  test("comes after an answer that says nothing", () => {
    add(1);
    due(0);
    outbox.unreadable("1", 0);
    expect(due(499)).toEqual([]);
    expect(brief(due(500))).toEqual(["2 key-1"]);
  });

  test("waits longer each time", () => {
    add(1);
    const waits = [0, 1, 2].map((at) => {
      due(at * 100_000);
      outbox.refused(String(at + 1), problem("unavailable"), at * 100_000);
      return outbox.nextAt() - at * 100_000;
    });
    expect(waits).toEqual([500, 1_000, 2_000]);
  });
});

describe("failing", () => {
  test.each<ErrorCode>(["forbidden", "invalid", "not_found", "internal", "conflict"])(
    "%s is final, is told with the key, and lets the next go",
    (code) => {
      add(1);
      add(2);
      due(0);
      const settled = outbox.refused("1", problem(code, { field: "text" }), 0);
      expect(settled).toMatchObject({ ticket: 1, error: { code, field: "text", key: "key-1" } });
      expect(brief(due(0))).toEqual(["2 key-2"]);
    },
  );
});

describe("a key that is ahead of the server's clock", () => {
  const ahead = problem("bad_key", { server_time_ms: 77 });

  test("is made anew by the server's time, and told", () => {
    add(1);
    due(0);
    expect(outbox.refused("1", ahead, 0)).toEqual({ ticket: 1, key: "made-at-77" });
    expect(brief(due(0))).toEqual(["2 made-at-77"]);
  });

  test("is not made anew for ever", () => {
    add(1);
    for (let tried = 1; tried < KEYS; tried += 1) {
      due(0);
      expect(outbox.refused(String(tried), ahead, 0)).toHaveProperty("key");
    }
    due(0);
    expect(outbox.refused(String(KEYS), ahead, 0)).toHaveProperty("error");
  });

  test("is final when it was the user's, or no time is told", () => {
    add(1, { ownKey: false });
    due(0);
    expect(outbox.refused("1", ahead, 0)).toHaveProperty("error.code", "bad_key");
    add(2);
    due(0);
    expect(outbox.refused("2", problem("bad_key"), 0)).toHaveProperty("error.code", "bad_key");
  });

  test("is final when an earlier try may have been stored: another key would double it", () => {
    add(1);
    due(0);
    outbox.disconnected(0);
    due(0);
    expect(outbox.refused("2", ahead, 0)).toHaveProperty("error.code", "bad_key");
  });

  test("is over when it would have to wait for longer than a minute, as in slow mode", () => {
    add(1);
    due(0);
    const slow = { ...problem("rate_limited"), retry_after_ms: 60_001 };
    expect(outbox.refused("1", slow, 0)).toHaveProperty("error.code", "rate_limited");
  });

  test("may be made anew after a refusal that stored nothing", () => {
    add(1);
    due(0);
    outbox.refused("1", problem("rate_limited"), 0);
    due(10_000);
    expect(outbox.refused("2", ahead, 0)).toHaveProperty("key");
  });
});

describe("withdrawing", () => {
  test("says whether it may have been sent, and lets the next go", () => {
    add(1);
    add(2);
    add(3);
    due(0);
    expect(outbox.withdraw(2)).toBe(true);
    expect(outbox.withdraw(1)).toBe(false);
    expect(outbox.withdraw(1)).toBeNull();
    expect(outbox.sent("1")).toBe(false);
    expect(brief(due(0))).toEqual(["2 key-3"]);
  });
});
