import { describe, expect, test } from "vitest";
import { Outage } from "../../src/doing/outage.ts";

const LIVE = { state: "live" } as const;
const CATCHING_UP = { state: "catching up" } as const;
const AWAY = { state: "connecting", why: "lost (1006)", retryInMs: 500 } as const;
const facts = (gateway: string | null, connections: number, left = 0) => ({
  gateway,
  connections,
  left,
});

describe("an outage", () => {
  test("lasts from the loss until all that was missed is here", () => {
    const outage = new Outage();
    expect(outage.entered(LIVE, facts("g1", 1), 1_000, 0)).toBeNull();
    expect(outage.entered(AWAY, facts("g1", 1), 2_000, 0)).toBeNull();
    expect(outage.entered(CATCHING_UP, facts("g2", 2), 2_300, 0)).toBeNull();
    expect(outage.entered(LIVE, facts("g2", 2), 2_400, 77)).toEqual({
      at_ms: 77,
      in_ms: 400,
      other: true,
      whole: true,
    });
  });

  test("on the same gateway, or on one that does not tell its name, is no move to another", () => {
    for (const [before, after] of [
      ["g1", "g1"],
      ["g1", null],
      ["", ""],
    ] as const) {
      const outage = new Outage();
      outage.entered(LIVE, facts(before, 1), 0, 0);
      outage.entered(AWAY, facts(before, 1), 1, 0);
      expect(outage.entered(LIVE, facts(after, 2), 2, 0)?.other).toBe(false);
    }
  });

  test("is not whole where a hole was left", () => {
    const outage = new Outage();
    outage.entered(LIVE, facts("g1", 1, 3), 0, 0);
    outage.entered(AWAY, facts("g1", 1, 3), 1, 0);
    expect(outage.entered(LIVE, facts("g2", 2, 4), 2, 0)?.whole).toBe(false);
  });

  test("is none at the beginning, nor while a gap is filled on a living connection", () => {
    const outage = new Outage();
    expect(outage.entered(AWAY, facts(null, 0), 0, 0)).toBeNull();
    expect(outage.entered(LIVE, facts("g1", 1), 1, 0)).toBeNull();
    expect(outage.entered(CATCHING_UP, facts("g1", 1), 2, 0)).toBeNull();
    expect(outage.entered(LIVE, facts("g1", 1), 3, 0)).toBeNull();
  });
});
