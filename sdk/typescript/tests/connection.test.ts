/** The state machine of a client through its sockets, with the time as an argument. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Connection,
  DIAL_APART_MS,
  FRESH_TOKENS,
  GREETING_MS,
  PONG_MS,
  PROBE_MS,
  RENEW_BEFORE_MS,
  RENEW_RETRY_MS,
  STEADY_MS,
} from "../src/connection.ts";
import type { ConnectionState, Effect } from "../src/effects.ts";
import { CLOSE, LIMITS } from "../src/protocol.gen.ts";
import { ANSWER_MS } from "../src/requests.ts";
import { DIAL_MS } from "../src/socket.ts";
import { brief, KEY, message, problem, ready, resumed, room } from "./making.ts";

type Done<K extends Effect["do"]> = Extract<Effect, { do: K }>;

/** A connection, with the effects of each step sorted by what they want done. */
class Bench {
  now = 0;
  effects: Effect[] = [];
  readonly core: Connection;

  constructor(resume: Record<string, number> = {}, draw = 0.5) {
    this.core = new Connection({
      client: "test/1",
      status: "online",
      resume,
      makeKey: (ms) => `made-at-${ms}`,
      draw: () => draw,
    });
  }

  /** Let something happen `after` ms later; give what follows. */
  step(input: (core: Connection) => void = () => {}, after = 0): this {
    this.now += after;
    input(this.core);
    this.effects = this.core.take(this.now);
    return this;
  }

  receive(...frames: object[]): this {
    return this.step((core) => {
      for (const frame of frames) core.received(JSON.stringify(frame), this.now);
    });
  }

  tick(after = 0): this {
    return this.step((core) => core.tick(this.now), after);
  }

  dial(): this {
    return this.step((core) => {
      core.dialing(this.now);
      core.opened("token", 900_000, this.now);
    });
  }

  live(...rooms: ReturnType<typeof room>[]): this {
    return this.dial().receive(ready(rooms));
  }

  lost(code: number, after = 0): this {
    return this.step((core) => core.lost(code, this.now), after);
  }

  done<K extends Effect["do"]>(what: K): Done<K>[] {
    return this.effects.filter((effect): effect is Done<K> => effect.do === what);
  }

  get written(): Record<string, unknown>[] {
    return this.done("write").map(({ text }) => JSON.parse(text));
  }

  get states(): ConnectionState[] {
    return this.done("entered").map(({ state }) => state);
  }

