/** What goes over a client's sockets: messages, questions, words, tokens. */
import { describe, expect, test } from "vitest";
import { LIMITS } from "../src/protocol.gen.ts";
import { RENEW_BEFORE_MS, RENEW_RETRY_MS } from "../src/renewal.ts";
import { ANSWER_MS } from "../src/requests.ts";
import { Bench } from "./bench.ts";
import { KEY, message, problem, ready, room } from "./making.ts";

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

  test("a status is told once, however often it is set", () => {
    const bench = new Bench().live();
    bench.step((core) => core.setStatus("online"));
    expect(bench.written).toEqual([]);
    bench.step((core) => core.setStatus("idle"));
    bench.step((core) => core.setStatus("idle"));
    expect(bench.written).toEqual([]);
  });

  test("a status that changed between hello and ready is told after it", () => {
    const bench = new Bench().dial();
    bench.step((core) => core.setStatus("dnd"));
    expect(bench.written).toEqual([]);
    expect(bench.receive(ready()).written).toEqual([{ type: "status", status: "dnd" }]);
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
