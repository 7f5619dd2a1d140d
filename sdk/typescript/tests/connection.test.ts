/** A client's life through its sockets: coming, staying, going, resuming. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GREETING_MS } from "../src/connection.ts";
import { PONG_MS, PROBE_MS } from "../src/heartbeat.ts";
import { CLOSE, LIMITS } from "../src/protocol.gen.ts";
import { DIAL_APART_MS, FRESH_TOKENS, STEADY_MS } from "../src/redialing.ts";
import { ANSWER_MS } from "../src/requests.ts";
import { DIAL_MS } from "../src/socket.ts";
import { Bench } from "./bench.ts";
import { message, ready, resumed, room } from "./making.ts";

describe("coming", () => {
  test("a hello is the first frame, with what is held", () => {
    const bench = new Bench({ r1: 7 }).dial();
    expect(bench.written).toEqual([
      { type: "hello", token: "token", client: "test/1", status: "online", resume: { r1: 7 } },
    ]);
  });

  test("it is connecting, catching up, then live; ready is told before what was missed", () => {
    const bench = new Bench({ r1: 7 }).step();
    expect(bench.states).toEqual([{ state: "connecting", why: "", retryInMs: null }]);
    expect(bench.dial().states).toEqual([]);
    expect(bench.receive(ready([room({ last_seq: 8 })])).states).toEqual([
      { state: "catching up" },
    ]);
    expect(bench.effects.map((effect) => effect.do)).toEqual(["ready", "entered"]);
    bench.receive(message(8), resumed(7, 8));
    expect([bench.items, bench.states]).toEqual([[8], [{ state: "live" }]]);
  });

  test("a server that greets too late is given up", () => {
    const bench = new Bench().dial();
    expect(bench.core.nextAt()).toBe(GREETING_MS);
    expect(bench.tick(GREETING_MS).effects).toEqual([{ do: "hang up" }]);
  });

  test("frames before hello and a second ready change nothing", () => {
    const bench = new Bench();
    bench.receive(ready());
    expect(bench.core.phase).toBe("waiting");
    expect(
      bench
        .live()
        .receive(ready([room()]))
        .done("strange").length,
    ).toBe(1);
  });

  test("inputs that are out of place change nothing", () => {
    const bench = new Bench().live();
    bench.step((core) => {
      core.dialing(0);
      core.opened("token", null, 0);
    });
    expect([bench.effects, bench.core.phase]).toEqual([[], "ready"]);
  });
});

describe("liveness", () => {
  test("after silence it pings, and after 10 s more it gives the socket up at once", () => {
    const bench = new Bench().live();
    expect(bench.core.nextAt()).toBe(LIMITS.HEARTBEAT_MS);
    expect(bench.tick(LIMITS.HEARTBEAT_MS).written).toEqual([{ type: "ping" }]);
    expect(bench.tick(PONG_MS - 1).effects).toEqual([]);
    expect(bench.tick(1).effects).toEqual([{ do: "hang up" }]);
  });

  test("anything that is heard is a sign of life", () => {
    const bench = new Bench().live();
    bench.tick(LIMITS.HEARTBEAT_MS).receive({ type: "pong" });
    expect(bench.core.nextAt()).toBe(2 * LIMITS.HEARTBEAT_MS);
    bench.tick(PONG_MS);
    expect(bench.effects).toEqual([]);
  });

  test("when the network or the tab is back it pings at once, with little patience", () => {
    const bench = new Bench().live();
    expect(bench.step((core) => core.probe(0)).written).toEqual([{ type: "ping" }]);
    expect(bench.tick(PROBE_MS).effects).toEqual([{ do: "hang up" }]);
  });

  test("a ping under way is waited for less when the network is back", () => {
    const bench = new Bench().live();
    bench.tick(LIMITS.HEARTBEAT_MS);
    bench.step((core) => core.probe(bench.now), 1_000);
    expect(bench.written).toEqual([]);
    expect(bench.core.nextAt()).toBe(bench.now + PROBE_MS);
    bench.step((core) => core.probe(bench.now), 4_500);
    expect(bench.tick(500).effects).toEqual([{ do: "hang up" }]);
  });

  test("a wait for the next try ends when the network is back, but not again and again", () => {
    const bench = new Bench({}, 0.99).dial().lost(1006).dial().lost(1006);
    expect(bench.core.redialing.at).toBeGreaterThan(DIAL_APART_MS - 100);
    bench.step((core) => core.probe(bench.now), 10);
    expect(bench.core.redialing.at).toBeLessThanOrEqual(DIAL_APART_MS);
    expect(bench.core.redialing.at).toBeGreaterThan(bench.now);
  });

  test("40 s after a network came back, however it went away, there is a connection", () => {
    // A dial that begins before the network is back connects by one of TCP's later tries
    // (RFC 6298: 1, 3 and 7 s after the first), or hangs until it is given up.
    const away = fc.integer({ min: 0, max: 600_000 });
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(away, draw, (awayMs, drawn) => {
        const bench = new Bench({}, drawn).live();
        const back = bench.now + awayMs;
        for (;;) {
          const at = bench.core.nextAt();
          bench.now = Math.max(bench.now, at);
          if (bench.core.phase !== "waiting") {
            bench.tick();
            if (bench.done("hang up").length > 0) bench.lost(1006);
            continue;
          }
          bench.step((core) => core.dialing(bench.now));
          const tried = [0, 1_000, 3_000, 7_000].map((wait) => bench.now + wait);
          const connected = tried.find((moment) => moment >= back);
          if (connected !== undefined) {
            expect(connected - Math.max(back, 0)).toBeLessThan(40_000);
            return;
          }
          bench.step((core) => core.lost(1006, bench.now), DIAL_MS);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("going", () => {
  test.each([CLOSE.SLOW_CONSUMER, CLOSE.UNAVAILABLE, CLOSE.SILENT, 1006])(
    "after %d it comes back with backoff",
    (code) => {
      const bench = new Bench().live().lost(code);
      expect(bench.core.redialing.at).toBe(250);
      expect(bench.states).toMatchObject([{ state: "connecting", retryInMs: 250 }]);
      expect(bench.dial().states).toMatchObject([{ state: "connecting", retryInMs: null }]);
      bench.lost(code);
      expect(bench.core.redialing.at).toBe(500);
    },
  );

  test("after 4002 it comes back at once, but not at once for ever", () => {
    const bench = new Bench().live().lost(CLOSE.DISCONTINUITY);
    expect(bench.core.redialing.at).toBe(0);
    bench.dial().lost(CLOSE.DISCONTINUITY);
    expect(bench.core.redialing.at).toBe(500);
  });

  test("a connection that was steady starts the backoff anew", () => {
    const bench = new Bench().live().lost(1006).live().lost(1006).live().lost(1006);
    expect(bench.core.redialing.at).toBe(1_000);
    bench.live().lost(1006, STEADY_MS);
    expect(bench.core.redialing.at).toBe(bench.now + 250);
  });

  test("told to reconnect, it goes when told, and comes back at once", () => {
    const bench = new Bench().live();
    bench.receive({ type: "reconnect", after_ms: 3_000, reason: "drain" });
    expect(bench.core.nextAt()).toBe(3_000);
    expect(bench.tick(3_000).effects).toEqual([{ do: "hang up" }]);
    bench.lost(1006);
    expect([bench.core.redialing.at, bench.core.why]).toEqual([3_000, "told to reconnect"]);
  });

  test("closed with 4000 before, it keeps to the time it was told; untold, it backs off", () => {
    const bench = new Bench().live();
    bench.receive({ type: "reconnect", after_ms: 3_000, reason: "drain" }).lost(CLOSE.DRAIN, 10);
    expect(bench.core.redialing.at).toBe(3_000);
    expect(new Bench().live().lost(CLOSE.DRAIN).core.redialing.at).toBe(250);
  });

  test.each([CLOSE.REVOKED, CLOSE.REPLACED, CLOSE.PROTOCOL, CLOSE.FRAME_TOO_LARGE])(
    "after %d it stops for good, and says why",
    (code) => {
      const bench = new Bench().live().lost(code);
      expect(bench.done("stopped")).toMatchObject([{ error: { code } }]);
      expect(bench.states).toMatchObject([{ state: "closed", error: { code } }]);
      expect(bench.core.nextAt()).toBe(Infinity);
    },
  );

  test("after 4500 it fetches a fresh token, a few times at most", () => {
    const bench = new Bench();
    for (let refused = 1; refused <= FRESH_TOKENS; refused += 1) {
      bench.dial().lost(CLOSE.UNAUTHORIZED);
      expect(bench.core.redialing.fresh).toBe(true);
    }
    bench.dial().lost(CLOSE.UNAUTHORIZED);
    expect(bench.done("stopped")).toMatchObject([{ error: { code: CLOSE.UNAUTHORIZED } }]);
  });

  test("a ready makes good for tokens that were refused before", () => {
    const bench = new Bench();
    for (let round = 0; round < 5; round += 1) bench.live().lost(CLOSE.UNAUTHORIZED);
    expect(bench.core.phase).toBe("waiting");
  });

  test("where no token or server is to be had, it tries again", () => {
    const bench = new Bench().step((core) => core.unreachable("no route", 0));
    expect(bench.states).toEqual([{ state: "connecting", why: "no route", retryInMs: 250 }]);
  });

  test("stopped, it does nothing more, whatever comes", () => {
    const bench = new Bench().live().step((core) => core.stop(null));
    expect(bench.effects.map((effect) => effect.do)).toEqual(["hang up", "stopped", "entered"]);
    bench.step((core) => {
      core.stop(null);
      core.lost(1006, 0);
      core.unreachable("x", 0);
      core.probe(0);
      core.typing("r1", true);
      core.setStatus("idle");
      core.renewed("t", null, 0);
    });
    expect(bench.receive(message(1)).tick().effects).toEqual([]);
  });
});

describe("resuming", () => {
  test("what was missed comes once, and in order, before what happens now", () => {
    const bench = new Bench()
      .live(room({ last_seq: 3 }))
      .lost(1006)
      .dial();
    expect(bench.written[0]).toMatchObject({ resume: { r1: 3 } });
    bench.receive(
      ready([room({ last_seq: 5 })]),
      message(4),
      message(5),
      resumed(3, 5),
      message(6),
    );
    expect(bench.items).toEqual([4, 5, 6]);
  });

  test("a gap in what is live is filled by a sync", () => {
    const bench = new Bench().live(room({ last_seq: 3 })).receive(message(6));
    expect(bench.written).toEqual([
      { type: "sync", id: "1", room: "r1", after: 3, limit: LIMITS.SYNC_EVENTS },
    ]);
    expect(bench.states).toEqual([{ state: "catching up" }]);
    const result = { events: [message(4), message(5), message(6)], more: false, oldest: 1 };
    bench.receive({ type: "ok", id: "1", result });
    expect([bench.items, bench.states]).toEqual([[4, 5, 6], [{ state: "live" }]]);
  });

  test("a gap that was being filled is left to the next connection's replay", () => {
    const bench = new Bench()
      .live(room({ last_seq: 3 }))
      .receive(message(6))
      .lost(1006)
      .dial();
    expect(bench.written[0]).toMatchObject({ resume: { r1: 3 } });
    bench.receive(
      ready([room({ last_seq: 6 })]),
      message(4),
      message(6, { prev: 4 }),
      resumed(3, 6),
    );
    expect([bench.items, bench.written]).toEqual([[4, 6], []]);
    expect(bench.states.at(-1)).toEqual({ state: "live" });
  });

  test("a sync that is not answered, or not readably, is asked again", () => {
    const bench = new Bench().live(room({ last_seq: 3 })).receive(message(6));
    bench.tick(ANSWER_MS).tick(400);
    expect(bench.written).toMatchObject([{ type: "sync", id: "2" }]);
    bench.receive({ type: "ok", id: "2", result: { events: 1 } });
    expect(bench.done("strange").length).toBe(1);
    bench.tick(800);
    expect(bench.written).toMatchObject([{ type: "sync", id: "3" }]);
  });
});
