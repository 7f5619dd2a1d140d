/** Files that are uploaded and not sent outlive a reload of their window, and nothing else. */
import type { Attachment } from "parley-sdk";
import { beforeEach, expect, test, vi } from "vitest";
import { Files } from "../../src/doing/files.ts";
import { Unsent } from "../../src/doing/unsent.ts";

const HOUR_MS = 3_600_000;
let stored: Map<string, string>;

beforeEach(() => {
  stored = new Map();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  });
});

function file(id: string): Attachment {
  return { id, name: `${id}.txt`, mime: "text/plain", size: 5, width: null, height: null };
}

/** What is there after a reload, by room. */
function found(user = "u_ada", now_ms?: number): Record<string, string[]> {
  const all = [...new Unsent(user, now_ms).all()];
  return Object.fromEntries(all.map(([room, files]) => [room, files.map(({ id }) => id)]));
}

test("they are there again in their rooms, for whoever uploaded them", () => {
  const unsent = new Unsent("u_ada");
  unsent.set("r1", [file("m1"), file("m2")]);
  unsent.set("r2", [file("m3")]);
  expect(found()).toEqual({ r1: ["m1", "m2"], r2: ["m3"] });
  expect(found("u_bob")).toEqual({});
  unsent.set("r1", [file("m2")]);
  unsent.set("r2", []);
  expect(found()).toEqual({ r1: ["m2"] });
  unsent.clear();
  expect(found()).toEqual({});
});

test("each is kept as long as the server has it, however often others come to it", () => {
  const unsent = new Unsent("u_ada", 0);
  unsent.set("r1", [file("m1")], 0);
  unsent.set("r1", [file("m1"), file("m2")], 20 * HOUR_MS);
  expect(found("u_ada", 22 * HOUR_MS)).toEqual({ r1: ["m1", "m2"] });
  expect(found("u_ada", 24 * HOUR_MS)).toEqual({ r1: ["m2"] });
  expect(found("u_ada", 48 * HOUR_MS)).toEqual({});
});

test("what somebody else wrote there is no file", () => {
  for (const text of ["", "{}", '[["r1",[{"at_ms":1e99}]]]', '[["r1",[null]]]', "[1]"]) {
    stored.set("parley files u_ada", text);
    expect(found()).toEqual({});
  }
});

test("the next message has them after a reload, and once it is sent nobody has", () => {
  new Unsent("u_ada").set("r1", [file("m1"), file("m2")]);
  const loaded = () => new Files(async () => "token", new Unsent("u_ada"));
  const files = loaded();
  expect(files.of("r1").map(({ state, name }) => [state, name])).toEqual([
    ["done", "m1.txt"],
    ["done", "m2.txt"],
  ]);
  files.remove("r1", files.of("r1")[0]?.id ?? 0);
  expect(loaded().take("r1")).toEqual([file("m2")]);
  expect(loaded().of("r1")).toEqual([]);
});
