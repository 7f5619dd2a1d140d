/** The golden vectors of proto/: what a server may send is taken, and means what it says. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  decode,
  isLogEvent,
  type RawOk,
  readAuth,
  readSend,
  readSync,
  readWatch,
} from "../src/frames.ts";
import type { Ready } from "../src/protocol.gen.ts";
import { message } from "./making.ts";

interface Vector {
  readonly name: string;
  readonly frame: Record<string, unknown>;
}
interface Vectors {
  readonly server: Vector[];
  readonly log: Vector[];
  readonly unplaced?: Vector[];
}

const file = (name: string): Vectors =>
  JSON.parse(readFileSync(new URL(`../../../proto/vectors/${name}`, import.meta.url), "utf8"));
const valid = file("valid.json");
const invalid = file("invalid.json");
const before = file("before.json");
const RESULTS: Readonly<Record<string, (result: unknown) => unknown>> = {
  "ok of send": readSend,
  "ok of sync": readSync,
  "ok of watch": readWatch,
  "ok of auth": readAuth,
};

describe("valid vectors", () => {
  test.each(valid.server)("from a server: $name", ({ name, frame }) => {
    const taken = decode(JSON.stringify(frame));
    expect(taken).toEqual(frame);
    expect(isLogEvent(taken as never)).toBe(false);
    const readResult = RESULTS[name];
    if (readResult !== undefined) {
      const { result } = taken as RawOk;
      expect(readResult(result)).toEqual((frame as unknown as RawOk).result);
    }
  });

  test.each(valid.log)("of a log: $name", ({ frame }) => {
    const taken = decode(JSON.stringify(frame));
    expect(taken).toEqual(frame);
    expect(isLogEvent(taken as never)).toBe(true);
  });

  test("cover every result there is", () => {
    const names = new Set(valid.server.map(({ name }) => name));
    expect(Object.keys(RESULTS).filter((name) => !names.has(name))).toEqual([]);
  });
});

describe("what the version before says, whose servers are still there in a rollout", () => {
  test.each([...before.server, ...before.log])("$name", ({ frame }) => {
    expect(decode(JSON.stringify(frame))).toMatchObject(frame);
  });

  test("a field that it does not know yet is what it means where it is absent", () => {
    const { gateway: _, ...older } = valid.server[0]?.frame ?? {};
    const [room] = older["rooms"] as object[];
    const rooms = [room, { ...room, topic: undefined, peers: undefined }];
    const taken = decode(JSON.stringify({ ...older, rooms }));
    const filled = [room, { ...room, topic: "", peers: [] }];
    expect(taken).toEqual({ ...older, rooms: filled, gateway: "" });
  });

  test("what is there is not of another type for that", () => {
    const [ready] = valid.server;
    expect(decode(JSON.stringify({ ...ready?.frame, gateway: 1 }))).toBe("ready: gateway");
  });

  test("nobody's default is another's", () => {
    const frame: Record<string, unknown> = valid.server[0]?.frame ?? {};
    const [room] = frame["rooms"] as object[];
    const text = JSON.stringify({ ...frame, rooms: [{ ...room, peers: undefined }] });
    const [one, other] = [decode(text) as Ready, decode(text) as Ready];
    expect(one.rooms[0]?.peers).not.toBe(other.rooms[0]?.peers);
  });
});

describe("invalid vectors are told apart, and nothing is thrown", () => {
  test.each([...invalid.server, ...invalid.log, ...(invalid.unplaced ?? [])])(
    "$name",
    ({ frame }) => {
      expect(decode(JSON.stringify(frame))).toBeTypeOf("string");
    },
  );
});

describe("what is not known", () => {
  test("a field is ignored", () => {
    expect(decode('{"type":"pong","x":{"y":[1]}}')).toMatchObject({ type: "pong" });
  });

  test("a type is ignored", () => {
    expect(decode('{"type":"weather","room":"r1"}')).toBeNull();
    expect(decode('{"type":"constructor"}')).toBeNull();
    expect(decode('{"type":"__proto__"}')).toBeNull();
  });

  test("a log event of another type has its place all the same", () => {
    const frame = { type: "poll.opened", room: "r1", seq: 9, prev: 8, ts: 1 };
    expect(decode(JSON.stringify(frame))).toEqual({
      type: "unknown",
      room: "r1",
      seq: 9,
      prev: 8,
    });
  });

  test("a code of an error is taken", () => {
    const frame = { type: "error", code: "teapot", message: "short and stout" };
    expect(decode(JSON.stringify(frame))).toEqual(frame);
  });
});

describe("what is no frame is said to be none", () => {
  test.each(["", "hello", "null", "[]", "1", '{"type":7}', "{}", "[".repeat(100_000)])(
    "%.20j",
    (text) => {
      expect(decode(text)).toBeTypeOf("string");
    },
  );

  test.each([
    null,
    {},
    { events: 1, more: false, oldest: 1 },
    { events: [], more: "no", oldest: 1 },
    { events: [], more: false, oldest: "1" },
    { events: [{ ...message(1), sender: 1 }], more: false, oldest: 1 },
    { events: ["x"], more: false, oldest: 1 },
  ])("an answer to a sync: %j", (result) => {
    expect(readSync(result)).toBeTypeOf("string");
  });

  test("in an answer to a sync, what is no log event is left out", () => {
    const result = { events: [message(1), { type: "pong" }], more: false, oldest: 1 };
    expect(readSync(result)).toEqual({ events: [message(1)], more: false, oldest: 1 });
  });
});
