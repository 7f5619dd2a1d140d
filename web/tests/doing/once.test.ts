import { expect, test } from "vitest";
import { Once } from "../../src/doing/once.ts";

function counted(): Once {
  let count = 0;
  return new Once(() => `key ${++count}`);
}

test("the same content keeps its key until it is done", () => {
  const once = counted();
  expect([once.key("Tea"), once.key("Tea")]).toEqual(["key 1", "key 1"]);
  once.done();
  expect(once.key("Tea")).toBe("key 2");
});

test("other content gets a key of its own, and so does the former content after it", () => {
  const once = counted();
  expect([once.key("Tea"), once.key("Coffee"), once.key("Tea")]).toEqual([
    "key 1",
    "key 2",
    "key 3",
  ]);
});

test("a key is what the header takes, and no two are the same", () => {
  const keys = new Set(Array.from({ length: 100 }, () => new Once().key("Tea")));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});