  get items(): (number | string)[] {
    return brief(this.done("deliver").map(({ item }) => item));
  }
}

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
    expect(bench.core.dialAt).toBeGreaterThan(DIAL_APART_MS - 100);
    bench.step((core) => core.probe(bench.now), 10);
    expect(bench.core.dialAt).toBeLessThanOrEqual(DIAL_APART_MS);
    expect(bench.core.dialAt).toBeGreaterThan(bench.now);
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
      expect(bench.core.dialAt).toBe(250);
      expect(bench.states).toMatchObject([{ state: "connecting", retryInMs: 250 }]);
      expect(bench.dial().states).toMatchObject([{ state: "connecting", retryInMs: null }]);
      bench.lost(code);
      expect(bench.core.dialAt).toBe(500);
    },
  );

  test("after 4002 it comes back at once, but not at once for ever", () => {
    const bench = new Bench().live().lost(CLOSE.DISCONTINUITY);
    expect(bench.core.dialAt).toBe(0);
    bench.dial().lost(CLOSE.DISCONTINUITY);
    expect(bench.core.dialAt).toBe(500);
  });

  test("a connection that was steady starts the backoff anew", () => {
    const bench = new Bench().live().lost(1006).live().lost(1006).live().lost(1006);
    expect(bench.core.dialAt).toBe(1_000);
    bench.live().lost(1006, STEADY_MS);
    expect(bench.core.dialAt).toBe(bench.now + 250);
  });

  test("told to reconnect, it goes when told, and comes back at once", () => {
    const bench = new Bench().live();
    bench.receive({ type: "reconnect", after_ms: 3_000, reason: "drain" });
    expect(bench.core.nextAt()).toBe(3_000);
    expect(bench.tick(3_000).effects).toEqual([{ do: "hang up" }]);
    bench.lost(1006);
    expect([bench.core.dialAt, bench.core.why]).toEqual([3_000, "told to reconnect"]);
  });

  test("closed with 4000 before, it keeps to the time it was told; untold, it backs off", () => {
    const bench = new Bench().live();
    bench.receive({ type: "reconnect", after_ms: 3_000, reason: "drain" }).lost(CLOSE.DRAIN, 10);
    expect(bench.core.dialAt).toBe(3_000);
    expect(new Bench().live().lost(CLOSE.DRAIN).core.dialAt).toBe(250);
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
      expect(bench.core.fresh).toBe(true);
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

describe("messages", () => {
  const draft = { room: "r1", key: KEY, ownKey: true, content: { text: "hi" } };
  const result = { seq: 4, ts: 1, duplicate: false };

  test("wait for a connection, and survive the loss of one with the same key", () => {
    const bench = new Bench();
    const ticket = bench.core.send(draft);
    expect(bench.step().written).toEqual([]);
    bench.live();
    expect(bench.written).toMatchObject([{ type: "send", id: "1", key: KEY, text: "hi" }]);
    bench.lost(1006).live();
    expect(bench.written).toMatchObject([{ type: "send", id: "2", key: KEY }]);
    bench.receive({ type: "ok", id: "2", result });
    expect(bench.done("sent")).toEqual([{ do: "sent", ticket, outcome: result }]);
  });

  test("end with what the server refuses, and are told of another key", () => {
    const bench = new Bench().live();
    bench.step((core) => core.send(draft));
    bench.receive(problem("bad_key", { id: "1", server_time_ms: 5 }));
    expect(bench.done("rekeyed")).toMatchObject([{ key: "made-at-5" }]);
    bench.receive(problem("forbidden", { id: "2" }));
    expect(bench.done("sent")).toMatchObject([{ outcome: { code: "forbidden" } }]);
  });

  test("are asked for again when their answer says nothing", () => {
    const bench = new Bench().live();
    bench.step((core) => core.send(draft));
    bench.receive({ type: "ok", id: "1", result: {} });
    expect(bench.done("strange").length).toBe(1);
    expect(bench.tick(250).written).toMatchObject([{ type: "send", id: "2", key: KEY }]);
  });

  test.each([
    ["a text longer than the server takes", "é".repeat(LIMITS.TEXT_BYTES / 2 + 1)],
    ["a text that makes too large a frame", "\0".repeat(LIMITS.TEXT_BYTES)],
  ])("%s is refused here: the server would hang up", (_, text) => {
    const bench = new Bench().live();
    bench.step((core) => core.send({ ...draft, content: { text } }));
    expect(bench.done("sent")).toMatchObject([{ outcome: { code: "too_large", key: KEY } }]);
    expect(bench.written).toEqual([]);
  });

  test("of exactly the length the server takes are sent", () => {
    const bench = new Bench().live();
    bench.step((core) => core.send({ ...draft, content: { text: "é".repeat(8_192) } }));
    expect(bench.written.length).toBe(1);
  });

  test("get keys by the server's clock, once it is known", () => {
    const bench = new Bench();
    expect(bench.core.makeKey(1_000, 0)).toBe("made-at-1000");
    bench.live();
    expect(bench.core.makeKey(1_000, 5)).toBe("made-at-1700000000005");
  });
});

describe("what is asked", () => {
  test("a sync is answered, refused, late, lost with the socket or impossible", () => {
    const bench = new Bench();
    const ask = (): void => {
      bench.step((core) => core.sync("r1", 3, 10, bench.now));
    };
    const codes = (): unknown[] => bench.done("synced").map(({ outcome }) => outcome);
    ask();
    expect(codes()).toMatchObject([{ code: "unavailable" }]);
    bench.live();
    ask();
    expect(bench.written).toEqual([{ type: "sync", id: "1", room: "r1", after: 3, limit: 10 }]);
    const result = { events: [message(4)], more: true, oldest: 1 };
    bench.receive({ type: "ok", id: "1", result });
    expect([codes(), bench.items]).toEqual([[result], []]);
    ask();
    bench.receive(problem("not_found", { id: "2" }));
    expect(codes()).toMatchObject([{ code: "not_found" }]);
    ask();
    bench.receive({ type: "ok", id: "3", result: {} });
    expect(codes()).toMatchObject([{ code: "internal" }]);
    ask();
    bench.tick(ANSWER_MS);
    expect(codes()).toMatchObject([{ code: "timeout" }]);
    ask();
    bench.lost(1006);
    expect(codes()).toMatchObject([{ code: "unavailable" }]);
  });

  test("presence is asked for on every connection, and only the latest answer counts", () => {
    const bench = new Bench().live();
    bench.step((core) => core.watch(["u1"], bench.now));
    bench.step((core) => core.watch(["u2"], bench.now));
    expect(bench.written).toEqual([{ type: "watch", id: "2", users: ["u2"] }]);
    const presence = [{ user: "u2", status: "idle", last_seen_ms: null }];
    bench.receive({ type: "ok", id: "1", result: { presence: [] } });
    expect(bench.done("watched")).toEqual([]);
    bench.receive({ type: "ok", id: "2", result: { presence } });
    expect(bench.done("watched")).toEqual([{ do: "watched", presence }]);
    bench.lost(1006).live();
    expect(bench.written).toEqual([{ type: "watch", id: "3", users: ["u2"] }]);
    bench.receive(
      { type: "ok", id: "3", result: { presence: 1 } },
      problem("invalid", { id: "9" }),
    );
    expect(bench.done("strange").length).toBe(1);
  });

  test("presence that cannot be had is asked for again, unless it never will be", () => {
    const bench = new Bench().live();
    bench.step((core) => core.watch(["u1"], bench.now));
    bench.receive(problem("unavailable", { id: "1" }));
    expect(bench.tick(250).written).toMatchObject([{ type: "watch", id: "2" }]);
    bench.receive(problem("invalid", { id: "2" }));
    expect(bench.done("strange").length).toBe(1);
    expect(bench.tick(10_000).written).toEqual([]);
  });
});

describe("what is told", () => {
  test("a status holds on later connections", () => {
    const bench = new Bench().step((core) => core.setStatus("dnd"));
    expect(bench.dial().written[0]).toMatchObject({ status: "dnd" });
    bench.receive(ready());
    expect(bench.step((core) => core.setStatus("idle")).written).toEqual([
      { type: "status", status: "idle" },
    ]);
  });

  test("typing is told now or never", () => {
    const bench = new Bench().step((core) => core.typing("r1", true));
    expect(bench.live().written).toEqual([]);
    expect(bench.step((core) => core.typing("r1", true)).written).toEqual([
      { type: "typing", room: "r1", active: true },
    ]);
  });

  test("a read mark is told, and again if it may have been lost", () => {
    const bench = new Bench().live(room({ last_seq: 9 }));
    const mark = { type: "read", room: "r1", seq: 9 };
    expect(bench.step((core) => core.markRead("r1", 9, bench.now)).written).toEqual([mark]);
    bench.lost(1006).live(room({ last_seq: 9, read_seq: 2 }));
    expect(bench.written).toEqual([mark]);
    bench.receive({ type: "read", room: "r1", user: "u2", seq: 1 });
    bench.lost(1006).live(room({ last_seq: 9, read_seq: 2 }));
    expect(bench.written).toEqual([mark]);
    bench.receive({ type: "read", room: "r1", user: "me", seq: 1 });
    expect(bench.lost(1006).live(room({ last_seq: 9, read_seq: 1 })).written).toEqual([]);
  });

  test("what passes is passed on; a room that was added is begun", () => {
    const bench = new Bench().live();
    const typing = { type: "typing", room: "r1", user: "u2", active: true };
    const added = { type: "room.added", room: room({ last_seq: 2, read_seq: 1 }) };
    bench.receive(typing, added);
    expect(bench.done("pass on").map(({ frame }) => frame)).toEqual([typing, added]);
    expect(bench.written).toMatchObject([{ type: "sync", room: "r1", after: 1 }]);
  });

  test("what is strange is told, and costs nothing", () => {
    const bench = new Bench().live();
    bench.step((core) => core.received("{", bench.now));
    bench.receive({ type: "weather" }, problem("bad_frame"), { type: "ok", id: "77", result: 1 });
    bench.receive({ type: "resumed" }, problem("bad_frame"), problem("unauthorized"));
    expect(bench.done("strange").map(({ what }) => what)).toEqual([
      "a frame that is not of the protocol: resumed: room",
      "bad_frame: no",
    ]);
  });
});

describe("tokens", () => {
  test("are renewed before their end, on a warning, and again until it worked", () => {
    const bench = new Bench().live();
    const at = 900_000 - RENEW_BEFORE_MS;
    const renewals = (): number => bench.done("renew").length;
    for (let heard = 0; heard < at - 20_000; heard += 20_000) {
      bench.step((core) => core.received('{"type":"pong"}', bench.now), 20_000);
    }
    bench.now = at - 1;
    bench.receive({ type: "pong" });
    expect(bench.tick().done("renew").length).toBe(0);
    expect([bench.tick(1), renewals()][1]).toBe(1);
    expect([bench.tick(RENEW_RETRY_MS), renewals()][1]).toBe(1);
    bench.step((core) => core.renewed("fresh", 60_000, bench.now));
    expect(bench.written).toEqual([{ type: "auth", id: "1", token: "fresh" }]);
    bench.receive({ type: "ok", id: "1", result: { expires_in_ms: 60_000 } });
    expect([bench.tick(RENEW_RETRY_MS), renewals()][1]).toBe(0);
    bench.receive({ type: "auth.expiring", expires_in_ms: 5_000 });
    expect(renewals()).toBe(1);
  });

  test("that are refused on a living connection cost nothing: it comes again", () => {
    const bench = new Bench().live();
    bench.step((core) => core.renewed("fresh", null, bench.now));
    bench.receive(problem("unauthorized", { id: "1" }));
    expect(bench.effects).toEqual([]);
    bench.step((core) => core.renewed("fresh", null, bench.now));
    bench.receive({ type: "ok", id: "2", result: {} });
    expect(bench.done("strange").length).toBe(1);
  });
});
